import Engine
import Raft
import SimBase
import SimKernel
import SwarmManager
import SwarmModel
import SwarmNode
import SwarmStore
import World

/// Whether a swarm has reached what its users wish: what is asked once faults have been healed.
///
/// The nodes that are up agree on one leader and have applied all it has; every node is Ready; every service has the tasks that
/// its spec asks for, all running, on the engines too; no engine runs a task's container that the swarm does not want; secrets
/// are with those alone who need them now.
///
/// Source: moby/swarmkit `design/tla/SwarmKit.tla` (`EventuallyAsDesired`).
public enum Convergence {
  /// What is still missing, in words; empty once the swarm is as desired. Worlds with several swarms are asked as a whole.
  public static func unmet(in world: World) -> [String] {
    var missing: [String] = []
    let up = world.hosts.filter { world[$0].isUp }
    for host in world.hosts where !world[host].isUp { missing.append("\(world[host].hostname) is down") }
    let leaders = up.filter { world[$0].isLeading }
    if leaders.isEmpty { return missing + ["no manager leads"] + up.compactMap { standing(of: $0, in: world) } }
    for leader in leaders { missing += unmet(under: leader, up, in: world) }
    return missing
  }

  /// What a manager without a leader believes, or a node believes that is on its way to become one or to cease to be; nil
  /// for a worker.
  private static func standing(of host: HostID, in world: World) -> String? {
    let node = world[host]
    guard let status = node.raftStatus else {
      return node.certificateRole == .manager ? "\(node.hostname) has a manager's certificate and is no member" : nil
    }
    let peers = node.raftMembers.map { "\($0.addr)\($0.isReachable ? "" : " (not reached)")" }
    return "\(node.hostname) is a \(status.role) in term \(status.term) at \(status.lastIndex) with \(peers)"
  }

  private static func unmet(under leader: HostID, _ up: [HostID], in world: World) -> [String] {
    guard let status = world[leader].raftStatus, let store = world[leader].store else { return [] }
    let members = up.filter { world[$0].clusterID == world[leader].clusterID }
    var missing: [String] = []
    for host in members {
      guard let other = world[host].raftStatus else { continue }
      if other.term != status.term || other.leader != status.leader || other.applied != status.applied {
        missing.append(
          "\(world[host].hostname), a \(other.role) of \(other.leader.map { "\($0)" } ?? "nobody"), is at \(other.applied) in "
            + "term \(other.term), the leader \(world[leader].hostname), \(status.leader.map { "\($0)" } ?? ""), at "
            + "\(status.applied) in term \(status.term)")
      }
    }
    for node in store.nodes.values where node.value.status.state != .ready {
      missing.append("node \(node.value.hostname) is \(node.value.status.state.word)")
    }
    for host in members {
      guard let node = world[host].nodeID.flatMap({ store.nodes[$0]?.value }) else { continue }
      if (node.role == .manager) != world[host].isManager || node.role != node.spec.desiredRole {
        let wanted = node.spec.desiredRole == .manager ? "manager" : "worker"
        missing.append("\(node.hostname) is not a \(wanted) yet")
      }
    }
    for service in store.services.values { missing += unmet(service.value, in: store) }
    var hosts = Table<NodeID, HostID>()
    for host in members { if let node = world[host].nodeID { hosts[node] = host } }
    missing += unrun(store, hosts, in: world)
    for host in members { missing += unwanted(at: host, store, in: world) }
    return missing
  }

  /// What a service is short of.
  public static func unmet(_ service: Service, in store: Store) -> [String] {
    let spec = service.spec.value
    let tasks = store.tasks(of: service.id).map(\.value)
    let running = tasks.filter { $0.desiredState == .running && $0.status.state == .running }
    // A job has no updater: one that was rolled back says for ever that its rollback has begun.
    if !spec.mode.isJob, let state = service.updateStatus?.state, state == .updating || state == .rollbackStarted {
      let open = tasks.filter { $0.desiredState <= .running && $0.status.state != .running }.map(text)
      return ["service \(spec.name) is \(state.word), with \(running.count) running and \(open)"]
    }
    switch spec.mode {
    case .replicated(let replicas):
      let forgotten = tasks.filter { isForgotten($0, by: service) }
      let slots = Set(running.map(\.slot)).union(forgotten.map(\.slot))
      // A forgotten task may also stand beside one that runs: the replacement of a task that ended in the meantime.
      let isOnce = Set(running.map(\.slot)).count == running.count
      if isOnce && slots.count == Int(clamping: replicas) { return [] }
      let wanted = tasks.filter { $0.desiredState <= .running }.map(text)
      return ["service \(spec.name) runs \(running.count) of \(replicas) replicas: \(wanted)"]
    case .global:
      let constraints = Constraint.of(spec.task.placement)
      let wanted = store.nodes.values.filter { box in
        box.value.status.state == .ready && box.value.spec.availability == .active && constraints.allow(box.value)
      }
      let have = Set(running.compactMap(\.nodeID))
      if have == Set(wanted.map(\.value.id)) && running.count == have.count { return [] }
      return ["service \(spec.name) runs on \(have.count) nodes, wanted on \(wanted.count)"]
    case .replicatedJob(_, let total):
      let done = tasks.count { $0.jobIteration == service.jobStatus?.iteration && $0.status.state == .complete }
      return UInt64(done) >= total ? [] : ["job \(spec.name) has completed \(done) of \(total)"]
    case .globalJob:
      // No more can be asked: a node that came later gets no task until something else has the job looked at.
      let open = tasks.filter { task in
        guard task.jobIteration == service.jobStatus?.iteration, task.desiredState <= .complete,
          task.status.state != .complete, let node = task.nodeID.flatMap({ store.nodes[$0]?.value })
        else { return false }
        return node.status.state == .ready && node.spec.availability == .active
          && Constraint.of(spec.task.placement).allow(node)
      }
      return open.map { "job \(spec.name) has not completed: \($0.name) is \($0.status.state.word)" }
    }
  }

  private static func text(_ task: SwarmTask) -> String {
    "\(task.slot): \(task.status.state.word), desired \(task.desiredState.word) \(task.status.error)"
  }

  /// Whether Docker leaves a task pending for good.
  ///
  /// A task that found no node while its service had a newer version is never looked at again by the scheduler, nor replaced by
  /// the updater if what it runs has not changed. A rollback takes the service's version back, and not the forgetting. (A new
  /// leader's scheduler does not forget.)
  ///
  /// Source: moby/swarmkit `manager/scheduler/scheduler.go` (`noSuitableNode`), `manager/orchestrator/task.go` (`IsTaskDirty`),
  /// `manager/orchestrator/update/updater.go` (`rollbackUpdate`).
  private static func isForgotten(_ task: SwarmTask, by service: Service) -> Bool {
    guard task.status.state == .pending, task.nodeID == nil, task.desiredState == .running,
      task.spec == service.spec.value.task
    else { return false }
    if (task.specVersion ?? 0) < service.specVersion { return true }
    switch service.updateStatus?.state {
    case .rollbackStarted, .rollbackPaused, .rollbackCompleted:
      return service.updateStatus?.startedAt.map { task.meta.createdAt < $0 } ?? false
    default: return false
    }
  }

  /// Tasks that the store says run and whose engine does not run them.
  private static func unrun(_ store: Store, _ hosts: Table<NodeID, HostID>, in world: World) -> [String] {
    store.tasks.values.compactMap { box in
      let task = box.value
      guard task.status.state == .running, task.desiredState == .running, task.spec.container != nil else { return nil }
      guard let host = task.nodeID.flatMap({ hosts[$0] }) else {
        return "task \(task.name) runs on a node that is gone"
      }
      let id = world[host].container(of: task.id)
      let runs = world[host].engine.containers.contains { $0.id == id && $0.state.isRunning }
      return runs ? nil : "task \(task.name) has no running container on \(world[host].hostname)"
    }
  }

  /// Containers and secrets at a node that none of its tasks asks for.
  private static func unwanted(at host: HostID, _ store: Store, in world: World) -> [String] {
    var missing: [String] = []
    let name = world[host].hostname
    for container in world[host].engine.containers where container.state.isRunning {
      guard let id = container.task.flatMap({ TaskID($0.value.taskID) }) else { continue }
      let task = store.tasks[id]?.value
      if task?.nodeID != world[host].nodeID || task?.desiredState != .running {
        let known = world[host].summary(of: id) ?? "unknown"
        missing.append(
          "\(name) runs task \(id), which is desired \(task?.desiredState.word ?? "gone"); its agent: \(known)")
      }
    }
    guard let node = world[host].nodeID else { return missing }
    let uses = store.tasks(on: node).filter { $0.value.status.state <= .running }
      .flatMap { $0.value.spec.container?.secrets ?? [] }
    for secret in world[host].heldSecrets where !uses.contains(where: { $0.secretID == secret.description }) {
      missing.append("\(name) holds secret \(secret) without a need")
    }
    return missing
  }
}
