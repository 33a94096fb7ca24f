import LeaderRig
import SimBase
import SwarmManager
import SwarmModel
import SwarmStore

/// An overlay network, not allocated yet.
func network(_ n: Int, subnet: String = "", _ change: (inout Network) -> Void = { _ in }) -> Network {
  var network = Network()
  network.id = networkID(n)
  network.spec.annotations.name = "net\(n)"
  if !subnet.isEmpty {
    var config = IPAMConfig()
    config.subnet = subnet
    network.spec.ipam = IPAMOptions()
    network.spec.ipam?.configs = [config]
  }
  change(&network)
  return network
}

/// The routing mesh's network; number 0.
func ingress() -> Network {
  network(0) {
    $0.spec.annotations.name = "ingress"
    $0.spec.isIngress = true
  }
}

/// A node.
func node(_ n: Int) -> Node {
  var node = Node()
  node.id = nodeID(n)
  return node
}

/// A port in ingress mode.
func port(_ target: UInt32, _ published: UInt32 = 0, _ proto: PortProtocol = .tcp) -> PortConfig {
  var port = PortConfig()
  port.targetPort = target
  port.publishedPort = published
  port.protocol = proto
  return port
}

/// A port in host mode.
func hostPort(_ target: UInt32, _ published: UInt32) -> PortConfig {
  var port = port(target, published)
  port.mode = .host
  return port
}

/// A service on these networks, with these ports.
func service(
  _ n: Int, on networks: [Int] = [], ports: [PortConfig]? = [], mode: EndpointMode = .vip, version: UInt64 = 0
) -> Service {
  var service = Service()
  service.id = serviceID(n)
  service.specVersion = version
  service.spec = Shared(spec("service\(n)", on: networks, ports: ports, mode: mode))
  return service
}

func spec(_ name: String, on networks: [Int], ports: [PortConfig]?, mode: EndpointMode = .vip) -> ServiceSpec {
  var spec = ServiceSpec()
  spec.annotations.name = name
  for network in networks {
    var config = NetworkAttachmentConfig()
    config.target = networkID(network).description
    spec.task.networks.append(config)
  }
  if let ports {
    spec.endpoint = EndpointSpec()
    spec.endpoint?.mode = mode
    spec.endpoint?.ports = ports
  }
  return spec
}

/// A new task of a service.
func task(_ n: Int, of service: Service, on node: Int? = nil) -> SwarmTask {
  var task = SwarmTask()
  task.id = taskID(n)
  task.serviceID = service.id
  task.serviceSpec = service.spec
  task.specVersion = service.specVersion
  task.desiredState = .running
  task.nodeID = node.map(nodeID)
  return task
}

extension Rig<Allocator> {
  /// A leader's allocator over an empty swarm.
  static func fresh(_ changes: [StoreChange] = [.put(ingress())], cluster: Cluster? = nil) -> Rig {
    var rig = Rig(Allocator())
    if let cluster { rig.commit([.putCluster(Shared(cluster))]) }
    rig.component = Allocator()
    rig.start()
    rig.run(for: .zero)
    rig.also(changes)
    return rig
  }

  /// Commits changes and lets the allocator do what follows.
  mutating func also(_ changes: [StoreChange]) {
    commit(changes)
    run(for: .zero)
  }

  /// Another leader takes over.
  mutating func elect() {
    component = Allocator()
    start()
    run(for: .zero)
  }

  func network(_ n: Int) -> Network? { store.networks[networkID(n)]?.value }
  func service(_ n: Int) -> Service? { store.services[serviceID(n)]?.value }
  func task(_ n: Int) -> SwarmTask? { store.tasks[taskID(n)]?.value }
  func node(_ n: Int) -> Node? { store.nodes[nodeID(n)]?.value }

  /// A network's subnet, gateway and VXLAN ids; nil while it is not allocated.
  func subnet(_ n: Int) -> String? {
    guard let network = network(n), let config = network.ipam?.configs.first else { return nil }
    let ids = network.driverState?.options?["com.docker.network.driver.overlay.vxlanid_list"] ?? "-"
    return "\(config.subnet) \(config.gateway) \(ids)"
  }

  /// A service's virtual addresses as `network:address`.
  func vips(_ n: Int) -> [String] {
    service(n)?.endpoint?.virtualIPs.map { "\($0.network.raw):\($0.addr)" } ?? []
  }

  /// A service's ports as `published:target`.
  func ports(_ n: Int) -> [String] {
    service(n)?.endpoint?.ports.map { "\($0.publishedPort):\($0.targetPort)/\($0.protocol.word)" } ?? []
  }

  /// A task's addresses as `network:address`.
  func addresses(_ n: Int) -> [String] { task(n).map { list($0.networks) } ?? [] }

  /// A node's addresses as `network:address`.
  func balancers(_ n: Int) -> [String] { node(n).map { list($0.attachments) } ?? [] }

  private func list(_ attachments: [NetworkAttachment]) -> [String] {
    attachments.map { "\($0.network.value.id.raw):\($0.addresses.first ?? "-")" }
  }

  /// Moves a task on, as the components after the allocator do.
  mutating func move(_ n: Int, to state: TaskState, node: Int? = nil) {
    guard var task = task(n) else { return }
    task.status.state = state
    if let node { task.nodeID = nodeID(node) }
    also([.put(task)])
  }
}
