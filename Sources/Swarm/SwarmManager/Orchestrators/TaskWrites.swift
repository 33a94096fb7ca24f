import SimBase
import SwarmModel
import SwarmStore

/// One write that an orchestrator has decided on. It is checked again when its turn comes, which may be commits later.
enum TaskWrite: Sendable {
  /// Creates a task of the service in this place. Dropped if the service has another spec by then: that change has
  /// brought the service before its orchestrator again.
  case create(Shared<Service>, slot: UInt64, node: NodeID?)
  /// Raises the desired state; nothing happens if the task is gone, or desired that high or higher.
  case raise(TaskID, TaskState)
  /// Restarts the task.
  case restart(TaskID)
  /// Deletes the task.
  case delete(TaskID)
}

/// The writes that did not fit into the last batch, in order.
///
/// A decision is taken once, on one state of the store, and written in batches; so a big one is not taken anew halfway,
/// when the half that is written would make it come out differently.
///
/// Source: moby/swarmkit `manager/state/store/memory.go` (`Batch`).
struct TaskWrites: Sendable {
  private var line = Line<TaskWrite>()

  /// Nothing to write.
  init() {}

  /// Whether all is written.
  var isEmpty: Bool { line.isEmpty }

  /// Adds a write at the end.
  mutating func append(_ write: TaskWrite) { line.append(write) }

  /// Adds writes that raise the desired state of tasks.
  mutating func raise(_ tasks: some Sequence<Shared<SwarmTask>>, to state: TaskState) {
    for task in tasks where task.value.desiredState < state { append(.raise(task.value.id, state)) }
  }

  /// Adds writes that delete tasks.
  mutating func delete(_ tasks: some Sequence<Shared<SwarmTask>>) {
    for task in tasks { append(.delete(task.value.id)) }
  }

  /// Writes until the batch is full.
  mutating func write(to tx: inout Transaction, restarts: inout RestartSupervisor, dice: inout Dice) {
    while !tx.isFull, let write = line.popFirst() {
      switch write {
      case .create(let planned, let slot, let node):
        guard let service = tx.store.services[planned.value.id]?.value, service.spec === planned.value.spec else {
          break
        }
        let task = newTask(
          for: service, slot: slot, node: node, cluster: tx.store.cluster?.value, at: tx.now, dice: &dice)
        tx.put(task, by: .orchestrator)
      case .raise(let id, let state):
        guard let task = tx.store.tasks[id]?.value, task.desiredState < state else { break }
        tx.update(id, by: .orchestrator) { $0.desiredState = state }
      case .restart(let id): restarts.restart(id, in: &tx, dice: &dice)
      case .delete(let id): tx.remove(id, by: .orchestrator)
      }
    }
  }
}
