import SimBase
import SwarmModel
import SwarmStore

/// How many tasks of a service run, are wanted and have finished: the `2/2` of `docker service ls`.
///
/// Running tasks count wherever they are, on dead nodes too, whatever is desired of them; so a service may show `3/2` for a
/// while. Of a job only the present iteration counts.
///
/// Source: moby/swarmkit `manager/controlapi/service.go` (`ListServiceStatuses`).
public struct ServiceTaskCounts: Sendable, Equatable {
  /// Tasks observed running.
  public var running: UInt64 = 0
  /// Tasks wanted: the number of replicas; of global services what their tasks desire; of a replicated job how many may
  /// run at once, which does not go down when it is done.
  public var desired: UInt64 = 0
  /// Tasks of the job's present iteration that are complete.
  public var completed: UInt64 = 0

  /// No tasks.
  public init() {}

  /// The counts of a service.
  public init(of service: Service, in store: Store) {
    switch service.spec.value.mode {
    case .replicated(let replicas): desired = replicas
    case .replicatedJob(let maxConcurrent, _): desired = maxConcurrent
    case .global, .globalJob: break
    }
    let isGlobal = service.spec.value.mode.isGlobal
    for task in store.tasks(of: service.id).lazy.map(\.value) {
      if let job = service.jobStatus {
        if task.jobIteration != job.iteration { continue }
        if task.status.state == .complete { completed += 1 }
      }
      if task.status.state == .running { running += 1 }
      if isGlobal && task.desiredState == .running { desired += 1 }
      if isGlobal && task.desiredState == .complete && task.status.state != .complete { desired += 1 }
    }
  }
}
