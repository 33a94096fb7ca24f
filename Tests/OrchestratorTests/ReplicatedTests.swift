import SimBase
import SwarmModel
import SwarmStore
import Testing

@Suite("Replicated services")
struct ReplicatedTests {
  @Test("a new service gets one task in each slot from 1 on, NEW and desired to run")
  func creation() throws {
    var rig = Rig()
    rig.platform.isIdle = true
    let web = rig.addService(.replicated(replicas: 3))
    rig.settle()
    #expect(rig.show(web) == ["1 new/running runs", "2 new/running runs", "3 new/running runs"])
    let task = try #require(rig.tasks(web).first)
    #expect(task.status.message == "created")
    #expect(task.nodeID == nil && task.jobIteration == nil)
    #expect(task.serviceSpec === rig.service(web).spec)
    #expect(task.endpoint?.spec == nil && task.endpoint != nil)
  }

  @Test("a task takes the cluster's log driver unless its service names one")
  func logDriver() {
    var rig = Rig()
    rig.platform.isIdle = true
    rig.write { tx in
      guard var cluster = tx.store.cluster?.value else { return }
      cluster.spec.taskLogDriver = Driver(name: "syslog")
      tx.put(cluster)
    }
    let plain = rig.addService(.replicated(replicas: 1))
    let own = rig.addService(.replicated(replicas: 1)) { $0.task.logDriver = Driver(name: "journald") }
    rig.settle()
    #expect(rig.tasks(plain).map(\.logDriver?.name) == ["syslog"])
    #expect(rig.tasks(own).map(\.logDriver?.name) == ["journald"])
  }

  @Test("a thousand replicas come in batches of at most 200 changes, and converge")
  func manyReplicas() {
    var rig = Rig()
    rig.platform.isIdle = true
    let web = rig.addService(.replicated(replicas: 1_000))
    var sizes: [Instant: Int] = [:]
    rig.settle()
    for event in rig.taskEvents { sizes[event.at, default: 0] += 1 }
    #expect(rig.tasks(web).map(\.slot) == Array(1...1_000))
    #expect(sizes.values.max() == 200)
    #expect(sizes.count == 5)
  }

  @Test("tasks that are still to be made for an older spec are not made any more")
  func overtakenCreation() {
    var rig = Rig()
    rig.platform.isIdle = true
    let web = rig.addService(.replicated(replicas: 1_000))
    rig.run(for: .milliseconds(2))
    #expect(rig.tasks(web).count == 400)
    rig.scale(web, to: 10)
    rig.settle()
    #expect(rig.wanted(web).map(\.slot) == Array(1...10))
    #expect(rig.taskEvents.count { $0.old == nil } <= 600)
  }

  @Test("scaling up fills the gaps first, then goes on")
  func scaleUpFillsGaps() throws {
    var rig = Rig()
    _ = rig.addNodes(1)
    let web = rig.addService(.replicated(replicas: 4))
    rig.run(for: .seconds(2))
    let second = try #require(rig.tasks(web).first { $0.slot == 2 })
    rig.write { $0.remove(second.id, by: .controlAPI) }
    rig.settle()
    #expect(rig.wanted(web).map(\.slot) == [1, 2, 3, 4])
    rig.scale(web, to: 6)
    rig.settle()
    #expect(rig.wanted(web).map(\.slot) == [1, 2, 3, 4, 5, 6])
  }

  @Test("a deleted service leaves its tasks desired REMOVE, and the reaper deletes them once they have stopped")
  func deletion() {
    var rig = Rig()
    _ = rig.addNodes(2)
    let web = rig.addService(.replicated(replicas: 3), image: "stubborn")
    rig.run(for: .seconds(2))
    rig.remove(web)
    rig.settle()
    #expect(rig.show(web) == Array(1...3).map { "\($0) running/remove stubborn" })
    rig.run(for: .seconds(9))
    #expect(rig.tasks(web).count == 3)
    rig.run(for: .seconds(2))
    #expect(rig.tasks(web).isEmpty)
  }

  @Test("the slots that a scale-down takes away are desired REMOVE and disappear when they have stopped")
  func scaleDown() {
    var rig = Rig()
    _ = rig.addNodes(1)
    let web = rig.addService(.replicated(replicas: 4))
    rig.run(for: .seconds(2))
    rig.scale(web, to: 1)
    rig.settle()
    #expect(rig.tasks(web).filter { $0.desiredState == .remove }.map(\.slot) == [2, 3, 4])
    rig.run(for: .seconds(1))
    #expect(rig.show(web) == ["1 running/running runs"])
  }

  @Test("a scaled-away slot that still stops is deleted by the next look at the service")
  func deadSlotsAreDeletedAtOnce() {
    var rig = Rig()
    _ = rig.addNodes(1)
    let web = rig.addService(.replicated(replicas: 3), image: "stubborn")
    rig.run(for: .seconds(2))
    rig.scale(web, to: 2)
    rig.settle()
    #expect(rig.tasks(web).map(\.desiredState) == [.running, .running, .remove])
    rig.update(web) { $0.annotations.labels["any"] = "change" }
    rig.settle()
    #expect(rig.tasks(web).map(\.slot) == [1, 2])
  }

  @Test("under a policy that restarts nothing, scaled-away slots count until they are reaped")
  func removedSlotsCount() {
    var rig = Rig()
    _ = rig.addNodes(1)
    let web = rig.addService(.replicated(replicas: 3), image: "stubborn") { $0.setRestart { $0.condition = .none } }
    rig.run(for: .seconds(2))
    rig.scale(web, to: 1)
    rig.settle()
    rig.update(web) { $0.annotations.labels["any"] = "change" }
    rig.settle()
    #expect(rig.tasks(web).map(\.desiredState) == [.running, .remove, .remove])
    rig.scale(web, to: 3)
    rig.settle()
    #expect(rig.wanted(web).map(\.slot) == [1], "three slots are there, it seems")
    rig.run(for: .seconds(12))
    #expect(rig.tasks(web).map(\.slot) == [1], "nobody looked since they went")
    rig.update(web) { $0.annotations.labels["another"] = "change" }
    rig.run(for: .seconds(2))
    #expect(rig.running(web).map(\.slot) == [1, 2, 3])
  }

  @Test("a scale-down by hundreds keeps the tasks it removes until they have stopped, batch after batch")
  func bigScaleDown() {
    var rig = Rig()
    _ = rig.addNodes(3)
    let web = rig.addService(.replicated(replicas: 700), image: "stubborn")
    rig.run(for: .seconds(3))
    #expect(rig.running(web).count == 700)
    rig.scale(web, to: 100)
    rig.settle()
    #expect(rig.tasks(web).filter { $0.desiredState == .remove }.count == 600)
    let kept = Dictionary(grouping: rig.wanted(web), by: \.nodeID).values.map(\.count).sorted()
    #expect(kept == [33, 33, 34])
  }

  @Test("a slot number that comes back keeps the dead slot's tasks as its history")
  func reusedSlotKeepsHistory() {
    var rig = Rig()
    rig.platform.isIdle = true
    let node = rig.addNode()
    let web = rig.addService(.replicated(replicas: 2))
    rig.settle()
    for task in rig.tasks(web) {
      rig.assign(task.id, to: node)
      rig.report(task.id, .running)
    }
    rig.scale(web, to: 1)
    rig.settle()
    rig.scale(web, to: 2)
    rig.settle()
    #expect(rig.show(web) == ["1 running/running runs", "2 running/remove runs", "2 new/running runs"])
  }

  @Test("scaling to nothing and back gives the service its slots anew")
  func zeroReplicas() {
    var rig = Rig()
    _ = rig.addNodes(2)
    let web = rig.addService(.replicated(replicas: 2))
    rig.run(for: .seconds(2))
    rig.scale(web, to: 0)
    rig.run(for: .seconds(2))
    #expect(rig.tasks(web).isEmpty)
    rig.scale(web, to: 2)
    rig.run(for: .seconds(2))
    #expect(rig.running(web).map(\.slot) == [1, 2])
  }

  @Test("tasks of an unscheduled slot vanish at once when the service is scaled down")
  func unassignedTasksVanish() {
    var rig = Rig()
    let web = rig.addService(.replicated(replicas: 3))
    rig.run(for: .seconds(1))
    #expect(rig.tasks(web).map(\.status.state) == [.pending, .pending, .pending])
    rig.scale(web, to: 1)
    rig.run(for: .seconds(1))
    #expect(rig.show(web) == ["1 pending/running runs"])
  }
}
