import SimBase

/// A block of addresses of a network, as asked for and as inspect shows it.
public struct SubnetConfig: Equatable, Sendable {
  /// The block: `172.19.0.0/16`.
  public var subnet = ""
  /// The part of it that is handed out freely; empty for all.
  public var range = ""
  /// The gateway's address; empty for the first free one.
  public var gateway = ""
  /// Addresses set aside, by name.
  public var auxiliary: Table<String, String> = [:]

  /// Nothing asked.
  public init() {}

  /// A block with a gateway.
  public init(subnet: String, gateway: String = "", range: String = "") {
    self.subnet = subnet
    self.gateway = gateway
    self.range = range
  }
}

extension SubnetConfig: Archivable {
  /// All fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&subnet)
    a.field(&range)
    a.field(&gateway)
    a.field(&auxiliary)
  }
}

/// A network as one engine knows it: its own, or one of the swarm's that a task brought here.
public struct NetworkRecord: Sendable {
  /// Its ID.
  public var id: EngineNetworkID
  /// Its name.
  public var name: String
  /// When it was made.
  public var created: Instant
  /// `bridge`, `host`, `null`, `overlay`, `macvlan`.
  public var driver: String
  /// Whether it has IPv4.
  public var hasIPv4 = true
  /// Whether it has IPv6.
  public var hasIPv6 = false
  /// The address manager's options; nil is JSON's null.
  public var ipamOptions: Table<String, String>?
  /// Its blocks of addresses; empty for networks without.
  public var subnets: [SubnetConfig] = []
  /// The gateway that a block was given because none was asked for.
  var impliedGateway: IPv4Address?
  /// Whether the node's own endpoint, of the routing mesh or of load balancing, was taken off by force.
  public private(set) var lacksSandbox = false
  /// Whether the blocks were asked for, so that containers may ask for addresses in them.
  public var hasOwnSubnet = false
  /// Whether it leads nowhere else.
  public var isInternal = false
  /// Whether plain containers may join a swarm's network.
  public var isAttachable = false
  /// Whether it is the routing mesh's.
  public var isIngress = false
  /// The template that it was made from.
  public var configFrom = ""
  /// Whether it is a template itself.
  public var isConfigOnly = false
  /// The driver's options.
  public var options: Table<String, String> = [:]
  /// Its labels.
  public var labels: Table<String, String> = [:]
  /// Addresses in use, ascending: the gateway's, those set aside, containers'. The swarm hands out its own elsewhere.
  var used: [IPv4Address] = []

  /// A network.
  public init(_ id: EngineNetworkID, name: String, driver: String, created: Instant) {
    self.id = id
    self.name = name
    self.driver = driver
    self.created = created
  }

  /// Whether it is the swarm's.
  public var isSwarm: Bool { if case .swarm = id { true } else { false } }
  /// Whether the swarm gives out its addresses: on one of the swarm's that works on a single node each engine does.
  public var hasSwarmAddresses: Bool { isSwarm && driver == "overlay" }

  /// Takes the settings of a template.
  mutating func take(_ template: NetworkRecord) {
    (hasIPv4, hasIPv6) = (template.hasIPv4, template.hasIPv6)
    if let options = template.ipamOptions, !options.isEmpty { ipamOptions = options }
    (subnets, options) = (template.subnets, template.options)
    if !template.labels.isEmpty { labels = template.labels }
  }

  /// Whether it is one of the three that every engine has.
  public var isPredefined: Bool { !isSwarm && NetworkRecord.predefinedNames.contains(name) }
  /// Its IPv4 block.
  public var subnet: IPv4Subnet? { subnets.lazy.compactMap { IPv4Subnet($0.subnet) }.first }
  /// Its gateway's address.
  public var gateway: IPv4Address? {
    subnets.lazy.compactMap { IPv4Address($0.gateway) }.first ?? impliedGateway
  }
  /// The part that is handed out freely.
  var range: IPv4Subnet? { subnets.lazy.compactMap { IPv4Subnet($0.range) }.first ?? subnet }

  static let predefinedNames = ["bridge", "host", "none"]

  /// Takes the node's own endpoint off.
  mutating func loseSandbox() { lacksSandbox = true }

  /// The lowest free address, taken; nil if there is none.
  ///
  /// Source: moby/moby `daemon/libnetwork/internal/addrset/addrset.go`; measured: released addresses come back at once.
  mutating func takeAddress() -> IPv4Address? {
    guard let subnet, let range else { return nil }
    let skipsEnds = subnet.prefixLength < 31
    var candidate = range.base
    if skipsEnds && candidate == subnet.base { candidate = IPv4Address(raw: candidate.raw + 1) }
    var index = lowerBound(candidate)
    while index < used.count && used[index] == candidate {
      if candidate == range.last { return nil }
      candidate = IPv4Address(raw: candidate.raw + 1)
      index += 1
    }
    if candidate > range.last || (skipsEnds && candidate == subnet.last) { return nil }
    used.insert(candidate, at: index)
    return candidate
  }

  /// Takes this very address; false if it is taken already.
  mutating func take(_ address: IPv4Address) -> Bool {
    let index = lowerBound(address)
    if index < used.count && used[index] == address { return false }
    used.insert(address, at: index)
    return true
  }

  /// Gives an address back.
  mutating func release(_ address: IPv4Address) {
    let index = lowerBound(address)
    if index < used.count && used[index] == address { used.remove(at: index) }
  }

  private func lowerBound(_ address: IPv4Address) -> Int {
    var low = 0
    var high = used.count
    while low < high {
      let middle = (low + high) / 2
      if used[middle] < address { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

extension NetworkRecord: Archivable {
  /// A blank one.
  public init() { self.init(EngineNetworkID(), name: "", driver: "", created: .zero) }
  /// All fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&id)
    a.field(&name)
    a.field(&created)
    a.field(&driver)
    a.field(&hasIPv4)
    a.field(&hasIPv6)
    a.optional(&ipamOptions, [:]) { $0.field(&$1) }
    a.field(&subnets)
    a.field(&impliedGateway)
    a.field(&lacksSandbox)
    a.field(&hasOwnSubnet)
    a.field(&isInternal)
    a.field(&isAttachable)
    a.field(&isIngress)
    a.field(&configFrom)
    a.field(&isConfigOnly)
    a.field(&options)
    a.field(&labels)
    a.list(&used, IPv4Address.any) { $0.field(&$1) }
  }
}
