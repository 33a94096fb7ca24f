import SimBase
import SwarmManager
import SwarmModel
import SwarmStore

/// A store, a clock and one component on it: the leader in small.
package struct Rig<Component: LeaderComponent> {
  package var store = Store()
  package var component: Component
  package var now = Instant(nanoseconds: 1_000_000_000)
  package var dice = Dice(seed: 1, label: "rig")
  /// How many transactions of the component were not empty.
  package private(set) var transactions = 0
  private var version: UInt64 = 0

  package init(_ component: Component) { self.component = component }

  /// Makes the component the leader's.
  package mutating func start() { component.start(store, at: now, dice: &dice) }

  /// Commits changes of others, stamping their objects.
  package mutating func commit(_ changes: [StoreChange]) {
    version += 1
    tell(changes.map { $0.stamped(version, at: now) }, isOwn: false)
  }

  /// Lets the component write and wake until nothing is left, or until the span is over.
  package mutating func run(for span: Duration = .seconds(60)) {
    let end = now + span
    while true {
      while component.wantsToWrite {
        version += 1
        var tx = Transaction(store, version: version, at: now)
        component.transact(&tx, dice: &dice)
        if tx.changes.isEmpty { continue }
        transactions += 1
        tell(tx.changes, isOwn: true)
      }
      guard let next = component.nextDeadline, next <= end else { break }
      now = max(now, next)
      component.wake(in: store, at: now, dice: &dice)
    }
    now = end
  }

  /// Lets the next deadline pass without letting the component write.
  package mutating func wake() {
    guard let next = component.nextDeadline else { return }
    now = max(now, next)
    component.wake(in: store, at: now, dice: &dice)
  }

  private mutating func tell(_ changes: [StoreChange], isOwn: Bool) {
    let events = changes.compactMap { store.apply($0) }
    if isOwn { component.written(in: store, at: now) }
    for event in events { component.observe(event, in: store, at: now, dice: &dice) }
    component.commit(in: store, at: now, dice: &dice)
  }
}

extension StoreChange {
  fileprivate func stamped(_ version: UInt64, at now: Instant) -> StoreChange {
    switch self {
    case .putNode(let box): .putNode(box.stamped(version, at: now))
    case .putService(let box): .putService(box.stamped(version, at: now))
    case .putTask(let box): .putTask(box.stamped(version, at: now))
    case .putNetwork(let box): .putNetwork(box.stamped(version, at: now))
    case .putCluster(let box): .putCluster(box.stamped(version, at: now))
    default: self
    }
  }
}

extension Shared where Value: StoreObject {
  fileprivate func stamped(_ version: UInt64, at now: Instant) -> Shared {
    var object = value
    object.meta.version = version
    object.meta.updatedAt = now
    return Shared(object)
  }
}
