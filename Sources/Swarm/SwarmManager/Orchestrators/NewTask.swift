import SimBase
import SwarmModel

/// A task of the service as it stands: in state NEW, with the service's spec, desired to run (a job's: to complete).
///
/// Only the tasks of global kinds get a node here; others wait for the scheduler.
///
/// Source: moby/swarmkit `manager/orchestrator/task.go` (`NewTask`), `manager/orchestrator/jobs`.
func newTask(
  for service: Service, slot: UInt64, node: NodeID? = nil, cluster: Cluster?, at now: Instant, dice: inout Dice
) -> SwarmTask {
  let spec = service.spec.value
  var endpoint = Endpoint()
  endpoint.spec = spec.endpoint
  var task = SwarmTask()
  task.id = TaskID(drawnFrom: &dice)
  task.serviceID = service.id
  task.serviceSpec = service.spec
  task.specVersion = service.specVersion
  task.slot = slot
  task.nodeID = node
  task.status = TaskStatus(state: .new, message: "created", at: now)
  task.endpoint = endpoint
  task.logDriver = spec.task.logDriver ?? cluster?.spec.taskLogDriver
  task.desiredState = .running
  if spec.mode.isJob {
    task.desiredState = .complete
    task.jobIteration = service.jobStatus?.iteration ?? 0
  }
  return task
}
