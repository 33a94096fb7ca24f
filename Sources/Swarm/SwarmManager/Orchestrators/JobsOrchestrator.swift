import SimBase
import SwarmModel
import SwarmStore

/// Gives jobs their tasks: services whose tasks run to completion.
///
/// A job runs in iterations: each update of its service begins the next. Its tasks carry their iteration and are desired
/// COMPLETE. A job is looked at when a leader starts, when its service changes, and when one of its tasks ends that was
/// still wanted; what happens to nodes brings nothing about.
///
/// A *replicated job* wants so many completions, at most so many tasks at once, each in a slot of its own from 0 on; a
/// *global job* wants one completion on each node that is ready, active and meets the constraints. Tasks that failed go
/// to the restart supervisor, tasks of older iterations are desired REMOVE.
///
/// **Quirks kept:**
/// - A node that joins, or becomes eligible, gets its task of a global job only when something else has the job looked at.
/// - Draining or losing a node does not move the tasks of a replicated job.
/// - A task that its policy gives up on frees its slot or node: the next look at the job makes a new one there. So
///   `none` and a limit of attempts only hold until then.
/// - A global job's limit of attempts is never reached (`RestartSupervisor`).
/// - If more tasks of an iteration run than it may have at once, the difference wraps around and does not hold back new
///   ones; if more are done or running than wanted, nothing at all happens.
///
/// **Differs from Docker:** swarmkit's job orchestrator is never stopped, and goes on (in vain) after its manager has lost
/// the leadership. This one ends with it, as the others do.
///
/// Source: moby/swarmkit `manager/orchestrator/jobs`.
public struct JobsOrchestrator: LeaderComponent {
  private var restarts = RestartSupervisor()
  private var deletedServices = Pending<ServiceID>()
  private var changedServices = Pending<ServiceID>()
  private var writes = TaskWrites()

  /// An orchestrator that has seen nothing.
  public init() {}

  /// When a delay of the restart supervisor ends.
  public var nextDeadline: Instant? { restarts.nextDeadline }

  /// Whether anything is to be started or looked at.
  public var wantsToWrite: Bool {
    restarts.wantsToWrite || !deletedServices.isEmpty || !changedServices.isEmpty || !writes.isEmpty
  }

  /// Repairs what the last leader left, then looks at every job.
  public mutating func start(_ store: Store, at now: Instant, dice: inout Dice) {
    var stranded: [TaskID] = []
    let orphans = TaskInit.check(
      store, at: now, restarts: &restarts, governs: { $0.spec.value.mode.isJob },
      place: { task, id in
        // A replicated job's place is its slot, a global job's its node; only one of the two tells tasks apart.
        store.services[id]?.value.spec.value.mode == .globalJob
          ? SlotKey(service: id, node: task.nodeID) : SlotKey(service: id, slot: task.slot)
      },
      fix: { task in
        let isGlobal = task.serviceID.flatMap { store.services[$0] }?.value.spec.value.mode == .globalJob
        let isLost = task.nodeID.flatMap { store.nodes[$0] }?.value.isInvalid ?? true
        if isGlobal && isLost && task.desiredState <= .complete { stranded.append(task.id) }
      })
    for id in orphans { writes.append(.delete(id)) }
    for id in stranded { writes.append(.raise(id, .shutdown)) }
    for (id, service) in store.services where service.value.spec.value.mode.isJob { changedServices.insert(id) }
  }

  /// Notes which jobs to look at.
  public mutating func observe(_ event: StoreEvent, in store: Store, at now: Instant, dice: inout Dice) {
    restarts.observe(event)
    switch event {
    case .task(.some, let new?):
      let task = new.value
      if task.status.state > .running, task.desiredState <= .complete, let id = task.serviceID,
        store.services[id]?.value.spec.value.mode.isJob == true
      {
        changedServices.insert(id)
      }
    case .service(_, let new?): if new.value.spec.value.mode.isJob { changedServices.insert(new.value.id) }
    case .service(let old?, nil):
      if old.value.spec.value.mode.isJob {
        changedServices.remove(old.value.id)
        deletedServices.insert(old.value.id)
        restarts.forget(old.value.id)
      }
    case .task, .node, .service, .network, .secret, .config, .volume, .cluster: break
    }
  }

  /// Ends delays.
  public mutating func wake(in store: Store, at now: Instant, dice: inout Dice) { restarts.wake(at: now) }

  /// Starts and reconciles, as much as fits.
  public mutating func transact(_ tx: inout Transaction, dice: inout Dice) {
    _ = restarts.startDue(in: &tx)
    writes.write(to: &tx, restarts: &restarts, dice: &dice)
    while !tx.isFull, decideNext(in: tx.store) { writes.write(to: &tx, restarts: &restarts, dice: &dice) }
  }

  /// Decides about the next job; false if none is left.
  private mutating func decideNext(in store: Store) -> Bool {
    if let id = deletedServices.popFirst() {
      writes.raise(store.tasks(of: id), to: .remove)
    } else if let id = changedServices.popFirst() {
      if let service = store.services[id] { reconcile(service, in: store) }
    } else {
      return false
    }
    return true
  }

  private mutating func reconcile(_ service: Shared<Service>, in store: Store) {
    switch service.value.spec.value.mode {
    case .replicatedJob(let maxConcurrent, let totalCompletions):
      planReplicatedJob(
        service, tasks: store.tasks(of: service.value.id), maxConcurrent: maxConcurrent,
        totalCompletions: totalCompletions, into: &writes)
    case .globalJob: planGlobalJob(service, in: store, into: &writes)
    case .replicated, .global: break
    }
  }
}
