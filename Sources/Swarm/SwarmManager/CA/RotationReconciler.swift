import SimBase
import SwarmModel
import SwarmStore

/// Brings a root rotation to its end: asks nodes for new certificates, a batch every 3 s, until all have one of the next
/// root; then that root takes over and there are new join tokens.
///
/// A node that is down is waited for; removing it lets the rotation end.
///
/// Source: moby/swarmkit `ca/reconciler.go`.
struct RotationReconciler: Sendable {
  static let interval = Duration.seconds(3)
  static let batchSize = 30

  /// The authority that nodes should have their certificates from.
  private var issuer: RootCA?
  private var unconverged = Table<NodeID, Bool>()
  private var lookAt: Instant?
  private var toRotate: [NodeID] = []
  private var isFinishing = false

  var nextDeadline: Instant? { lookAt }
  var wantsToWrite: Bool { !toRotate.isEmpty || isFinishing }

  /// The cluster has another root, a next one, or none any more.
  mutating func rootChanged(in store: Store, at now: Instant) {
    guard let cluster = store.cluster?.value else { return }
    if let issuer, issuer.subject == cluster.signingCA.subject, issuer.publicKey == cluster.signingCA.publicKey {
      return
    }
    issuer = cluster.signingCA
    unconverged.removeAll()
    toRotate = []
    isFinishing = false
    lookAt = nil
    if cluster.nextRootCA == nil { return }
    for node in store.nodes.values { note(node.value) }
    lookAt = now
  }

  mutating func nodeChanged(_ node: Node, in store: Store) {
    if store.cluster?.value.nextRootCA != nil { note(node) }
  }

  mutating func nodeRemoved(_ node: NodeID) { unconverged[node] = nil }

  private mutating func note(_ node: Node) {
    guard let issuer else { return }
    unconverged[node.id] = node.description?.trust.isIssued(by: issuer) == true ? nil : true
  }

  mutating func wake(in store: Store, at now: Instant) {
    guard let due = lookAt, due <= now else { return }
    lookAt = now + RotationReconciler.interval
    if unconverged.isEmpty {
      isFinishing = true
      return
    }
    let idle = unconverged.keys.filter { id in
      switch store.nodes[id]?.value.certificate.state {
      case .renew, .pending, .rotate, nil: false
      case .unknown, .issued, .failed: true
      }
    }
    toRotate = Array(idle.prefix(RotationReconciler.batchSize))
  }

  mutating func transact(_ tx: inout Transaction, dice: inout Dice) {
    while !toRotate.isEmpty && !tx.isFull {
      guard var node = tx.store.nodes[toRotate.removeFirst()]?.value else { continue }
      node.certificate.state = .rotate
      tx.put(node)
    }
    if !isFinishing || tx.isFull { return }
    isFinishing = false
    guard var cluster = tx.store.cluster?.value, let next = cluster.nextRootCA else { return }
    lookAt = nil
    cluster.rootCA = next
    cluster.nextRootCA = nil
    cluster.crossSigned = ""
    cluster.joinTokens.worker = next.joinToken(dice: &dice)
    cluster.joinTokens.manager = next.joinToken(dice: &dice)
    tx.put(cluster)
  }
}
