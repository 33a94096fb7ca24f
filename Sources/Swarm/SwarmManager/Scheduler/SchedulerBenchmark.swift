import SimBase
import SwarmModel
import SwarmStore

/// A scheduler's work without the rest of a swarm, for `make bench`: ready nodes, and services whose tasks all wait.
///
/// Whoever calls it holds the watch: the simulated rooms have no clock.
///
/// Source: moby/swarmkit `manager/scheduler/scheduler_test.go` (`benchScheduler`).
public struct SchedulerBenchmark: Sendable {
  /// The store, to begin with as a leader's scheduler finds it.
  public private(set) var store = Store()
  private var scheduler = Scheduler()
  private var dice = Dice(seed: 1, label: "bench/scheduler")
  private var now = Instant.zero

  /// So many nodes, and tasks in services of a given size.
  public init(nodes: Int, tasks: Int, perService: Int) {
    for _ in 0..<nodes {
      var node = Node()
      node.id = NodeID(drawnFrom: &dice)
      node.status.state = .ready
      node.description = NodeDescription()
      _ = store.apply(.putNode(Shared(node)))
    }
    var made = 0
    while made < tasks {
      var service = Service()
      service.id = ServiceID(drawnFrom: &dice)
      _ = store.apply(.putService(Shared(service)))
      for _ in 0..<min(perService, tasks - made) {
        var task = SwarmTask()
        task.id = TaskID(drawnFrom: &dice)
        task.serviceID = service.id
        task.serviceSpec = service.spec
        task.specVersion = 0
        task.status.state = .pending
        task.desiredState = .running
        _ = store.apply(.putTask(Shared(task)))
        made += 1
      }
    }
  }

  /// Takes everything in and decides where each task goes: the scheduler alone. Returns how many it decided.
  public mutating func decide() -> Int {
    scheduler.start(store, at: now, dice: &dice)
    return scheduler.decisionsLeft
  }

  /// Writes the decisions in batches, applies them to the store and tells the scheduler. Returns how many tasks have a node.
  public mutating func commit() -> Int {
    var version: UInt64 = 1
    while scheduler.wantsToWrite {
      version += 1
      var tx = Transaction(store, version: version, at: now)
      scheduler.transact(&tx, dice: &dice)
      let events = tx.changes.compactMap { store.apply($0) }
      scheduler.written(in: store, at: now)
      for event in events { scheduler.observe(event, in: store, at: now, dice: &dice) }
      scheduler.commit(in: store, at: now, dice: &dice)
    }
    return store.tasks.count { $0.value.value.nodeID != nil }
  }
}
