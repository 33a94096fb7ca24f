import SimBase
import SwarmManager
import SwarmModel
import SwarmStore

/// The leader-only parts of the control plane, in the order in which they start and take their turns.
///
/// Source: moby/swarmkit `manager/manager.go` (`becomeLeader`).
struct LeaderParts: Sendable {
  var keys = KeyManager()
  var dispatcher: Dispatcher
  var ca = CAServer()
  var allocator = Allocator()
  var scheduler = Scheduler()
  var enforcer = ConstraintEnforcer()
  var reaper = TaskReaper()
  var replicated = ReplicatedOrchestrator()
  var jobs = JobsOrchestrator()
  var global = GlobalOrchestrator()
  var roles: RoleManager
  var control: ControlAPI
  var logs = LogBroker()

  static let count = 13

  init(leader: NodeID) {
    dispatcher = Dispatcher(leader: leader)
    roles = RoleManager(leader: leader)
    control = ControlAPI()
  }

  /// Lets a visitor do the same to each part, in order.
  mutating func visitAll(_ visitor: inout some PartVisitor) {
    for place in 0..<LeaderParts.count { visit(place, &visitor) }
  }

  /// Lets a visitor do something to one part.
  mutating func visit(_ place: Int, _ visitor: inout some PartVisitor) {
    switch place {
    case 0: visitor.visit(&keys, place)
    case 1: visitor.visit(&dispatcher, place)
    case 2: visitor.visit(&ca, place)
    case 3: visitor.visit(&allocator, place)
    case 4: visitor.visit(&scheduler, place)
    case 5: visitor.visit(&enforcer, place)
    case 6: visitor.visit(&reaper, place)
    case 7: visitor.visit(&replicated, place)
    case 8: visitor.visit(&jobs, place)
    case 9: visitor.visit(&global, place)
    case 10: visitor.visit(&roles, place)
    case 11: visitor.visit(&control, place)
    case 12: visitor.visit(&logs, place)
    default: preconditionFailure("there is no part \(place)")
    }
  }

  // These two are mutating, though they change nothing: so a manager asks its parts where they are. What does not mutate
  // is asked of a copy when the whole is optional, and the parts are large.

  /// Whether a part has something to write. Mostly none has, and then no transaction is begun.
  mutating func wantsToWrite(_ place: Int) -> Bool {
    switch place {
    case 0: keys.wantsToWrite
    case 1: dispatcher.wantsToWrite
    case 2: ca.wantsToWrite
    case 3: allocator.wantsToWrite
    case 4: scheduler.wantsToWrite
    case 5: enforcer.wantsToWrite
    case 6: reaper.wantsToWrite
    case 7: replicated.wantsToWrite
    case 8: jobs.wantsToWrite
    case 9: global.wantsToWrite
    case 10: roles.wantsToWrite
    case 11: control.wantsToWrite
    case 12: logs.wantsToWrite
    default: preconditionFailure("there is no part \(place)")
    }
  }

  /// When a part is to be woken next.
  mutating func findDeadline() -> Instant? {
    var next = earliest(keys.nextDeadline, dispatcher.nextDeadline)
    next = earliest(next, earliest(ca.nextDeadline, allocator.nextDeadline))
    next = earliest(next, earliest(scheduler.nextDeadline, enforcer.nextDeadline))
    next = earliest(next, earliest(reaper.nextDeadline, replicated.nextDeadline))
    next = earliest(next, earliest(jobs.nextDeadline, global.nextDeadline))
    return earliest(next, earliest(roles.nextDeadline, control.nextDeadline))
  }
}

/// Something to be done to each part, whatever its type.
protocol PartVisitor {
  mutating func visit(_ part: inout some LeaderComponent, _ place: Int)
}

/// A new leader's parts look at everything there is.
struct StartVisitor: PartVisitor {
  let store: Store
  let now: Instant
  var dice: Dice
  mutating func visit(_ part: inout some LeaderComponent, _ place: Int) { part.start(store, at: now, dice: &dice) }
}

/// A commit goes round: its writer hears first, then each part hears of each change, then of its end.
struct CommitVisitor: PartVisitor {
  let store: Store
  let events: [StoreEvent]
  let writer: Int?
  let now: Instant
  var dice: Dice
  mutating func visit(_ part: inout some LeaderComponent, _ place: Int) {
    if place == writer { part.written(in: store, at: now) }
    for event in events { part.observe(event, in: store, at: now, dice: &dice) }
    part.commit(in: store, at: now, dice: &dice)
  }
}

/// Parts whose deadline has passed are woken.
struct WakeVisitor: PartVisitor {
  let store: Store
  let now: Instant
  var dice: Dice
  mutating func visit(_ part: inout some LeaderComponent, _ place: Int) {
    if let due = part.nextDeadline, due <= now { part.wake(in: store, at: now, dice: &dice) }
  }
}

/// A part that wants to write does so.
struct WriteVisitor: PartVisitor {
  var transaction: Transaction
  var dice: Dice
  var hasWritten = false
  mutating func visit(_ part: inout some LeaderComponent, _ place: Int) {
    if !part.wantsToWrite { return }
    part.transact(&transaction, dice: &dice)
    hasWritten = !transaction.changes.isEmpty
  }
}
