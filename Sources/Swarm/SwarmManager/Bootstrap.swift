import SimBase
import SwarmModel
import SwarmStore

/// What a leader writes before anything else: the cluster object and the networks of a new swarm, and its own node.
///
/// On a swarm that exists already it writes nothing. Source: moby/swarmkit `manager/manager.go` (`becomeLeader`).
public struct Bootstrap: Sendable {
  /// The cluster as `swarm init` asked for it; nil on a manager that joined.
  public var cluster: Cluster?
  /// The first node's own certificate.
  public var certificate: Certificate?
  /// Whether the first node takes tasks.
  public var availability = Availability.active
  /// Whether `swarm init` gave a list of address pools with nothing in it.
  public var hasEmptyPools = false

  /// Nothing to bring in.
  public init() {}

  /// Writes what is missing.
  public func write(node id: NodeID, _ tx: inout Transaction, dice: inout Dice) {
    if let cluster, tx.store.cluster == nil { tx.put(cluster) }
    if let certificate, !tx.store.nodes.contains(id), tx.store.nodes.isEmpty {
      var node = Node()
      node.id = id
      node.spec.desiredRole = .manager
      node.spec.membership = .accepted
      node.spec.availability = availability
      node.certificate.role = .manager
      node.certificate.state = .issued
      node.certificate.issued = certificate
      // The role manager makes it a manager right away.
      node.role = .worker
      tx.put(node)
      var ingress = Network()
      ingress.id = NetworkID(drawnFrom: &dice)
      ingress.spec.annotations = Annotations(name: "ingress")
      ingress.spec.isIngress = true
      ingress.spec.driver = Driver()
      ingress.spec.ipam = IPAMOptions()
      tx.put(ingress)
    }
    for name in ["bridge", "host"] where tx.store.cluster != nil && tx.store.network(named: name) == nil {
      var network = Network()
      network.id = NetworkID(drawnFrom: &dice)
      network.spec.annotations = Annotations(name: name, labels: [Network.predefinedLabel: "true"])
      network.spec.driver = Driver(name: name)
      tx.put(network)
    }
  }
}
