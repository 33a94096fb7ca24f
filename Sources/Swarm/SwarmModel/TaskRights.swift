import SimBase

/// A component that writes tasks. What each may do is the table `TaskRights.table`, checked at every store write.
///
/// Source: moby/swarmkit `design/tla/Tasks.tla`, `design/task_model.md`, and the code of each component.
public enum TaskWriter: UInt8, Sendable, CaseIterable {
  /// The replicated, global and job orchestrators, with restart supervisor, updater and task init.
  case orchestrator
  /// The allocator.
  case allocator
  /// The scheduler.
  case scheduler
  /// The dispatcher, on an agent's behalf or when a node has been down for a day.
  case dispatcher
  /// The constraint enforcer.
  case enforcer
  /// The task reaper.
  case reaper
  /// The control API: node removal, attachments, task removal.
  case controlAPI

  /// What it may do.
  public var rights: TaskRights { TaskRights.table[Int(rawValue)] }
}

/// What one component may do to tasks.
///
/// | Writer | makes | observed state | desired state | sets | deletes |
/// |---|---|---|---|---|---|
/// | orchestrator | yes | | raises | | unwanted tasks |
/// | allocator | | NEW → PENDING | | addresses | |
/// | scheduler | | PENDING → ASSIGNED, SHUTDOWN | | node, generic resources | |
/// | dispatcher | | ASSIGNED … RUNNING → any later state but REMOVE | | | |
/// | enforcer | | NEW … RUNNING → REJECTED | | | |
/// | reaper | | | | | ended and unwanted tasks |
/// | control API | attachments | NEW … RUNNING → ORPHANED | | | any task |
///
/// Beside the table: a task is made NEW; states and desired states only rise; a node, once set, stays; what a task was made
/// from (service, slot, spec) never changes. A scheduler shuts a task down only if nobody wants it any more.
public struct TaskRights: Sendable {
  /// A move of the observed state.
  struct Move: Sendable {
    var from: ClosedRange<TaskState>
    var to: [TaskState]
  }

  /// Which tasks may be deleted.
  enum Deletion: Sendable {
    case none
    /// Tasks that have ended, and those that are desired to stop.
    case ended
    /// Tasks that are desired to stop, and those whose service or node is gone.
    case unwanted
    case any
  }

  var makes = false
  var moves: [Move] = []
  var raisesDesiredState = false
  var setsAddresses = false
  var setsNode = false
  var deletes = Deletion.none

  /// A row per writer, in the order of their cases.
  static let table: [TaskRights] = [
    TaskRights(makes: true, raisesDesiredState: true, deletes: .unwanted),
    TaskRights(moves: [Move(from: .new ... .new, to: [.pending])], setsAddresses: true),
    TaskRights(moves: [Move(from: .pending ... .pending, to: [.assigned, .shutdown])], setsNode: true),
    TaskRights(moves: [
      Move(
        from: .assigned ... .running,
        to: [
          .accepted, .preparing, .ready, .starting, .running, .complete, .shutdown, .failed, .rejected, .orphaned,
        ])
    ]),
    TaskRights(moves: [Move(from: .new ... .running, to: [.rejected])]),
    TaskRights(deletes: .ended),
    TaskRights(makes: true, moves: [Move(from: .new ... .running, to: [.orphaned])], deletes: .any),
  ]

  /// Whether the observed state may go from one to the other.
  public func mayMove(from old: TaskState, to new: TaskState) -> Bool {
    old == new || old < new && moves.contains { $0.from.contains(old) && $0.to.contains(new) }
  }

  /// Why this writer may not make the task; nil if it may.
  public func objection(toMaking task: SwarmTask) -> String? {
    if !makes { return "it makes no tasks" }
    return task.status.state == .new ? nil : "a task is made new, not \(task.status.state.word)"
  }

  /// Why this writer may not change the task so; nil if it may.
  public func objection(toChanging old: SwarmTask, into new: SwarmTask) -> String? {
    if let broken = Self.brokenPromise(from: old, to: new) { return broken }
    let (from, to) = (old.status.state, new.status.state)
    if !mayMove(from: from, to: to) { return "the move from \(from.word) to \(to.word) is not its own" }
    if to == .shutdown && from == .pending && old.desiredState < .shutdown { return "the task is still wanted" }
    if new.desiredState != old.desiredState && !raisesDesiredState { return "it may not change what is desired" }
    if new.nodeID != old.nodeID && !setsNode { return "it gives no nodes" }
    if new.assignedGenericResources != old.assignedGenericResources && !setsNode { return "it gives no resources" }
    if !setsAddresses && (new.networks != old.networks || new.endpoint != old.endpoint) {
      return "it gives no addresses"
    }
    return nil
  }

  /// What nobody may do to a task; nil if this is not done.
  public static func brokenPromise(from old: SwarmTask, to new: SwarmTask) -> String? {
    if new.status.state < old.status.state {
      return "its state went back from \(old.status.state.word) to \(new.status.state.word)"
    }
    if new.desiredState < old.desiredState {
      return "it was desired \(old.desiredState.word), then \(new.desiredState.word)"
    }
    if old.nodeID != nil && new.nodeID != old.nodeID { return "it moved to another node" }
    if new.serviceID != old.serviceID || new.slot != old.slot || new.specVersion != old.specVersion
      || new.serviceSpec !== old.serviceSpec && new.serviceSpec != old.serviceSpec
    {
      return "what it was made from has changed"
    }
    return nil
  }

  /// Why this writer may not delete the task; nil if it may.
  public func objection(toDeleting task: SwarmTask, hasService: Bool, hasNode: Bool) -> String? {
    switch deletes {
    case .none: "it deletes no tasks"
    case .any: nil
    // The reaper decides a quarter of a second before it writes: a task may have got a node meanwhile.
    case .ended:
      task.hasEnded || task.desiredState > .complete
        ? nil : "the task is \(task.status.state.word), desired \(task.desiredState.word)"
    case .unwanted:
      task.desiredState > .complete || !hasService || !hasNode
        ? nil : "the task is desired \(task.desiredState.word)"
    }
  }
}

extension SwarmTask {
  /// Whether it has stopped for good, or will never run because nobody wanted it before it had a node.
  public var hasEnded: Bool { status.state.isTerminal || status.state < .assigned && desiredState > .running }
}

/// A write of a task that its writer had no right to. It was not made.
public struct RefusedMove: Sendable, Equatable, CustomStringConvertible {
  /// Who wanted to make it.
  public var writer: TaskWriter
  /// The task.
  public var task: TaskID
  /// Why it was refused.
  public var objection: String

  /// A refusal.
  public init(_ writer: TaskWriter, _ task: TaskID, _ objection: String) {
    (self.writer, self.task, self.objection) = (writer, task, objection)
  }

  /// `scheduler, task abc…: it gives no addresses`
  public var description: String { "\(writer), task \(task): \(objection)" }
}
