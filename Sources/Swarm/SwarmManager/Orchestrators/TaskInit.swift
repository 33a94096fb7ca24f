import SimBase
import SwarmModel
import SwarmStore

/// Repairs what the last leader left half done, before an orchestrator of a new leader does anything else.
///
/// Tasks without their service are to be deleted. Tasks that are desired READY were waiting for their start: they wait
/// again for what is left of the policy's delay, counted from the task's last status, but no longer for the task that
/// they replace. The history of restarts is counted from the tasks that are still there: in each place, all but the
/// oldest of the newest spec version are replacements.
///
/// Source: moby/swarmkit `manager/orchestrator/taskinit/init.go`.
enum TaskInit {
  /// Looks at every task. `fix` is asked about each one that belongs to a service that `governs` accepts.
  ///
  /// Returns the tasks to delete, ascending.
  static func check(
    _ store: Store, at now: Instant, restarts: inout RestartSupervisor, governs: (Service) -> Bool,
    place: (SwarmTask, ServiceID) -> SlotKey, fix: (SwarmTask) -> Void
  ) -> [TaskID] {
    var orphans: [TaskID] = []
    var places = Table<SlotKey, Slot>()
    for (id, box) in store.tasks {
      guard let serviceID = box.value.serviceID else { continue }
      guard let service = store.services[serviceID] else {
        orphans.append(id)
        continue
      }
      if !governs(service.value) { continue }
      places[place(box.value, serviceID), default: []].append(box)
      fix(box.value)
      resume(box.value, at: now, restarts: &restarts)
    }
    for (place, slot) in places { recount(slot, in: place, at: now, restarts: &restarts) }
    return orphans
  }

  private static func resume(_ task: SwarmTask, at now: Instant, restarts: inout RestartSupervisor) {
    guard task.desiredState == .ready, task.status.state <= .complete else { return }
    let delay = task.spec.restartDelay
    let left = task.timestamp + delay - now
    restarts.delayStart(of: task, after: min(delay, max(left, .zero)), waitingFor: nil, at: now)
  }

  private static func recount(_ slot: Slot, in place: SlotKey, at now: Instant, restarts: inout RestartSupervisor) {
    let newest = slot.compactMap(\.value.specVersion).max() ?? 0
    let current = slot.filter { $0.value.specVersion == newest }.sorted {
      ($0.value.meta.createdAt, $0.value.id) < ($1.value.meta.createdAt, $1.value.id)
    }
    for replacement in current.dropFirst() { restarts.record(replacement.value, in: place, at: now) }
  }
}
