import Engine
import SimBase
import SwarmManager
import SwarmModel
import SwarmNode

extension NetworkView {
  /// A network as an engine knows it, with nobody on it.
  init(_ record: NetworkRecord) {
    self.init()
    name = record.name
    id = record.id.description
    created = record.created
    scope = record.isSwarm ? "swarm" : "local"
    driver = record.driver
    (hasIPv4, hasIPv6) = (record.hasIPv4, record.hasIPv6)
    ipamOptions = record.ipamOptions
    if record.isConfigOnly || !["host", "null"].contains(record.driver) {
      subnets = record.subnets.map { config in
        var subnet = Subnet()
        (subnet.subnet, subnet.range) = (config.subnet, config.range)
        (subnet.gateway, subnet.auxiliary) = (config.gateway, config.auxiliary)
        return subnet
      }
    }
    (isInternal, isAttachable, isIngress) = (record.isInternal, record.isAttachable, record.isIngress)
    (configFrom, isConfigOnly) = (record.configFrom, record.isConfigOnly)
    containers = []
    options = record.options
    labels = record.labels
  }

  /// A node's network with all that is on it here: containers, and the sandboxes of the mesh and of load balancing.
  init(_ record: NetworkRecord, inUseOn node: SwarmNode) {
    self.init(record)
    let length = record.subnet?.prefixLength ?? 0
    let members = node.engine.members(of: record.id)
    var endpoints = members.map { member in
      Endpoint(
        key: member.key, name: member.name, id: member.endpoint.description, macAddress: member.macAddress,
        ipv4: "\(member.address)/\(length)")
    }
    if let sandbox = node.sandbox(on: record.id) { endpoints.append(sandbox) }
    containers = endpoints.sorted { $0.key < $1.key }
  }

  /// The node's own endpoint on a network: the routing mesh's on ingress and on the gateway bridge, the load balancer's on
  /// overlays that containers here use.
  fileprivate static func sandbox(on record: NetworkRecord, isUsed: Bool, _ node: SwarmNode) -> Endpoint? {
    if record.lacksSandbox { return nil }
    let id = EndpointID(hashOf: "sandbox \(record.id) \(node.hostname)")
    if record.name == Engine.gatewayBridge {
      guard let address = Engine.ingressSandboxAddress(on: record), !node.ownAttachments.isEmpty else { return nil }
      var octets = Array(SHA256.digest("mac \(id)".utf8).prefix(6))
      octets[0] = octets[0] & 0xFC | 0x02
      return Endpoint(
        key: "ingress-sbox", name: "gateway_ingress-sbox", id: id.description,
        macAddress: octets.map { hexText([$0]) }.joined(separator: ":"),
        ipv4: "\(address)/\(record.subnet?.prefixLength ?? 16)")
    }
    let attachment = node.ownAttachments.first { $0.network.value.id.description == record.id.description }
    guard let cidr = attachment?.addresses.first, let address = IPv4Address(String(cidr.prefix { $0 != "/" })),
      record.isIngress || isUsed
    else { return nil }
    return Endpoint(
      key: record.isIngress ? "ingress-sbox" : "lb-\(record.name)", name: "\(record.name)-endpoint",
      id: id.description, macAddress: address.macAddress, ipv4: cidr)
  }

  /// The nodes that have a swarm network, as far as this one knows.
  ///
  /// **Differs from Docker:** peers are those to which the swarm has given an address there; a worker knows itself and,
  /// on ingress, the managers.
  mutating func addPeers(_ nodes: [NodeReport], on node: SwarmNode) {
    var found: [Peer] = []
    if nodes.isEmpty {
      found = [node.nodeID.map { Peer(of: $0, address: node.advertisedIP) }].compactMap { $0 }
      for manager in isIngress ? node.remoteManagers : [] {
        guard let id = manager.node, id != node.nodeID else { continue }
        found.append(Peer(of: id, address: String(manager.addr.prefix { $0 != ":" })))
      }
    }
    for other in nodes.map(\.node.value) where other.status.state == .ready {
      if !other.attachments.contains(where: { $0.network.value.id.description == id }) { continue }
      found.append(Peer(of: other.id, address: other.status.addr))
    }
    peers = found.sorted { ($0.address, $0.name) < ($1.address, $1.name) }
  }
}

extension SwarmNode {
  /// The node's own endpoint on a network.
  func sandbox(on id: EngineNetworkID) -> NetworkView.Endpoint? {
    guard let record = engine.network(id) else { return nil }
    return NetworkView.sandbox(on: record, isUsed: !engine.members(of: id).isEmpty, self)
  }

  /// The routing mesh's endpoint on the gateway bridge, if this network is that and the mesh is on it.
  func gatewaySandbox(on network: String) -> NetworkView.Endpoint? {
    guard let record = engine.networks.first(where: { $0.id.description == network }),
      record.name == Engine.gatewayBridge
    else { return nil }
    return NetworkView.sandbox(on: record, isUsed: false, self)
  }
}

extension NetworkView.Peer {
  /// A node's name in the gossip is drawn; it follows from the node's ID here.
  fileprivate init(of node: NodeID, address: String) {
    self.init(name: String(SHA256.hex("gossip \(node)").prefix(12)), address: address)
  }
}
