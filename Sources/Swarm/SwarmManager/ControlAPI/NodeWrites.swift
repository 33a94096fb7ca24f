import SimBase
import SwarmModel
import SwarmStore

/// Changes of nodes. Source: moby/swarmkit `manager/controlapi/node.go`.
enum NodeWrites {
  /// How long a removed node's certificate is remembered after it has expired.
  private static let expiredCertificateGrace = Duration.hours(168)

  static func update(
    _ id: NodeID, version: UInt64, to spec: NodeSpec, raft: RaftView, in tx: inout Transaction
  ) throws(ControlError) -> ControlReply {
    guard var node = tx.store.nodes[id]?.value else { throw .nodeNotFound(id) }
    if node.spec.desiredRole == .manager && spec.desiredRole == .worker {
      try checkDemotion(of: id, raft: raft, in: tx.store)
    }
    guard node.meta.version == version else { throw .updateOutOfSequence }
    node.spec = spec
    tx.put(node)
    return .done
  }

  private static func checkDemotion(of id: NodeID, raft: RaftView, in store: Store) throws(ControlError) {
    let managers = store.nodes.values.filter { $0.value.role == .manager }
    if managers.count == 1 && managers[0].value.id == id { throw .lastManager }
    if raft.member(on: id) == nil { throw .notInMemberlist }
    if !raft.canRemove(id) { throw .quorumWouldBeLost }
  }

  /// Forgets a node: its certificate is refused from now on, and what its tasks still did is lost.
  static func remove(
    _ id: NodeID, force: Bool, raft: RaftView, in tx: inout Transaction
  ) throws(ControlError) -> ControlReply {
    guard let node = tx.store.nodes[id]?.value else { throw .nodeNotFound(id) }
    if node.spec.desiredRole == .manager && raft.member(on: id) != nil { throw .nodeIsManager(id) }
    if !force && node.status.state == .ready { throw .nodeNotDown(id) }
    guard var cluster = tx.store.cluster?.value else { throw .noClusterObject }
    let issued = node.certificate.issued
    cluster.blacklist.removeAll { $0.node == id }
    cluster.blacklist.append(
      BlacklistedCertificate(node: id, expiry: issued.issuer.isEmpty ? nil : issued.notAfter))
    dropExpired(from: &cluster.blacklist, at: tx.now)
    tx.put(cluster)
    orphanTasks(of: id, in: &tx)
    tx.remove(id)
    return .done
  }

  /// Drops the entries whose certificates nobody would accept any more.
  static func dropExpired(from blacklist: inout [BlacklistedCertificate], at now: Instant) {
    blacklist.removeAll { entry in entry.expiry.map { $0 + expiredCertificateGrace < now } ?? false }
  }

  /// No dispatcher will hear of these tasks again. It must happen with the node's removal: nobody would do it later.
  private static func orphanTasks(of id: NodeID, in tx: inout Transaction) {
    for task in tx.store.tasks(on: id) where task.value.status.state < .complete {
      let now = tx.now
      tx.update(task.value.id, by: .controlAPI) { task in
        task.status = TaskStatus(
          state: .orphaned, message: "Task belonged to a node that has been deleted", at: now)
      }
    }
  }
}
