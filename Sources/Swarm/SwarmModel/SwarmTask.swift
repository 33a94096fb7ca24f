import SimBase

/// What was observed of a task. Source: moby/swarmkit `api/types.proto` (`TaskStatus`).
public struct TaskStatus: Sendable, Equatable, Archivable {
  /// The clock of who produced it: agent or manager.
  public var timestamp = Instant.zero
  /// How far the task has come.
  public var state = TaskState.new
  /// What happened last.
  public var message = ""
  /// What went wrong; empty if nothing did.
  public var error = ""
  /// The container, from its creation on.
  public var container: ContainerStatus?
  /// Ports opened on the node (host mode).
  public var hostPorts: [PortConfig] = []
  /// The leader that stored it.
  public var appliedBy: NodeID?
  /// When that leader stored it.
  public var appliedAt: Instant?

  /// A task that was just created.
  public init() {}

  /// A status made by a manager.
  public init(state: TaskState, message: String, error: String = "", at instant: Instant) {
    self.state = state
    self.message = message
    self.error = error
    timestamp = instant
  }

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&timestamp)
    a.field(&state)
    a.field(&message)
    a.field(&error)
    a.field(&container)
    a.field(&hostPorts)
    a.field(&appliedBy)
    a.field(&appliedAt)
  }
}

/// What was observed of a task's container.
public struct ContainerStatus: Sendable, Equatable, Archivable {
  /// 64 hexadecimal digits.
  public var containerID = ""
  /// The main process; 0 when it has ended.
  public var pid: Int64 = 0
  /// How it ended.
  public var exitCode: Int64 = 0

  /// No container.
  public init() {}

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&containerID)
    a.field(&pid)
    a.field(&exitCode)
  }
}

/// A task: one container's life on one node. Source: moby/swarmkit `api/objects.proto` (`Task`).
public struct SwarmTask: StoreObject {
  /// Its ID.
  public var id = TaskID(raw: 0)
  /// Version and times.
  public var meta = Meta()
  /// The service spec it was made from; its task part is what runs.
  public var serviceSpec = SwarmTask.blankSpec
  /// Which spec of the service that was; nil for a task without a service.
  public var specVersion: UInt64?
  /// Its service; nil for the attachment of a plain container.
  public var serviceID: ServiceID?
  /// Its slot, from 1; 0 for global services, whose slot is the node, and for one slot of a replicated job.
  public var slot: UInt64 = 0
  /// Its node; nil until scheduled, and then it never changes.
  public var nodeID: NodeID?
  /// What was observed.
  public var status = TaskStatus()
  /// How far it is meant to come; only rises.
  public var desiredState = TaskState.new
  /// Its places on networks, the routing mesh's first.
  public var networks: [NetworkAttachment] = []
  /// How its service is reached, as of its allocation.
  public var endpoint: Endpoint?
  /// Its log driver: the spec's, else the cluster's.
  public var logDriver: Driver?
  /// Generic resources it holds on its node.
  public var assignedGenericResources: [GenericResource] = []
  /// A job's run; nil for other tasks.
  public var jobIteration: UInt64?
  /// The task spec of an attachment, which has no service spec.
  public var attachmentSpec: Shared<TaskSpec>?

  /// One for all blank tasks.
  private static let blankSpec = Shared(ServiceSpec())

  /// A blank task.
  public init() {}

  /// What runs; lent, for a copy of it costs more than most that is asked of it.
  public var spec: TaskSpec {
    _read { if let attachmentSpec { yield attachmentSpec.value } else { yield serviceSpec.value.task } }
  }

  /// When its state was last stored: what history and restart windows are reckoned from.
  ///
  /// Source: moby/swarmkit `manager/orchestrator/task.go` (`TaskTimestamp`).
  public var timestamp: Instant { status.appliedAt ?? status.timestamp }

  /// The name lists show: `web.1.<id>`, or with the node's ID where there is no slot.
  ///
  /// Source: moby/swarmkit `api/naming/naming.go`.
  public var name: String {
    let place = slot != 0 ? String(slot) : nodeID.map(\.description) ?? ""
    return "\(serviceSpec.value.annotations.name).\(place).\(id)"
  }

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&id)
    a.field(&meta)
    a.field(&serviceSpec)
    a.field(&specVersion)
    a.field(&serviceID)
    a.field(&slot)
    a.field(&nodeID)
    a.field(&status)
    a.field(&desiredState)
    a.field(&networks)
    a.field(&endpoint)
    a.field(&logDriver)
    a.field(&assignedGenericResources)
    a.field(&jobIteration)
    a.field(&attachmentSpec)
  }
}
