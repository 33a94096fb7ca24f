import EngineTypes
import SimBase
import SwarmManager
import SwarmModel

/// `POST /swarm/init`, checked as far as that needs no interfaces.
///
/// Source: moby/moby `daemon/cluster/swarm.go` (`Init`), `daemon/cluster/listen_addr.go`.
public struct SwarmInit: Sendable, Equatable {
  /// Where managers listen, with a port: `0.0.0.0:2377`. The host may be an interface's name.
  public var listenAddress: String
  /// What other nodes are told: an address or an interface, with or without a port; empty to find one.
  public var advertiseAddress: String
  /// Where task traffic goes; empty for the advertised address.
  public var dataPathAddress: String
  /// VXLAN's port, the default of 4789 included.
  public var dataPathPort: UInt32
  /// Makes a new cluster of one from an old one's state.
  public var forceNewCluster: Bool
  /// What is to be put into the cluster's spec once it is there.
  public var settings: ClusterSettings
  /// Whether managers are locked after a restart from the start on.
  public var autoLockManagers: Bool
  /// Whether this node takes tasks.
  public var availability: Availability
  /// Pools of subnets; nil or empty for the default.
  public var defaultAddressPool: [String]?
  /// The prefix length of subnets, the default of 24 included.
  public var subnetSize: UInt32
}

/// `POST /swarm/join`, checked as far as that needs no interfaces.
///
/// Source: moby/moby `daemon/cluster/swarm.go` (`Join`).
public struct SwarmJoin: Sendable, Equatable {
  /// Where this node would listen as a manager, with a port.
  public var listenAddress: String
  /// What other nodes are told; empty lets the leader take the address it sees.
  public var advertiseAddress: String
  /// Where task traffic goes; empty for the advertised address.
  public var dataPathAddress: String
  /// Managers to join at, each with a port; the first counts.
  public var remoteAddresses: [String]
  /// The token, which also says in which role.
  public var token: String
  /// Whether this node takes tasks.
  public var availability: Availability
}

extension SwarmInit {
  /// Reads a request. Faults of conversion are for a node that is in no swarm: one that is says so first.
  init(_ json: JSON, version: APIVersion) throws(DecodingFault) {
    let fields = try JSONFields(json, "swarm.InitRequest")
    let (listen, word) = (try fields.text("ListenAddr"), try fields.text("Availability"))
    advertiseAddress = try fields.text("AdvertiseAddr")
    dataPathAddress = try fields.text("DataPathAddr")
    forceNewCluster = try fields.flag("ForceNewCluster")
    let spec = try fields.object("Spec", "Spec") ?? .none("Spec")
    autoLockManagers = try fields.flag("AutoLockManagers")
    defaultAddressPool = version < APIVersion("1.39") ? nil : try fields.optionalTexts("DefaultAddrPool")
    subnetSize = version < APIVersion("1.39") ? 0 : try fields.uint32("SubnetSize")
    dataPathPort = version < APIVersion("1.40") ? 0 : try fields.uint32("DataPathPort")
    // What has the wrong type is refused before what makes no sense.
    settings = try ClusterSettings(spec)
    listenAddress = try NodeAddress.listen(listen)
    availability = try NodeAddress.availability(word)
    if subnetSize == 0 { subnetSize = 24 }
    if dataPathPort == 0 { dataPathPort = 4789 }
  }

  /// What is wrong with the numbers, if anything; asked after the addresses have been resolved.
  public func checkNumbers() throws(APIError) {
    for pool in defaultAddressPool ?? [] {
      guard let (_, subnet) = IPv4Subnet.parse(pool) else {
        throw APIError(.system, "invalid base pool \(pool.goQuoted): invalid CIDR address: \(pool)")
      }
      if subnetSize > 29 { throw APIError(.system, "subnet size is out of range: \(subnetSize)") }
      if Int(subnetSize) < subnet.prefixLength {
        throw APIError(
          .system, "invalid CIDR: \(pool.goQuoted). Subnet size is too small for pool: \(subnetSize)")
      }
    }
    if !(1024...49_151).contains(dataPathPort) {
      throw APIError(.system, "Datapath port number is not in valid range (1024-49151) : \(dataPathPort)")
    }
  }
}

extension SwarmJoin {
  /// Reads a request.
  init(_ json: JSON) throws(DecodingFault) {
    let fields = try JSONFields(json, "swarm.JoinRequest")
    let (listen, word) = (try fields.text("ListenAddr"), try fields.text("Availability"))
    advertiseAddress = try fields.text("AdvertiseAddr")
    dataPathAddress = try fields.text("DataPathAddr")
    remoteAddresses = try fields.texts("RemoteAddrs")
    token = try fields.text("JoinToken")
    listenAddress = try NodeAddress.listen(listen)
    availability = try NodeAddress.availability(word)
    if remoteAddresses.isEmpty { throw .conversion("at least 1 RemoteAddr is required to join") }
    for place in remoteAddresses.indices {
      let address = remoteAddresses[place]
      if address.isEmpty { throw .conversion("invalid remoteAddr \"\": invalid empty address") }
      remoteAddresses[place] = NodeAddress.withPort(address)
    }
  }
}

/// Addresses in requests to form a swarm.
enum NodeAddress {
  /// The port of managers.
  static let defaultPort = "2377"

  static func listen(_ text: String) throws(DecodingFault) -> String {
    if text.isEmpty { throw .conversion("invalid ListenAddr \"\": invalid empty address") }
    return withPort(text)
  }

  /// The address with the managers' port where it names none. What is no TCP address stays as it is.
  static func withPort(_ text: String) -> String {
    var address = text
    if address.hasPrefix("tcp://") { address = String(address.dropFirst(6)) }
    if address.includes("://") { return text }
    if address.hasPrefix("[") {
      return address.hasSuffix("]") ? "\(address):\(defaultPort)" : address
    }
    switch address.filter({ $0 == ":" }).count {
    case 0: return "\(address):\(defaultPort)"
    case 1: return address.hasSuffix(":") ? address + defaultPort : address
    default: return address
    }
  }

  /// An absent availability is the default.
  static func availability(_ word: String) throws(DecodingFault) -> Availability {
    if word.isEmpty { return .active }
    guard let availability = Availability(word: word) else {
      throw .conversion("invalid Availability: \(word.goQuoted)")
    }
    return availability
  }
}
