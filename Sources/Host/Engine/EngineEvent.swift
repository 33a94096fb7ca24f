import SimBase

/// Something that `docker events` tells.
public struct EngineEvent: Sendable, Equatable {
  /// What kind of thing it happened to.
  public enum Kind: UInt8, Hashable, Sendable {
    /// A container.
    case container
    /// An image.
    case image
    /// A network.
    case network
    /// A volume.
    case volume
    /// A node of the swarm.
    case node
    /// A service of the swarm.
    case service
    /// A secret of the swarm.
    case secret
    /// A config of the swarm.
    case config
    /// The engine itself.
    case daemon

    /// Docker's word for it.
    public var text: String {
      switch self {
      case .container: "container"
      case .image: "image"
      case .network: "network"
      case .volume: "volume"
      case .node: "node"
      case .service: "service"
      case .secret: "secret"
      case .config: "config"
      case .daemon: "daemon"
      }
    }
  }

  /// When.
  public var instant: Instant
  /// To what kind of thing.
  public var kind: Kind
  /// What: `start`, `exec_create: ls -l`.
  public var action: String
  /// To which.
  public var actor: String
  /// Whether the swarm tells it, not this engine.
  public var isSwarm: Bool
  private var own: [Attribute]
  /// A container's labels and image are looked up only when somebody reads the event: most are never read.
  private var config: Shared<ContainerConfig>?
  private var task: Shared<TaskMark>?

  private struct Attribute: Sendable, Equatable {
    var key: String
    var value: String
  }

  /// An event.
  public init(
    _ kind: Kind, _ action: String, actor: String, attributes: [(String, String)] = [], isSwarm: Bool = false,
    at instant: Instant
  ) {
    self.kind = kind
    self.action = action
    self.actor = actor
    self.isSwarm = isSwarm
    self.instant = instant
    own = attributes.map { Attribute(key: $0.0, value: $0.1) }
  }

  init(_ action: String, container: Container, attributes: [(String, String)], at instant: Instant) {
    self.init(.container, action, actor: container.id.description, attributes: attributes, at: instant)
    config = container.config
    task = container.task
    own.append(Attribute(key: "name", value: container.name))
  }

  /// What is told about the actor, by key: a container's labels too.
  public var attributes: Table<String, String> {
    var table = config?.value.labels ?? [:]
    for label in task?.value.labels ?? [] { table[label.key] = label.value }
    if let image = from, !image.isEmpty { table["image"] = image }
    for attribute in own { table[attribute.key] = attribute.value }
    return table
  }

  /// The image of a container, as it was asked for.
  public var from: String? { config?.value.image }
}
