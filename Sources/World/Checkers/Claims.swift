import SimBase
import SwarmModel

/// Who has what of which there is only one: addresses of networks, ports of the routing mesh, ports of nodes.
struct Claims: Sendable {
  /// A thing that one object may have at a time.
  private enum Good: Hashable, Comparable, Sendable {
    case address(NetworkID, String)
    case publishedPort(PortProtocol, UInt32)
    case hostPort(NodeID, PortProtocol, UInt32)

    var law: Law {
      switch self {
      case .address: .addresses
      case .publishedPort: .publishedPorts
      case .hostPort: .hostPorts
      }
    }
  }

  /// Who has it.
  private enum Owner: Equatable, Sendable, CustomStringConvertible {
    case task(TaskID)
    case service(ServiceID)
    case node(NodeID)

    var description: String {
      switch self {
      case .task(let id): "task \(id)"
      case .service(let id): "service \(id)"
      case .node(let id): "node \(id)"
      }
    }
  }

  private var owners = Table<Good, [Owner]>()
  private var conflicts: [(Law, String)] = []

  mutating func claim(_ task: SwarmTask) { for good in goods(of: task) { claim(good, .task(task.id)) } }
  mutating func claim(_ service: Service) { for good in goods(of: service) { claim(good, .service(service.id)) } }
  mutating func claim(_ node: Node) { for good in goods(of: node) { claim(good, .node(node.id)) } }
  mutating func release(_ task: SwarmTask) { for good in goods(of: task) { release(good, .task(task.id)) } }
  mutating func release(_ service: Service) { for good in goods(of: service) { release(good, .service(service.id)) } }
  mutating func release(_ node: Node) { for good in goods(of: node) { release(good, .node(node.id)) } }

  /// Whether a task has the same before and after a change. Most changes are of this kind.
  static func areAlike(_ old: SwarmTask, _ new: SwarmTask) -> Bool {
    (old.status.state > .running) == (new.status.state > .running)
      && (old.status.state >= .assigned) == (new.status.state >= .assigned)
      && old.nodeID == new.nodeID && old.networks == new.networks && old.endpoint == new.endpoint
  }

  /// What has been claimed twice since the last call.
  mutating func takeConflicts() -> [(Law, String)] {
    defer { conflicts = [] }
    return conflicts
  }

  private mutating func claim(_ good: Good, _ owner: Owner) {
    let others = owners[good] ?? []
    if others.contains(owner) { return }
    if !others.isEmpty {
      let names = (others + [owner]).map { "\($0)'s" }
      conflicts.append((good.law, "\(good) is \(names.joined(separator: " and "))"))
    }
    owners[good] = others + [owner]
  }

  private mutating func release(_ good: Good, _ owner: Owner) {
    owners.update(good) { names in names.removeAll { $0 == owner } }
    if owners[good]?.isEmpty == true { owners[good] = nil }
  }

  /// A task has its addresses and host ports until it has ended.
  private func goods(of task: SwarmTask) -> [Good] {
    if task.status.state > .running { return [] }
    var goods = addresses(task.networks)
    guard let node = task.nodeID, task.status.state >= .assigned else { return goods }
    for port in task.endpoint?.ports ?? [] where port.mode == .host && port.publishedPort != 0 {
      goods.append(.hostPort(node, port.protocol, port.publishedPort))
    }
    return goods
  }

  private func goods(of service: Service) -> [Good] {
    var goods: [Good] = []
    for vip in service.endpoint?.virtualIPs ?? [] where !vip.addr.isEmpty {
      goods.append(.address(vip.network, bare(vip.addr)))
    }
    for port in service.endpoint?.ports ?? [] where port.mode == .ingress && port.publishedPort != 0 {
      goods.append(.publishedPort(port.protocol, port.publishedPort))
    }
    return goods
  }

  private func goods(of node: Node) -> [Good] { addresses(node.attachments) }

  private func addresses(_ attachments: [NetworkAttachment]) -> [Good] {
    attachments.flatMap { attachment in
      attachment.addresses.filter { !$0.isEmpty }.map { .address(attachment.network.value.id, bare($0)) }
    }
  }

  /// An address without its subnet's length.
  private func bare(_ address: String) -> String { String(address.prefix { $0 != "/" }) }
}
