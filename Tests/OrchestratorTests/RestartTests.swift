import SimBase
import SwarmModel
import SwarmStore
import Testing

@Suite("Restarts")
struct RestartTests {
  @Test("a crashed task is replaced in its slot, prepared at once and started after five seconds")
  func defaultPolicy() throws {
    var rig = Rig()
    _ = rig.addNodes(1)
    let web = rig.addService(.replicated(replicas: 2))
    rig.run(for: .seconds(2))
    let first = rig.tasks(web)[0]
    rig.report(first.id, .failed, error: "task: non-zero exit (1)")
    rig.settle()
    #expect(rig.task(first.id)?.desiredState == .shutdown)
    let replacement = try #require(rig.wanted(web).first { $0.slot == 1 })
    #expect(replacement.desiredState == .ready)
    rig.run(for: .milliseconds(4_900))
    #expect(rig.task(replacement.id)?.status.state == .ready)
    #expect(rig.task(replacement.id)?.desiredState == .ready)
    rig.run(for: .milliseconds(400))
    #expect(rig.task(replacement.id)?.status.state == .running)
    #expect(rig.running(web).count == 2)
  }

  @Test("the delay is the policy's, counted from the restart, and no delay starts at once")
  func delays() {
    for (delay, wait) in [(Duration.seconds(2), 2_300), (.zero, 500), (.seconds(90), 90_300)] {
      var rig = Rig()
      _ = rig.addNodes(1)
      let web = rig.addService(.replicated(replicas: 1)) { $0.setRestart { $0.delay = delay } }
      rig.run(for: .seconds(2))
      rig.report(rig.tasks(web)[0].id, .failed)
      rig.run(for: .milliseconds(Int64(wait) - 350))
      #expect(rig.running(web).isEmpty, "\(delay)")
      rig.run(for: .milliseconds(400))
      #expect(rig.running(web).count == 1, "\(delay)")
    }
  }

  @Test("on-failure replaces what failed and leaves what finished, which keeps its slot")
  func onFailure() {
    var rig = Rig()
    _ = rig.addNodes(1)
    let web = rig.addService(.replicated(replicas: 2)) { $0.setRestart { $0.condition = .onFailure } }
    rig.run(for: .seconds(2))
    rig.report(rig.tasks(web)[0].id, .complete)
    rig.report(rig.tasks(web)[1].id, .failed)
    rig.run(for: .seconds(6))
    #expect(rig.show(web) == ["1 complete/shutdown runs", "2 failed/shutdown runs", "2 running/running runs"])
    rig.update(web) { $0.annotations.labels["look"] = "again" }
    rig.settle()
    #expect(rig.wanted(web).count == 1)
  }

  @Test("none never replaces, and the finished slot counts when the service is scaled")
  func none() {
    var rig = Rig()
    _ = rig.addNodes(1)
    let web = rig.addService(.replicated(replicas: 1)) { $0.setRestart { $0.condition = .none } }
    rig.run(for: .seconds(2))
    rig.report(rig.tasks(web)[0].id, .failed)
    rig.run(for: .seconds(60))
    #expect(rig.show(web) == ["1 failed/shutdown runs"])
    rig.scale(web, to: 2)
    rig.run(for: .seconds(2))
    #expect(rig.show(web) == ["1 failed/shutdown runs", "2 running/running runs"])
  }

  @Test("a limit of two attempts gives three tasks and no more; an update starts the count afresh")
  func maxAttempts() {
    var rig = Rig()
    _ = rig.addNodes(1)
    let web = rig.addService(.replicated(replicas: 1), image: "crashes") {
      $0.setRestart {
        $0.delay = .seconds(1)
        $0.maxAttempts = 2
      }
    }
    rig.run(for: .seconds(60))
    #expect(rig.show(web) == Array(repeating: "1 failed/shutdown crashes", count: 3))
    rig.update(web) { $0.task.forceUpdate += 1 }
    rig.run(for: .seconds(60))
    #expect(rig.wanted(web).isEmpty)
    #expect(rig.tasks(web).filter { $0.specVersion != 0 }.count == 3)
  }

  @Test("each slot has its own count of attempts")
  func attemptsPerSlot() {
    var rig = Rig()
    _ = rig.addNodes(1)
    let web = rig.addService(.replicated(replicas: 2), image: "crashes") {
      $0.setRestart {
        $0.delay = .zero
        $0.maxAttempts = 1
      }
    }
    rig.run(for: .seconds(60))
    #expect(rig.tasks(web).map(\.slot) == [1, 1, 2, 2])
  }

  @Test("with a window, only the attempts within it count")
  func window() {
    var rig = Rig()
    rig.platform.isIdle = true
    let node = rig.addNode()
    let web = rig.addService(.replicated(replicas: 1)) {
      $0.setRestart {
        $0.delay = .zero
        $0.maxAttempts = 1
        $0.window = .seconds(10)
      }
    }
    rig.settle()
    func failCurrent(_ rig: inout Rig) {
      guard let task = rig.wanted(web).first else { return }
      rig.assign(task.id, to: node)
      rig.report(task.id, .running)
      rig.run(for: .seconds(1))
      rig.report(task.id, .failed)
      rig.settle()
    }
    failCurrent(&rig)
    #expect(rig.wanted(web).count == 1, "the first attempt")
    rig.run(for: .seconds(10))
    failCurrent(&rig)
    #expect(rig.wanted(web).count == 1, "the first attempt has left the window")
    failCurrent(&rig)
    #expect(rig.wanted(web).isEmpty, "two attempts within ten seconds")
  }

  @Test("a replacement that cannot be prepared is itself replaced only when its own delay is over")
  func noTightLoop() {
    var rig = Rig()
    _ = rig.addNodes(1)
    let ghost = rig.addService(.replicated(replicas: 1), image: "rejected")
    rig.run(for: .seconds(4))
    #expect(rig.show(ghost) == ["1 rejected/shutdown rejected", "1 rejected/ready rejected"])
    rig.run(for: .seconds(3))
    #expect(rig.tasks(ghost).count == 3)
    rig.run(for: .seconds(120))
    let made = rig.taskEvents.filter { $0.old == nil }.map(\.at).dropFirst()
    #expect(made.count > 20)
    #expect(zip(made, made.dropFirst()).allSatisfy { $1 - $0 >= .seconds(5) })
  }

  @Test("only updates of an ended task bring a restart: one restart, however often it is reported")
  func oneRestart() {
    var rig = Rig()
    _ = rig.addNodes(1)
    let web = rig.addService(.replicated(replicas: 1))
    rig.run(for: .seconds(2))
    let task = rig.tasks(web)[0].id
    rig.report(task, .failed)
    rig.report(task, .failed, error: "again")
    rig.settle()
    rig.report(task, .failed, error: "and again")
    rig.settle()
    #expect(rig.tasks(web).count == 2)
  }

  @Test("a deleted service forgets its restarts and starts nothing any more")
  func deletedService() {
    var rig = Rig()
    _ = rig.addNodes(1)
    let web = rig.addService(.replicated(replicas: 1))
    rig.run(for: .seconds(2))
    rig.report(rig.tasks(web)[0].id, .failed)
    rig.settle()
    rig.remove(web)
    rig.run(for: .seconds(10))
    #expect(rig.tasks(web).isEmpty)
    #expect(!rig.taskEvents.contains { $0.old?.desiredState == .ready && $0.new?.desiredState == .running })
  }
}
