import SimBase
import SwarmModel
import SwarmStore
import Testing

@Suite("A new leader")
struct NewLeaderTests {
  @Test("takes up a replacement's delay where it was, counted from the replacement's last status")
  func delay() {
    for (pause, left) in [(2, 2_900), (10, 0)] {
      var rig = Rig()
      _ = rig.addNodes(1)
      let web = rig.addService(.replicated(replicas: 1))
      rig.run(for: .seconds(2))
      rig.report(rig.tasks(web)[0].id, .failed)
      rig.settle()
      rig.platform.isIdle = true
      // The old leader is gone for a while: nothing is written, time passes.
      rig.lead()
      rig.now += .seconds(Int64(pause))
      rig.lead()
      rig.run(for: .milliseconds(Int64(left)))
      if left > 0 { #expect(rig.wanted(web).map(\.desiredState) == [.ready]) }
      rig.run(for: .milliseconds(200))
      #expect(rig.wanted(web).map(\.desiredState) == [.running])
    }
  }

  @Test("deletes tasks whose service is gone")
  func withoutService() {
    var rig = Rig()
    _ = rig.addNodes(2)
    let ids = [
      rig.addService(.replicated(replicas: 2)), rig.addService(.global), rig.addService(.globalJob),
      rig.addService(.replicatedJob(maxConcurrent: 1, totalCompletions: 1)),
    ]
    rig.run(for: .seconds(2))
    rig.writeUnseen { tx in for id in ids { tx.remove(id) } }
    rig.lead()
    rig.settle()
    #expect(ids.allSatisfy { rig.tasks($0).isEmpty })
  }

  @Test("restarts replicated tasks that ended or lost their node while nobody led")
  func missedEnds() {
    var rig = Rig()
    let nodes = rig.addNodes(2)
    let web = rig.addService(.replicated(replicas: 4))
    rig.run(for: .seconds(2))
    rig.writeUnseen { tx in
      for task in tx.store.tasks(on: nodes[0]) {
        tx.update(task.value.id, by: .dispatcher) { $0.status.state = .failed }
      }
      guard var lost = tx.store.nodes[nodes[1]]?.value else { return }
      lost.status.state = .down
      tx.put(lost)
    }
    rig.lead()
    rig.settle()
    #expect(rig.tasks(web).filter { $0.nodeID != nil }.allSatisfy { $0.desiredState == .shutdown })
    #expect(rig.wanted(web).map(\.slot) == [1, 2, 3, 4])
    rig.run(for: .seconds(8))
    #expect(rig.running(web).map(\.nodeID) == Array(repeating: nodes[0], count: 4))
  }

  @Test("shuts down global tasks on lost nodes and restarts those that ended")
  func global() {
    var rig = Rig()
    let nodes = rig.addNodes(3)
    let agent = rig.addService(.global)
    let job = rig.addService(.globalJob)
    rig.run(for: .seconds(2))
    rig.writeUnseen { tx in
      for task in tx.store.tasks(on: nodes[0]) where task.value.serviceID == agent {
        tx.update(task.value.id, by: .dispatcher) { $0.status.state = .failed }
      }
      guard var lost = tx.store.nodes[nodes[1]]?.value else { return }
      lost.spec.availability = .drain
      tx.put(lost)
      tx.remove(nodes[2])
    }
    rig.lead()
    rig.settle()
    #expect(rig.wanted(agent).map(\.nodeID) == [nodes[0]])
    #expect(rig.wanted(agent).map(\.desiredState) == [.ready])
    #expect(rig.wanted(job).map(\.nodeID) == [nodes[0]])
    #expect(rig.tasks(job).map(\.desiredState) == [.complete, .shutdown, .shutdown])
  }

  @Test("counts the attempts that the store still shows")
  func history() {
    for mode in [ServiceMode.replicated(replicas: 1), .global] {
      var rig = Rig()
      _ = rig.addNodes(1)
      let web = rig.addService(mode, image: "crashes") {
        $0.setRestart {
          $0.delay = .seconds(1)
          $0.maxAttempts = 3
        }
      }
      rig.run(for: .seconds(5))
      let before = rig.tasks(web).count
      #expect(before > 1 && before < 4)
      rig.lead()
      rig.run(for: .minutes(1))
      #expect(rig.tasks(web).count == 4)
      #expect(rig.wanted(web).isEmpty)
    }
  }

  @Test("leaves a healthy swarm as it is")
  func nothingToDo() {
    var rig = Rig()
    _ = rig.addNodes(2)
    _ = rig.addService(.replicated(replicas: 3))
    _ = rig.addService(.global)
    _ = rig.addService(.globalJob)
    _ = rig.addService(.replicatedJob(maxConcurrent: 2, totalCompletions: 4))
    rig.run(for: .seconds(3))
    rig.taskEvents = []
    rig.lead()
    rig.run(for: .minutes(1))
    #expect(rig.taskEvents.isEmpty)
  }

  @Test("loses a proposal that was in flight, and decides anew")
  func lostProposal() {
    var rig = Rig(latency: .milliseconds(100))
    _ = rig.addNodes(1)
    let web = rig.addService(.replicated(replicas: 3))
    rig.run(for: .milliseconds(50))
    #expect(rig.tasks(web).isEmpty)
    rig.lead()
    rig.run(for: .seconds(5))
    #expect(rig.running(web).map(\.slot) == [1, 2, 3])
  }
}
