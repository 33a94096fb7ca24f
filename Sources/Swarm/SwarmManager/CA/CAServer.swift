import SimBase
import SwarmModel
import SwarmStore

/// What a node asks the certificate authority.
public enum CACall: Sendable {
  /// The root certificate, to hold against a join token. Anyone may ask.
  case root
  /// Sign this request: with a token for a new node, or for the node that already has a certificate.
  case issue(csr: [UInt8], token: String, availability: Availability, renewing: NodeID?)
  /// How the request of this node stands; answered once it is settled.
  case status(NodeID)
}

/// What the certificate authority answers.
public enum CAReply: Sendable {
  /// The root.
  case root(RootCA)
  /// The request is in hand, for this node.
  case issued(NodeID)
  /// The request is settled.
  case status(NodeCertificate, root: RootCA)
  /// No.
  case refused(ControlError)
}

/// The leader's certificate authority: lets nodes in by token and signs what they ask for.
///
/// A new node's object is made here, when its request comes in; a second transaction signs. Status calls wait until the
/// certificate they ask about is issued, failed or to be rotated.
///
/// Source: moby/swarmkit `ca/server.go`.
public struct CAServer: LeaderComponent {
  static let backdate = Duration.hours(1)
  static let defaultExpiry = Duration.hours(2160)

  private struct Issue: Sendable {
    var ref: CallRef
    var csr: [UInt8]
    var role: NodeRole
    var availability: Availability
    var renewing: NodeID?
  }

  private var requests: [Issue] = []
  private var answered: [(ref: CallRef, node: NodeID)] = []
  private var toSign = Table<NodeID, Bool>()
  private var waiting: [(ref: CallRef, node: NodeID)] = []
  /// What to answer; the manager drains it.
  public private(set) var replies: [(ref: CallRef, reply: CAReply)] = []

  /// A certificate authority.
  public init() {}

  /// Takes the answers out, in order.
  public mutating func drainReplies() -> [(ref: CallRef, reply: CAReply)] {
    defer { replies = [] }
    return replies
  }

  /// Serves a node's call.
  public mutating func serve(_ call: CACall, ref: CallRef, in store: Store) {
    guard let cluster = store.cluster?.value else {
      replies.append((ref, .refused(ControlError(.aborted, "CA signer is still starting"))))
      return
    }
    switch call {
    case .root: replies.append((ref, .root(cluster.rootCA)))
    case .issue(let csr, let token, let availability, let renewing):
      if let renewing {
        guard store.nodes.contains(renewing) else {
          let text = "node \(renewing) not found when attempting to renew certificate"
          replies.append((ref, .refused(ControlError(.notFound, text))))
          return
        }
        requests.append(Issue(ref: ref, csr: csr, role: .worker, availability: availability, renewing: renewing))
        return
      }
      guard let role = role(of: token, cluster) else {
        let text = "A valid join token is necessary to join this cluster"
        replies.append((ref, .refused(ControlError(.invalidArgument, text))))
        return
      }
      requests.append(Issue(ref: ref, csr: csr, role: role, availability: availability))
    case .status(let node):
      waiting.append((ref, node))
      answerSettled(in: store)
    }
  }

  /// The other end of a waiting call has gone.
  public mutating func hangUp(_ ref: CallRef) {
    waiting.removeAll { $0.ref == ref }
    requests.removeAll { $0.ref == ref }
  }

  /// The whole token is compared with the manager's, then the worker's.
  private func role(of token: String, _ cluster: Cluster) -> NodeRole? {
    if token == cluster.joinTokens.manager { return .manager }
    return token == cluster.joinTokens.worker ? .worker : nil
  }

  /// Finds requests that an earlier leader left unsigned.
  public mutating func start(_ store: Store, at now: Instant, dice: inout Dice) {
    for (id, node) in store.nodes where mustSign(node.value) { toSign[id] = true }
  }

  /// Notes requests that have been stored.
  public mutating func observe(_ event: StoreEvent, in store: Store, at now: Instant, dice: inout Dice) {
    guard case .node(_, let new?) = event, mustSign(new.value) else { return }
    toSign[new.value.id] = true
  }

  /// Answers those whose wait is over.
  public mutating func commit(in store: Store, at now: Instant, dice: inout Dice) { answerSettled(in: store) }

  private func mustSign(_ node: Node) -> Bool {
    node.certificate.state == .renew
      || (node.certificate.state == .pending && node.spec.membership == .accepted)
  }

  private mutating func answerSettled(in store: Store) {
    if waiting.isEmpty { return }
    var still: [(ref: CallRef, node: NodeID)] = []
    for call in waiting {
      guard let node = store.nodes[call.node]?.value, let root = store.cluster?.value.rootCA else {
        replies.append((call.ref, .refused(ControlError(.notFound, "node \(call.node) not found"))))
        continue
      }
      switch node.certificate.state {
      case .issued, .failed, .rotate: replies.append((call.ref, .status(node.certificate, root: root)))
      case .unknown, .renew, .pending: still.append(call)
      }
    }
    waiting = still
  }

  /// Whether there is a request to store or to sign.
  public var wantsToWrite: Bool { !requests.isEmpty || !toSign.isEmpty }

  /// Stores requests, then signs what was stored before.
  public mutating func transact(_ tx: inout Transaction, dice: inout Dice) {
    while !toSign.isEmpty, !tx.isFull, let (id, _) = toSign.first {
      toSign[id] = nil
      sign(id, &tx)
    }
    while !requests.isEmpty && !tx.isFull {
      let request = requests.removeFirst()
      if let node = store(request, &tx, dice: &dice) { answered.append((request.ref, node)) }
    }
  }

  /// The requests are stored: the nodes may ask for their status.
  public mutating func written(in store: Store, at now: Instant) {
    for call in answered { replies.append((call.ref, .issued(call.node))) }
    answered = []
  }

  private mutating func store(_ request: Issue, _ tx: inout Transaction, dice: inout Dice) -> NodeID? {
    if let id = request.renewing {
      guard var node = tx.store.nodes[id]?.value else {
        let text = "node \(id) not found when attempting to renew certificate"
        replies.append((request.ref, .refused(ControlError(.notFound, text))))
        return nil
      }
      node.certificate.csr = request.csr
      node.certificate.role = node.role
      node.certificate.state = .renew
      node.certificate.error = ""
      tx.put(node)
      return id
    }
    var node = Node()
    node.id = NodeID(drawnFrom: &dice)
    while tx.store.nodes.contains(node.id) { node.id = NodeID(drawnFrom: &dice) }
    node.role = request.role
    node.spec.desiredRole = request.role
    node.spec.membership = .accepted
    node.spec.availability = request.availability
    node.certificate.role = request.role
    node.certificate.csr = request.csr
    node.certificate.state = .pending
    tx.put(node)
    return node.id
  }

  private func sign(_ id: NodeID, _ tx: inout Transaction) {
    guard let cluster = tx.store.cluster?.value, var node = tx.store.nodes[id]?.value, mustSign(node) else { return }
    node.certificate.issued = Certificate(
      node: id, role: node.certificate.role, cluster: cluster, at: tx.now)
    node.certificate.state = .issued
    tx.put(node)
  }
}

extension Certificate {
  /// A certificate signed now by the cluster's authority.
  public init(node: NodeID, role: NodeRole, cluster: Cluster, at now: Instant) {
    self.init()
    self.node = node
    self.role = role
    self.cluster = cluster.id
    issuer = (cluster.nextRootCA ?? cluster.rootCA).digest
    notBefore = now - CAServer.backdate
    notAfter = now + (cluster.spec.nodeCertExpiry ?? CAServer.defaultExpiry)
  }
}
