import Checkers
import EngineTypes
import Lab
import SimBase
import SimKernel
import SwarmModel
import SwarmNode
import SwarmStore
import World

/// What users do when the storm is over: they take back what the swarm cannot fulfil, and wait for the rest.
extension StormUsers {
  /// How long users watch an update before they ask for another.
  private static let updatePatience = Duration.seconds(120)

  /// Asks for what is missing, one round of requests after another. A request that nobody answers is not waited for.
  mutating func repair(_ lab: inout Lab) {
    guard isIdle, let leader = lab.leader, let store = store(lab) else { return }
    makeAgain(store, at: leader, &lab)
    for box in store.nodes.values { repair(box.value, at: leader, &lab) }
    returnStrays(store, leader, &lab)
    if !store.nodes.values.contains(where: { $0.value.spec.annotations.labels["zone"] == "a" }),
      let node = store.nodes.values.first?.value
    {
      update(node, at: leader, &lab) { $0.annotations.labels["zone"] = "a" }
    }
    for box in store.services.values { repair(box.value, store, at: leader, &lab) }
  }

  /// Promises that the swarm has not kept, and repairs that are not done.
  func unmet(_ lab: Lab) -> [String] {
    guard let store = store(lab) else { return ["nothing is committed"] }
    var missing: [String] = isIdle ? [] : ["users wait for answers"]
    for service in toMake { missing.append("service \(service.name) is to be made again") }
    for box in store.nodes.values where box.value.spec.availability != .active {
      missing.append("\(box.value.hostname) is on \(box.value.spec.availability.word)")
    }
    for host in lab.world.hosts where isStray(host, store, lab) {
      missing.append("\(lab.world[host].hostname) is not in the swarm")
    }
    for name in promised.keys where store.service(named: name) == nil {
      missing.append("service \(name) was acknowledged and is gone")
    }
    for box in store.services.values {
      guard let fault = fault(of: box.value, at: lab.world.now) else { continue }
      missing.append("service \(box.value.name) is not repaired: \(fault)")
    }
    if !missing.isEmpty && !lastRefusal.isEmpty { missing.append("the users' last refusal: \(lastRefusal)") }
    return missing
  }

  // MARK: Nodes

  /// All nodes shall take tasks again; those of machines that have left are removed.
  private mutating func repair(_ node: Node, at leader: HostID, _ lab: inout Lab) {
    let isThere = lab.world.hosts.contains { lab.world[$0].nodeID == node.id }
    if node.spec.availability != .active {
      update(node, at: leader, &lab) { $0.availability = .active }
    } else if !isThere && node.spec.desiredRole == .manager
      && lab.world[leader].raftMembers.contains(where: { $0.node == node.id })
    {
      // One that never became a member cannot be demoted, but removed.
      update(node, at: leader, &lab) { $0.desiredRole = .worker }
    } else if !isThere {
      ask("DELETE", "/nodes/\(node.id)?force=1", nil, at: leader, &lab)
    }
  }

  private func isStray(_ host: HostID, _ store: Store, _ lab: Lab) -> Bool {
    guard let node = lab.world[host].nodeID else { return true }
    return !store.nodes.contains(node)
  }

  /// Machines whose node was removed leave, and join again.
  mutating func returnStrays(_ store: Store, _ leader: HostID, _ lab: inout Lab) {
    guard let token = store.cluster?.value.joinTokens.worker else { return }
    for host in lab.world.hosts where lab.world[host].isUp && isStray(host, store, lab) {
      if lab.world[host].localState != .inactive {
        ask("POST", "/swarm/leave?force=1", nil, at: host, &lab)
      } else {
        let body: JSON = [
          "ListenAddr": "0.0.0.0:2377", "AdvertiseAddr": .string(lab.world[host].ip),
          "RemoteAddrs": [.string("\(lab.world[leader].ip):2377")], "JoinToken": .string(token),
        ]
        ask("POST", "/swarm/join", body, at: host, &lab)
      }
    }
  }

  // MARK: Services

  /// Why a service cannot become what its users want; nil if it can: it runs, is not stuck in an update, and replaces what
  /// ends.
  ///
  /// As in Docker, an update waits without end for a task that was deleted with its node, until the spec changes again.
  private func fault(of service: Service, at now: Instant) -> String? {
    let spec = service.spec.value
    if spec.mode.isJob { return nil }
    switch service.updateStatus?.state {
    case .paused?, .rollbackPaused?: return "its update is paused"
    case .updating?, .rollbackStarted?:
      if let since = service.updateStatus?.startedAt, now - since > Self.updatePatience {
        return "its update began at \(since)"
      }
    case .unknown?, .completed?, .rollbackCompleted?, nil: break
    }
    let image = spec.task.container?.image ?? ""
    if !image.hasPrefix("nginx") { return "its image is \(image)" }
    let condition = spec.task.restart?.condition ?? .any
    return condition == .any ? nil : "it restarts on \(condition)"
  }

  private mutating func repair(_ service: Service, _ store: Store, at leader: HostID, _ lab: inout Lab) {
    let isShort = !Convergence.unmet(service, in: store).isEmpty
    let span = lasted("service \(service.name) is short", isSo: isShort, lab.now)
    let isStuck = span.map { $0 > Self.updatePatience } ?? false
    if isStuck && hasHauntedSlot(service, in: store), let wanted = services[service.name] {
      return remake(repaired(wanted, store), at: leader, &lab)
    }
    let isDoubled = isStuck && hasDoubledSlot(service, in: store)
    if isDoubled {
      rescues.append("update \(service.name), of which two tasks run in one slot")
      since["service \(service.name) is short"] = nil
    }
    if !isDoubled && fault(of: service, at: lab.now) == nil { return }
    guard var wanted = services[service.name] else { return remove(service: service.name, at: leader, &lab) }
    wanted = repaired(wanted, store)
    if case .replicated(let replicas) = service.spec.value.mode { wanted.mode = .replicated(Int64(replicas)) }
    update(wanted, at: leader, &lab)
  }

  /// The service as it can run, with what is still there of the objects that it uses.
  private mutating func repaired(_ service: StormService, _ store: Store) -> StormService {
    lastNumber += 1
    var wanted = service
    if let secret = wanted.secret, SecretID(secret.id).map(store.secrets.contains) != true { wanted.secret = nil }
    if let config = wanted.config, ConfigID(config.id).map(store.configs.contains) != true { wanted.config = nil }
    if NetworkID(wanted.network).map(store.networks.contains) != true { wanted.network = "" }
    (wanted.behaviour, wanted.restarts, wanted.edit, wanted.failureAction) = (.runs, "any", lastNumber, "continue")
    return wanted
  }
}
