import Engine
import SimBase
import SimKernel
import SwarmManager
import SwarmModel
import SwarmNode

extension EngineInfo {
  /// What a node tells of its engine and, with the swarm's summary where it is a manager, of its place in the swarm.
  init(_ node: SwarmNode, summary: Result<SwarmSummary, APIError>?, at now: Instant) {
    self.init()
    let digits = Array(hexText(SHA256.digest("engine \(node.host.number) \(node.hostname)".utf8).prefix(16)))
    id = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(digits[$0]) }.joined(separator: "-")
    name = node.hostname
    if let ip = IPv4Address(node.ip) { registry = "\(IPv4Address(raw: ip.raw & 0xFFFF_FF00 | 1)):5000" }
    let containers = node.engine.containers
    containersRunning = containers.count { $0.state.status == .running }
    containersPaused = containers.count { $0.state.status == .paused }
    containersStopped = containers.count - containersRunning - containersPaused
    images = node.engine.images.count
    cpus = node.engine.config.cpus
    labels = node.engine.config.daemon.labels
    genericResources = node.describe().resources.generic
    memory = Int64(node.engine.config.memory)
    eventListeners = node.isManager ? 1 : 0
    self.now = now
    swarm = EngineSwarmInfo(node)
    switch summary {
    case .success(let summary): swarm.summary = summary
    case .failure(let error): swarm.error = error.message
    case nil: break
    }
  }
}

extension EngineSwarmInfo {
  /// A node's place in a swarm, as far as it knows by itself. A locked node tells little but that.
  init(_ node: SwarmNode) {
    self.init()
    switch node.localState {
    case .inactive: state = .inactive
    case .pending: state = .pending
    case .active: state = .active
    case .locked: state = .locked
    case .error(let text):
      // Its part in the swarm does not run, so that it knows nothing of it.
      (state, error, nodeAddress) = (.error, text, node.advertisedIP)
      return
    }
    if state == .locked {
      nodeAddress = node.advertisedIP
      error = SwarmStanding.locked.managerRefusal?.text ?? ""
      return
    }
    nodeID = node.nodeID
    nodeAddress = node.advertisedIP
    isManager = node.standing == .manager
    remoteManagers = node.remoteManagers.map { Peer(node: $0.node, address: $0.addr) }
  }
}
