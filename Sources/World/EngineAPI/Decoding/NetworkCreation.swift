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
    _ = try fields.flag("CheckDuplicate")
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

  /// Whether the swarm makes it rather than the engine. A template is always the engine's.
  public var isSwarmScoped: Bool { !isConfigOnly && (driver == "overlay" || scope == "swarm") }

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
}
