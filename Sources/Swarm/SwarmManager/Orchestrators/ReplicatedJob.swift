import SimBase
import SwarmModel

/// Decides what a replicated job needs: new tasks in free slots, restarts, and the removal of older iterations.
///
/// Failed tasks that wait for their restart count as running. New tasks: as many as may run at once beside the running
/// ones, but no more than are still to be completed beside them.
///
/// Source: moby/swarmkit `manager/orchestrator/jobs/replicated/reconciler.go`.
func planReplicatedJob(
  _ service: Shared<Service>, tasks: [Shared<SwarmTask>], maxConcurrent: UInt64, totalCompletions: UInt64,
  into writes: inout TaskWrites
) {
  let iteration = service.value.jobStatus?.iteration ?? 0
  var (running, complete): (UInt64, UInt64) = (0, 0)
  var taken: Set<UInt64> = []
  var failed: [TaskID] = []
  var outdated: Slot = []
  for box in tasks {
    let task = box.value
    guard let own = task.jobIteration else { continue }
    if own != iteration {
      if task.status.state <= .running { outdated.append(box) }
    } else if task.status.state == .complete {
      complete += 1
      taken.insert(task.slot)
    } else if task.desiredState <= .complete {
      running += 1
      taken.insert(task.slot)
      if task.status.state > .complete { failed.append(task.id) }
    }
  }

  // Both differences wrap around where there is less than nothing left, as swarmkit's unsigned numbers do; if both wrap,
  // its guard gives the whole pass up.
  let missing = min(maxConcurrent &- running, totalCompletions &- complete &- running)
  if missing > totalCompletions { return }
  var slot: UInt64 = 0
  for _ in 0..<missing {
    while taken.contains(slot) { slot += 1 }
    writes.append(.create(service, slot: slot, node: nil))
    slot += 1
  }
  for id in failed { writes.append(.restart(id)) }
  writes.raise(outdated, to: .remove)
}
