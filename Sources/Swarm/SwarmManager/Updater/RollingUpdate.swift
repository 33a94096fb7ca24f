import SimBase
import SwarmModel
import SwarmStore

/// Takes the dirty slots of one service to its spec, some at a time.
///
/// The slots are handed out in order to as many *workers* as the parallelism says (0: one per slot). A worker updates its
/// slot, sleeps for the configured delay, and takes the next one.
///
///     idle ──▶ taken ──▶ starting ──▶ coming ──▶ (clearing) ──▶ sleeping ──▶ idle
///
/// - *taken*: the slot has a clean task that is desired RUNNING, and the others are shut down; or a clean one desired
///   less, and it is started once the others have stopped; or neither, and a replacement is made, desired READY.
/// - *starting*: the start is held back. With stop-first the old tasks are shut down in the transaction that makes the
///   replacement, and it starts when one of them has stopped; with start-first it starts at once.
/// - *coming*: waits, for as long as it takes, until the replacement is RUNNING or has ended.
/// - *clearing*: start-first only: the replacement runs, the old tasks are shut down. If it ended instead, they stay.
/// - *sleeping*: the delay, also after the worker's last slot.
///
/// The update as a whole:
///
///     handing out ──last slot taken──▶ draining ──all workers idle──▶ monitoring ──time over──▶ over
///          └────────────too many failures────▲                            └──too many failures──▲
///
/// Monitoring lasts as long as a task is watched (5 s by default), or a second more than the delay if that is not
/// shorter. Then the update is complete. A *failure* is a task of this update that ends, whichever way, before it has run
/// longer than that; replacements made by the restart supervisor do not count. When failures exceed the tolerated share
/// of the dirty slots the action is taken: the update is paused, or the service gets its previous spec back, which
/// cancels this update and begins another. Workers finish the slot they have. Failures that come while the workers are
/// waited for are judged when the monitoring begins, by the time that it is then.
///
/// **Quirks kept:** too many failures while rolling back (with the action *rollback*) mark the service as paused, but the
/// update goes on to its monitoring and then overwrites that with "update completed". A rollback without a previous spec
/// leaves the service "updating". A worker whose new task is deleted waits until the update is cancelled.
///
/// **Differs from Docker:** where a failure and an idle worker are there at once, swarmkit takes either; here the failure
/// is seen first.
///
/// Source: moby/swarmkit `manager/orchestrator/update/updater.go` (`Updater`).
struct RollingUpdate: Sendable {
  private enum Phase: Equatable, Sendable {
    case handingOut
    case draining
    case monitoring(until: Instant)
    case over
  }

  private enum Worker: Sendable {
    case idle
    case taken(slot: Int)
    case starting(slot: Int, Arrival)
    case coming(slot: Int)
    case clearing(slot: Int)
    case sleeping
  }

  /// What is to follow when a held-back start is over.
  private enum Arrival: Sendable {
    /// A clean task that was there before: nothing.
    case notAwaited
    /// A new task, not RUNNING yet when last seen.
    case awaited
    /// A new task that was first seen RUNNING or beyond in this state.
    case arrived(TaskState)
  }

  /// What came of shutting the old tasks of a slot down.
  private enum ShutDown {
    /// The last of them; nil if none was wanted any more from the beginning.
    case stopping(SwarmTask?)
    /// Somebody else has shut down or deleted each one that was wanted.
    case tooLate
  }

  /// The service as it was when the update began: the spec that this update works towards.
  let service: Shared<Service>

  private let slots: [Slot]
  private let config: UpdateConfig
  private let isRollback: Bool
  private var monitor: Duration
  private var phase = Phase.handingOut
  /// Whether an action has ended the update before its time.
  private var isStopped = false
  private var steps = Line<UpdateStep>()

  private var workers: [Worker]
  private var nextSlot = 0
  private var idle = Line<Int>()
  private var busyCount = 0
  /// Workers that have something to write.
  private var writers = Line<Int>()
  private var sleepers = DeadlineHeap<Int>()
  /// Workers by the task whose start or arrival they wait for.
  private var awaiting = Table<TaskID, Int>()

  /// The tasks that this update made, with the instant at which they were seen RUNNING or beyond.
  private var made = Table<TaskID, Instant?>()
  private var failed = Pending<TaskID>()
  private var unjudged = Line<TaskID>()

  /// An update of these slots, all of them dirty.
  init(of service: Shared<Service>, slots: [Slot], at now: Instant) {
    let spec = service.value.spec.value
    self.service = service
    self.slots = slots
    isRollback = service.value.updateStatus?.state == .rollbackStarted
    config = (isRollback ? spec.rollback : spec.update) ?? UpdateConfig()
    monitor = config.monitor ?? .seconds(5)
    let count = config.parallelism == 0 ? slots.count : min(slots.count, Int(clamping: config.parallelism))
    workers = Array(repeating: .idle, count: count)
    for worker in workers.indices { idle.append(worker) }
    if service.value.updateStatus == nil { steps.append(.begin) }
    handOut(at: now)
  }

  /// Whether all is done and written.
  var isOver: Bool { phase == .over && steps.isEmpty }
  /// Whether a worker or the update itself has something to write.
  var wantsToWrite: Bool { !steps.isEmpty || !writers.isEmpty }
  /// When a worker wakes or the monitoring ends.
  var nextDeadline: Instant? {
    if case .monitoring(let end) = phase { end } else { sleepers.first?.instant }
  }

  // MARK: Events

  /// One of the service's tasks has been seen RUNNING or beyond.
  mutating func observe(_ task: SwarmTask, at now: Instant) {
    let state = task.status.state
    if state > .running && config.failureAction != .continue {
      switch phase {
      case .handingOut, .monitoring: judge(task.id, at: now)
      case .draining: if !isStopped && made.contains(task.id) { unjudged.append(task.id) }
      case .over: break
      }
    }
    guard let worker = awaiting[task.id] else { return }
    switch workers[worker] {
    case .starting(let slot, .awaited): workers[worker] = .starting(slot: slot, .arrived(state))
    case .coming(let slot): arrive(task.id, as: state, for: worker, slot: slot, at: now)
    case .idle, .taken, .starting, .clearing, .sleeping: break
    }
  }

  /// The held-back start of a task is over.
  mutating func startEnded(_ task: TaskID, at now: Instant) {
    guard let worker = awaiting[task], case .starting(let slot, let arrival) = workers[worker] else { return }
    switch arrival {
    case .notAwaited:
      awaiting[task] = nil
      sleep(worker, at: now)
    case .awaited: workers[worker] = .coming(slot: slot)
    case .arrived(let state): arrive(task, as: state, for: worker, slot: slot, at: now)
    }
  }

  /// Wakes workers and ends the monitoring.
  mutating func wake(at now: Instant) {
    while let (_, worker) = sleepers.popFirst(upTo: now) { free(worker, at: now) }
    if case .monitoring(let end) = phase, end <= now { complete() }
  }

  /// Writes until the batch is full.
  mutating func transact(_ tx: inout Transaction, restarts: inout RestartSupervisor, dice: inout Dice) {
    while let step = steps.popFirst() { step.write(to: service.value.id, in: &tx) }
    while !tx.isFull, let worker = writers.popFirst() {
      switch workers[worker] {
      case .taken(let slot): updateSlot(slot, by: worker, in: &tx, restarts: &restarts, dice: &dice)
      case .clearing(let slot):
        _ = shutDown(slots[slot], in: &tx)
        sleep(worker, at: tx.now)
      case .idle, .starting, .coming, .sleeping: break
      }
    }
  }

  // MARK: Phases

  private mutating func handOut(at now: Instant) {
    guard phase == .handingOut else { return }
    while nextSlot < slots.count, let worker = idle.popFirst() {
      workers[worker] = .taken(slot: nextSlot)
      writers.append(worker)
      busyCount += 1
      nextSlot += 1
    }
    if nextSlot == slots.count { drain(at: now) }
  }

  private mutating func drain(at now: Instant) {
    phase = .draining
    if busyCount == 0 { endDrain(at: now) }
  }

  private mutating func endDrain(at now: Instant) {
    if isStopped {
      phase = .over
      return
    }
    // Otherwise the monitoring would be over before a task that came before the last delay has been watched.
    if config.delay >= monitor { monitor = config.delay + .seconds(1) }
    phase = .monitoring(until: now + monitor)
    while let task = unjudged.popFirst() { judge(task, at: now) }
  }

  private mutating func complete() {
    steps.append(.complete)
    phase = .over
  }

  // MARK: Failures

  /// Counts the end of a task, once, if it is a failure of this update; takes the action if that is one too many.
  private mutating func judge(_ task: TaskID, at now: Instant) {
    guard phase != .over, let entry = made[task], !failed.contains(task) else { return }
    if let arrived = entry, now - arrived > monitor { return }
    failed.insert(task)
    guard Float(failed.count) / Float(slots.count) > config.maxFailureRatio else { return }
    switch config.failureAction {
    case .continue: return
    case .pause:
      isStopped = true
      steps.append(.pause("update paused due to failure or early termination of task \(task)"))
    case .rollback where isRollback:
      steps.append(.pause("rollback paused due to failure or early termination of task \(task)"))
    case .rollback:
      isStopped = true
      steps.append(.rollBack("update rolled back due to failure or early termination of task \(task)"))
    }
    if phase == .handingOut { return drain(at: now) }
    if isStopped { phase = .over } else { complete() }
  }

  // MARK: Workers

  /// The new task runs, or has ended.
  private mutating func arrive(_ task: TaskID, as state: TaskState, for worker: Int, slot: Int, at now: Instant) {
    awaiting[task] = nil
    made[task] = .some(now)
    if config.order == .startFirst && state == .running {
      workers[worker] = .clearing(slot: slot)
      writers.append(worker)
    } else {
      sleep(worker, at: now)
    }
  }

  private mutating func sleep(_ worker: Int, at now: Instant) {
    if config.delay <= .zero { return free(worker, at: now) }
    workers[worker] = .sleeping
    sleepers.set(worker, to: now + config.delay)
  }

  private mutating func free(_ worker: Int, at now: Instant) {
    workers[worker] = .idle
    busyCount -= 1
    switch phase {
    case .handingOut:
      idle.append(worker)
      handOut(at: now)
    case .draining: if busyCount == 0 { endDrain(at: now) }
    case .monitoring, .over: break
    }
  }

  // MARK: A slot

  private mutating func updateSlot(
    _ slot: Int, by worker: Int, in tx: inout Transaction, restarts: inout RestartSupervisor, dice: inout Dice
  ) {
    if let clean = cleanTask(in: slots[slot], store: tx.store) {
      use(clean, in: slot, by: worker, in: &tx, restarts: &restarts)
    } else {
      replace(slot, by: worker, in: &tx, restarts: &restarts, dice: &dice)
    }
  }

  /// The first clean task that is desired RUNNING; else the last that is desired less.
  private func cleanTask(in slot: Slot, store: Store) -> Shared<SwarmTask>? {
    var found: Shared<SwarmTask>?
    for task in slot where task.value.desiredState <= .running {
      let node = task.value.nodeID.flatMap { store.nodes[$0]?.value }
      if isDirty(task.value, of: service.value, on: node) { continue }
      if task.value.desiredState == .running { return task }
      found = task
    }
    return found
  }

  private mutating func use(
    _ clean: Shared<SwarmTask>, in slot: Int, by worker: Int, in tx: inout Transaction,
    restarts: inout RestartSupervisor
  ) {
    let others = slots[slot].filter { $0 !== clean }
    guard case .stopping(let old) = shutDown(others, in: &tx), clean.value.desiredState != .running else {
      return sleep(worker, at: tx.now)
    }
    workers[worker] = .starting(slot: slot, .notAwaited)
    awaiting[clean.value.id] = worker
    restarts.delayStart(of: clean.value, after: .zero, waitingFor: old, at: tx.now)
  }

  private mutating func replace(
    _ slot: Int, by worker: Int, in tx: inout Transaction, restarts: inout RestartSupervisor, dice: inout Dice
  ) {
    // With the service goes the wish; with the old tasks (somebody else has just shut them down, or they are gone) goes
    // the place. Then nothing is made, and the worker goes on.
    let isStopFirst = config.order == .stopFirst
    guard tx.store.services.contains(service.value.id), !isStopFirst || mayShutDown(slots[slot], in: tx.store) else {
      return sleep(worker, at: tx.now)
    }
    let first = slots[slot][0].value
    let isGlobal = service.value.spec.value.mode.isGlobal
    var task = newTask(
      for: service.value, slot: first.slot, node: isGlobal ? first.nodeID : nil, cluster: tx.store.cluster?.value,
      at: tx.now, dice: &dice)
    task.desiredState = .ready
    tx.put(task, by: .orchestrator)
    made[task.id] = .some(nil)
    awaiting[task.id] = worker
    workers[worker] = .starting(slot: slot, .awaited)
    var old: SwarmTask?
    if isStopFirst, case .stopping(let last) = shutDown(slots[slot], in: &tx) { old = last }
    restarts.delayStart(of: task, after: .zero, waitingFor: old, at: tx.now)
  }

  /// Desires those of the tasks to shut down that were wanted when the update began.
  private func shutDown(_ tasks: Slot, in tx: inout Transaction) -> ShutDown {
    var (last, isTooLate): (SwarmTask?, Bool) = (nil, false)
    for task in tasks where task.value.desiredState <= .running {
      guard let current = tx.store.tasks[task.value.id]?.value, current.desiredState <= .running else {
        isTooLate = true
        continue
      }
      tx.update(current.id, by: .orchestrator) { $0.desiredState = .shutdown }
      last = current
    }
    return last == nil && isTooLate ? .tooLate : .stopping(last)
  }

  /// Whether `shutDown` would not be too late.
  private func mayShutDown(_ tasks: Slot, in store: Store) -> Bool {
    let wanted = tasks.filter { $0.value.desiredState <= .running }
    return wanted.isEmpty
      || wanted.contains { store.tasks[$0.value.id].map { $0.value.desiredState <= .running } ?? false }
  }
}
