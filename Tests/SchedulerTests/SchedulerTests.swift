import LeaderRig
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
    elect()
  }

  /// Another leader takes over and makes its first pass.
  mutating func elect() {
    component = Scheduler()
    start()
    run()
  }

  /// Commits changes and lets a minute pass.
  mutating func also(_ changes: [StoreChange]) {
    commit(changes)
    run()
  }

  func task(_ n: Int) -> SwarmTask? { store.tasks[taskID(n)]?.value }
  func nodeOf(_ n: Int) -> Int? { task(n)?.nodeID.map { Int($0.raw) } }
  func error(_ n: Int) -> String? { task(n)?.status.error }
  /// Tasks on each node from 1 on.
  func load(_ nodes: Int) -> [Int] { (1...nodes).map { store.tasks(on: nodeID($0)).count } }

  /// A task as it is, in another state.
  func moved(_ n: Int, to state: TaskState, desired: TaskState? = nil) -> StoreChange {
    var task = task(n) ?? SwarmTask()
    task.status.state = state
    if let desired { task.desiredState = desired }
    return .put(task)
  }
}

/// Source: moby/swarmkit `manager/scheduler/scheduler_test.go`.
@Suite struct SchedulerTests {
  @Test("a PENDING task gets a node, a clean status and no error") func assigns() throws {
    let web = service(1)
    var waiting = task(1, of: web)
    waiting.status.error = "no suitable node"
    let rig = Rig([.put(node(1)), .put(web), .put(waiting)])
    let placed = try #require(rig.task(1))
    #expect(placed.nodeID == nodeID(1))
    #expect(placed.status.state == .assigned)
    #expect(placed.status.message == "scheduler assigned task to node")
    #expect(placed.status.error.isEmpty)
  }

  @Test("a task that is still NEW, or that nobody wanted when the leader came, is left alone") func ignores() {
    let web = service(1)
    let rig = Rig([
      .put(node(1)), .put(web), .put(task(1, of: web) { $0.status.state = .new }),
      .put(task(2, of: web) { $0.desiredState = .shutdown }), .put(task(3, of: web) { $0.desiredState = .remove }),
      .put(task(4, of: web) { $0.desiredState = .complete }),
    ])
    #expect([1, 2, 3, 4].map { rig.nodeOf($0) } == [nil, nil, nil, 1])
  }

  @Test("a queue that waits for nodes is served when one appears, becomes ready or is activated") func waits() {
    let web = service(1)
    var rig = Rig([.put(web), .put(task(1, of: web))])
    rig.also([.put(node(1) { $0.status.state = .unknown })])
    #expect(rig.error(1) == "no suitable node (1 node not available for new tasks)")
    rig.also([.put(node(1) { $0.spec.availability = .drain })])
    #expect(rig.nodeOf(1) == nil)
    rig.also([.put(node(1))])
    #expect(rig.nodeOf(1) == 1)
    #expect(rig.error(1) == "")
  }

  @Test("an explanation that stays the same is not written again") func quiet() {
    let web = service(1)
    var rig = Rig([.put(web), .put(task(1, of: web))])
    #expect(rig.transactions == 1)
    let first = rig.task(1)
    rig.also([.removeNode(nodeID(7))])
    #expect(rig.transactions == 1)
    #expect(rig.task(1) == first)
    rig.also([.put(node(1) { $0.spec.availability = .drain })])
    #expect(rig.transactions == 2)
  }

  @Test("tasks of a service that is gone are dropped") func serviceGone() {
    var rig = Rig([.put(task(1, of: service(1)))])
    #expect(rig.error(1) == "")
    rig.also([.put(service(1)), .put(node(1))])
    #expect(rig.nodeOf(1) == nil)
  }

  @Test("reservations are held until the task has ended, and then given to those that wait") func resources() {
    let web = service(1) {
      $0.task.resources = ResourceRequirements()
      $0.task.resources?.reservations = Resources()
      $0.task.resources?.reservations?.memoryBytes = 600
      $0.task.resources?.reservations?.nanoCPUs = 1
    }
    var rig = Rig([.put(node(1, cpus: 2, memory: 1000)), .put(web), .put(task(1, of: web)), .put(task(2, of: web))])
    #expect(rig.nodeOf(1) == 1)
    #expect(rig.error(2) == "no suitable node (insufficient resources on 1 node)")
    rig.also([rig.moved(1, to: .running, desired: .shutdown)])
    #expect(rig.nodeOf(2) == nil)
    rig.also([rig.moved(1, to: .shutdown)])
    #expect(rig.nodeOf(2) == 1)
    rig.also([.put(task(3, of: web)), .put(node(1, cpus: 2, memory: 1200))])
    #expect(rig.nodeOf(3) == 1)
    rig.also([.put(task(4, of: web)), .put(node(1, cpus: 3, memory: 1799))])
    #expect(rig.error(4) == "no suitable node (insufficient resources on 1 node)")
  }

  @Test("a removed task gives its place back") func removal() {
    let web = service(1) {
      $0.task.resources = ResourceRequirements()
      $0.task.resources?.reservations = Resources()
      $0.task.resources?.reservations?.nanoCPUs = 1
    }
    var rig = Rig([.put(node(1, cpus: 1, memory: 0)), .put(web), .put(task(1, of: web)), .put(task(2, of: web))])
    #expect(rig.nodeOf(2) == nil)
    rig.also([.removeTask(taskID(1))])
    #expect(rig.nodeOf(2) == 1)
  }

  @Test("a new leader reckons with what runs already, ended tasks take nothing") func election() {
    let web = service(1) {
      $0.task.resources = ResourceRequirements()
      $0.task.resources?.reservations = Resources()
      $0.task.resources?.reservations?.nanoCPUs = 1
    }
    let rig = Rig([
      .put(node(1, cpus: 2, memory: 0)), .put(node(2, cpus: 1, memory: 0)), .put(web),
      .put(task(1, of: web, on: 1)), .put(task(2, of: web, on: 2, .failed)), .put(task(3, of: web)),
      .put(task(4, of: web)), .put(task(5, of: web)),
    ])
    #expect(rig.load(2) == [2, 2])
    #expect(rig.error(5) == "no suitable node (insufficient resources on 2 nodes)")
  }

  // MARK: Preset nodes

  @Test("a task that came with its node is confirmed there, before the others get their places") func preassigned() {
    let everywhere = service(2) {
      $0.mode = .global
      $0.task.resources = ResourceRequirements()
      $0.task.resources?.reservations = Resources()
      $0.task.resources?.reservations?.nanoCPUs = 1
    }
    let web = service(1) { $0.task.resources = everywhere.spec.value.task.resources }
    let rig = Rig([
      .put(node(1, cpus: 1, memory: 0)), .put(web), .put(everywhere), .put(task(1, of: web)),
      .put(task(2, of: everywhere) { $0.nodeID = nodeID(1) }),
    ])
    #expect(rig.task(2)?.status.message == "scheduler confirmed task can run on preassigned node")
    #expect(rig.task(2)?.status.state == .assigned)
    #expect(rig.error(1) == "no suitable node (insufficient resources on 1 node)")
  }

  @Test("a preset node that does not pass gives its reason alone, and is tried at each pass that follows a commit")
  func preassignedFails() {
    let everywhere = service(1) { $0.mode = .global }
    var rig = Rig([
      .put(node(1) { $0.spec.availability = .drain }), .put(everywhere),
      .put(task(1, of: everywhere) { $0.nodeID = nodeID(1) }), .put(task(2, of: everywhere) { $0.nodeID = nodeID(9) }),
    ])
    #expect(rig.error(1) == "1 node not available for new tasks")
    #expect(rig.task(1)?.status.state == .pending)
    #expect(rig.error(2) == "")
    rig.also([.put(node(1)), .put(node(9))])
    #expect(rig.task(1)?.status.state == .assigned)
    #expect(rig.task(2)?.status.state == .assigned)
  }

  // MARK: Old specs

  @Test("a task of an older spec that finds no node keeps its error, and is shut down if nobody wants it")
  func oldSpec() {
    let old = service(1, specVersion: 3)
    var rig = Rig([.put(old), .put(task(1, of: old)), .put(task(2, of: old))])
    #expect(rig.error(1) == "no suitable node")
    rig.also([.put(service(1, specVersion: 8)), .put(node(1) { $0.spec.availability = .drain })])
    #expect(rig.error(1) == "no suitable node")
    rig.also([rig.moved(2, to: .pending, desired: .shutdown)])
    #expect(rig.task(2)?.status.state == .shutdown)
    #expect(rig.task(2)?.status.error == "")
    #expect(rig.task(1)?.status.state == .pending)
    rig.also([.put(node(1))])
    #expect(rig.nodeOf(1) == nil, "it comes back only when it changes")
    rig.also([rig.moved(1, to: .pending)])
    #expect(rig.nodeOf(1) == 1)
  }

  // MARK: Timing

  @Test("a pass comes 50 ms after the last commit") func debounce() {
    let web = service(1)
    var rig = Rig([.put(node(1)), .put(web)])
    let begin = rig.now
    rig.commit([.put(task(1, of: web))])
    #expect(rig.component.nextDeadline == begin + .milliseconds(50))
    rig.run(for: .milliseconds(40))
    rig.commit([.put(task(2, of: web))])
    #expect(rig.component.nextDeadline == begin + .milliseconds(90))
    rig.run(for: .milliseconds(49))
    #expect(rig.nodeOf(1) == nil)
    rig.run(for: .milliseconds(1))
    #expect(rig.nodeOf(1) == 1)
    #expect(rig.nodeOf(2) == 1)
  }

  @Test("steady commits put a pass off for a second; the first one after that is not waited for") func latency() {
    let web = service(1)
    var rig = Rig([.put(node(1)), .put(web)])
    rig.commit([.put(task(1, of: web))])
    for _ in 0..<25 {
      rig.run(for: .milliseconds(40))
      rig.commit([.put(service(2))])
    }
    #expect(rig.nodeOf(1) == nil, "1000 ms is not more than a second")
    rig.run(for: .milliseconds(40))
    rig.commit([.put(service(2))])
    rig.run(for: .zero)
    #expect(rig.nodeOf(1) == 1)
  }

  // MARK: Writing

  @Test("a pass is written in batches of 200") func batches() {
    let web = service(1)
    let rig = Rig([.put(node(1)), .put(web)] + (1...450).map { .put(task($0, of: web)) })
    #expect(rig.transactions == 3)
    #expect(rig.load(1) == [450])
  }

  @Test("a task that changed while a pass was being written is decided again") func conflict() throws {
    let web = service(1)
    var rig = Rig([.put(node(1)), .put(node(2)), .put(web)])
    rig.commit([.put(task(1, of: web)), .put(task(2, of: web)), .put(task(3, of: web))])
    rig.wake()
    #expect(rig.component.wantsToWrite)
    rig.commit([rig.moved(1, to: .pending, desired: .complete), .removeTask(taskID(2))])
    rig.run()
    #expect(rig.task(1)?.desiredState == .complete)
    #expect(rig.task(1)?.status.state == .assigned)
    #expect(rig.load(2) == [1, 1], "the removed task's place is free again")
  }

  @Test("a node that goes while a pass is being written keeps what it was given, as the store's order says")
  func nodeGone() {
    let web = service(1)
    var rig = Rig([.put(node(1)), .put(web)])
    rig.commit([.put(task(1, of: web))])
    rig.wake()
    rig.commit([.removeNode(nodeID(1))])
    rig.run()
    #expect(rig.nodeOf(1) == 1)
  }
}
