import SimBase
import SwarmModel
import SwarmStore
import Testing

@Suite("Rolling updates")
struct UpdaterTests {
  /// A service of some replicas that all run, on three nodes.
  private func started(
    _ replicas: UInt64, image: String = "runs", _ change: (inout ServiceSpec) -> Void = { _ in }
  ) -> (Rig, ServiceID) {
    var rig = Rig()
    _ = rig.addNodes(3)
    let web = rig.addService(.replicated(replicas: replicas), image: image, change)
    rig.run(for: .seconds(2))
    return (rig, web)
  }

  private func images(_ rig: Rig, _ id: ServiceID) -> [String] {
    rig.running(id).compactMap { $0.spec.container?.image }
  }

  @Test("a service that was never changed has no update status, nor one whose change replaces nothing")
  func noStatus() {
    var (rig, web) = started(3)
    #expect(rig.service(web).updateStatus == nil)
    let before = rig.tasks(web).map(\.id)
    rig.update(web) { $0.annotations.labels["tier"] = "front" }
    rig.run(for: .seconds(20))
    #expect(rig.service(web).updateStatus == nil)
    #expect(rig.tasks(web).map(\.id) == before)
  }

  @Test("stop-first goes slot by slot: the old task stops before the new one starts")
  func stopFirst() {
    var (rig, web) = started(3)
    var fewest = 3
    rig.update(web) { $0.setImage("v2") }
    rig.settle()
    #expect(rig.service(web).updateStatus?.state == .updating)
    #expect(rig.service(web).updateStatus?.message == "update in progress")
    #expect(rig.service(web).updateStatus?.startedAt != nil)
    for _ in 0..<40 {
      rig.run(for: .milliseconds(100))
      fewest = min(fewest, rig.running(web).count)
      for slot in 1...3 as ClosedRange<UInt64> {
        #expect(rig.tasks(web).filter { $0.slot == slot && $0.status.state == .running }.count <= 1)
      }
    }
    #expect(fewest == 2)
    #expect(images(rig, web) == ["v2", "v2", "v2"])
    #expect(rig.service(web).updateStatus?.state == .updating, "it is still watched")
    rig.run(for: .seconds(5))
    #expect(rig.service(web).updateStatus?.state == .completed)
    #expect(rig.service(web).updateStatus?.message == "update completed")
    #expect(rig.service(web).updateStatus?.completedAt != nil)
  }

  @Test("an old task that will not stop holds its slot up for a minute, and then the new one starts beside it")
  func stubbornTask() {
    var (rig, web) = started(1, image: "undead")
    rig.update(web) { $0.setImage("v2") }
    rig.run(for: .seconds(59))
    #expect(rig.show(web) == ["1 running/shutdown undead", "1 ready/ready v2"])
    rig.run(for: .seconds(10))
    #expect(rig.show(web) == ["1 running/shutdown undead", "1 running/running v2"])
    #expect(rig.service(web).updateStatus?.state == .completed)
  }

  @Test("start-first keeps the old task until the new one runs")
  func startFirst() {
    var (rig, web) = started(2) { $0.setUpdate { $0.order = .startFirst } }
    rig.update(web) { $0.setImage("v2") }
    var most = 0
    for _ in 0..<40 {
      rig.run(for: .milliseconds(100))
      #expect(rig.tasks(web).filter { $0.status.state == .running }.count >= 2)
      most = max(most, rig.tasks(web).filter { $0.status.state == .running }.count)
    }
    #expect(most == 3)
    #expect(images(rig, web) == ["v2", "v2"])
  }

  @Test("start-first leaves the old task running if the new one ends before it runs")
  func startFirstFailure() {
    var (rig, web) = started(1) {
      $0.setUpdate { $0.order = .startFirst }
      $0.setRestart { $0.condition = .none }
    }
    rig.update(web) { $0.setImage("rejected") }
    rig.run(for: .seconds(3))
    #expect(rig.show(web) == ["1 running/running runs", "1 rejected/shutdown rejected"])
    #expect(rig.service(web).updateStatus?.state == .paused)
  }

  @Test("as many slots change at a time as the parallelism says; 0 means all", arguments: [1, 2, 4, 0] as [UInt64])
  func parallelism(_ parallelism: UInt64) {
    var (rig, web) = started(8) { $0.setUpdate { $0.parallelism = parallelism } }
    rig.update(web) { $0.setImage("v2") }
    var most = 0
    for _ in 0..<120 {
      rig.run(for: .milliseconds(50))
      most = max(most, 8 - rig.running(web).count)
    }
    #expect(most == (parallelism == 0 ? 8 : Int(parallelism)))
    #expect(images(rig, web) == Array(repeating: "v2", count: 8))
  }

  @Test("between two slots a worker sleeps for the delay, and once more after its last")
  func delay() throws {
    var (rig, web) = started(3) { $0.setUpdate { $0.delay = .seconds(10) } }
    rig.update(web) { $0.setImage("v2") }
    rig.taskEvents = []
    let begin = rig.now
    rig.run(for: .seconds(120))
    let starts = rig.taskEvents.filter { $0.new?.status.state == .running && $0.old?.status.state == .starting }.map(
      \.at)
    #expect(starts.count == 3)
    #expect(zip(starts, starts.dropFirst()).allSatisfy { $1 - $0 > .seconds(10) && $1 - $0 < .seconds(11) })
    // The delay is not shorter than the monitoring, which therefore lasts a second more than it.
    let done = try #require(rig.service(web).updateStatus?.completedAt)
    #expect(done - starts[2] > .seconds(20) && done - starts[2] < .milliseconds(21_100))
    #expect(starts[0] - begin < .seconds(1))
  }

  @Test("a second change cancels the first update and goes on from where it was")
  func overtaken() {
    var (rig, web) = started(4) { $0.setUpdate { $0.delay = .seconds(5) } }
    rig.update(web) { $0.setImage("v2") }
    rig.run(for: .seconds(2))
    #expect(images(rig, web).filter { $0 == "v2" }.count == 1)
    rig.update(web) { $0.setImage("v3") }
    rig.run(for: .seconds(60))
    #expect(images(rig, web) == Array(repeating: "v3", count: 4))
    #expect(rig.tasks(web).filter { $0.spec.container?.image == "v2" }.count == 1)
  }

  @Test("the same spec again does not disturb an update under way")
  func sameGoal() {
    var (rig, web) = started(4) { $0.setUpdate { $0.delay = .seconds(5) } }
    rig.update(web) { $0.setImage("v2") }
    rig.run(for: .seconds(2))
    let made = rig.taskEvents.count { $0.old == nil }
    rig.write { tx in
      guard var service = tx.store.services[web]?.value else { return }
      service.endpoint = Endpoint()
      tx.put(service)
    }
    rig.settle()
    #expect(rig.taskEvents.count { $0.old == nil } == made)
    rig.run(for: .seconds(60))
    #expect(rig.service(web).updateStatus?.state == .completed)
  }

  @Test("an update waits without end for a task that cannot be placed")
  func unplaceable() {
    var (rig, web) = started(2)
    rig.update(web) {
      $0.setImage("v2")
      $0.constrain("node.labels.no==where")
    }
    rig.run(for: .minutes(30))
    #expect(rig.tasks(web).filter { $0.spec.container?.image == "v2" }.map(\.status.state) == [.pending])
    #expect(rig.service(web).updateStatus?.state == .updating)
    #expect(images(rig, web) == ["runs"])
  }

  @Test("scaling and changing at once updates the slots that stay and makes the new ones from the new spec")
  func scaleAndChange() {
    for replicas in [2, 6] as [UInt64] {
      var (rig, web) = started(4)
      rig.update(web) {
        $0.setImage("v2")
        $0.mode = .replicated(replicas: replicas)
      }
      rig.run(for: .seconds(20))
      #expect(images(rig, web) == Array(repeating: "v2", count: Int(replicas)))
      #expect(rig.service(web).updateStatus?.state == .completed)
    }
  }

  @Test("a finished slot that its policy leaves alone is updated all the same")
  func finishedSlot() {
    var (rig, web) = started(1) { $0.setRestart { $0.condition = .none } }
    rig.report(rig.tasks(web)[0].id, .complete)
    rig.run(for: .seconds(2))
    #expect(rig.running(web).isEmpty)
    rig.update(web) { $0.setImage("v2") }
    rig.run(for: .seconds(10))
    #expect(images(rig, web) == ["v2"])
  }

  @Test("an update goes on under the next leader")
  func newLeader() {
    var (rig, web) = started(6) { $0.setUpdate { $0.delay = .seconds(5) } }
    rig.update(web) { $0.setImage("v2") }
    rig.run(for: .seconds(8))
    rig.lead()
    #expect(Set(images(rig, web)) == ["runs", "v2"])
    rig.run(for: .seconds(60))
    #expect(images(rig, web) == Array(repeating: "v2", count: 6))
    #expect(rig.service(web).updateStatus?.state == .completed)
  }

  @Test("a task that was shut down by others while its update waited leaves its slot to them")
  func overtakenSlot() {
    var (rig, web) = started(3) { $0.setUpdate { $0.delay = .seconds(10) } }
    rig.update(web) { $0.setImage("v2") }
    rig.run(for: .seconds(2))
    guard let old = rig.running(web).last else { return }
    #expect(old.spec.container?.image == "runs")
    rig.report(old.id, .failed)
    rig.run(for: .seconds(90))
    // Its replacement, made by the restart supervisor, had the new spec already.
    #expect(rig.tasks(web).filter { $0.slot == old.slot }.count == 2)
    #expect(images(rig, web) == ["v2", "v2", "v2"])
  }

  @Test("a slot with a clean task beside an old one needs no third")
  func cleanTaskIsUsed() {
    var (rig, web) = started(1) { $0.setUpdate { $0.order = .startFirst } }
    rig.platform.behaviours["v2"] = Behaviour(start: .seconds(3))
    rig.update(web) { $0.setImage("v2") }
    rig.run(for: .seconds(1))
    rig.lead()
    rig.run(for: .seconds(20))
    #expect(rig.show(web) == ["1 shutdown/shutdown runs", "1 running/running v2"])
  }

  @Test("of two clean tasks in a slot the one that is desired to run stays")
  func runningCleanTask() {
    var (rig, web) = started(1)
    let running = rig.running(web)[0]
    var ready = running
    ready.id = TaskID(raw: running.id.raw + 1)
    ready.desiredState = .ready
    ready.nodeID = nil
    ready.status = TaskStatus(state: .new, message: "created", at: rig.now)
    rig.write { tx in
      tx.put(ready, by: .orchestrator)
      guard let service = tx.store.services[web]?.value else { return }
      tx.put(service)
    }
    rig.run(for: .seconds(20))
    #expect(rig.wanted(web).map(\.id) == [running.id])
    #expect(rig.service(web).updateStatus?.state == .completed)
  }

  @Test("a deleted service ends its update")
  func deleted() {
    var (rig, web) = started(4) { $0.setUpdate { $0.delay = .seconds(5) } }
    rig.update(web) { $0.setImage("v2") }
    rig.run(for: .seconds(1))
    rig.remove(web)
    rig.run(for: .seconds(60))
    #expect(rig.tasks(web).isEmpty)
  }

  @Test("four hundred slots, fifty at a time")
  func many() {
    var (rig, web) = started(400) { $0.setUpdate { $0.parallelism = 50 } }
    rig.run(for: .seconds(2))
    rig.update(web) { $0.setImage("v2") }
    rig.run(for: .seconds(30))
    #expect(images(rig, web) == Array(repeating: "v2", count: 400))
    #expect(rig.service(web).updateStatus?.state == .completed)
  }
}
