import SimBase
import SwarmModel
import SwarmStore

/// Deletes tasks that nobody needs: old ones beyond the history limit, and removed ones that have stopped.
///
/// A *place* (slot, or node of a global service) is looked at after a task was created there. It keeps as many tasks as the
/// cluster's `taskHistoryRetentionLimit` says, running ones included; a policy with a limit of attempts keeps one more than
/// that instead, for its attempts are counted from these tasks by the next leader. A negative limit keeps all. Above
/// the limit the oldest go first, of those that have ended or that were shut down before they had a node. If more
/// than one other task was met on the way the place stays under observation; otherwise it is looked at again only after
/// the next creation. Jobs are never trimmed.
///
/// Tasks desired REMOVE are deleted once they have ended, or at once while they have no node; orphaned tasks without a
/// service likewise.
///
/// Both wait for 250 ms from the first event after the last look, or until more than a thousand things have come up. A
/// new leader looks at the second kind once at its start.
///
/// Source: moby/swarmkit `manager/orchestrator/taskreaper/task_reaper.go`.
public struct TaskReaper: LeaderComponent {
  /// How long events are gathered. Source: `reaperBatchingInterval`.
  static let batchingInterval = Duration.milliseconds(250)
  /// How many things may come up before the interval is over. Source: `maxDirty`.
  static let gatherLimit = 1000

  private var limit: Int64 = 0
  private var places = Pending<SlotKey>()
  private var stopped = Pending<TaskID>()
  private var doomed = Pending<TaskID>()

  /// When what was gathered is looked at; nil until the next event.
  public private(set) var nextDeadline: Instant?
  /// Whether tasks are to be deleted.
  public var wantsToWrite: Bool { !doomed.isEmpty }

  /// A reaper that has seen nothing.
  public init() {}

  /// Gathers what was left over by the last leader.
  public mutating func start(_ store: Store, at now: Instant, dice: inout Dice) {
    limit = store.cluster?.value.spec.taskHistoryRetentionLimit ?? 0
    for (_, task) in store.tasks { noteStopped(task.value) }
    if !stopped.isEmpty { reap(store) }
  }

  /// Notes created tasks and stopped ones.
  public mutating func observe(_ event: StoreEvent, in store: Store, at now: Instant, dice: inout Dice) {
    switch event {
    case .task(nil, let new?):
      // Tasks without a service have no place.
      if let service = new.value.serviceID {
        places.insert(SlotKey(service: service, slot: new.value.slot, node: new.value.nodeID))
      }
    case .task(.some, let new?): noteStopped(new.value)
    case .cluster(.some, let new?): limit = new.value.spec.taskHistoryRetentionLimit
    case .task, .node, .service, .network, .secret, .config, .volume, .cluster: return
    }
    if places.count + stopped.count > TaskReaper.gatherLimit {
      nextDeadline = nil
      reap(store)
    } else if nextDeadline == nil {
      nextDeadline = now + TaskReaper.batchingInterval
    }
  }

  /// Looks at what was gathered.
  public mutating func wake(in store: Store, at now: Instant, dice: inout Dice) {
    guard let deadline = nextDeadline, deadline <= now else { return }
    nextDeadline = nil
    reap(store)
  }

  /// Deletes as many as fit.
  public mutating func transact(_ tx: inout Transaction, dice: inout Dice) {
    while !tx.isFull, let id = doomed.popFirst() { tx.remove(id) }
  }

  private mutating func noteStopped(_ task: SwarmTask) {
    let state = task.status.state
    let isRemoved = task.desiredState == .remove && (state < .assigned || state >= .complete)
    if isRemoved || (task.serviceID == nil && state >= .orphaned) { stopped.insert(task.id) }
  }

  private mutating func reap(_ store: Store) {
    while let id = stopped.popFirst() { doomed.insert(id) }
    // One scan per service: a service of thousands of slots has thousands of places that are looked at together.
    var gathered = places.all[...]
    while let service = gathered.first?.service {
      let own = gathered.prefix { $0.service == service }
      gathered = gathered.dropFirst(own.count)
      trim(service, own, in: store)
    }
  }

  private mutating func trim(_ id: ServiceID, _ own: ArraySlice<SlotKey>, in store: Store) {
    guard let service = store.services[id]?.value else {
      for place in own { places.remove(place) }
      return
    }
    let spec = service.spec.value
    var kept = limit
    if let attempts = spec.task.restart?.maxAttempts, attempts > 0 { kept = Int64(clamping: attempts &+ 1) }
    if kept < 0 || spec.mode.isJob {
      for place in own { places.remove(place) }
      return
    }
    var slots = Table<SlotKey, Slot>()
    for task in store.tasks(of: id) {
      // A global service's task has a node from its creation on; a replicated one gets it later and keeps its slot.
      let key = SlotKey(
        service: id, slot: spec.mode.isGlobal ? 0 : task.value.slot, node: spec.mode.isGlobal ? task.value.nodeID : nil)
      slots[key, default: []].append(task)
    }
    for place in own {
      if !trim(slots[place] ?? [], to: Int(clamping: kept)) { places.remove(place) }
    }
  }

  /// Dooms the oldest tasks beyond the limit. Returns whether the place is to be looked at again.
  private mutating func trim(_ slot: Slot, to limit: Int) -> Bool {
    var excess = slot.count - limit
    var others = 0
    let oldestFirst = slot.sorted { ($0.value.timestamp, $0.value.id) < ($1.value.timestamp, $1.value.id) }
    for box in oldestFirst where excess > 0 {
      let task = box.value
      let willNeverRun = task.status.state < .assigned && task.desiredState > .running
      if task.status.state > .running || willNeverRun {
        doomed.insert(task.id)
        excess -= 1
      } else {
        others += 1
      }
    }
    return others > 1
  }
}
