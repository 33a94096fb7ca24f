import SimBase

/// What a user or the swarm asks of a container's foothold on a network.
public struct EndpointSettings: Equatable, Sendable {
  /// Names beside the container's own.
  public var aliases: [String] = []
  /// The address asked for; the swarm always gives one.
  public var address: IPv4Address?
  /// Whether the swarm gave the address for this run alone: nobody asked for it.
  public var isAddressLent = false
  /// The hardware address asked for.
  public var macAddress: String?
  /// `--link` options.
  public var links: [String] = []
  /// Driver options.
  public var driverOptions: Table<String, String> = [:]
  /// Who has the default route: the highest.
  public var gatewayPriority = 0

  /// Whether there was a word on addresses at all, if only an empty one.
  public var speaksOfAddresses = false
  /// Whether there was a list of aliases, if only an empty one.
  public var speaksOfAliases = false
  /// Whether there were driver options, if only an empty table.
  public var speaksOfOptions = false
  /// The IPv6 address asked for, as written; endpoints here have none.
  public var address6 = ""
  /// Link-local addresses asked for, as written.
  public var linkLocalAddresses: [String] = []

  /// Nothing asked.
  public init() {}
}

extension EndpointSettings {
  /// Whether addresses are shown as asked for.
  public var hasAddresses: Bool { address != nil || speaksOfAddresses }
}

extension EndpointSettings: Archivable {
  /// All fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&aliases)
    a.field(&address)
    a.field(&isAddressLent)
    a.field(&macAddress)
    a.field(&links)
    a.field(&driverOptions)
    a.field(&gatewayPriority)
    a.field(&speaksOfAddresses)
    a.field(&speaksOfAliases)
    a.field(&speaksOfOptions)
    a.field(&address6)
    a.field(&linkLocalAddresses)
  }
}

/// A container's foothold on a network.
public struct Endpoint: Sendable {
  /// The network; blank while only its name is known.
  public internal(set) var network: EngineNetworkID
  /// The name of a network that was not here when it was asked for; it is looked for at the container's start.
  public internal(set) var wanted: String?
  /// What was asked of it; nil if nothing was.
  public internal(set) var settings: Shared<EndpointSettings>?
  /// Its address while the container runs; none on the networks `host` and `none`.
  public internal(set) var address: IPv4Address?
  /// How often it has been set up. Its ID and drawn hardware address follow from this, so they need no room.
  public internal(set) var generation: UInt64 = 0
  /// Whether it is set up: the container runs or starts.
  public internal(set) var isUp = false
  /// Whether the resolver's names for it are settled: since its first start, or since it was added by hand.
  public internal(set) var isNamed = false

  /// A foothold that is yet to be set up.
  public init(_ network: EngineNetworkID, settings: Shared<EndpointSettings>? = nil) {
    self.network = network
    self.settings = settings
  }

  /// Its ID while it is set up.
  ///
  /// - Parameter container: the container that it belongs to.
  public func id(in container: ContainerID) -> EndpointID? {
    isUp ? container.derived(generation &* 0x9E37_79B9 &+ networkHash) : nil
  }

  /// Its hardware address while it is set up: as asked, after the IP address on overlays, else drawn.
  ///
  /// Source: measured, a real 28.5.2 engine.
  public func macAddress(in container: ContainerID, isOverlay: Bool) -> String? {
    if let asked = settings?.value.macAddress { return asked }
    guard isUp, let address else { return nil }
    if isOverlay { return address.macAddress }
    var dice = Dice(seed: generation &+ networkHash, label: "mac/\(container.short)")
    var octets = dice.bytes(6)
    octets[0] = octets[0] & 0xFC | 0x02
    return octets.map { hexText([$0]) }.joined(separator: ":")
  }

  private var networkHash: UInt64 {
    switch network {
    case .local(let id): FNV.hash(id.short)
    case .swarm(let id): UInt64(truncatingIfNeeded: id.raw)
    }
  }
}

extension Endpoint: Archivable {
  /// A blank one.
  public init() { self.init(EngineNetworkID()) }
  /// All fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&network)
    a.field(&wanted)
    var asked = settings?.value
    a.field(&asked)
    if a.isReading { settings = asked.map { Shared($0) } }
    a.field(&address)
    a.field(&generation)
    a.field(&isUp)
    a.field(&isNamed)
  }
}

extension EndpointID {
  /// The ID of a container's foothold on a network the first time that it is set up. A task's container starts but once,
  /// so that other nodes know it as well.
  public init(of container: ContainerID, on network: EngineNetworkID) {
    var endpoint = Endpoint(network)
    (endpoint.generation, endpoint.isUp) = (1, true)
    self = endpoint.id(in: container) ?? EndpointID()
  }
}
