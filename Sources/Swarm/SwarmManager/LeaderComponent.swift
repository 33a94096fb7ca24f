import SimBase
import SwarmModel
import SwarmStore

/// What every leader-only part of the control plane is: a machine that watches commits, keeps deadlines, and writes when
/// it is its turn.
///
/// The manager's driver calls `observe` for each change of a commit in order, then `commit` once. A component that wants to
/// write says so; when no proposal is in flight the driver calls `transact`, proposes what was written, and reports back with
/// `written` or, when leadership is lost, drops the component. A component never reads its own write before its commit comes
/// round as events. `tx.isFull` ends a batch: the component stops and keeps wanting to write.
///
/// Source: moby/swarmkit `manager/manager.go` (`becomeLeader`), `manager/state/store/memory.go` (`Batch`).
public protocol LeaderComponent: Sendable {
  /// Takes note of everything there is, once, when this manager becomes the leader.
  mutating func start(_ store: Store, at now: Instant, dice: inout Dice)
  /// Takes note of one change of a commit; `store` already holds the whole commit.
  mutating func observe(_ event: StoreEvent, in store: Store, at now: Instant, dice: inout Dice)
  /// The commit is complete: the time to decide.
  mutating func commit(in store: Store, at now: Instant, dice: inout Dice)
  /// A deadline has passed.
  mutating func wake(in store: Store, at now: Instant, dice: inout Dice)
  /// When to be woken; nil for never.
  var nextDeadline: Instant? { get }
  /// Whether `transact` should be called as soon as the store is free.
  var wantsToWrite: Bool { get }
  /// Reads, decides and writes in one go.
  mutating func transact(_ tx: inout Transaction, dice: inout Dice)
  /// What `transact` wrote has been committed; called before the commit's events.
  mutating func written(in store: Store, at now: Instant)
}

extension LeaderComponent {
  /// Does nothing, for components without deadlines.
  public mutating func wake(in store: Store, at now: Instant, dice: inout Dice) {}
  /// Does nothing, for components that decide at each event.
  public mutating func commit(in store: Store, at now: Instant, dice: inout Dice) {}
  /// Does nothing, for components that learn of their writes by events.
  public mutating func written(in store: Store, at now: Instant) {}
  /// Never, for components without deadlines.
  public var nextDeadline: Instant? { nil }
}
