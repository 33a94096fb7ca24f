import EngineTypes
import Lab
import SimBase
import SimKernel
import SwarmModel
import SwarmNode
import SwarmStore
import World

/// What users ask for in wide storms alone: changes of what a service uses, of the cluster itself, and of who is in it.
extension StormUsers {
  mutating func requestMore(_ store: Store, at host: HostID, _ lab: inout Lab, dice: inout Dice) -> String? {
    switch dice.below(16) {
    case 0...1: force(at: host, &lab, dice: &dice)
    case 2...6: exchange(at: host, &lab, dice: &dice)
    case 7: createGlobalJob(at: host, &lab, dice: &dice)
    case 8...11: changeCluster(store, at: host, &lab, dice: &dice)
    case 12: leave(&lab, dice: &dice)
    default: comeBack(store, at: host, &lab)
    }
  }

  // MARK: Services

  private mutating func force(at host: HostID, _ lab: inout Lab, dice: inout Dice) -> String? {
    guard var service = dice.pick(services.values) else { return nil }
    service.forced += 1
    update(service, at: host, &lab)
    return "force an update of \(service.name)"
  }

  /// Exchanges a secret, a config, a network or a constraint of a service for another, or for none.
  private mutating func exchange(at host: HostID, _ lab: inout Lab, dice: inout Dice) -> String? {
    guard var service = dice.pick(services.values.filter { !$0.isJob }) else { return nil }
    let what: String
    switch dice.below(4) {
    case 0:
      service.secret = dice.chance(1, in: 4) ? nil : dice.pick(secrets)
      what = "secret \(service.secret?.name ?? "none")"
    case 1:
      service.config = dice.chance(1, in: 4) ? nil : dice.pick(configs)
      what = "config \(service.config?.name ?? "none")"
    case 2:
      service.network = dice.chance(1, in: 4) ? "" : dice.pick(networks)?.id ?? ""
      what = "network \(networks.first { $0.id == service.network }?.name ?? "none")"
    default:
      // What the nodes cannot hold would never run.
      if service.hostPort > 0 || service.maxReplicas > 0 || service.nanoCPUs > 0 { return nil }
      service.constraint = dice.pick(["node.labels.zone==a", "node.labels.zone!=b", "node.role==worker", ""]) ?? ""
      what = "constraint \(service.constraint)"
    }
    update(service, at: host, &lab)
    return "give \(service.name) \(what)"
  }

  private mutating func createGlobalJob(at host: HostID, _ lab: inout Lab, dice: inout Dice) -> String? {
    lastNumber += 1
    var job = StormService("everywhere\(lastNumber)", .globalJob)
    if dice.chance(1, in: 2) { job.constraint = "node.role==worker" }
    create(job, at: host, &lab)
    return "create \(job.name), a global job \(job.constraint)"
  }

  // MARK: The cluster

  private mutating func changeCluster(
    _ store: Store, at host: HostID, _ lab: inout Lab, dice: inout Dice
  ) -> String? {
    guard let cluster = store.cluster?.value else { return nil }
    var (isLocking, limit) = (cluster.spec.autoLockManagers, cluster.spec.taskHistoryRetentionLimit)
    var (rotation, authority, what): (String, JSON, String) = ("", [:], "")
    switch dice.below(6) {
    case 0: (rotation, what) = ("&rotateWorkerToken=true", "rotate the workers' token")
    case 1: (rotation, what) = ("&rotateManagerToken=true", "rotate the managers' token")
    case 2:
      lastNumber += 1
      (authority, what) = (["ForceRotate": .int(lastNumber)], "rotate the authority's root")
    case 3:
      isLocking.toggle()
      what = isLocking ? "lock managers" : "lock managers no more"
    case 4: (rotation, what) = ("&rotateManagerUnlockKey=true", "rotate the unlock key")
    default:
      limit = Int64(dice.below(6))
      what = "keep \(limit) tasks of a slot"
    }
    let spec: JSON = [
      "Name": "default", "Orchestration": ["TaskHistoryRetentionLimit": .int(limit)],
      "EncryptionConfig": ["AutoLockManagers": .bool(isLocking)], "CAConfig": authority,
    ]
    ask("POST", "/swarm/update?version=\(cluster.meta.version)\(rotation)", spec, at: host, &lab)
    return what
  }

  // MARK: Membership

  /// A worker leaves.
  private mutating func leave(_ lab: inout Lab, dice: inout Dice) -> String? {
    let workers = lab.world.hosts.filter {
      lab.world[$0].isUp && lab.world[$0].certificateRole == .worker && !lab.world[$0].isManager
    }
    guard let worker = dice.pick(workers) else { return nil }
    ask("POST", "/swarm/leave", nil, at: worker, &lab)
    return "\(lab.world[worker].hostname) leaves; the request"
  }

  /// What is in no swarm any more joins again, and what is locked is unlocked.
  private mutating func comeBack(_ store: Store, at host: HostID, _ lab: inout Lab) -> String? {
    let isLocked = unlock(&lab)
    returnStrays(store, host, &lab)
    return isLocked ? "unlock what is locked, bring back strays" : "bring back strays"
  }
}
