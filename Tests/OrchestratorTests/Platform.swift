import SimBase
import SwarmManager
import SwarmModel
import SwarmStore

/// What a scripted image does.
struct Behaviour {
  var prepare = Duration.milliseconds(100)
  var start = Duration.milliseconds(100)
  /// Nil runs on.
  var run: Duration?
  var end = TaskState.complete
  var stop = Duration.milliseconds(200)
  /// Cannot be prepared.
  var isRejected = false
}

/// Allocator, scheduler and agents, as far as orchestrators can tell: moves each task one step at a time.
struct Platform: LeaderComponent {
  /// By image; others run on.
  var behaviours: [String: Behaviour] = [
    "crashes": Behaviour(run: .seconds(1), end: .failed), "finishes": Behaviour(run: .seconds(1)),
    "rejected": Behaviour(isRejected: true), "slow": Behaviour(start: .seconds(30)),
    "stubborn": Behaviour(stop: .seconds(10)), "undead": Behaviour(stop: .hours(1)),
  ]
  /// Does nothing at all: the test moves the tasks.
  var isIdle = false
  /// Nodes whose agents do not act, though nobody may know yet.
  var silent: Set<NodeID> = []

  private var steps = DeadlineHeap<TaskID>()
  private var planned: [TaskID: TaskState] = [:]
  private var ready: [TaskID] = []
  private var homeless: Set<TaskID> = []

  var nextDeadline: Instant? { steps.first?.instant }
  var wantsToWrite: Bool { !ready.isEmpty }

  mutating func start(_ store: Store, at now: Instant, dice: inout Dice) {
    let kept = (behaviours, isIdle, silent)
    self = Platform()
    (behaviours, isIdle, silent) = kept
    for (_, task) in store.tasks { plan(task.value, at: now) }
  }

  mutating func observe(_ event: StoreEvent, in store: Store, at now: Instant, dice: inout Dice) {
    switch event {
    case .task(_, let new?): plan(new.value, at: now)
    case .task(let old?, nil):
      steps.cancel(old.value.id)
      planned[old.value.id] = nil
      homeless.remove(old.value.id)
    case .node:
      for task in homeless.sorted() { steps.set(task, to: now + .milliseconds(50)) }
      homeless = []
    default: break
    }
  }

  mutating func wake(in store: Store, at now: Instant, dice: inout Dice) {
    while let (_, task) = steps.popFirst(upTo: now) { ready.append(task) }
  }

  mutating func transact(_ tx: inout Transaction, dice: inout Dice) {
    for id in ready {
      guard let task = tx.store.tasks[id]?.value, let next = planned[id] else { continue }
      if let node = task.nodeID, task.status.state >= .assigned, silent.contains(node) { continue }
      move(task, to: next, in: &tx)
    }
    ready = []
  }

  /// The next step of a task and when it is taken. A step under way is given up only if another takes its place.
  private mutating func plan(_ task: SwarmTask, at now: Instant) {
    if isIdle { return }
    let behaviour = behaviours[task.spec.container?.image ?? ""] ?? Behaviour()
    guard let (next, span) = step(of: task, behaviour) else {
      steps.cancel(task.id)
      planned[task.id] = nil
      return
    }
    if planned[task.id] == next && steps[task.id] != nil { return }
    planned[task.id] = next
    steps.set(task.id, to: now + span)
  }

  private func step(of task: SwarmTask, _ behaviour: Behaviour) -> (TaskState, Duration)? {
    let (state, desired) = (task.status.state, task.desiredState)
    switch state {
    case .new: return (.pending, .milliseconds(1))
    case .pending: return desired > .complete ? (.shutdown, .milliseconds(50)) : (.assigned, .milliseconds(50))
    default: break
    }
    if desired >= .shutdown { return state >= .complete ? nil : (.shutdown, behaviour.stop) }
    if state > desired { return nil }
    switch state {
    case .preparing: return (behaviour.isRejected ? .rejected : .ready, behaviour.prepare)
    case .starting: return (.running, behaviour.start)
    case .running: return behaviour.run.map { (behaviour.end, $0) }
    default: break
    }
    if state >= desired { return nil }
    switch state {
    case .assigned: return (.accepted, .milliseconds(100))
    case .accepted: return (.preparing, .milliseconds(1))
    case .ready: return (.starting, .milliseconds(100))
    default: return nil
    }
  }

  private mutating func move(_ task: SwarmTask, to next: TaskState, in tx: inout Transaction) {
    let now = tx.now
    var writer = TaskWriter.dispatcher
    var node = task.nodeID
    if next == .pending {
      writer = .allocator
    } else if task.status.state == .pending {
      writer = .scheduler
      if next == .assigned {
        node = node ?? place(task, in: tx.store)
        guard node.flatMap({ tx.store.nodes[$0] })?.value.takesTasks == true else {
          homeless.insert(task.id)
          return
        }
      }
    }
    planned[task.id] = nil
    tx.update(task.id, by: writer) {
      $0.nodeID = node
      $0.status.state = next
      $0.status.timestamp = now
      if writer == .dispatcher { $0.status.appliedAt = now }
    }
  }

  /// The fit node with the fewest tasks of the service.
  private func place(_ task: SwarmTask, in store: Store) -> NodeID? {
    let constraints = Constraint.of(task.spec.placement)
    let fit = store.nodes.values.filter { $0.value.takesTasks && constraints.allow($0.value) }
    var load: [NodeID: Int] = [:]
    for other in task.serviceID.map({ store.tasks(of: $0) }) ?? [] where other.value.desiredState <= .complete {
      if let node = other.value.nodeID { load[node, default: 0] += 1 }
    }
    return fit.map(\.value.id).min { (load[$0] ?? 0, $0) < (load[$1] ?? 0, $1) }
  }
}

extension Node {
  var takesTasks: Bool { status.state == .ready && spec.availability == .active }
}
