import SimBase
import SwarmModel
import SwarmStore

/// Keeps one rolling update per service under way.
///
/// An orchestrator hands over the slots of a service whenever it has reconciled it. If an update is under way that works
/// towards the same spec, that is all; otherwise it is given up where it is, and what the service's state asks for
/// begins: nothing while the service is paused; nothing if no slot is dirty, save that a running update or rollback is
/// then complete; else a new update of the dirty slots. So an update that a leader could not finish goes on under the next
/// one, and a paused one waits for the next change of the service.
///
/// A slot is dirty if it has more than one task, or one that is dirty (`isDirty`).
///
/// Source: moby/swarmkit `manager/orchestrator/update/updater.go` (`Supervisor`, `Run`).
struct UpdateSupervisor: Sendable {
  private var updates = Table<ServiceID, RollingUpdate>()
  private var deadlines = DeadlineHeap<ServiceID>()
  private var writers = Pending<ServiceID>()

  /// No update is under way.
  init() {}

  /// When `wake` is to be called.
  var nextDeadline: Instant? { deadlines.first?.instant }
  /// Whether an update has something to write.
  var wantsToWrite: Bool { !writers.isEmpty }
  /// Whether an update of this service is under way.
  func isUpdating(_ service: ServiceID) -> Bool { updates.contains(service) }

  /// Takes the slots of a service that has just been reconciled, in the order in which they are to be updated.
  mutating func update(_ service: Shared<Service>, slots: [Slot], in tx: inout Transaction) {
    let id = service.value.id
    if let goal = updates.update(id, { $0.service.value.spec }), goal == service.value.spec { return }
    cancel(id)
    let state = service.value.updateStatus?.state
    if state == .paused || state == .rollbackPaused { return }
    let dirty = slots.filter { UpdateSupervisor.isDirty($0, of: service.value, in: tx.store) }
    if dirty.isEmpty {
      if state == .updating || state == .rollbackStarted { UpdateStep.complete.write(to: id, in: &tx) }
      return
    }
    updates[id] = RollingUpdate(of: service, slots: dirty, at: tx.now)
    settle(id)
  }

  /// Gives the update of a service up where it is. Replacements whose start is held back will still be started.
  mutating func cancel(_ service: ServiceID) {
    updates[service] = nil
    deadlines.cancel(service)
    writers.remove(service)
  }

  /// Takes note of a task's progress.
  mutating func observe(_ event: StoreEvent, at now: Instant) {
    guard case .task(.some, let new?) = event, new.value.status.state >= .running, let id = new.value.serviceID,
      updates.contains(id)
    else { return }
    updates[existing: id].observe(new.value, at: now)
    settle(id)
  }

  /// The held-back start of a replacement is over.
  mutating func startEnded(_ replacement: TaskID, of service: ServiceID?, at now: Instant) {
    guard let service, updates.contains(service) else { return }
    updates[existing: service].startEnded(replacement, at: now)
    settle(service)
  }

  /// Ends delays and monitoring.
  mutating func wake(at now: Instant) {
    while let (_, id) = deadlines.popFirst(upTo: now) {
      if !updates.contains(id) { continue }
      updates[existing: id].wake(at: now)
      settle(id)
    }
  }

  /// Writes for each update until the batch is full.
  mutating func transact(_ tx: inout Transaction, restarts: inout RestartSupervisor, dice: inout Dice) {
    while !tx.isFull, let id = writers.popFirst() {
      updates[existing: id].transact(&tx, restarts: &restarts, dice: &dice)
      settle(id)
    }
  }

  /// Forgets the update if it is over; otherwise brings its deadline and its wish to write up to date.
  private mutating func settle(_ id: ServiceID) {
    guard let (isOver, wantsToWrite, deadline) = updates.update(id, { ($0.isOver, $0.wantsToWrite, $0.nextDeadline) })
    else { return }
    if isOver { return cancel(id) }
    if wantsToWrite { writers.insert(id) }
    if deadlines[id] != deadline {
      if let deadline { deadlines.set(id, to: deadline) } else { deadlines.cancel(id) }
    }
  }

  private static func isDirty(_ slot: Slot, of service: Service, in store: Store) -> Bool {
    if slot.count != 1 { return slot.count > 1 }
    let task = slot[0].value
    return SwarmManager.isDirty(task, of: service, on: task.nodeID.flatMap { store.nodes[$0]?.value })
  }
}
