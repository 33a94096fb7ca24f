import LeaderRig
import SimBase
import SwarmModel
import SwarmStore

/// A ready node.
func node(_ n: Int, _ change: (inout Node) -> Void = { _ in }) -> Node {
  var node = Node()
  node.id = nodeID(n)
  node.status.state = .ready
  node.description = NodeDescription()
  node.description?.hostname = "node\(n)"
  change(&node)
  return node
}

/// A node with processors and memory.
func node(_ n: Int, cpus: Int64, memory: Int64, generic: [GenericResource] = []) -> Node {
  node(n) {
    $0.description?.resources.nanoCPUs = cpus
    $0.description?.resources.memoryBytes = memory
    $0.description?.resources.generic = generic
  }
}

/// A node with labels.
func node(_ n: Int, labels: [String: String]) -> Node {
  node(n) { node in for (key, value) in labels { node.spec.annotations.labels[key] = value } }
}

/// A service whose spec is of version 0.
func service(_ n: Int, specVersion: UInt64 = 0, _ change: (inout ServiceSpec) -> Void = { _ in }) -> Service {
  var service = Service()
  service.id = serviceID(n)
  service.specVersion = specVersion
  var spec = ServiceSpec()
  spec.annotations.name = "service\(n)"
  change(&spec)
  service.spec = Shared(spec)
  return service
}

/// A task of a service, PENDING and without a node.
func task(_ n: Int, of service: Service, _ change: (inout SwarmTask) -> Void = { _ in }) -> SwarmTask {
  var task = SwarmTask()
  task.id = taskID(n)
  task.serviceID = service.id
  task.serviceSpec = service.spec
  task.specVersion = service.specVersion
  task.status.state = .pending
  task.desiredState = .running
  change(&task)
  return task
}

/// A task of a service that runs on a node.
func task(_ n: Int, of service: Service, on node: Int, _ state: TaskState = .running) -> SwarmTask {
  task(n, of: service) {
    $0.nodeID = nodeID(node)
    $0.status.state = state
  }
}
