import LeaderRig
import SimBase
import SwarmModel
import SwarmStore
import Testing

@testable import SwarmManager

/// Source: moby/swarmkit `ca/server_test.go`, `manager/keymanager/keymanager_test.go`.
@Suite struct CertificateAuthorityTests {
  private static let (present, next) = (root("present"), root("next"))

  private static func root(_ label: String) -> RootCA {
    var dice = Dice(seed: 3, label: label)
    return RootCA(at: .zero, dice: &dice)
  }

  private static func cluster(_ change: (inout Cluster) -> Void = { _ in }) -> Cluster {
    var cluster = Cluster()
    cluster.id = ClusterID(raw: 1)
    cluster.rootCA = present
    (cluster.joinTokens.worker, cluster.joinTokens.manager) = ("worker-token", "manager-token")
    change(&cluster)
    return cluster
  }

  private static func leader(_ change: (inout Cluster) -> Void = { _ in }, nodes: [Node] = []) -> Rig<CAServer> {
    var rig = Rig(CAServer())
    rig.commit([.putCluster(Shared(cluster(change)))] + nodes.map { .put($0) })
    rig.start()
    return rig
  }

  private static func node(_ n: Int, _ state: IssuanceState, from issuer: RootCA = present) -> Node {
    var node = Node()
    node.id = nodeID(n)
    node.spec.membership = .accepted
    node.certificate.state = state
    var description = NodeDescription()
    description.trust = TrustInfo(root: present.certificate, issuer: issuer)
    node.description = description
    return node
  }

  private static func states(_ rig: Rig<CAServer>) -> [IssuanceState] {
    rig.store.nodes.values.map(\.value.certificate.state)
  }

  @Test("a token makes a node of its role; its status is answered when the certificate is signed, not before")
  func newNodes() throws {
    for (token, role) in [("worker-token", NodeRole.worker), ("manager-token", .manager)] {
      var rig = Self.leader()
      rig.component.serve(
        .issue(csr: [1], token: token, availability: .drain, renewing: nil), ref: CallRef(1), in: rig.store)
      rig.run(for: .zero)
      let node = try #require(rig.store.nodes.values.first).value
      #expect(node.role == role && node.spec.desiredRole == role && node.spec.availability == .drain)
      #expect(node.spec.membership == .accepted && node.certificate.state == .pending)
      rig.component.serve(.status(node.id), ref: CallRef(2), in: rig.store)
      #expect(rig.component.drainReplies().map(\.ref) == [CallRef(1)])
      rig.run(for: .seconds(1))
      guard case .status(let certificate, _)? = rig.component.drainReplies().first?.reply else {
        Issue.record("no status")
        continue
      }
      #expect(certificate.state == .issued && certificate.csr == [1] && certificate.issued.role == role)
      #expect(certificate.issued.issuer == Self.present.digest)
    }
  }

  @Test("without a right token, for a node that is gone, or before there is a cluster nothing is signed")
  func refusals() {
    func refusal(_ rig: inout Rig<CAServer>, _ call: CACall) -> String {
      rig.component.serve(call, ref: CallRef(1), in: rig.store)
      rig.run(for: .seconds(1))
      if case .refused(let error)? = rig.component.drainReplies().first?.reply { return error.text }
      return "none"
    }
    var rig = Self.leader()
    for token in ["", "worker", "worker-token "] {
      #expect(
        refusal(&rig, .issue(csr: [1], token: token, availability: .active, renewing: nil))
          == "A valid join token is necessary to join this cluster")
    }
    let gone = nodeID(9)
    #expect(
      refusal(&rig, .issue(csr: [1], token: "", availability: .active, renewing: gone))
        == "node \(gone) not found when attempting to renew certificate")
    #expect(refusal(&rig, .status(gone)) == "NotFound")
    var early = Rig(CAServer())
    early.start()
    #expect(refusal(&early, .root) == "CA signer is still starting")
    #expect(rig.store.nodes.isEmpty)
  }

  @Test("a renewal carries the role that the node has by then, and the wish for no token") func renewal() {
    var rig = Self.leader(nodes: [Self.node(1, .issued)])
    var promoted = Self.node(1, .issued)
    promoted.role = .manager
    rig.commit([.put(promoted)])
    rig.component.serve(
      .issue(csr: [5], token: "", availability: .active, renewing: nodeID(1)), ref: CallRef(1), in: rig.store)
    rig.run(for: .zero)
    #expect(Self.states(rig) == [.renew])
    rig.run(for: .seconds(1))
    let certificate = rig.store.nodes.values.first?.value.certificate
    #expect(certificate?.state == .issued && certificate?.issued.role == .manager && certificate?.csr == [5])
  }

  @Test("a new leader signs what the last one left, and nobody's who was not accepted") func leftOver() {
    var pending = Self.node(2, .pending)
    pending.spec.membership = .pending
    var rig = Self.leader(nodes: [Self.node(1, .pending), pending, Self.node(3, .renew), Self.node(4, .issued)])
    rig.run(for: .seconds(1))
    #expect(Self.states(rig) == [.issued, .pending, .issued, .issued])
    let dates = rig.store.nodes.values.map(\.value.certificate.issued.notAfter)
    #expect(dates[3] == Certificate().notAfter, "it was not signed again")
  }

  @Test("another life of certificates holds from the next root or the next leader on") func expiry() {
    func life(_ rig: inout Rig<CAServer>, _ n: Int) -> Duration? {
      rig.commit([.put(Self.node(n, .pending))])
      rig.run(for: .seconds(1))
      let issued = rig.store.nodes[nodeID(n)]?.value.certificate.issued
      return issued.map { $0.notAfter - $0.notBefore - .hours(1) }
    }
    var rig = Self.leader()
    #expect(life(&rig, 1) == .hours(2160))
    rig.commit([.putCluster(Shared(Self.cluster { $0.spec.nodeCertExpiry = .hours(48) }))])
    #expect(life(&rig, 2) == .hours(2160))
    rig.component = CAServer()
    rig.start()
    #expect(life(&rig, 3) == .hours(48))
  }

  @Test("a rotation asks thirty nodes every three seconds, and none that is asked or in the middle of it")
  func batches() {
    let busy: [IssuanceState] = [.renew, .pending, .rotate]
    var nodes = (1...40).map { Self.node($0, .issued) }
    // Of nodes that are being signed nothing would be left to see, so these are not accepted.
    for (place, state) in busy.enumerated() where state != .renew { nodes[place].certificate.state = state }
    nodes[1].spec.membership = .pending
    var rig = Self.leader({ $0.nextRootCA = Self.next }, nodes: nodes)
    rig.run(for: .zero)
    #expect(Self.states(rig).count { $0 == .rotate } == 31)
    rig.run(for: .milliseconds(2_999))
    #expect(Self.states(rig).count { $0 == .rotate } == 31)
    rig.run(for: .milliseconds(1))
    #expect(Self.states(rig).count { $0 == .rotate } == 39)
    #expect(Self.states(rig)[1] == .pending)
  }

  @Test("a rotation ends when no node is left with a certificate of the old root; deleting such a node helps")
  func end() throws {
    var rig = Self.leader({ $0.nextRootCA = Self.next }, nodes: (1...3).map { Self.node($0, .issued) })
    rig.commit([.put(Self.node(1, .issued, from: Self.next)), .put(Self.node(2, .issued, from: Self.next))])
    rig.run(for: .seconds(30))
    #expect(rig.store.cluster?.value.rootCA == Self.present)
    rig.commit([.removeNode(nodeID(3))])
    rig.run(for: .seconds(4))
    let cluster = try #require(rig.store.cluster).value
    #expect(cluster.rootCA == Self.next && cluster.nextRootCA == nil && cluster.crossSigned == "")
    #expect(JoinToken(cluster.joinTokens.worker)?.digest == JoinToken.digest(of: Self.next.certificate))
    #expect(cluster.joinTokens.worker != cluster.joinTokens.manager)
    #expect(rig.component.nextDeadline == nil)
  }

  @Test("a rotation that is taken back leaves the nodes that were asked to renew, and the tokens as they were")
  func takenBack() {
    var rig = Self.leader({ $0.nextRootCA = Self.next }, nodes: [Self.node(1, .issued)])
    rig.run(for: .seconds(1))
    rig.commit([.putCluster(Shared(Self.cluster()))])
    rig.run(for: .seconds(10))
    #expect(Self.states(rig) == [.rotate])
    #expect(rig.store.cluster?.value.joinTokens.worker == "worker-token")
    #expect(rig.component.nextDeadline == nil)
  }

  @Test("the overlay's keys are made once and renewed every twelve hours of one leader") func keys() {
    var rig = Rig(KeyManager())
    rig.commit([.putCluster(Shared(Self.cluster()))])
    func clock() -> UInt64 { rig.store.cluster?.value.encryptionKeyClock ?? 0 }
    rig.start()
    rig.run(for: .zero)
    let first = clock()
    #expect(first > 6)
    rig.run(for: .hours(11))
    rig.component = KeyManager()
    rig.start()
    rig.run(for: .hours(11))
    #expect(clock() == first, "another leader begins its own twelve hours")
    rig.run(for: .hours(25))
    #expect(clock() == first + 6, "three times a key of each of two kinds")
  }
}
