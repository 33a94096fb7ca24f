import SimBase
import SwarmModel
import SwarmStore

/// What an update does to its service's object.
///
/// Each write looks at the object as it is: where there is no update status any more, the service has been changed since
/// and the write comes too late.
///
/// Source: moby/swarmkit `manager/orchestrator/update/updater.go` (`startUpdate` … `completeUpdate`).
enum UpdateStep: Sendable {
  /// The update is under way.
  case begin
  /// The update, or the rollback, stops here.
  case pause(String)
  /// The previous spec comes back. Nothing is written if there is none: the update then never completes.
  case rollBack(String)
  /// The update, or the rollback, is complete.
  case complete

  /// Writes the step.
  func write(to id: ServiceID, in tx: inout Transaction) {
    guard var service = tx.store.services[id]?.value else { return }
    switch self {
    case .begin:
      if service.updateStatus != nil { return }
      var status = UpdateStatus()
      status.state = .updating
      status.message = "update in progress"
      status.startedAt = tx.now
      service.updateStatus = status
    case .pause(let message):
      guard var status = service.updateStatus else { return }
      status.state = status.state == .rollbackStarted ? .rollbackPaused : .paused
      status.message = message
      service.updateStatus = status
    case .rollBack(let message):
      guard var status = service.updateStatus, let previous = service.previousSpec else { return }
      status.state = .rollbackStarted
      status.message = message
      service.updateStatus = status
      service.spec = previous
      service.specVersion = service.previousSpecVersion
      service.previousSpec = nil
      service.previousSpecVersion = 0
    case .complete:
      guard var status = service.updateStatus else { return }
      let wasRollback = status.state == .rollbackStarted
      status.state = wasRollback ? .rollbackCompleted : .completed
      status.message = wasRollback ? "rollback completed" : "update completed"
      status.completedAt = tx.now
      service.updateStatus = status
    }
    tx.put(service)
  }
}
