import SimBase
import SwarmModel
import SwarmStore

/// Decides what a global job needs: a task of this iteration on each candidate node that has none, restarts, the removal
/// of older iterations, and the end of tasks on nodes that are down or drained.
///
/// Candidates are ready and active and meet the constraints. A node that no longer meets them keeps its task: that is the
/// constraint enforcer's business.
///
/// Source: moby/swarmkit `manager/orchestrator/jobs/global/reconciler.go`.
func planGlobalJob(_ service: Shared<Service>, in store: Store, into writes: inout TaskWrites) {
  let iteration = service.value.jobStatus?.iteration ?? 0
  var current: [NodeID: Shared<SwarmTask>] = [:]
  var failed: [TaskID] = []
  var outdated: Slot = []
  for box in store.tasks(of: service.value.id) {
    let task = box.value
    guard let own = task.jobIteration else { continue }
    if own != iteration {
      outdated.append(box)
    } else if task.desiredState <= .complete {
      if task.status.state > .complete { failed.append(task.id) }
      if let node = task.nodeID { current[node] = box }
    }
  }

  let constraints = Constraint.of(service.value.spec.value.task.placement)
  var stranded: Slot = []
  for (id, node) in store.nodes where constraints.allow(node.value) {
    if node.value.isInvalid {
      if let task = current[id], task.value.status.state <= .running { stranded.append(task) }
    } else if node.value.spec.availability == .active && node.value.status.state == .ready && current[id] == nil {
      writes.append(.create(service, slot: 0, node: id))
    }
  }
  for id in failed { writes.append(.restart(id)) }
  writes.raise(outdated, to: .remove)
  writes.raise(stranded, to: .shutdown)
}
