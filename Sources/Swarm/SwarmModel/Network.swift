import SimBase

/// One subnet of a network's address management, as given or as allocated.
public struct IPAMConfig: Sendable, Equatable, Archivable {
  /// `10.0.1.0/24`; empty in a request that leaves the choice to the allocator.
  public var subnet = ""
  /// The part of the subnet that addresses are drawn from, as a CIDR.
  public var range = ""
  /// The gateway's address.
  public var gateway = ""
  /// Names and addresses that are not to be drawn (`--aux-address`).
  public var reserved = Labels()

  /// Everything left open.
  public init() {}

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&subnet)
    a.field(&range)
    a.field(&gateway)
    a.field(&reserved)
  }
}

/// A driver by name, with options.
public struct Driver: Sendable, Equatable, Archivable {
  /// Its name.
  public var name = ""
  /// Its options; nil where none were given.
  public var options: Labels?

  /// No driver.
  public init() {}
  /// A driver.
  public init(name: String, options: Labels? = nil) {
    self.name = name
    self.options = options
  }

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&name)
    a.optional(&options, Labels()) { $0.field(&$1) }
  }
}

/// How a network manages addresses.
public struct IPAMOptions: Sendable, Equatable, Archivable {
  /// The IPAM driver; an empty name means `default`.
  public var driver = Driver()
  /// Its subnets.
  public var configs: [IPAMConfig] = []

  /// The default driver, subnets left open.
  public init() {}

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&driver)
    a.field(&configs)
  }
}

/// The user's wish for a network.
public struct NetworkSpec: Sendable, Equatable, Archivable {
  /// Name and labels.
  public var annotations = Annotations()
  /// The driver; nil means overlay.
  public var driver: Driver?
  /// Whether IPv6 is on.
  public var ipv6Enabled = false
  /// No way out to the world.
  public var isInternal = false
  /// Address management; nil means defaults.
  public var ipam: IPAMOptions?
  /// Whether plain containers may join.
  public var isAttachable = false
  /// Whether this is the routing mesh's network.
  public var isIngress = false
  /// The network to copy the configuration from.
  public var configFrom = ""

  /// An unnamed overlay network.
  public init() {}

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&annotations)
    a.field(&driver)
    a.field(&ipv6Enabled)
    a.field(&isInternal)
    a.field(&ipam)
    a.field(&isAttachable)
    a.field(&isIngress)
    a.field(&configFrom)
  }
}

/// A swarm network. Source: moby/swarmkit `api/objects.proto` (`Network`).
public struct Network: StoreObject {
  /// Its ID.
  public var id = NetworkID(raw: 0)
  /// Version and times.
  public var meta = Meta()
  /// The user's wish.
  public var spec = NetworkSpec()
  /// The driver in use and its state (VXLAN ids); nil until allocated.
  public var driverState: Driver?
  /// The subnets in use; nil until allocated.
  public var ipam: IPAMOptions?

  /// A blank network.
  public init() {}

  /// The label of networks that the swarm makes itself and lists hide.
  public static let predefinedLabel = "com.docker.swarm.predefined"

  /// Drivers whose networks live on one node: nothing is allocated for them.
  public static let nodeLocalDrivers: [String] = ["bridge", "host", "ipvlan", "macvlan"]

  /// Whether the network lives on each node by itself, without addresses from the swarm.
  public var isNodeLocal: Bool { Network.nodeLocalDrivers.contains(spec.driver?.name ?? "overlay") }
  /// Whether the swarm made it itself.
  public var isPredefined: Bool { spec.annotations.labels.contains(Network.predefinedLabel) }

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&id)
    a.field(&meta)
    a.field(&spec)
    a.field(&driverState)
    a.field(&ipam)
  }
}

/// A task's or node's place on a network: the network as it was then, and the addresses given.
public struct NetworkAttachment: Sendable, Equatable, Archivable {
  /// The network.
  public var network = Shared(Network())
  /// Addresses as CIDRs; empty until allocated.
  public var addresses: [String] = []
  /// Names that resolve to the task on this network beside the service's own.
  public var aliases: [String] = []
  /// The driver's options for this endpoint.
  public var driverOptions = Labels()

  /// A blank attachment.
  public init() {}
  /// An attachment to a network.
  public init(network: Shared<Network>, addresses: [String] = [], aliases: [String] = []) {
    self.network = network
    self.addresses = addresses
    self.aliases = aliases
  }

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&network)
    a.field(&addresses)
    a.field(&aliases)
    a.field(&driverOptions)
  }
}
