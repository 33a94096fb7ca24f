import SimBase

/// Tells container IDs from others.
public enum ContainerTag {}
/// Tells exec IDs from others.
public enum ExecTag {}
/// Tells image IDs from others.
public enum ImageTag {}
/// Tells endpoint IDs from others.
public enum EndpointTag {}
/// Tells the IDs of local networks from others.
public enum NetworkTag {}

/// A container's name for life: 64 hexadecimal digits.
public typealias ContainerID = HexID<ContainerTag>
/// An exec's.
public typealias ExecID = HexID<ExecTag>
/// An image's: the digest of its configuration, without `sha256:`.
public typealias ImageID = HexID<ImageTag>
/// An endpoint's: a container's foothold on a network.
public typealias EndpointID = HexID<EndpointTag>

/// A network as an engine knows it: its own ones have 64 hexadecimal digits, the swarm's 25 characters.
public enum EngineNetworkID: Hashable, Comparable, Sendable {
  /// A network of this engine alone.
  case local(HexID<NetworkTag>)
  /// A network of the swarm, by the number of its ID.
  case swarm(ID<NetworkTag>)

  /// The ID with this text; nil if it is of neither form.
  public init?(_ text: String) {
    if let id = HexID<NetworkTag>(text) {
      self = .local(id)
    } else if let id = ID<NetworkTag>(text) {
      self = .swarm(id)
    } else {
      return nil
    }
  }

  /// By text within a kind, local ones first.
  public static func < (a: EngineNetworkID, b: EngineNetworkID) -> Bool {
    switch (a, b) {
    case (.local(let x), .local(let y)): x < y
    case (.swarm(let x), .swarm(let y)): x < y
    case (.local, .swarm): true
    case (.swarm, .local): false
    }
  }
}

extension EngineNetworkID: CustomStringConvertible {
  /// The ID's text.
  public var description: String {
    switch self {
    case .local(let id): id.description
    case .swarm(let id): id.description
    }
  }
}

extension EngineNetworkID: Archivable {
  /// A blank one.
  public init() { self = .local(HexID()) }
  /// The kind, then the number.
  public mutating func archive(_ a: inout Archive) {
    var swarm: ID<NetworkTag>?
    var local = HexID<NetworkTag>()
    switch self {
    case .local(let id): local = id
    case .swarm(let id): swarm = id
    }
    a.field(&swarm)
    if swarm == nil { a.field(&local) }
    self = swarm.map { .swarm($0) } ?? .local(local)
  }
}

/// How a caller names a container: as a user typed it, or by its ID.
public enum ContainerKey: Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
  /// A name, an ID or the beginning of one.
  case typed(String)
  /// An ID.
  case id(ContainerID)

  /// A name that is written in the source.
  public init(stringLiteral value: String) { self = .typed(value) }

  /// As errors show it.
  public var description: String {
    switch self {
    case .typed(let text): text
    case .id(let id): id.description
    }
  }
}

/// A container's place in the order of creation: the engine's own short name for it.
struct ContainerNumber: Hashable, Comparable, Sendable {
  var raw: Int

  static func < (a: ContainerNumber, b: ContainerNumber) -> Bool { a.raw < b.raw }
}
