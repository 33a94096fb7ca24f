import LeaderRig
import SimBase
import SwarmModel
import SwarmStore
import Testing

@testable import SwarmManager

/// Random swarms, scheduled twice.
@Suite struct TwinTests {
  @Test("it decides and explains as the plain reading of the rules does", arguments: 0..<16 as Range<UInt64>)
  func twin(seed: UInt64) throws {
    var world = RandomWorld(seed: seed)
    for round in 0..<10 {
      let expected = world.step()
      for (id, outcome) in expected.sorted(by: { $0.key < $1.key }) {
        let task = try #require(world.rig.store.tasks[id]?.value)
        switch outcome {
        case .node(let node):
          #expect(task.nodeID == node, "seed \(seed), round \(round), task \(id.raw)")
          #expect(task.status.state == .assigned)
        case .error(let text):
          #expect(task.status.error == text, "seed \(seed), round \(round), task \(id.raw)")
          #expect(task.status.state == .pending)
        }
      }
    }
  }
}

/// A swarm to which things happen.
private struct RandomWorld {
  var rig = Rig<Scheduler>([])
  private var dice: Dice
  private var services: [Service] = []
  private var failures: [NaiveScheduler.Failure] = []
  private var lastTask = 0

  init(seed: UInt64) {
    dice = Dice(seed: seed, label: "twin")
    rig.commit((1...(2 + dice.int(in: 0..<9))).map { .put(randomNode($0)) })
    services = (1...4).map { randomService($0) }
    rig.commit(services.map { .put($0) })
    rig.run(for: .seconds(1))
  }

  /// Something happens, then the next pass; returns what the twin makes of it.
  mutating func step() -> [TaskID: NaiveScheduler.Outcome] {
    var changes: [StoreChange] = []
    for (id, box) in rig.store.tasks {
      let state = box.value.status.state
      guard state >= .assigned, state <= .running, dice.chance(1, in: 4) else { continue }
      var task = box.value
      switch dice.below(6) {
      case 0: task.desiredState = .shutdown
      case 1: task.status.state = .running
      case 2, 3:
        task.status.state = .failed
        if let node = task.nodeID, let service = task.serviceID, !isGlobal(task) {
          failures.append((node, service, task.specVersion ?? 0, rig.now))
        }
      case 4: task.status.state = .shutdown
      default:
        changes.append(.removeTask(id))
        continue
      }
      changes.append(.put(task))
    }
    for (_, box) in rig.store.nodes where dice.chance(1, in: 6) {
      changes.append(.put(randomNode(Int(box.value.id.raw))))
    }
    for service in services where dice.chance(2, in: 3) {
      for _ in 0..<(1 + dice.below(9)) { changes.append(.put(randomTask(of: service))) }
    }
    rig.commit(changes)
    let end = rig.now + (dice.chance(1, in: 5) ? .minutes(4) : .seconds(20))
    var twin = NaiveScheduler(rig.store, failures: failures, at: rig.now + Scheduler.debounceGap)
    let expected = twin.settle()
    rig.run(for: end - rig.now)
    return expected
  }

  private func isGlobal(_ task: SwarmTask) -> Bool { task.slot == 0 }

  private mutating func randomNode(_ n: Int) -> Node {
    node(n) { node in
      if dice.chance(1, in: 6) { node.spec.availability = .drain }
      if dice.chance(1, in: 9) { node.status.state = .down }
      for (label, values) in [("zone", ["a", "b", "c"]), ("rack", ["1", "2"])] where !dice.chance(1, in: 5) {
        node.spec.annotations.labels[label] = dice.pick(values)
      }
      if dice.chance(1, in: 2) { node.description?.engineLabels["disk"] = "ssd" }
      node.description?.resources.nanoCPUs = Int64(dice.below(6))
      node.description?.resources.memoryBytes = Int64(dice.below(40))
      // An amount that shrinks below what is in use is forgotten by the original; the twin only counts.
      node.description?.resources.generic = [.discrete(kind: "gpu", value: Int64(n % 5))]
      node.description?.os = dice.chance(1, in: 5) ? "windows" : "linux"
      if dice.chance(1, in: 3) { node.description?.plugins = [EnginePlugin(type: "Log", name: "json-file")] }
    }
  }

  private mutating func randomService(_ n: Int) -> Service {
    service(n) { spec in
      var placement = Placement()
      if dice.chance(1, in: 3) { placement.constraints = ["node.labels.rack != 2"] }
      if dice.chance(1, in: 2) { placement.preferences.append("node.labels.zone") }
      if dice.chance(1, in: 3) { placement.preferences.append("engine.labels.disk") }
      if dice.chance(1, in: 4) { placement.preferences.append("node.labels.rack") }
      if dice.chance(1, in: 4) { placement.maxReplicas = 1 + dice.below(3) }
      if dice.chance(1, in: 4) { placement.platforms = [Platform(architecture: "", os: "linux")] }
      spec.task.placement = placement
      if dice.chance(1, in: 2) {
        var wanted = Resources()
        wanted.nanoCPUs = Int64(dice.below(2))
        wanted.memoryBytes = Int64(dice.below(9))
        if dice.chance(1, in: 3) { wanted.generic = [.discrete(kind: "gpu", value: 1)] }
        spec.task.resources = ResourceRequirements()
        spec.task.resources?.reservations = wanted
      }
      if dice.chance(1, in: 5) { spec.task.logDriver = Driver(name: "syslog") }
      if dice.chance(1, in: 6) {
        var port = PortConfig()
        port.mode = .host
        port.publishedPort = 8080
        spec.endpoint = EndpointSpec()
        spec.endpoint?.ports = [port]
      }
      if dice.chance(1, in: 5) { spec.mode = .global }
    }
  }

  private mutating func randomTask(of service: Service) -> SwarmTask {
    lastTask += 1
    let number = lastTask * 7919 % 100_003
    return task(number, of: service) { task in
      task.slot = 1
      if let endpoint = service.spec.value.endpoint {
        task.endpoint = Endpoint()
        task.endpoint?.ports = endpoint.ports
      }
      if service.spec.value.mode.isGlobal {
        task.slot = 0
        task.nodeID = dice.pick(rig.store.nodes.keys)
      }
    }
  }
}
