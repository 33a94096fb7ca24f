import Engine
import SimBase
import SwarmModel

/// One task on its node: what it is to be, how far it is, and what is being done about it.
///
/// Which step comes next follows from observed and desired state alone; a step that takes time leaves `work` behind, and its
/// end comes as an engine's notice or a deadline. A new desired state cancels what is under way.
///
/// Source: moby/swarmkit `agent/exec/controller.go` (`Do`), `agent/task.go`.
struct TaskRunner: Sendable {
  /// What is under way.
  enum Work: Sendable, Equatable {
    /// Nothing: the next step may be taken.
    case idle
    /// The node has no address yet on a network that the task joins.
    case awaitingNetworks(since: Instant)
    /// The image comes.
    case pulling(PullID)
    /// The container starts, or runs and is not healthy yet.
    case starting
    /// The container runs: its end is waited for.
    case running
    /// The container is taken out of service discovery before it stops.
    case leavingNetworks(until: Instant)
    /// The container was asked to stop. The cause is set if it was because of its health.
    case stopping(isUnhealthy: Bool)
    /// The last step failed for now; it is tried again.
    case retrying
  }

  /// What the next step is.
  enum Step: Sendable, Equatable {
    case none
    case shutdown
    case prepare
    case start
    case wait
    case move(to: TaskState, message: String)
  }

  var task: Shared<SwarmTask>
  var status: TaskStatus
  var work = Work.idle
  var container: ContainerID?
  /// Whether the assignment is gone: the container is to stop and go, and nothing more is reported.
  var isRemoved = false

  init(_ task: Shared<SwarmTask>, status: TaskStatus) {
    self.task = task
    self.status = status
  }

  var desired: TaskState { isRemoved ? .remove : task.value.desiredState }

  /// The next step, from top to bottom of a table.
  ///
  /// Source: moby/swarmkit `agent/exec/controller.go` (`Do`).
  var nextStep: Step {
    let (state, desired) = (status.state, desired)
    if desired >= .shutdown { return state >= .complete ? .none : .shutdown }
    if state > desired { return .none }
    switch state {
    case .preparing: return .prepare
    case .starting: return .start
    case .running: return .wait
    default: break
    }
    if state >= desired { return .none }
    switch state {
    case ...TaskState.assigned: return .move(to: .accepted, message: "accepted")
    case .accepted: return .move(to: .preparing, message: "preparing")
    case .ready: return .move(to: .starting, message: "starting")
    default: return .none
    }
  }
}

/// What the agent keeps of a task on its disk.
struct TaskRecord: Sendable, Archivable {
  var id = TaskID(raw: 0)
  var task: Shared<SwarmTask>?
  var status: TaskStatus?
  var isRemoved = false

  init() {}

  mutating func archive(_ a: inout Archive) {
    a.field(&id)
    a.optional(&task, Shared(SwarmTask())) { $0.field(&$1) }
    a.field(&status)
    a.field(&isRemoved)
  }
}
