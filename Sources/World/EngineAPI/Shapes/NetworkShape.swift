import EngineTypes
import SimBase
import SwarmModel

/// A network as `/networks` shows it, one of the swarm or one of an engine.
///
/// Lists show the same fields, without peers, and containers as an empty object for an engine's own networks and as
/// `null` for swarm networks that are not in use on this node.
///
/// Source: moby/moby `api/types/network/network.go`, `daemon/cluster/convert/network.go`.
public struct NetworkView: Sendable, Equatable {
  /// One subnet.
  public struct Subnet: Sendable, Equatable {
    /// `10.0.1.0/24`.
    public var subnet = ""
    /// The part that addresses come from.
    public var range = ""
    /// The gateway's address.
    public var gateway = ""
    /// Addresses not to be given out, by name.
    public var auxiliary = Labels()

    /// Nothing known.
    public init() {}
  }

  /// A container or another endpoint on the network.
  public struct Endpoint: Sendable, Equatable {
    /// The container's ID, `ingress-sbox` or `lb-NAME`.
    public var key: String
    /// Its name.
    public var name: String
    /// 64 hexadecimal digits.
    public var id: String
    /// `02:42:0a:00:01:04`.
    public var macAddress: String
    /// A CIDR.
    public var ipv4: String
    /// A CIDR; empty for none.
    public var ipv6: String

    /// An endpoint.
    public init(key: String, name: String, id: String, macAddress: String, ipv4: String, ipv6: String = "") {
      self.key = key
      self.name = name
      self.id = id
      self.macAddress = macAddress
      self.ipv4 = ipv4
      self.ipv6 = ipv6
    }
  }

  /// Another node that has the network.
  public struct Peer: Sendable, Equatable {
    /// Twelve hexadecimal digits.
    public var name: String
    /// Its address.
    public var address: String

    /// A peer.
    public init(name: String, address: String) {
      self.name = name
      self.address = address
    }
  }

  /// The name.
  public var name = ""
  /// 25 characters for a swarm network, 64 hexadecimal digits for an engine's own.
  public var id = ""
  /// When it was made.
  public var created = Instant.zero
  /// `swarm` or `local`.
  public var scope = "local"
  /// The driver; empty while a swarm network has no addresses.
  public var driver = ""
  /// Whether IPv4 is on.
  public var hasIPv4 = true
  /// Whether IPv6 is on.
  public var hasIPv6 = false
  /// The IPAM driver; empty while a swarm network has no addresses.
  public var ipamDriver = "default"
  /// The IPAM driver's options; nil shows as `null`.
  public var ipamOptions: Labels?
  /// Subnets; nil shows as `null`.
  public var subnets: [Subnet]?
  /// No way out to the world.
  public var isInternal = false
  /// Whether plain containers may join a swarm network.
  public var isAttachable = false
  /// Whether this is the routing mesh's.
  public var isIngress = false
  /// The network whose configuration is used; mostly empty.
  public var configFrom = ""
  /// Whether it is nothing but a configuration.
  public var isConfigOnly = false
  /// Endpoints on this node, in order of their keys; nil shows as `null`.
  public var containers: [Endpoint]?
  /// Options; nil shows as `null`.
  public var options: Labels?
  /// Labels; nil shows as `null`.
  public var labels: Labels?
  /// Other nodes that have the network; left out where there are none.
  public var peers: [Peer] = []
  /// The services on the network, by name; left out where there are none.
  var services: [NetworkService] = []

  /// A local network without a name.
  public init() {}

  /// A swarm network as the control plane knows it: nothing of what is on any node.
  public init(_ network: Network) {
    name = network.spec.annotations.name
    id = network.id.description
    created = network.meta.createdAt
    scope = "swarm"
    driver = network.driverState?.name ?? ""
    hasIPv6 = network.spec.ipv6Enabled
    ipamDriver = network.ipam?.driver.name ?? ""
    ipamOptions = network.ipam?.driver.options.flatMap(\.orNil)
    subnets = network.ipam?.configs.map { config in
      var subnet = Subnet()
      subnet.subnet = config.subnet
      subnet.range = config.range
      subnet.gateway = config.gateway
      subnet.auxiliary = config.reserved
      return subnet
    }
    isInternal = network.spec.isInternal
    isAttachable = network.spec.isAttachable
    isIngress = network.spec.isIngress
    configFrom = network.spec.configFrom
    options = network.driverState?.options.flatMap(\.orNil)
    labels = network.spec.annotations.labels.orNil
  }
}

extension JSONWriter {
  /// A network as `GET /networks/{id}` gives it.
  mutating func network(_ network: NetworkView) {
    object { writer in
      writer.field("Name", network.name)
      writer.field("Id", network.id)
      writer.field("Created", network.created)
      writer.field("Scope", network.scope)
      writer.field("Driver", network.driver)
      writer.field("EnableIPv4", network.hasIPv4)
      writer.field("EnableIPv6", network.hasIPv6)
      writer.object("IPAM") { $0.ipam(network) }
      writer.field("Internal", network.isInternal)
      writer.field("Attachable", network.isAttachable)
      writer.field("Ingress", network.isIngress)
      writer.object("ConfigFrom") { $0.field("Network", network.configFrom) }
      writer.field("ConfigOnly", network.isConfigOnly)
      writer.endpoints(network.containers)
      writer.orNull("Options", network.options)
      writer.orNull("Labels", network.labels)
      writer.unlessEmpty("Peers", network.peers) { writer, peer in
        writer.field("Name", peer.name)
        writer.field("IP", peer.address)
      }
      if !network.services.isEmpty { writer.object("Services") { $0.services(network.services) } }
    }
  }

  private mutating func services(_ services: [NetworkService]) {
    for service in services {
      field(named: service.name) { writer in
        writer.object { writer in
          writer.field("VIP", service.virtualIP)
          writer.field("Ports", service.ports)
          writer.field("LocalLBIndex", service.mark)
          writer.list("Tasks", service.tasks) { writer, task in
            writer.field("Name", task.name)
            writer.field("EndpointID", task.endpoint)
            writer.field("EndpointIP", task.address)
            writer.object("Info") { $0.field("Host IP", task.host) }
          }
        }
      }
    }
  }

  private mutating func ipam(_ network: NetworkView) {
    field("Driver", network.ipamDriver)
    orNull("Options", network.ipamOptions)
    guard let subnets = network.subnets else { return null("Config") }
    list("Config", subnets) { writer, subnet in
      writer.unlessEmpty("Subnet", subnet.subnet)
      writer.unlessEmpty("IPRange", subnet.range)
      writer.unlessEmpty("Gateway", subnet.gateway)
      writer.unlessEmpty("AuxiliaryAddresses", subnet.auxiliary)
    }
  }

  private mutating func endpoints(_ endpoints: [NetworkView.Endpoint]?) {
    guard let endpoints else { return null("Containers") }
    object("Containers") { writer in
      for endpoint in endpoints {
        writer.field(named: endpoint.key) { writer in
          writer.object { writer in
            writer.field("Name", endpoint.name)
            writer.field("EndpointID", endpoint.id)
            writer.field("MacAddress", endpoint.macAddress)
            writer.field("IPv4Address", endpoint.ipv4)
            writer.field("IPv6Address", endpoint.ipv6)
          }
        }
      }
    }
  }

  private mutating func orNull(_ key: StaticString, _ map: Labels?) {
    if let map { field(key, map) } else { null(key) }
  }

  /// The fields of a swarm network as tasks carry it.
  mutating func swarmNetwork(_ network: Network) {
    head(network.id, network.meta)
    object("Spec") { writer in
      writer.annotations(network.spec.annotations)
      // The control plane's own ingress network has a driver without a name.
      writer.ifPresent("DriverConfiguration", network.spec.driver) { $0.driver($1) }
      writer.ifTrue("IPv6Enabled", network.spec.ipv6Enabled)
      writer.ifTrue("Internal", network.spec.isInternal)
      writer.ifTrue("Attachable", network.spec.isAttachable)
      writer.ifTrue("Ingress", network.spec.isIngress)
      writer.ifPresent("IPAMOptions", network.spec.ipam) { $0.ipamOptions($1) }
      if !network.spec.configFrom.isEmpty {
        writer.object("ConfigFrom") { $0.field("Network", network.spec.configFrom) }
      }
      writer.field("Scope", "swarm")
    }
    object("DriverState") { $0.driver(network.driverState ?? Driver()) }
    ifPresent("IPAMOptions", network.ipam) { $0.ipamOptions($1) }
  }

  private mutating func ipamOptions(_ options: IPAMOptions) {
    object("Driver") { $0.driver(options.driver) }
    unlessEmpty("Configs", options.configs) { writer, config in
      writer.unlessEmpty("Subnet", config.subnet)
      writer.unlessEmpty("Range", config.range)
      writer.unlessEmpty("Gateway", config.gateway)
    }
  }
}
