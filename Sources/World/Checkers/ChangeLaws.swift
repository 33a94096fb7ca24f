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
    if let place = Place(liveTask: new.value) { checkSlot(place, &findings) }
  }

  /// Source: moby/swarmkit `design/tla/Tasks.tla` (`Transitions`).
  private func checkMove(from old: SwarmTask?, to new: SwarmTask, _ findings: inout Findings) {
    guard let old else {
      if new.status.state != .new {
        findings.broken.append((.taskStates, "task \(new.name) was created as \(new.status.state.word)"))
      }
      return
    }
    let (from, to) = (old.status.state, new.status.state)
    if !TaskWriter.allCases.contains(where: { $0.mayMove(from: from, to: to) }) {
      findings.broken.append((.taskStates, "task \(new.name) went from \(from.word) to \(to.word)"))
    }
    if new.desiredState < old.desiredState {
      findings.broken.append(
        (.taskStates, "task \(new.name) was desired \(old.desiredState.word), then \(new.desiredState.word)"))
    }
    if let node = old.nodeID, new.nodeID != node {
      let other = new.nodeID.map(\.description) ?? "none"
      findings.broken.append((.taskNode, "task \(new.name) moved from node \(node) to \(other)"))
    }
  }

  private func checkSlot(_ place: Place, _ findings: inout Findings) {
    let tasks = (live[place] ?? []).compactMap { store.tasks[$0]?.value }
    if tasks.count < 2 { return }
    let versions = Set(tasks.map { $0.specVersion ?? 0 })
    let service = store.services[place.service]?.value
    let specs = [service?.spec.value, service?.previousSpec?.value] + tasks.map { $0.serviceSpec.value }
    let mayOverlap = specs.contains { $0?.update?.order == .startFirst || $0?.rollback?.order == .startFirst }
    // A restart that meets a start-first update half-way makes one more of the new spec; the updater removes it.
    if mayOverlap && tasks.count <= 2 + versions.count { return }
    let listed = tasks.map { "\($0.id) \($0.status.state.word), desired \($0.desiredState.word)" }
    findings.broken.append((.slots, "slot \(place.slot) of \(tasks[0].serviceSpec.value.name): \(listed)"))
  }

  /// Source: moby/swarmkit `manager/scheduler/filter.go`.
  private func checkPlacement(_ task: SwarmTask, _ findings: inout Findings) {
    func fail(_ why: String) { findings.broken.append((.placement, "task \(task.name): \(why)")) }
    guard let id = task.nodeID, let node = store.nodes[id]?.value else { return fail("its node does not exist") }
    // What changed at the node after the pass that decided is not the scheduler's fault: it does not look twice.
    if node.meta.updatedAt >= task.status.timestamp { return }
    if node.status.state != .ready { fail("node \(node.hostname) is \(node.status.state.word)") }
    if node.spec.availability != .active { fail("node \(node.hostname) is on \(node.spec.availability.word)") }
    let placement = task.spec.placement
    if !Constraint.of(placement).allow(node) { fail("node \(node.hostname) is not allowed by its constraints") }
    let neighbours = store.tasks(on: id).map(\.value)
    if let limit = placement?.maxReplicas, limit > 0 {
      let count = neighbours.count { $0.serviceID == task.serviceID && $0.isLive }
      if count > limit { fail("is one of \(count) replicas on \(node.hostname), limit \(limit)") }
    }
    guard let resources = node.description?.resources else { return }
    var (cpus, memory): (Int64, Int64) = (0, 0)
    for neighbour in neighbours where (.assigned ... .running).contains(neighbour.status.state) {
      cpus += neighbour.spec.resources?.reservations?.nanoCPUs ?? 0
      memory += neighbour.spec.resources?.reservations?.memoryBytes ?? 0
    }
    if cpus > resources.nanoCPUs { fail("\(node.hostname) has \(cpus) of \(resources.nanoCPUs) nano CPUs reserved") }
    if memory > resources.memoryBytes {
      fail("\(node.hostname) has \(memory) of \(resources.memoryBytes) bytes of memory reserved")
    }
  }
}
