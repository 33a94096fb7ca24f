import SimBase

/// What a node is in the swarm.
public enum NodeRole: UInt8, Sendable {
  /// Runs tasks.
  case worker = 0
  /// Also keeps the swarm's state.
  case manager = 1

  /// The word that the Engine API uses.
  public var word: String { self == .manager ? "manager" : "worker" }
}

/// Whether a node takes tasks.
public enum Availability: UInt8, Sendable {
  /// Takes new tasks.
  case active = 0
  /// Keeps its tasks, takes no new ones.
  case pause = 1
  /// Loses its tasks.
  case drain = 2

  /// The word that the Engine API uses.
  public var word: String {
    switch self {
    case .active: "active"
    case .pause: "pause"
    case .drain: "drain"
    }
  }
}

/// Whether a node has been let in. Nothing depends on it but the `membership` filter and pending certificates.
public enum Membership: UInt8, Sendable {
  /// Waits; also what any node update through the engine leaves behind.
  case pending = 0
  /// Let in.
  case accepted = 1
}

/// What the dispatcher thinks of a node.
public enum NodeState: UInt8, Sendable {
  /// Not heard of yet, or not since the leader changed.
  case unknown = 0
  /// Its heartbeats stopped.
  case down = 1
  /// Its session is alive.
  case ready = 2
  /// Looks for another manager.
  case disconnected = 3

  /// The word that the Engine API uses.
  public var word: String {
    switch self {
    case .unknown: "unknown"
    case .down: "down"
    case .ready: "ready"
    case .disconnected: "disconnected"
    }
  }
}

/// The user's wish for a node.
public struct NodeSpec: Sendable, Equatable, Archivable {
  /// Name (mostly empty) and labels.
  public var annotations = Annotations()
  /// What the node is to be.
  public var desiredRole = NodeRole.worker
  /// Whether it has been let in.
  public var membership = Membership.pending
  /// Whether it takes tasks.
  public var availability = Availability.active

  /// A worker that is not let in yet.
  public init() {}

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&annotations)
    a.field(&desiredRole)
    a.field(&membership)
    a.field(&availability)
  }
}

/// A plugin that an engine offers.
public struct EnginePlugin: Sendable, Equatable, Archivable {
  /// `Log`, `Network` or `Volume`.
  public var type = ""
  /// Its name, with a tag for managed plugins.
  public var name = ""

  /// A plugin without a name.
  public init() {}
  /// A plugin.
  public init(type: String, name: String) {
    self.type = type
    self.name = name
  }

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&type)
    a.field(&name)
  }
}

/// What a node tells about itself when it registers.
public struct NodeDescription: Sendable, Equatable, Archivable {
  /// Its hostname; not unique.
  public var hostname = ""
  /// `x86_64`, `aarch64`.
  public var architecture = ""
  /// `linux`.
  public var os = ""
  /// What it has.
  public var resources = Resources()
  /// `28.5.2`.
  public var engineVersion = ""
  /// The engine's own labels, as opposed to the node's.
  public var engineLabels = Labels()
  /// The engine's plugins, sorted by type and name.
  public var plugins: [EnginePlugin] = []
  /// The root certificate that the node trusts and its issuer: which CA signed it.
  public var trust = TrustInfo()

  /// Nothing known.
  public init() {}

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&hostname)
    a.field(&architecture)
    a.field(&os)
    a.field(&resources)
    a.field(&engineVersion)
    a.field(&engineLabels)
    a.field(&plugins)
    a.field(&trust)
  }
}

/// What the dispatcher observed of a node.
public struct NodeStatus: Sendable, Equatable, Archivable {
  /// Its state.
  public var state = NodeState.unknown
  /// Why, where it is not plain.
  public var message = ""
  /// The peer address that its sessions come from.
  public var addr = ""

  /// Never heard of.
  public init() {}

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&state)
    a.field(&message)
    a.field(&addr)
  }
}

/// A node of the swarm.
///
/// Source: moby/swarmkit `api/objects.proto` (`Node`). `ManagerStatus` is not stored: it is computed when asked.
public struct Node: StoreObject {
  /// Its ID.
  public var id = NodeID(raw: 0)
  /// Version and times.
  public var meta = Meta()
  /// The user's wish.
  public var spec = NodeSpec()
  /// What it told of itself; nil until it first registered.
  public var description: NodeDescription?
  /// What the dispatcher saw.
  public var status = NodeStatus()
  /// Its certificate.
  public var certificate = NodeCertificate()
  /// The role it has, which the role manager moves towards the desired one.
  public var role = NodeRole.worker
  /// Its load balancer's address on each overlay network.
  public var attachments: [NetworkAttachment] = []

  /// A blank node.
  public init() {}

  /// Its hostname; empty until it first registered.
  public var hostname: String { description?.hostname ?? "" }

  /// Whether orchestrators must move its tasks away: it is down or drained. An unknown or paused node is not invalid.
  ///
  /// Source: moby/swarmkit `manager/orchestrator/task.go` (`InvalidNode`).
  public var isInvalid: Bool { status.state == .down || spec.availability == .drain }

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&id)
    a.field(&meta)
    a.field(&spec)
    a.field(&description)
    a.field(&status)
    a.field(&certificate)
    a.field(&role)
    a.field(&attachments)
  }
}
