import SimBase
import SwarmModel

/// Whether a change of the service is one that replaces this task.
///
/// A task is clean if it was made from the service's present spec version; or if its placement alone differs and its node
/// meets the new constraints; or if what it runs and how it is reached are the same. Once the image is on the node,
/// other credentials for the registry are no difference. So labels, replicas and update settings replace nothing, while
/// `forceUpdate` replaces everything.
///
/// Source: moby/swarmkit `manager/orchestrator/task.go` (`IsTaskDirty`).
func isDirty(_ task: SwarmTask, of service: Service, on node: Node?) -> Bool {
  if task.specVersion == service.specVersion { return false }
  let wanted = service.spec.value
  // Tasks share the spec they were made from, so that most comparisons end here.
  let isSameSpec = task.attachmentSpec == nil && task.serviceSpec === service.spec
  if !isSameSpec && differsInPlacementAlone(task.spec, wanted.task) && meetsConstraints(node, of: wanted.task) {
    return false
  }
  if let endpoint = task.endpoint, endpoint.spec != wanted.endpoint { return true }
  return !isSameSpec && runs(task, otherThan: wanted.task)
}

private func meetsConstraints(_ node: Node?, of spec: TaskSpec) -> Bool {
  node.map { Constraint.of(spec.placement).allow($0) } ?? false
}

private func differsInPlacementAlone(_ old: TaskSpec, _ new: TaskSpec) -> Bool {
  if old.placement == new.placement { return false }
  var moved = new
  moved.placement = old.placement
  return moved == old
}

private func runs(_ task: SwarmTask, otherThan spec: TaskSpec) -> Bool {
  let hasItsImage = task.desiredState <= .running && task.status.state >= .ready && task.status.state <= .running
  guard hasItsImage, let own = task.spec.container, case .container(var container) = spec.runtime else {
    return task.spec != spec
  }
  container.registryAuth = own.registryAuth
  var same = spec
  same.runtime = .container(container)
  return task.spec != same
}
