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
  /// The request is settled; what the node is to trust, and who signed.
  case status(NodeCertificate, TrustInfo)
  /// No.
  case refused(ControlError)
}

/// The leader's certificate authority: lets nodes in by token and signs what they ask for.
///
/// A new node's object is made here, when its request comes in; a second transaction signs. By then the allocator has
/// given the node its address on the ingress network, and as the request stood open at that change, it is signed once
/// more: that is why a new node is updated three times before it is ready. Status calls wait until the
/// certificate they ask about is issued, failed or to be rotated.
///
/// How long certificates live is read only when the root changes or another manager begins to lead, as there: a new
/// `--cert-expiry` alone changes nothing until then. While an external authority is named for the root, nothing is signed
/// here; as none can be reached, such requests wait.
///
/// Source: moby/swarmkit `ca/server.go`.
public struct CAServer: LeaderComponent {
  static let backdate = Duration.hours(1)
  static let defaultExpiry = Duration.hours(2160)
  static let shortestExpiry = Duration.hours(1)
  /// How often what could not be signed is tried again.
  static let retryInterval = Duration.seconds(10)
  /// What it takes to sign. Source: measured, a real 28.5.2 swarm.
  static let signingTime = Duration.microseconds(1500)

  private struct Issue: Sendable {
    var ref: CallRef
    var csr: [UInt8]
    var role: NodeRole
    var availability: Availability
    var renewing: NodeID?
  }

  private var requests: [Issue] = []
  private var answered: [(ref: CallRef, node: NodeID)] = []
  /// Requests that are being signed, and when that is done: soonest first. One that changes meanwhile is signed again.
  private var signing: [(node: NodeID, done: Instant)] = []
  private var waiting: [(ref: CallRef, node: NodeID)] = []
  /// Whether the first of them is done.
  private var hasSigned = false
  /// Requests that an external authority should have signed.
  private var unsigned = Table<NodeID, Bool>()
  private var retryAt: Instant?
  private var expiry = CAServer.defaultExpiry
  private var rotation = RotationReconciler()
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

  /// Finds requests that an earlier leader left unsigned, and a rotation that it left unfinished.
  public mutating func start(_ store: Store, at now: Instant, dice: inout Dice) {
    readExpiry(store)
    rotation.rootChanged(in: store, at: now)
    for (id, node) in store.nodes where mustSign(node.value) { beginSigning(id, at: now) }
  }

  /// Notes requests that have been stored, and how far a rotation has come.
  public mutating func observe(_ event: StoreEvent, in store: Store, at now: Instant, dice: inout Dice) {
    switch event {
    case .node(_, let new?):
      rotation.nodeChanged(new.value, in: store)
      if mustSign(new.value) { beginSigning(new.value.id, at: now) }
    case .node(let old?, nil):
      rotation.nodeRemoved(old.value.id)
      unsigned[old.value.id] = nil
    case .cluster(let old, let new):
      if old?.value.signingCA == new?.value.signingCA && old?.value.rootCA == new?.value.rootCA { return }
      readExpiry(store)
      rotation.rootChanged(in: store, at: now)
    default: break
    }
  }

  private mutating func readExpiry(_ store: Store) {
    let wanted = store.cluster?.value.spec.nodeCertExpiry ?? CAServer.defaultExpiry
    expiry = wanted < CAServer.shortestExpiry ? CAServer.defaultExpiry : wanted
  }

  private mutating func beginSigning(_ id: NodeID, at now: Instant) { signing.append((id, now + CAServer.signingTime)) }

  /// The next look at a rotation, at what has been signed, or at what could not be signed.
  public var nextDeadline: Instant? {
    earliest(earliest(rotation.nextDeadline, retryAt), hasSigned ? nil : signing.first?.done)
  }

  /// Looks again.
  public mutating func wake(in store: Store, at now: Instant, dice: inout Dice) {
    rotation.wake(in: store, at: now)
    if let first = signing.first, first.done <= now { hasSigned = true }
    guard let due = retryAt, due <= now else { return }
    retryAt = nil
    for id in unsigned.keys { beginSigning(id, at: now) }
    unsigned.removeAll()
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
      guard let node = store.nodes[call.node]?.value, let cluster = store.cluster?.value else {
        replies.append((call.ref, .refused(ControlError(.notFound, "NotFound"))))
        continue
      }
      switch node.certificate.state {
      case .issued, .failed, .rotate:
        let isOfRoot = node.certificate.issued.issuer == cluster.rootCA.digest
        let trust = TrustInfo(
          root: cluster.rootCA.certificate, issuer: isOfRoot ? cluster.rootCA : cluster.signingCA)
        replies.append((call.ref, .status(node.certificate, trust)))
      case .unknown, .renew, .pending: still.append(call)
      }
    }
    waiting = still
  }

  /// Whether there is a request to store or to sign.
  public var wantsToWrite: Bool { !requests.isEmpty || hasSigned || rotation.wantsToWrite }

  /// Stores requests, then signs what was stored before.
  public mutating func transact(_ tx: inout Transaction, dice: inout Dice) {
    let done = signing.prefix { $0.done <= tx.now }
    var signed = Table<NodeID, Bool>()
    var count = 0
    for (id, _) in done where !tx.isFull {
      if !signed.contains(id) { sign(id, &tx) }
      signed[id] = true
      count += 1
    }
    signing.removeFirst(count)
    hasSigned = count < done.count
    rotation.transact(&tx, dice: &dice)
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
      // The certificate in use stays known until the new one is signed: a removal meanwhile must refuse it.
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

  private mutating func sign(_ id: NodeID, _ tx: inout Transaction) {
    guard let cluster = tx.store.cluster?.value, var node = tx.store.nodes[id]?.value,
      mustSign(node) || node.certificate.state == .issued
    else { return }
    if cluster.hasExternalSigner {
      unsigned[id] = true
      if retryAt == nil { retryAt = tx.now + CAServer.retryInterval }
      return
    }
    node.certificate.issued = Certificate(
      node: id, role: node.certificate.role, cluster: cluster, expiry: expiry, at: tx.now)
    node.certificate.state = .issued
    tx.put(node)
  }
}

extension Certificate {
  /// A certificate signed now by the cluster's authority; without an expiry one of 90 days, as a first manager signs its own.
  public init(node: NodeID, role: NodeRole, cluster: Cluster, expiry: Duration? = nil, at now: Instant) {
    self.init()
    self.node = node
    self.role = role
    self.cluster = cluster.id
    issuer = cluster.signingCA.digest
    let minute = Instant.zero + .minutes((now.nanoseconds + 30_000_000_000) / 60_000_000_000)
    notBefore = minute - CAServer.backdate
    notAfter = minute + (expiry ?? CAServer.defaultExpiry)
  }
}

extension Cluster {
  /// Whether an external authority is to sign for the root that signs now.
  fileprivate var hasExternalSigner: Bool {
    spec.externalCACerts.contains { given in
      (given.isEmpty ? rootCA.certificate : PEM.normalized(given)) == signingCA.certificate
    }
  }
}
