import SimBase
import SwarmManager
import SwarmModel
import SwarmStore
import Testing

/// Random users, nodes and leaders, for a while; then quiet. Illegal task moves trap in the store.
@Suite("Storms")
struct StormTests {
  private let images = ["runs", "runs", "crashes", "rejected", "slow", "stubborn", "finishes"]

  @Test("nothing breaks a law while it storms, and all settles afterwards", arguments: 0..<16)
  func storm(seed: UInt64) {
    var dice = Dice(seed: seed, label: "storm")
    var rig = Rig(latency: .milliseconds(Int64(dice.below(30) + 1)))
    rig.dice = dice.forked("rig")
    var broken: [String] = []
    rig.law = { store, now in broken += brokenLaws(store).map { "\(now): \($0)" } }
    var nodes = rig.addNodes(4)
    var services = (0..<2).map { _ in addService(&rig, &dice) }
    for _ in 0..<60 {
      disturb(&rig, &nodes, &services, &dice)
      let pause = dice.pick([Duration.milliseconds(300), .seconds(3), .seconds(20)]) ?? .zero
      rig.run(for: dice.duration(in: .zero..<pause))
    }
    #expect(broken.isEmpty, "seed \(seed): \(broken.prefix(3))")
    #expect(rig.taskEvents.count > 50, "seed \(seed) was no storm")

    calm(&rig, nodes, services)
    rig.run(for: .minutes(5))
    // A finished slot that was scaled away takes part in the count until it is reaped, and may have cost a living one.
    for id in services { rig.update(id) { $0.task.forceUpdate += 1 } }
    rig.run(for: .minutes(5))
    for id in services { expectConverged(id, rig, seed) }
    let live = rig.store.tasks.values.filter { $0.value.desiredState <= .complete }
    #expect(live.allSatisfy { $0.value.serviceID.map { rig.store.services.contains($0) } ?? false })
  }

  @Test("one seed, one history")
  func repeats() {
    func history() -> [String] {
      var dice = Dice(seed: 7, label: "storm")
      var rig = Rig()
      var nodes = rig.addNodes(4)
      var services: [ServiceID] = []
      for _ in 0..<40 {
        disturb(&rig, &nodes, &services, &dice)
        rig.run(for: .seconds(2))
      }
      return rig.taskEvents.map { "\($0.at) \($0.new?.id.description ?? "-") \($0.new?.status.state.word ?? "gone")" }
    }
    let first = history()
    #expect(first.count > 100)
    #expect(first == history())
  }

  private func disturb(
    _ rig: inout Rig, _ nodes: inout [NodeID], _ services: inout [ServiceID], _ dice: inout Dice
  ) {
    let service = dice.pick(services)
    let node = dice.pick(nodes)
    switch (dice.below(16), service, node) {
    case (0...1, _, _) where services.count < 5: services.append(addService(&rig, &dice))
    case (2...4, let service?, _): change(service, &rig, &dice)
    case (5, let service?, _): rig.rollBack(service)
    case (6, let service?, _) where dice.chance(1, in: 3):
      rig.remove(service)
      services.removeAll { $0 == service }
    case (7...8, _, let node?):
      let availability = dice.pick([Availability.active, .active, .drain, .pause]) ?? .active
      rig.update(node) { $0.spec.availability = availability }
    case (9...10, _, let node?):
      let state = dice.pick([NodeState.ready, .ready, .down, .unknown]) ?? .ready
      if state == .down { rig.platform.silent.insert(node) } else { rig.platform.silent.remove(node) }
      rig.update(node) { $0.status.state = state }
    case (11, _, let node?):
      let value = dice.pick(["ssd", "hdd"]) ?? ""
      rig.update(node) { $0.spec.annotations.labels["disk"] = value }
    case (12, _, _) where nodes.count > 2 && dice.chance(1, in: 3):
      let gone = nodes.removeLast()
      rig.write { tx in
        for task in tx.store.tasks(on: gone) where task.value.status.state < .complete {
          tx.update(task.value.id, by: .controlAPI) { $0.status.state = .orphaned }
        }
        tx.remove(gone)
      }
    case (12, _, _) where nodes.count < 6: nodes.append(rig.addNode())
    case (13, _, _): rig.lead()
    case (14...15, let service?, _):
      let alive = rig.tasks(service).filter { $0.status.state >= .assigned && $0.status.state <= .running }
      if let task = dice.pick(alive) { rig.report(task.id, dice.chance(1, in: 2) ? .failed : .complete) }
    default: break
    }
  }

  private func addService(_ rig: inout Rig, _ dice: inout Dice) -> ServiceID {
    let mode =
      dice.pick([
        ServiceMode.replicated(replicas: dice.below(7)), .global, .replicatedJob(maxConcurrent: 2, totalCompletions: 4),
        .globalJob,
      ]) ?? .global
    let condition = dice.pick([RestartCondition.any, .onFailure, .none]) ?? .any
    let attempts = mode.isJob ? 0 : dice.below(4)
    let image = dice.pick(images) ?? "runs"
    return rig.addService(mode, image: image) {
      $0.setRestart {
        $0.condition = condition
        $0.maxAttempts = attempts
        $0.delay = .seconds(2)
      }
    }
  }

  private func change(_ id: ServiceID, _ rig: inout Rig, _ dice: inout Dice) {
    var dice = dice.forked("change \(rig.now)")
    let image = dice.pick(images) ?? "runs"
    rig.update(id) { spec in
      switch dice.below(4) {
      case 0: if case .replicated = spec.mode { spec.mode = .replicated(replicas: dice.below(8)) }
      case 1: if dice.chance(1, in: 2) { spec.constrain("node.labels.disk!=hdd") } else { spec.task.placement = nil }
      default: spec.setImage(image)
      }
      if spec.mode.isJob { return }
      spec.setUpdate {
        $0.parallelism = dice.below(3)
        $0.order = startsFirst(id) ? .startFirst : .stopFirst
        $0.failureAction = dice.pick([.pause, .continue, .rollback]) ?? .pause
        $0.delay = .seconds(Int64(dice.below(3)))
      }
    }
  }

  /// Mends all nodes and gives every service an image that runs and a policy that restarts.
  private func calm(_ rig: inout Rig, _ nodes: [NodeID], _ services: [ServiceID]) {
    rig.platform.silent = []
    for node in nodes {
      rig.update(node) {
        $0.spec.availability = .active
        $0.status.state = .ready
        $0.spec.annotations.labels = [:]
      }
    }
    rig.lead()
    for id in services {
      rig.update(id) {
        $0.setImage($0.mode.isJob ? "finishes" : "runs")
        $0.setRestart { _ in }
        $0.task.placement = nil
        $0.update = nil
      }
    }
  }

  /// The laws that hold after every commit.
  private func brokenLaws(_ store: Store) -> [String] {
    var broken: [String] = []
    for (id, service) in store.services {
      let mode = service.value.spec.value.mode
      let tasks = store.tasks(of: id).map(\.value)
      if case .replicatedJob(_, let total) = mode {
        let own = tasks.filter { $0.jobIteration == service.value.jobStatus?.iteration }
        let counted = own.count { $0.status.state == .complete || $0.desiredState <= .complete }
        if counted > total { broken.append("\(counted) tasks of job \(id) where \(total) are wanted") }
        continue
      }
      let toRun = Dictionary(grouping: tasks.filter { $0.desiredState == .running }) { place(of: $0, in: mode) }
      for (place, tasks) in toRun {
        if startsFirst(id) {
          // Each spec that came while its predecessor's task was on its way has left one; and where the old task was
          // restarted meanwhile, its replacement was made from the new spec too.
          let most = Dictionary(grouping: tasks, by: \.specVersion).values.map(\.count).max() ?? 0
          if most > 2 { broken.append("\(most) tasks of one spec are to run in place \(place) of \(id)") }
        } else if tasks.count > (mode.isGlobal ? 2 : 1) {
          // A node that changes gets a task in place of a finished one, and so does it by an update that took the finished
          // one for its slot before.
          broken.append("\(tasks.count) tasks are to run in place \(place) of \(id), which stops first")
        }
      }
    }
    return broken
  }

  private func place(of task: SwarmTask, in mode: ServiceMode) -> UInt128 {
    mode.isGlobal ? task.nodeID?.raw ?? 0 : UInt128(task.slot)
  }

  /// Each service keeps to one update order all its life.
  private func startsFirst(_ id: ServiceID) -> Bool { id.raw % 2 == 0 }

  private func expectConverged(_ id: ServiceID, _ rig: Rig, _ seed: UInt64) {
    let service = rig.service(id)
    let wanted = rig.wanted(id)
    let nodeCount = rig.store.nodes.count
    let shown = Comment(rawValue: "seed \(seed): \(rig.show(id)) \(service.updateStatus?.message ?? "")")
    switch service.spec.value.mode {
    case .replicated(let replicas):
      #expect(Set(rig.running(id).map(\.slot)).count == Int(replicas) && wanted.count == Int(replicas), shown)
    case .global:
      #expect(rig.running(id).count == nodeCount && wanted.count == nodeCount, shown)
      #expect(Set(wanted.map(\.nodeID)).count == nodeCount, shown)
    case .replicatedJob(_, let total):
      let iteration = service.jobStatus?.iteration
      #expect(rig.tasks(id).count { $0.jobIteration == iteration && $0.status.state == .complete } == Int(total), shown)
    case .globalJob:
      let done = rig.tasks(id).filter {
        $0.jobIteration == service.jobStatus?.iteration && $0.status.state == .complete
      }
      #expect(Set(done.map(\.nodeID)).count == nodeCount, shown)
    }
    if !service.spec.value.mode.isJob {
      #expect(wanted.allSatisfy { $0.spec.container?.image == "runs" }, shown)
      #expect(service.updateStatus.map { [.completed, .rollbackCompleted].contains($0.state) } ?? true, shown)
    }
  }
}
