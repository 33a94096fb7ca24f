import Engine
import SimBase
import SwarmManager
import SwarmModel
import SwarmNode

/// A service on a network, as `docker network inspect --verbose` shows it; plain containers are one without a name.
struct NetworkService: Sendable, Equatable {
  /// One of its tasks.
  struct Task: Sendable, Equatable {
    /// The container's name.
    var name: String
    /// Its endpoint's ID.
    var endpoint: String
    /// Its address.
    var address: String
    /// The address of its node.
    var host: String
  }

  /// Its name.
  var name: String
  /// Its virtual address; `<nil>` where it has none.
  var virtualIP: String
  /// Its ports on the routing mesh.
  var ports: [String] = []
  /// The mark of its load balancer; 0 for plain containers.
  var mark = 0
  /// Its tasks that run.
  var tasks: [Task] = []
}

extension NetworkView {
  /// The services that are on the network, from the tasks of all.
  ///
  /// **Differs from Docker:** marks count the services in order of age, where an engine counts all it ever saw; the names
  /// of plain containers on other nodes are made up.
  mutating func addServices(_ tasks: [Shared<SwarmTask>], nodes: [NodeReport], on node: SwarmNode) {
    let own = EngineNetworkID(id).map { node.engine.members(of: $0) } ?? []
    var found = Table<String, NetworkService>()
    let here = tasks.map(\.value).filter { $0.status.state == .running && address(of: $0) != nil }
    for task in here.sorted(by: { ($0.meta.createdAt, $0.id) < ($1.meta.createdAt, $1.id) }) {
      guard let address = address(of: task) else { continue }
      let isPlain = task.serviceID == nil
      let key = isPlain ? "" : task.serviceSpec.value.annotations.name
      var service = found[key] ?? NetworkService(name: key, virtualIP: "<nil>")
      if found[key] == nil, !isPlain {
        service.mark = 256 + found.keys.count { !$0.isEmpty }
        if let virtual = task.endpoint?.virtualIPs.first(where: { $0.network.description == id }) {
          service.virtualIP = String(virtual.addr.prefix { $0 != "/" })
        }
        for port in task.endpoint?.ports ?? [] where isIngress && port.mode == .ingress {
          service.ports.append("Target: \(port.targetPort), Publish: \(port.publishedPort)")
        }
      }
      let local = own.first { $0.address.description == address }
      let host = nodes.first { $0.node.value.id == task.nodeID }?.node.value.status.addr ?? ""
      service.tasks.append(
        NetworkService.Task(
          name: isPlain ? local?.name ?? String(task.id.description.prefix(12)) : task.name,
          endpoint: local?.endpoint.description ?? endpoint(of: task)?.description ?? "",
          address: address, host: host))
      found[key] = service
    }
    services = found.values
  }

  private func endpoint(of task: SwarmTask) -> EndpointID? {
    guard let container = (task.status.container?.containerID).flatMap({ ContainerID($0) }),
      let network = EngineNetworkID(id)
    else { return nil }
    return EndpointID(of: container, on: network)
  }

  /// A task's address on this network; nil where it has none.
  private func address(of task: SwarmTask) -> String? {
    let attachment = task.networks.first { $0.network.value.id.description == id }
    return attachment?.addresses.first.map { String($0.prefix { $0 != "/" }) }
  }
}
