import SimBase
import SwarmModel
import SwarmStore
import Testing

@testable import SwarmManager

extension Rig<Scheduler> {
  /// A leader's scheduler over these objects, after its first pass.
  init(_ changes: [StoreChange]) {
    self.init(Scheduler())
    commit(changes)
    component = Scheduler()
    start()
    run()
  }

  func task(_ n: Int) -> SwarmTask? { store.tasks[taskID(n)]?.value }
  func nodeOf(_ n: Int) -> Int? { task(n)?.nodeID.map { Int($0.raw) } }
  func error(_ n: Int) -> String? { task(n)?.status.error }
  /// Tasks on each node from 1 on.
  func load(_ nodes: Int) -> [Int] { (1...nodes).map { store.tasks(on: nodeID($0)).count } }
}

/// Source: moby/swarmkit `manager/scheduler/scheduler_test.go`.
@Suite struct SchedulerTests {
  @Test("a task that is PENDING gets a node, and says so") func assigns() throws {
    let web = service(1)
    let rig = Rig([.put(node(1)), .put(web), .put(task(1, of: web))])
    let placed = try #require(rig.task(1))
    #expect(placed.nodeID == nodeID(1))
    #expect(placed.status.state == .assigned)
    #expect(placed.status.message == "scheduler assigned task to node")
  }

  @Test("tasks spread evenly over equal nodes") func even() {
    let web = service(1)
    let rig = Rig((1...3).map { .put(node($0)) } + [.put(web)] + (1...9).map { .put(task($0, of: web)) })
    #expect(rig.load(3) == [3, 3, 3])
  }
}
