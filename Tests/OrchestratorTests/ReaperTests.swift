import SimBase
import SwarmModel
import SwarmStore
import Testing

@Suite("The task reaper")
struct ReaperTests {
  private func retain(_ limit: Int64, _ rig: inout Rig) {
    rig.write { tx in
      guard var cluster = tx.store.cluster?.value else { return }
      cluster.spec.taskHistoryRetentionLimit = limit
      tx.put(cluster)
    }
  }

  private func crashLoop(_ limit: Int64, _ change: (inout RestartPolicy) -> Void = { _ in }) -> (Rig, ServiceID) {
    var rig = Rig()
    retain(limit, &rig)
    _ = rig.addNodes(1)
    let web = rig.addService(.replicated(replicas: 1), image: "crashes") {
      $0.setRestart {
        $0.delay = .seconds(1)
        change(&$0)
      }
    }
    rig.run(for: .minutes(1))
    return (rig, web)
  }

  @Test("a slot keeps as many tasks as the limit says, the running one included", arguments: [1, 3, 5] as [Int64])
  func limit(_ limit: Int64) {
    let (rig, web) = crashLoop(limit)
    #expect(rig.tasks(web).count == limit)
    #expect(rig.wanted(web).count == 1)
    let all = rig.taskEvents.filter { $0.old == nil }.compactMap(\.new?.id)
    #expect(Set(rig.tasks(web).map(\.id)) == Set(all.suffix(Int(limit))), "the oldest went")
  }

  @Test("a negative limit keeps all")
  func negative() {
    let (rig, web) = crashLoop(-1)
    #expect(rig.tasks(web).count == rig.taskEvents.count { $0.old == nil })
    #expect(rig.tasks(web).count > 15)
  }

  @Test("a limit of attempts keeps one task more than that, whatever the cluster says")
  func attempts() {
    let (rig, web) = crashLoop(1) { $0.maxAttempts = 7 }
    #expect(rig.tasks(web).count == 8)
  }

  @Test("a changed limit holds from the next creation in a slot on")
  func changedLimit() {
    var (rig, web) = crashLoop(5)
    rig.platform.behaviours["crashes"] = Behaviour()
    rig.run(for: .seconds(5))
    retain(2, &rig)
    rig.run(for: .seconds(5))
    #expect(rig.tasks(web).count == 5)
    guard let task = rig.running(web).first else { return }
    rig.report(task.id, .failed)
    rig.run(for: .seconds(5))
    #expect(rig.tasks(web).count == 2)
  }

  @Test("slots are trimmed one by one, and global services' nodes likewise")
  func perPlace() {
    var rig = Rig()
    retain(2, &rig)
    let nodes = rig.addNodes(2)
    let policy: (inout ServiceSpec) -> Void = { $0.setRestart { $0.delay = .seconds(1) } }
    let web = rig.addService(.replicated(replicas: 3), image: "crashes", policy)
    let agent = rig.addService(.global, image: "crashes", policy)
    rig.run(for: .minutes(1))
    #expect(rig.tasks(web).map(\.slot) == [1, 1, 2, 2, 3, 3])
    #expect(rig.tasks(agent).map(\.nodeID) == [nodes[0], nodes[0], nodes[1], nodes[1]])
  }

  @Test("what was created is looked at a quarter of a second after the first event")
  func batching() {
    var rig = Rig()
    rig.platform.isIdle = true
    retain(1, &rig)
    let node = rig.addNode()
    let web = rig.addService(.replicated(replicas: 1))
    rig.run(for: .seconds(1))
    let task = rig.tasks(web)[0].id
    rig.assign(task, to: node)
    rig.run(for: .seconds(1))
    rig.report(task, .failed)
    rig.run(for: .milliseconds(240))
    #expect(rig.tasks(web).count == 2)
    rig.run(for: .milliseconds(20))
    #expect(rig.tasks(web).count == 1)
  }

  @Test("more than a thousand things are looked at without waiting")
  func manyAtOnce() {
    var rig = Rig()
    rig.platform.isIdle = true
    let web = rig.addService(.replicated(replicas: 1_200))
    rig.run(for: .seconds(1))
    rig.remove(web)
    rig.run(for: .milliseconds(100))
    #expect(rig.tasks(web).count < 200 && !rig.tasks(web).isEmpty)
    rig.run(for: .milliseconds(300))
    #expect(rig.tasks(web).isEmpty)
  }

  @Test("removed tasks that the last leader left are deleted at once, history is not trimmed")
  func start() {
    var rig = Rig()
    rig.platform.isIdle = true
    retain(1, &rig)
    let node = rig.addNode()
    let web = rig.addService(.replicated(replicas: 2))
    rig.run(for: .seconds(1))
    for task in rig.tasks(web) { rig.assign(task.id, to: node) }
    let doomed = rig.tasks(web)[0].id
    rig.write { tx in
      tx.update(doomed, by: .orchestrator) { $0.desiredState = .remove }
      tx.update(doomed, by: .dispatcher) { $0.status.state = .shutdown }
    }
    rig.lead()
    rig.run(for: .milliseconds(100))
    #expect(rig.task(doomed) == nil)
  }

  @Test("an orphaned task without a service is deleted")
  func orphan() {
    var rig = Rig()
    var task = SwarmTask()
    task.id = TaskID(raw: 77)
    task.attachmentSpec = Shared(TaskSpec())
    task.desiredState = .running
    rig.platform.isIdle = true
    rig.write { $0.put(task, by: .controlAPI) }
    rig.run(for: .seconds(1))
    #expect(rig.task(task.id) != nil)
    rig.write { tx in tx.update(task.id, by: .controlAPI) { $0.status.state = .orphaned } }
    rig.run(for: .seconds(1))
    #expect(rig.task(task.id) == nil)
  }

  @Test("old tasks that still run are kept, and their slot is looked at again until one is left")
  func runningOnes() {
    var rig = Rig()
    retain(1, &rig)
    _ = rig.addNodes(1)
    let web = rig.addService(.replicated(replicas: 1), image: "stubborn")
    rig.run(for: .seconds(2))
    rig.update(web) { $0.task.forceUpdate = 1 }
    rig.run(for: .seconds(5))
    #expect(rig.tasks(web).count == 2)
    rig.run(for: .seconds(30))
    #expect(rig.tasks(web).count == 1)
  }
}
