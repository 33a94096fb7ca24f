import Engine
import EngineTypes
import Lab
import SimBase
import SimKernel
import SwarmModel
import SwarmNode
import SwarmStore
import World

/// What users ask for while the storm goes on.
extension StormUsers {
  /// Asks for something; what, in words, if there was anybody to ask.
  mutating func request(_ lab: inout Lab, dice: inout Dice) -> String? {
    let managers = lab.world.hosts.filter { lab.world[$0].isUp && lab.world[$0].raftStatus != nil }
    guard let host = dice.pick(managers), let store = store(lab) else { return nil }
    if isWide && dice.chance(1, in: 3) {
      return requestMore(store, at: host, &lab, dice: &dice).map { "\($0) at \(lab.world[host].hostname)" }
    }
    let deed: String?
    switch dice.below(24) {
    case 0...3: deed = scale(at: host, &lab, dice: &dice)
    case 4...8: deed = update(at: host, &lab, dice: &dice)
    case 9: deed = rollBack(store, at: host, &lab, dice: &dice)
    case 10...12: deed = createService(at: host, &lab, dice: &dice)
    case 13: deed = removeService(at: host, &lab, dice: &dice)
    case 14...16: deed = setAvailability(store, at: host, &lab, dice: &dice)
    case 17: deed = setLabel(store, at: host, &lab, dice: &dice)
    case 18...19: deed = setRole(store, at: host, &lab, dice: &dice)
    case 20: deed = removeNode(store, at: host, &lab, dice: &dice)
    case 21: deed = createObject(at: host, &lab, dice: &dice)
    case 22: deed = removeObject(at: host, &lab, dice: &dice)
    default: deed = createJob(at: host, &lab, dice: &dice)
    }
    return deed.map { "\($0) at \(lab.world[host].hostname)" }
  }

  /// Kills, stops or removes a container on a node that runs one.
  mutating func troubleContainer(_ lab: inout Lab, dice: inout Dice) -> String? {
    let busy = lab.world.hosts.filter { host in
      lab.world[host].isUp && lab.world[host].engine.containers.contains { $0.state.isRunning }
    }
    guard let host = dice.pick(busy) else { return nil }
    guard let container = dice.pick(lab.world[host].engine.containers.filter(\.state.isRunning)) else { return nil }
    let name = lab.world[host].hostname
    switch dice.below(4) {
    case 0: ask("POST", "/containers/\(container.id)/stop?t=1", nil, at: host, &lab)
    case 1:
      ask("DELETE", "/containers/\(container.id)?force=1", nil, at: host, &lab)
      return "remove a container on \(name)"
    default: ask("POST", "/containers/\(container.id)/kill", nil, at: host, &lab)
    }
    return "end a container on \(name)"
  }

  // MARK: Services

  private mutating func scale(at host: HostID, _ lab: inout Lab, dice: inout Dice) -> String? {
    let scalable = services.values.filter { if case .replicated = $0.mode { true } else { false } }
    guard var service = dice.pick(scalable) else { return nil }
    // What the nodes cannot hold would never run.
    let replicas = Int64(dice.below(service.maxReplicas > 0 || service.hostPort > 0 ? 4 : 8))
    service.mode = .replicated(replicas)
    update(service, at: host, &lab)
    return "scale \(service.name) to \(replicas)"
  }

  private mutating func update(at host: HostID, _ lab: inout Lab, dice: inout Dice) -> String? {
    let updatable = services.values.filter { !$0.isJob }
    guard var service = dice.pick(updatable) else { return nil }
    lastNumber += 1
    service.edit = lastNumber
    service.startsFirst = service.hostPort == 0 && startsFirst != dice.chance(1, in: 4)
    service.parallelism = Int64(dice.below(4))
    service.delaySeconds = Int64(dice.below(3))
    service.failureAction = dice.pick(["continue", "pause", "rollback", "rollback"]) ?? "pause"
    service.behaviour = .runs
    if dice.chance(1, in: 3) { service.behaviour = dice.chance(1, in: 3) ? .isMissing : .crashes }
    if dice.chance(1, in: 6) { service.restarts = dice.pick(["any", "on-failure", "none"]) ?? "any" }
    update(service, at: host, &lab)
    return "update \(service.name), \(service.behaviour), \(service.startsFirst ? "start" : "stop")-first, "
      + "\(service.parallelism) at a time, on failure \(service.failureAction)"
  }

  private mutating func rollBack(
    _ store: Store, at host: HostID, _ lab: inout Lab, dice: inout Dice
  ) -> String? {
    let known = store.services.values.filter { $0.value.previousSpec != nil && services.contains($0.value.name) }
    guard let service = dice.pick(known)?.value, let body = services[service.name]?.json else { return nil }
    ask(
      "POST", "/services/\(service.name)/update?version=\(service.meta.version)&rollback=previous", body, at: host, &lab
    )
    return "roll \(service.name) back"
  }

  private mutating func createService(at host: HostID, _ lab: inout Lab, dice: inout Dice) -> String? {
    lastNumber += 1
    var service = StormService("extra\(lastNumber)", .replicated(Int64(dice.below(5))))
    service.startsFirst = startsFirst
    switch dice.below(7) {
    case 0: service.mode = .global
    case 1: service.constraint = dice.pick(["node.role==worker", "node.role==manager"]) ?? ""
    case 2: service.constraint = "node.labels.zone==a"
    case 3: service.maxReplicas = 1 + Int64(dice.below(2))
    case 4: service.nanoCPUs = 250_000_000
    case 5:
      (service.hostPort, service.startsFirst) = (9_100 + lastNumber, false)
      service.mode = .replicated(Int64(dice.below(4)))
    default: service.meshPort = 30_100 + lastNumber
    }
    if dice.chance(1, in: 2) { service.secret = dice.pick(secrets) }
    if dice.chance(1, in: 3) { service.config = dice.pick(configs) }
    if dice.chance(1, in: 3) { service.network = dice.pick(networks)?.id ?? "" }
    create(service, at: host, &lab)
    return "create \(service.name), \(service.mode) \(service.constraint)"
  }

  private mutating func createJob(at host: HostID, _ lab: inout Lab, dice: inout Dice) -> String? {
    lastNumber += 1
    create(StormService("job\(lastNumber)", .job(1 + Int64(dice.below(4)))), at: host, &lab)
    return "create job\(lastNumber)"
  }

  private mutating func removeService(at host: HostID, _ lab: inout Lab, dice: inout Dice) -> String? {
    guard let name = dice.pick(services.keys.filter { $0 != "agent" }) else { return nil }
    remove(service: name, at: host, &lab)
    return "remove \(name)"
  }

  // MARK: Nodes

  private mutating func setAvailability(
    _ store: Store, at host: HostID, _ lab: inout Lab, dice: inout Dice
  ) -> String? {
    guard let node = dice.pick(store.nodes.values)?.value else { return nil }
    let wanted = dice.pick([Availability.active, .active, .drain, .pause]) ?? .active
    update(node, at: host, &lab) { $0.availability = wanted }
    return "\(wanted.word) \(node.hostname)"
  }

  private mutating func setLabel(_ store: Store, at host: HostID, _ lab: inout Lab, dice: inout Dice) -> String? {
    guard let node = dice.pick(store.nodes.values)?.value else { return nil }
    let zone = dice.pick(["a", "b"]) ?? "a"
    update(node, at: host, &lab) { $0.annotations.labels["zone"] = zone }
    return "label \(node.hostname) zone=\(zone)"
  }

  private mutating func setRole(_ store: Store, at host: HostID, _ lab: inout Lab, dice: inout Dice) -> String? {
    guard let node = dice.pick(store.nodes.values)?.value else { return nil }
    let isManager = node.spec.desiredRole == .manager
    update(node, at: host, &lab) { $0.desiredRole = isManager ? .worker : .manager }
    return "\(isManager ? "demote" : "promote") \(node.hostname)"
  }

  private mutating func removeNode(_ store: Store, at host: HostID, _ lab: inout Lab, dice: inout Dice) -> String? {
    let workers = store.nodes.values.filter { $0.value.role == .worker }
    guard let node = dice.pick(workers)?.value else { return nil }
    ask("DELETE", "/nodes/\(node.id)?force=1", nil, at: host, &lab)
    return "remove node \(node.hostname)"
  }

  // MARK: Objects

  private mutating func createObject(at host: HostID, _ lab: inout Lab, dice: inout Dice) -> String? {
    lastNumber += 1
    let name = "object\(lastNumber)"
    switch dice.below(3) {
    case 0:
      ask(
        "POST", "/networks/create", ["Name": .string(name), "Driver": "overlay"], .createNetwork(name), at: host, &lab)
    case 1:
      ask("POST", "/secrets/create", ["Name": .string(name), "Data": "YQ=="], .createSecret(name), at: host, &lab)
    default:
      ask("POST", "/configs/create", ["Name": .string(name), "Data": "Yg=="], .createConfig(name), at: host, &lab)
    }
    return "create \(name)"
  }

  /// What is in use is refused; users ask all the same.
  private mutating func removeObject(at host: HostID, _ lab: inout Lab, dice: inout Dice) -> String? {
    switch dice.below(3) {
    case 0:
      guard let network = dice.pick(networks) else { return nil }
      ask("DELETE", "/networks/\(network.id)", nil, at: host, &lab)
      return "remove network \(network.name)"
    case 1:
      guard let secret = dice.pick(secrets) else { return nil }
      ask("DELETE", "/secrets/\(secret.id)", nil, at: host, &lab)
      return "remove secret \(secret.name)"
    default:
      guard let config = dice.pick(configs) else { return nil }
      ask("DELETE", "/configs/\(config.id)", nil, at: host, &lab)
      return "remove config \(config.name)"
    }
  }
}
