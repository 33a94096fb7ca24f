import SimBase
import SwarmModel
import SwarmStore

/// Replaces tasks that ended or lost their node, as the restart policy says.
///
/// A restart, in one transaction: the old task is desired to shut down; if the policy allows, a replacement is created
/// from the service's present spec in the same place (slot number, or node for global kinds), desired READY, and its
/// start is held back (`DelayedStarts`). The delay is the old task's policy's, 5 s by default, and none at all if its
/// node is drained. The start also waits for the old task to stop unless it has stopped already or its node is down.
///
/// A replacement that ends while its own start is held back is not replaced at once: that would be a tight loop where an
/// image is missing. Its start goes through, which shows as an update of an ended task that is desired to run, and that
/// is what brings its owner back here. (swarmkit also keeps a waiter for that moment; it comes to the same.)
///
/// The policy: `none` never; `on-failure`, and `any` for a job, not after a clean end; then at most `maxAttempts` times,
/// within the window if there is one. Attempts are counted per place in `RestartHistory`, and only where there is a
/// limit; a new leader counts the tasks that the store still holds.
///
/// **Quirk kept:** attempts of a global job are recorded under service and node, but looked up under the service alone,
/// so their limit is never reached.
///
/// **Differs from Docker:** where swarmkit's updater may hand over an old task as it was minutes ago, whether there is
/// anything to wait for is read from the store at the time of the write.
///
/// Source: moby/swarmkit `manager/orchestrator/restart/restart.go`.
struct RestartSupervisor: Sendable {
  private var starts = DelayedStarts()
  private var histories = Table<ServiceID, Table<SlotKey, RestartHistory>>()

  /// Nothing has been restarted.
  init() {}

  /// When `wake` is to be called.
  var nextDeadline: Instant? { starts.nextDeadline }
  /// Whether a start is due.
  var wantsToWrite: Bool { starts.hasDue }

  // MARK: Restarting

  /// Shuts the task down and, if its policy allows, makes its replacement. Nothing happens if the task is gone or shut
  /// down already, if its service is gone, or while its own start is held back.
  mutating func restart(_ id: TaskID, in tx: inout Transaction, dice: inout Dice) {
    guard !starts.contains(id), var old = tx.store.tasks[id]?.value, old.desiredState <= .complete,
      let serviceID = old.serviceID, let service = tx.store.services[serviceID]?.value
    else { return }
    old.desiredState = .shutdown
    tx.put(old, by: .orchestrator)
    if !mayRestart(old, of: service) { return }

    let isGlobal = service.spec.value.mode.isGlobal
    var replacement = newTask(
      for: service, slot: isGlobal ? 0 : old.slot, node: isGlobal ? old.nodeID : nil,
      cluster: tx.store.cluster?.value, at: tx.now, dice: &dice)
    replacement.desiredState = .ready
    tx.put(replacement, by: .orchestrator)
    record(replacement, in: SlotKey(service: serviceID, slot: replacement.slot, node: replacement.nodeID), at: tx.now)

    let node = old.nodeID.flatMap { tx.store.nodes[$0]?.value }
    let isDrained = node?.spec.availability == .drain
    let isDown = node?.status.state == .down
    delayStart(
      of: replacement, after: isDrained ? .zero : old.spec.restartDelay, waitingFor: isDown ? nil : old, at: tx.now)
  }

  /// Holds back the start of a task that is desired READY.
  mutating func delayStart(
    of task: SwarmTask, after delay: Duration, waitingFor old: SwarmTask?, at now: Instant
  ) {
    starts.add(task.id, of: task.serviceID, after: delay, waitingFor: old, at: now)
  }

  /// Starts what is due until the batch is full. Returns the held-back starts that are over, started or not.
  mutating func startDue(in tx: inout Transaction) -> [(replacement: TaskID, service: ServiceID?)] {
    var ended: [(replacement: TaskID, service: ServiceID?)] = []
    while !tx.isFull, let (replacement, service) = starts.popDue() {
      if let task = tx.store.tasks[replacement]?.value, task.desiredState < .running {
        tx.update(replacement, by: .orchestrator) { $0.desiredState = $0.jobIteration == nil ? .running : .complete }
      }
      ended.append((replacement, service))
    }
    return ended
  }

  // MARK: Events

  /// Takes note of a change of a task or node.
  mutating func observe(_ event: StoreEvent) {
    switch event {
    case .task(let old?, nil): starts.cancel(old.value.id)
    case .task(.some, let new?): starts.observe(new.value)
    case .node(_, let new?): if new.value.status.state == .down { starts.lost(new.value.id) }
    case .node(let old?, nil): starts.lost(old.value.id)
    case .task, .node, .service, .network, .secret, .config, .volume, .cluster: break
    }
  }

  /// Ends delays.
  mutating func wake(at now: Instant) { starts.wake(at: now) }

  // MARK: History

  /// Counts a replacement against its place's limit.
  mutating func record(_ replacement: SwarmTask, in place: SlotKey, at now: Instant) {
    guard let limit = replacement.spec.restart?.maxAttempts, limit > 0 else { return }
    histories[place.service, default: Table()][place, default: RestartHistory()].record(replacement, at: now)
  }

  /// Forgets a service's restarts.
  mutating func forget(_ service: ServiceID) { histories[service] = nil }

  /// Whether the policy lets the task be replaced.
  mutating func mayRestart(_ task: SwarmTask, of service: Service) -> Bool {
    let policy = task.spec.restart ?? RestartPolicy()
    let mode = service.spec.value.mode
    switch policy.condition {
    case .none: return false
    case .onFailure: if task.status.state == .complete { return false }
    case .any: if mode.isJob && task.status.state == .complete { return false }
    }
    guard let limit = policy.maxAttempts, limit > 0 else { return true }
    let place = SlotKey(service: service.id, slot: task.slot, node: mode == .global ? task.nodeID : nil)
    return histories.update(service.id) { places in
      places.update(place) { $0.allowsAnother(after: task, limit: limit, window: policy.window) } ?? true
    } ?? true
  }

  /// The tasks of a slot that the updater should know: those still meant to run; or else the newest, if its policy
  /// says that it is not to be replaced. None makes the slot a dead one.
  ///
  /// The second case keeps a finished slot occupied. It does not hold while the service rolls back, so that a rollback
  /// always ends with every slot alive.
  mutating func updatableTasks(in slot: Slot, of service: Service) -> Slot {
    let wanted = slot.filter { $0.value.desiredState <= .running }
    if !wanted.isEmpty || service.updateStatus?.state == .rollbackStarted { return wanted }
    guard var newest = slot.first else { return [] }
    for task in slot.dropFirst() where task.value.timestamp > newest.value.timestamp { newest = task }
    return mayRestart(newest.value, of: service) ? [] : [newest]
  }
}
