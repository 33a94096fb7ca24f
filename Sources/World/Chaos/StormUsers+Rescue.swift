import Checkers
import EngineTypes
import Lab
import Raft
import SimBase
import SimKernel
import SwarmModel
import SwarmNode
import SwarmStore
import World

/// What an operator does by hand after the storm, in the cases, and only in those, in which Docker does not recover by itself.
///
/// | A swarm where | is stuck because | and the operator |
/// |---|---|---|
/// | most members of Raft are gone for good | no election can be won | makes the other managers leave, and the one with the longest log the only manager of a new cluster |
/// | a node knows only managers that are none any more | it asks nobody else, for ever | makes it leave and join again |
/// | a worker is a member of Raft | its member answers nobody, and counts | makes it leave and join again |
/// | a slot that is not wanted counts as filled | updates take living slots for it | removes the service and makes it again |
/// | two tasks of a slot run | an update and a restart each made one, and only slots are counted | updates the service |
///
/// The first and the third come of a manager that was removed from Raft and could reach no authority for half a minute, or
/// starts again before it has a worker's certificate: it joins under a new number, is given the certificate, and stops. Two
/// members then need each other, and one is no more. A real swarm does that, too.
///
/// Each deed is in the diary. Nothing is done where a swarm should recover: if a majority of the members is there, they have
/// to elect a leader; a node that knows one manager has to find it.
///
/// Source: moby/swarmkit `node/node.go` (`superviseManager`), `manager/state/raft/raft.go` (`Join`), `remotes/remotes.go`.
extension StormUsers {
  /// How long operators look on before they do something.
  private static let rescuePatience = Duration.seconds(45)

  /// Does what is to be done by hand now.
  mutating func rescue(_ lab: inout Lab) {
    guard isIdle else { return }
    if unlock(&lab) { return }
    if let leader = lab.leader {
      returnLost(leader, &lab)
    } else {
      makeNewCluster(&lab)
    }
  }

  // MARK: Managers

  /// Tries the keys that there were on managers that are locked; whether there are any.
  mutating func unlock(_ lab: inout Lab) -> Bool {
    let locked = lab.world.hosts.filter { lab.world[$0].isUp && lab.world[$0].localState == .locked }
    for host in locked {
      for key in unlockKeys { ask("POST", "/swarm/unlock", ["UnlockKey": .string(key)], at: host, &lab) }
    }
    return !locked.isEmpty
  }

  /// Most members are gone for good: one that has kept the data goes on alone.
  private mutating func makeNewCluster(_ lab: inout Lab) {
    let managers = lab.world.hosts.filter { lab.world[$0].isUp && lab.world[$0].raftStatus != nil }
    let best = managers.max { a, b in extent(of: a, in: lab.world) < extent(of: b, in: lab.world) }
    guard let best else { return }
    guard has(lasted("the quorum is lost", isSo: isQuorumLost(at: best, in: lab.world), lab.now)) else { return }
    // Others that take themselves for managers would join anew, and might be none a moment later.
    let others = lab.world.hosts.filter {
      $0 != best && lab.world[$0].isUp && lab.world[$0].certificateRole == .manager
    }
    for host in others { ask("POST", "/swarm/leave?force=1", nil, at: host, &lab) }
    if !others.isEmpty { return }
    let name = lab.world[best].hostname
    rescues.append("force a new cluster at \(name), where a majority of the members is gone")
    // What the old cluster committed last may be lost with it.
    releasePromises()
    let body: JSON = [
      "ListenAddr": "0.0.0.0:2377", "AdvertiseAddr": .string(lab.world[best].ip), "ForceNewCluster": true,
    ]
    ask("POST", "/swarm/init", body, at: best, &lab)
  }

  /// How far a manager's log goes: the one that goes farthest has all that was ever committed, if any has.
  private func extent(of host: HostID, in world: World) -> (term: UInt64, index: UInt64) {
    guard let status = world[host].raftStatus else { return (0, 0) }
    return (world[host].logEntry(at: status.lastIndex)?.term ?? status.term, status.lastIndex)
  }

  /// Whether so few of the members that a manager knows are there that they can elect nobody.
  private func isQuorumLost(at host: HostID, in world: World) -> Bool {
    let members = world[host].raftMembers
    let alive = members.count { member in
      world.hosts.contains { world[$0].isUp && world[$0].raftID == member.id }
    }
    return alive < members.count / 2 + 1
  }

  // MARK: Nodes

  /// Nodes that will never find a manager, and workers whose member of Raft is left over, leave; strays join again.
  private mutating func returnLost(_ leader: HostID, _ lab: inout Lab) {
    let members = lab.world[leader].raftMembers
    let nodes = lab.world[leader].store?.nodes ?? [:]
    for host in lab.world.hosts where lab.world[host].isUp {
      guard let node = lab.world[host].nodeID.flatMap({ nodes[$0]?.value }) else { continue }
      let known = lab.world[host].knownManagerAddresses
      let isLost = node.status.state != .ready && !members.contains { known.contains($0.addr) }
      let isLeftOver = node.role == .worker && !lab.world[host].isManager && members.contains { $0.node == node.id }
      let name = lab.world[host].hostname
      if has(lasted("\(name) is lost", isSo: isLost, lab.now)) {
        rescues.append("\(name), which knows no manager any more, leaves and joins again")
      } else if has(lasted("\(name) is left over", isSo: isLeftOver, lab.now)) {
        rescues.append("\(name), a worker that is a member of Raft, leaves and joins again")
      } else {
        continue
      }
      ask("POST", "/swarm/leave?force=1", nil, at: host, &lab)
    }
  }

  // MARK: Services

  /// Whether a slot counts that nobody wants: no task of it is to run, and its last one would not be started again.
  ///
  /// Slots that were scaled away while the service's policy was to restart nothing are kept so by their history, also under
  /// a policy that came later. Then a service with as many slots as it should have runs fewer, and each update makes them fewer.
  ///
  /// Source: moby/swarmkit `manager/orchestrator/restart/restart.go` (`UpdatableTasksInSlot`).
  func hasHauntedSlot(_ service: Service, in store: Store) -> Bool {
    var slots = Table<UInt64, [SwarmTask]>()
    for task in store.tasks(of: service.id) { slots[task.value.slot, default: []].append(task.value) }
    return slots.values.contains { slot in
      guard !slot.contains(where: { $0.desiredState <= .running }) else { return false }
      let last = slot.max { ($0.timestamp, $0.id) < ($1.timestamp, $1.id) }
      switch last?.spec.restart?.condition ?? .any {
      case .none: return true
      case .onFailure: return last?.status.state == .complete
      case .any: return false
      }
    }
  }

  /// Whether two tasks of a slot run and are to go on running.
  ///
  /// Source: moby/swarmkit `manager/orchestrator/update/updater.go` (`updateTask`), which removes the tasks that it saw when it
  /// began.
  func hasDoubledSlot(_ service: Service, in store: Store) -> Bool {
    guard case .replicated = service.spec.value.mode else { return false }
    let running = store.tasks(of: service.id).map(\.value).filter {
      $0.desiredState == .running && $0.status.state == .running
    }
    return Set(running.map(\.slot)).count < running.count
  }

  /// Removes a service and notes that it is to be made again.
  mutating func remake(_ service: StormService, at leader: HostID, _ lab: inout Lab) {
    rescues.append("remove and make again \(service.name), a slot of which counts without running")
    remove(service: service.name, at: leader, &lab)
    toMake.append(service)
  }

  /// Makes again what is gone by now.
  mutating func makeAgain(_ store: Store, at leader: HostID, _ lab: inout Lab) {
    let gone = toMake.filter { store.service(named: $0.name) == nil }
    toMake.removeAll { service in gone.contains { $0.name == service.name } }
    for service in gone { create(service, at: leader, &lab) }
  }

  // MARK: Patience

  /// Since when something has been so, as of now; nil if it is not.
  mutating func lasted(_ what: String, isSo: Bool, _ now: Instant) -> Duration? {
    if !isSo {
      since[what] = nil
      return nil
    }
    if let first = since[what] { return now - first }
    since[what] = now
    return .zero
  }

  private func has(_ span: Duration?) -> Bool { span.map { $0 >= Self.rescuePatience } ?? false }
}
