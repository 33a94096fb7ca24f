import SimBase
import SwarmModel
import SwarmStore
import Testing

@Suite("Jobs")
struct JobTests {
  @Test("a replicated job runs so many at once until so many are complete, in slots from 0 on")
  func replicatedJob() {
    var rig = Rig()
    _ = rig.addNodes(2)
    let job = rig.addService(.replicatedJob(maxConcurrent: 2, totalCompletions: 5), image: "finishes")
    rig.settle()
    #expect(rig.tasks(job).map(\.slot).sorted() == [0, 1])
    #expect(rig.tasks(job).allSatisfy { $0.desiredState == .complete && $0.jobIteration == 0 })
    var most = 0
    for _ in 0..<100 {
      rig.run(for: .milliseconds(100))
      most = max(most, rig.tasks(job).filter { $0.status.state < .complete }.count)
    }
    #expect(most == 2)
    #expect(rig.tasks(job).map(\.slot).sorted() == [0, 1, 2, 3, 4])
    #expect(rig.tasks(job).allSatisfy { $0.status.state == .complete && $0.desiredState == .complete })
    rig.run(for: .minutes(10))
    #expect(rig.tasks(job).count == 5)
  }

  @Test("a failed job task is replaced in its slot after the delay and started towards COMPLETE")
  func failure() {
    var rig = Rig()
    _ = rig.addNodes(1)
    let job = rig.addService(.replicatedJob(maxConcurrent: 1, totalCompletions: 1))
    rig.run(for: .seconds(1))
    rig.report(rig.tasks(job)[0].id, .failed)
    rig.settle()
    #expect(rig.tasks(job).map(\.desiredState).sorted() == [.ready, .shutdown])
    rig.run(for: .milliseconds(4_800))
    #expect(rig.wanted(job).map(\.status.state) == [.ready])
    rig.run(for: .seconds(1))
    #expect(rig.wanted(job).map(\.status.state) == [.running])
    #expect(rig.wanted(job).map(\.desiredState) == [.complete])
    #expect(rig.tasks(job).map(\.slot) == [0, 0])
  }

  @Test("a finished job task is not restarted, even by the condition any")
  func anyDoesNotRepeat() {
    var rig = Rig()
    _ = rig.addNodes(1)
    let job = rig.addService(.globalJob, image: "finishes") { $0.setRestart { $0.delay = .zero } }
    rig.run(for: .minutes(1))
    #expect(rig.tasks(job).map(\.status.state) == [.complete])
  }

  @Test("an update of a job begins the next iteration; what still runs of the last one is removed, what finished stays")
  func iteration() {
    var rig = Rig()
    _ = rig.addNodes(1)
    let job = rig.addService(.replicatedJob(maxConcurrent: 2, totalCompletions: 2))
    rig.run(for: .seconds(1))
    rig.report(rig.tasks(job)[0].id, .complete)
    rig.update(job) { $0.annotations.labels["again"] = "" }
    rig.settle()
    #expect(rig.tasks(job).filter { $0.jobIteration == 0 }.map(\.desiredState).sorted() == [.complete, .remove])
    #expect(rig.tasks(job).filter { $0.jobIteration == 1 }.map(\.slot) == [0, 1])
    rig.run(for: .seconds(5))
    #expect(rig.tasks(job).count == 3)
  }

  @Test("a global job gives a task to each node that is ready, active and fit, when it is looked at")
  func globalJob() {
    var rig = Rig()
    let nodes = rig.addNodes(2)
    rig.addNode { $0.spec.availability = .pause }
    rig.addNode { $0.spec.availability = .drain }
    rig.addNode { $0.status.state = .unknown }
    rig.addNode { $0.spec.annotations.labels["no"] = "thanks" }
    let job = rig.addService(.globalJob, image: "finishes") { $0.constrain("node.labels.no!=thanks") }
    rig.run(for: .seconds(5))
    #expect(rig.tasks(job).map(\.nodeID) == nodes)
    #expect(rig.tasks(job).allSatisfy { $0.status.state == .complete && $0.slot == 0 })
    let late = rig.addNode()
    rig.run(for: .minutes(1))
    #expect(rig.tasks(job).count == 2, "a node that joins is not noticed")
    rig.update(job) { $0.annotations.labels["look"] = "again" }
    rig.run(for: .seconds(5))
    #expect(rig.tasks(job).filter { $0.nodeID == late }.map(\.status.state) == [.complete])
  }

  @Test("a drained or lost node keeps its replicated job's tasks")
  func drainDoesNotMoveJobs() {
    for change in [{ (node: inout Node) in node.spec.availability = .drain }, { $0.status.state = .down }] {
      var rig = Rig()
      let nodes = rig.addNodes(2)
      let job = rig.addService(.replicatedJob(maxConcurrent: 2, totalCompletions: 2))
      rig.run(for: .seconds(2))
      let before = rig.tasks(job)
      rig.update(nodes[0], change)
      rig.run(for: .minutes(2))
      #expect(rig.tasks(job) == before)
    }
  }

  @Test("a task of a global job on a drained node is shut down at the next look, not before")
  func drainedGlobalJob() {
    var rig = Rig()
    let nodes = rig.addNodes(2)
    let job = rig.addService(.globalJob)
    rig.run(for: .seconds(2))
    rig.update(nodes[0]) { $0.spec.availability = .drain }
    rig.run(for: .seconds(5))
    #expect(rig.tasks(job).map(\.desiredState) == [.complete, .complete])
    rig.write { tx in
      guard let service = tx.store.services[job]?.value else { return }
      tx.put(service)
    }
    rig.settle()
    #expect(rig.tasks(job).map(\.desiredState) == [.shutdown, .complete])
  }

  @Test("a job whose policy gives up stands still, and the next look at it begins anew")
  func givenUp() {
    var rig = Rig()
    _ = rig.addNodes(1)
    let job = rig.addService(.replicatedJob(maxConcurrent: 1, totalCompletions: 1), image: "crashes") {
      $0.setRestart {
        $0.delay = .zero
        $0.maxAttempts = 1
      }
    }
    rig.run(for: .minutes(2))
    #expect(rig.tasks(job).count == 2)
    #expect(rig.wanted(job).isEmpty)
    rig.write { tx in
      guard let service = tx.store.services[job]?.value else { return }
      tx.put(service)
    }
    rig.run(for: .minutes(2))
    #expect(rig.tasks(job).count == 3)
  }

  @Test("the limit of attempts of a global job is never reached")
  func globalJobLimit() {
    var rig = Rig()
    _ = rig.addNodes(1)
    let job = rig.addService(.globalJob, image: "crashes") {
      $0.setRestart {
        $0.delay = .zero
        $0.maxAttempts = 1
      }
    }
    rig.run(for: .minutes(1))
    #expect(rig.tasks(job).count > 10)
  }

  @Test("old iterations are never trimmed while they are complete, whatever the history limit")
  func noTrimming() {
    var rig = Rig()
    _ = rig.addNodes(1)
    let job = rig.addService(.replicatedJob(maxConcurrent: 1, totalCompletions: 1), image: "finishes")
    for round in 0..<9 {
      rig.run(for: .seconds(5))
      rig.update(job) { $0.annotations.labels["round"] = "\(round)" }
    }
    rig.run(for: .seconds(5))
    #expect(rig.tasks(job).count == 10)
  }

  @Test("more tasks at once than allowed do not hold back new ones: the difference wraps")
  func underflow() {
    var rig = Rig()
    rig.platform.isIdle = true
    let job = rig.addService(.replicatedJob(maxConcurrent: 3, totalCompletions: 5))
    rig.settle()
    #expect(rig.tasks(job).count == 3)
    // No user can do this without beginning another iteration.
    func limit(_ rig: inout Rig, concurrent: UInt64, total: UInt64) {
      rig.write { tx in
        guard var service = tx.store.services[job]?.value else { return }
        var spec = service.spec.value
        spec.mode = .replicatedJob(maxConcurrent: concurrent, totalCompletions: total)
        service.spec = Shared(spec)
        tx.put(service)
      }
      rig.settle()
    }
    limit(&rig, concurrent: 2, total: 5)
    #expect(rig.tasks(job).count == 5)
    limit(&rig, concurrent: 2, total: 4)
    #expect(rig.tasks(job).count == 5, "both differences wrap: the guard gives up")
  }

  @Test("a deleted job leaves its tasks to be removed")
  func deleted() {
    var rig = Rig()
    _ = rig.addNodes(2)
    let jobs = [rig.addService(.globalJob), rig.addService(.replicatedJob(maxConcurrent: 3, totalCompletions: 9))]
    rig.run(for: .seconds(2))
    for job in jobs { rig.remove(job) }
    rig.run(for: .seconds(2))
    #expect(jobs.allSatisfy { rig.tasks($0).isEmpty })
  }

  @Test("a big job fills thousands of slots in batches")
  func bigJob() {
    var rig = Rig()
    rig.platform.isIdle = true
    let job = rig.addService(.replicatedJob(maxConcurrent: 1_500, totalCompletions: 2_000))
    rig.settle()
    #expect(rig.tasks(job).count == 1_500)
    #expect(Set(rig.tasks(job).map(\.slot)) == Set(0..<1_500))
  }
}
