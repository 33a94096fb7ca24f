import SimBase
import SwarmModel
import SwarmStore

/// Gives replicated services their tasks: so many slots, in each one task that is meant to run.
///
/// It watches commits and notes what to look at: a service that changed, or that lost a task it still wanted, is to be
/// *reconciled*; a task that ended, or whose node is down, drained or gone, is to be *restarted*. When the store is free
/// the restarts go first, so that the count of slots is taken after them.
///
/// To reconcile a service is to sort its slots. A slot with tasks that are meant to run counts; so does a finished one
/// that its policy leaves alone; every other is *dead*. With N replicas and R slots that count:
///
/// | | |
/// |---|---|
/// | N > R | all R go to the updater; N − R tasks are made, each in the lowest free slot number from 1; the tasks of the dead slots whose numbers were not taken again are deleted |
/// | N = R | the tasks of dead slots are deleted; all R go to the updater |
/// | N < R | the first N of `scaleDownOrder` go to the updater; the tasks of dead slots are deleted; those of the rest are desired REMOVE |
///
/// A slot that was scaled away is dead from then on: the next reconciliation of its service deletes its tasks even while
/// they stop, and their agents stop them for want of an assignment. A service that is deleted leaves its tasks desired
/// REMOVE; the reaper deletes them once they have stopped.
///
/// **Quirk kept:** a slot that its policy would leave alone counts even when it has been scaled away, until the reaper has
/// deleted its tasks: another change of the service within that time can take a living slot for it, or make none.
///
/// **Differs from Docker:** services and tasks that are due together are taken in the order of their IDs, where swarmkit
/// walks Go maps; and writes that are due together share an entry, where swarmkit proposes one batch after the other.
///
/// Source: moby/swarmkit `manager/orchestrator/replicated`.
public struct ReplicatedOrchestrator: LeaderComponent {
  private var restarts = RestartSupervisor()
  private var updates = UpdateSupervisor()
  private var endedTasks = Pending<TaskID>()
  private var deletedServices = Pending<ServiceID>()
  private var changedServices = Pending<ServiceID>()
  private var writes = TaskWrites()

  /// An orchestrator that has seen nothing.
  public init() {}

  /// When a delay of the restart supervisor or the updater ends.
  public var nextDeadline: Instant? { earliest(restarts.nextDeadline, updates.nextDeadline) }

  /// Whether anything is to be started, restarted, reconciled or updated.
  public var wantsToWrite: Bool {
    restarts.wantsToWrite || !endedTasks.isEmpty || !deletedServices.isEmpty || !changedServices.isEmpty
      || !writes.isEmpty || updates.wantsToWrite
  }

  /// Repairs what the last leader left, then looks at every replicated service.
  public mutating func start(_ store: Store, at now: Instant, dice: inout Dice) {
    var ended = Pending<TaskID>()
    let orphans = TaskInit.check(
      store, at: now, restarts: &restarts, governs: { $0.isReplicated },
      place: { SlotKey(service: $1, slot: $0.slot) },
      fix: { if mustRestart($0, in: store) { ended.insert($0.id) } })
    endedTasks = ended
    for id in orphans { writes.append(.delete(id)) }
    for (id, service) in store.services where service.value.isReplicated { changedServices.insert(id) }
  }

  /// Notes what to restart and what to reconcile.
  public mutating func observe(_ event: StoreEvent, in store: Store, at now: Instant, dice: inout Dice) {
    restarts.observe(event)
    updates.observe(event, at: now)
    switch event {
    case .task(_, let new?):
      if governs(new.value, in: store) && mustRestart(new.value, in: store) { endedTasks.insert(new.value.id) }
    case .task(let old?, nil):
      if let service = old.value.serviceID, old.value.desiredState <= .running, governs(old.value, in: store) {
        changedServices.insert(service)
      }
    case .node(_, let new?): if new.value.isInvalid { restartTasks(on: new.value.id, in: store) }
    case .node(let old?, nil): restartTasks(on: old.value.id, in: store)
    case .service(_, let new?): if new.value.isReplicated { changedServices.insert(new.value.id) }
    case .service(let old?, nil): if old.value.isReplicated { forget(old.value.id) }
    case .task, .node, .service, .network, .secret, .config, .volume, .cluster: break
    }
  }

  /// Ends delays.
  public mutating func wake(in store: Store, at now: Instant, dice: inout Dice) {
    restarts.wake(at: now)
    updates.wake(at: now)
  }

  /// Starts, restarts, reconciles and updates, as much as fits.
  public mutating func transact(_ tx: inout Transaction, dice: inout Dice) {
    for start in restarts.startDue(in: &tx) { updates.startEnded(start.replacement, of: start.service, at: tx.now) }
    while !tx.isFull, let id = endedTasks.popFirst() {
      if let task = tx.store.tasks[id]?.value, task.desiredState <= .running {
        restarts.restart(id, in: &tx, dice: &dice)
      }
    }
    writes.write(to: &tx, restarts: &restarts, dice: &dice)
    while !tx.isFull, decideNext(in: &tx) { writes.write(to: &tx, restarts: &restarts, dice: &dice) }
    updates.transact(&tx, restarts: &restarts, dice: &dice)
  }

  // MARK: Services

  /// Decides about the next service; false if none is left.
  private mutating func decideNext(in tx: inout Transaction) -> Bool {
    if let id = deletedServices.popFirst() {
      writes.raise(tx.store.tasks(of: id), to: .remove)
    } else if let id = changedServices.popFirst() {
      reconcile(id, in: &tx)
    } else {
      return false
    }
    return true
  }

  private mutating func reconcile(_ id: ServiceID, in tx: inout Transaction) {
    guard let service = tx.store.services[id], case .replicated(let replicas) = service.value.spec.value.mode else {
      return
    }
    var running: [Slot] = []
    var dead: [Slot] = []
    for slot in slotsByNumber(tx.store.tasks(of: id)) {
      let updatable = restarts.updatableTasks(in: slot, of: service.value)
      if updatable.isEmpty { dead.append(slot) } else { running.append(updatable) }
    }
    let wanted = Int(clamping: replicas)
    if wanted > running.count {
      updates.update(service, slots: running, in: &tx)
      addTasks(wanted - running.count, of: service, besides: running, dead: &dead)
      writes.delete(dead.joined())
    } else if wanted < running.count {
      let ordered = scaleDownOrder(running)
      updates.update(service, slots: Array(ordered[..<wanted]), in: &tx)
      writes.delete(dead.joined())
      writes.raise(ordered[wanted...].joined(), to: .remove)
    } else {
      writes.delete(dead.joined())
      updates.update(service, slots: running, in: &tx)
    }
  }

  /// Fills the lowest slot numbers that do not run. A dead slot that is used again keeps its old tasks as history.
  private mutating func addTasks(
    _ count: Int, of service: Shared<Service>, besides running: [Slot], dead: inout [Slot]
  ) {
    let taken = Set(running.map { $0[0].value.slot })
    var filled: Set<UInt64> = []
    var number: UInt64 = 0
    for _ in 0..<count {
      repeat { number += 1 } while taken.contains(number)
      filled.insert(number)
      writes.append(.create(service, slot: number, node: nil))
    }
    dead.removeAll { filled.contains($0[0].value.slot) }
  }

  private mutating func forget(_ service: ServiceID) {
    changedServices.remove(service)
    deletedServices.insert(service)
    restarts.forget(service)
    updates.cancel(service)
  }

  // MARK: Tasks

  private mutating func restartTasks(on node: NodeID, in store: Store) {
    for task in store.tasks(on: node) where task.value.desiredState <= .running && governs(task.value, in: store) {
      endedTasks.insert(task.value.id)
    }
  }

  private func governs(_ task: SwarmTask, in store: Store) -> Bool {
    task.serviceID.flatMap { store.services[$0] }?.value.isReplicated ?? false
  }
}

/// Whether a task that is meant to run has ended or lost its node.
private func mustRestart(_ task: SwarmTask, in store: Store) -> Bool {
  if task.desiredState > .running { return false }
  if task.status.state > .running { return true }
  return task.nodeID.map { store.nodes[$0]?.value.isInvalid ?? true } ?? false
}

extension Service {
  /// Whether it is of the replicated kind, and not a job.
  var isReplicated: Bool { if case .replicated = spec.value.mode { true } else { false } }
}
