import EngineTypes
import SimBase
import SwarmManager
import SwarmModel

/// `POST /networks/create`: a network of the engine itself or of the swarm.
///
/// Source: moby/moby `daemon/network.go` (`createNetwork`), `daemon/cluster/convert/network.go`.
public struct NetworkCreation: Sendable, Equatable {
  /// One subnet as asked for; empty texts leave the choice open.
  public struct Subnet: Sendable, Equatable {
    /// A CIDR.
    public var subnet = ""
    /// A CIDR within it.
    public var range = ""
    /// An address within it.
    public var gateway = ""
    /// Addresses within it, by name.
    public var auxiliary = Labels()

    /// Everything left open.
    public init() {}
  }

  /// The name.
  public var name = ""
  /// The driver; empty for `bridge`.
  public var driver = ""
  /// `swarm`, `local` or empty.
  public var scope = ""
  /// Whether IPv4 is on.
  public var hasIPv4 = true
  /// Whether IPv6 is on; nil where absent.
  public var hasIPv6: Bool?
  /// The IPAM driver; nil where no address management was given at all.
  public var ipamDriver: String?
  /// The IPAM driver's options; nil where absent.
  public var ipamOptions: Labels?
  /// Subnets.
  public var subnets: [Subnet] = []
  /// No way out to the world.
  public var isInternal = false
  /// Whether plain containers may join a swarm network.
  public var isAttachable = false
  /// Whether this is the routing mesh's.
  public var isIngress = false
  /// Only a configuration for others.
  public var isConfigOnly = false
  /// The network to take the configuration from; empty for none.
  public var configFrom = ""
  /// Driver options.
  public var options = Labels()
  /// Labels.
  public var labels = Labels()

  /// A request for nothing.
  public init() {}

  init(_ json: JSON, version: APIVersion) throws(DecodingFault) {
    let fields = try JSONFields(json, "network.CreateRequest")
    self.init()
    name = try fields.text("Name")
    driver = try fields.text("Driver")
    scope = try fields.text("Scope")
    if version >= APIVersion("1.48") { hasIPv4 = try fields.optionalFlag("EnableIPv4") ?? true }
    hasIPv6 = try fields.optionalFlag("EnableIPv6")
    if let ipam = try fields.object("IPAM", "IPAM") {
      ipamDriver = try ipam.text("Driver")
      ipamOptions = ipam.has("Options") ? try ipam.map("Options") : nil
      for subnet in try ipam.objects("Config", "IPAMConfig") { subnets.append(try Subnet(subnet)) }
    }
    isInternal = try fields.flag("Internal")
    isAttachable = try fields.flag("Attachable")
    isIngress = try fields.flag("Ingress")
    isConfigOnly = try fields.flag("ConfigOnly")
    configFrom =
      try fields.object("ConfigFrom", "ConfigReference").map { fields throws(DecodingFault) in
        try fields.text("Network")
      } ?? ""
    options = try fields.map("Options")
    labels = try fields.map("Labels")
  }

  /// Whether the swarm makes it rather than the engine.
  public var isSwarmScoped: Bool { driver == "overlay" || scope == "swarm" }

  /// What is wrong with it whoever makes it, checked before a network of that name is looked for on the engine.
  public func check() throws(APIError) {
    if name.trimmed().isEmpty { throw APIError(.invalidParameter, "invalid name: name is empty") }
    if NetworkCreation.predefinedNames.contains(name) {
      let refusal = "operation is not permitted on predefined \(name) network "
      throw APIError(.forbidden, isSwarmScoped ? "\(name) is a pre-defined network and cannot be created" : refusal)
    }
    if isSwarmScoped && !hasIPv4 {
      throw APIError(.invalidParameter, "IPv4 cannot be disabled in a Swarm scoped network")
    }
    let faults = subnets.flatMap { $0.faults(hasIPv6: hasIPv6 ?? false) }
    if !faults.isEmpty {
      throw APIError(.invalidParameter, "invalid network config:\n\(faults.joined(separator: "\n"))")
    }
  }

  /// Networks that every engine has.
  public static let predefinedNames = ["bridge", "host", "none", "default"]

  /// The request to the control API for a network of the swarm.
  public var control: ControlRequest {
    var spec = NetworkSpec()
    spec.annotations = Annotations(name: name, labels: labels)
    spec.driver = Driver(name: driver, options: options.orNil)
    spec.ipv6Enabled = hasIPv6 ?? false
    spec.isInternal = isInternal
    spec.isAttachable = isAttachable
    spec.isIngress = isIngress
    spec.configFrom = configFrom
    if let ipamDriver {
      var ipam = IPAMOptions()
      ipam.driver = Driver(name: ipamDriver.isEmpty ? "default" : ipamDriver, options: ipamOptions.flatMap(\.orNil))
      ipam.configs = subnets.map { subnet in
        var config = IPAMConfig()
        config.subnet = subnet.subnet
        config.range = subnet.range
        config.gateway = subnet.gateway
        return config
      }
      spec.ipam = ipam
    }
    return .createNetwork(spec)
  }
}

extension NetworkCreation.Subnet {
  fileprivate init(_ fields: JSONFields) throws(DecodingFault) {
    self.init()
    subnet = try fields.text("Subnet")
    range = try fields.text("IPRange")
    gateway = try fields.text("Gateway")
    auxiliary = try fields.map("AuxiliaryAddresses")
  }

  /// What is wrong with the subnet. Those of IPv6 are not looked into.
  fileprivate func faults(hasIPv6: Bool) -> [String] {
    if subnet.contains(":") { return [] }
    guard let (address, block) = IPv4Subnet.parse(subnet) else {
      return ["invalid subnet \(subnet): invalid CIDR block notation"]
    }
    var faults: [String] = []
    if address != block.base { faults.append("invalid subnet \(subnet): it should be \(block)") }
    if !range.isEmpty { faults += rangeFaults(in: block) }
    if !gateway.isEmpty, let fault = addressFault(gateway, in: block) {
      faults.append("invalid gateway \(gateway): \(fault)")
    }
    for (name, text) in auxiliary {
      if let fault = addressFault(text, in: block) { faults.append("invalid auxiliary address \(name): \(fault)") }
    }
    return faults
  }

  private func rangeFaults(in block: IPv4Subnet) -> [String] {
    if range.contains(":") { return ["invalid ip-range \(range): parent subnet is an IPv4 block"] }
    guard let (address, part) = IPv4Subnet.parse(range) else {
      return ["invalid ip-range \(range): invalid CIDR block notation"]
    }
    var faults: [String] = []
    if part.prefixLength < block.prefixLength {
      faults.append("invalid ip-range \(range): CIDR block is bigger than its parent subnet \(subnet)")
    }
    if address != part.base { faults.append("invalid ip-range \(range): it should be \(part)") }
    if !block.overlaps(part) {
      faults.append("invalid ip-range \(range): parent subnet \(subnet) doesn't contain ip-range")
    }
    return faults
  }

  private func addressFault(_ text: String, in block: IPv4Subnet) -> String? {
    if text.contains(":") { return "parent subnet is an IPv4 block" }
    guard let address = IPv4Address(text) else { return "invalid address" }
    return block.contains(address) ? nil : "parent subnet \(subnet) doesn't contain this address"
  }
}
