import SimBase
import SwarmManager
import SwarmModel
import SwarmStore

/// The laws that a single change can break, asked of the state at the end of its transaction.
extension SwarmRecord {
  func check(_ event: StoreEvent, _ findings: inout Findings) {
    guard case .task(let old, let new?) = event else { return }
    checkMove(from: old?.value, to: new.value, &findings)
    if new.value.status.state == .assigned && (old?.value.status.state ?? .new) < .assigned {
      findings.placements += 1
      checkPlacement(new.value, &findings)
    }
  }

  /// Who made the move is not in the log: here it is enough that somebody may. The leader's own store asks who.
  ///
  /// Source: moby/swarmkit `design/tla/Tasks.tla` (`Transitions`).
  private func checkMove(from old: SwarmTask?, to new: SwarmTask, _ findings: inout Findings) {
    guard let old else {
      if new.status.state != .new {
        findings.broken.append((.taskStates, "task \(new.name) was made \(new.status.state.word)"))
      }
      return
    }
    let (from, to) = (old.status.state, new.status.state)
    if old.nodeID != nil && new.nodeID != old.nodeID {
      let (node, other) = (old.nodeID?.description ?? "", new.nodeID?.description ?? "none")
      findings.broken.append((.taskNode, "task \(new.name) moved from node \(node) to \(other)"))
    } else if let broken = TaskRights.brokenPromise(from: old, to: new) {
      findings.broken.append((.taskStates, "task \(new.name): \(broken)"))
    } else if !TaskWriter.allCases.contains(where: { $0.rights.mayMove(from: from, to: to) }) {
      findings.broken.append((.taskMoves, "task \(new.name) went from \(from.word) to \(to.word)"))
    }
  }

  /// A place has one wanted task, or as many as it had before; one more comes only with a task that a start-first update
  /// made, once for each spec that an update worked towards while there was more than one.
  ///
  /// That is all that the updater's order allows: a restart shuts down the task that it replaces, a stop-first update too,
  /// and an update that finds a task of its own spec makes none.
  mutating func checkPlace(_ place: Place, before: Int, made: [TaskID], _ findings: inout Findings) {
    guard var occupancy = places[place] else { return }
    defer { places[place] = occupancy.count == 0 ? nil : occupancy }
    let count = occupancy.tasks.count
    if count < 2 { return occupancy.overlaps.removeAll() }
    var excess = count - max(1, before)
    for id in occupancy.tasks where excess > 0 && made.contains(id) {
      guard let task = store.tasks[id]?.value, let version = task.specVersion else { continue }
      let state = task.serviceID.flatMap { store.services[$0]?.value.updateStatus?.state }
      let overlap = Occupancy.Overlap(version: version, isRollback: state == .rollbackStarted)
      guard !occupancy.overlaps.contains(overlap),
        startsFirst(task) || tookAnEndedPlace(task)
      else { continue }
      occupancy.overlaps.append(overlap)
      excess -= 1
    }
    if excess <= 0 { return }
    let tasks = occupancy.tasks.compactMap { store.tasks[$0]?.value }
    let listed = tasks.map {
      "\($0.id) of spec \($0.specVersion ?? 0) \($0.status.state.word), desired \($0.desiredState.word)"
    }
    findings.broken.append((.slots, "\(place.text) of \(tasks[0].serviceSpec.value.name): \(listed)"))
  }

  /// Whether an update may have made a global service's task for one that had ended, and found another there.
  ///
  /// As in Docker: the updater decides on what it saw when it began. If the node changes before its turn, the orchestrator
  /// makes a task too, one that is to run at once. The node's next change mends it.
  ///
  /// Source: moby/swarmkit `manager/orchestrator/update/updater.go` (`worker`), `manager/orchestrator/global/global.go`.
  private func tookAnEndedPlace(_ task: SwarmTask) -> Bool {
    task.desiredState == .ready && task.serviceSpec.value.mode == .global
  }

  /// Whether the update that made a task may have started it before it stopped the old one.
  private func startsFirst(_ task: SwarmTask) -> Bool {
    let spec = task.serviceSpec.value
    let (update, rollback) = (spec.update?.order == .startFirst, spec.rollback?.order == .startFirst)
    guard let service = task.serviceID.flatMap({ store.services[$0]?.value }), service.specVersion == task.specVersion
    else { return update || rollback }
    switch service.updateStatus?.state {
    case .rollbackStarted, .rollbackPaused, .rollbackCompleted: return rollback
    case .unknown, .updating, .paused, .completed, nil: return update
    }
  }

  /// The scheduler decides on the node as it was when its pass began, and does not look again when it writes. A task's time
  /// is that of its half of the pass: before, the tasks that have a node already may have been waiting for their commit.
  ///
  /// Source: moby/swarmkit `manager/scheduler/filter.go`.
  private func checkPlacement(_ task: SwarmTask, _ findings: inout Findings) {
    guard let id = task.nodeID, let node = store.nodes[id]?.value else {
      findings.broken.append((.placement, "task \(task.name): its node does not exist"))
      return
    }
    let load = Load(store.tasks(on: id).map(\.value), of: task.serviceID)
    let objections = load.objections(to: task, on: node)
    if objections.isEmpty { return }
    let earlier = nodeVersions[id]?.filter { $0.until + SwarmRecord.halfPass >= task.status.timestamp } ?? []
    if earlier.contains(where: { load.objections(to: task, on: $0.node.value).isEmpty }) { return }
    findings.broken.append(
      (.placement, "task \(task.name) on \(node.hostname): \(objections.joined(separator: ", "))"))
  }
}

/// What the tasks of a node hold there.
private struct Load {
  private var replicas = 0
  private var nanoCPUs: Int64 = 0
  private var memoryBytes: Int64 = 0
  private var generic: [GenericResource] = []

  init(_ tasks: [SwarmTask], of service: ServiceID?) {
    for task in tasks {
      if task.serviceID == service && task.isLive { replicas += 1 }
      if !(.assigned ... .running).contains(task.status.state) { continue }
      nanoCPUs += task.spec.resources?.reservations?.nanoCPUs ?? 0
      memoryBytes += task.spec.resources?.reservations?.memoryBytes ?? 0
      generic += task.assignedGenericResources
    }
  }

  /// Why the task may not be on this node beside the others, itself among them.
  func objections(to task: SwarmTask, on node: Node) -> [String] {
    var found: [String] = []
    if node.status.state != .ready { found.append("the node is \(node.status.state.word)") }
    if node.spec.availability != .active { found.append("the node is on \(node.spec.availability.word)") }
    let placement = task.spec.placement
    if !Constraint.of(placement).allow(node) { found.append("its constraints do not allow the node") }
    if let limit = placement?.maxReplicas, limit > 0, replicas > limit {
      found.append("it is one of \(replicas) replicas, limit \(limit)")
    }
    // A task that reserves nothing is let in however full the node is.
    guard let wanted = task.spec.resources?.reservations, let resources = node.description?.resources else {
      return found
    }
    if wanted.nanoCPUs > 0 && nanoCPUs > resources.nanoCPUs {
      found.append("\(nanoCPUs) of \(resources.nanoCPUs) nano CPUs are reserved")
    }
    if wanted.memoryBytes > 0 && memoryBytes > resources.memoryBytes {
      found.append("\(memoryBytes) of \(resources.memoryBytes) bytes of memory are reserved")
    }
    for given in task.assignedGenericResources where !suffices(resources.generic, for: given) {
      found.append("generic resource \(given.kind) is given twice or not there")
    }
    return found
  }

  /// Whether what all tasks hold of a kind is there.
  private func suffices(_ offered: [GenericResource], for given: GenericResource) -> Bool {
    switch given {
    case .named: return offered.contains(given) && generic.count { $0 == given } == 1
    case .discrete(let kind, _): return sum(generic, kind) <= sum(offered, kind)
    }
  }

  private func sum(_ resources: [GenericResource], _ kind: String) -> Int64 {
    resources.reduce(0) { total, resource in
      if case .discrete(kind, let value) = resource { total + value } else { total }
    }
  }
}
