import SimBase
import SwarmManager
import SwarmModel
import SwarmStore
import Testing

@Suite struct NodeTests {
  private func nodeSpec(_ role: NodeRole, _ availability: Availability = .active) -> NodeSpec {
    var spec = NodeSpec()
    spec.desiredRole = role
    spec.availability = availability
    return spec
  }

  private func member(_ node: Node, isReachable: Bool = true, isLeader: Bool = false) -> RaftView.Member {
    RaftView.Member(node: node.id, address: "10.0.0.1:2377", isLeader: isLeader, isReachable: isReachable)
  }

  @Test("an update replaces the spec and leaves membership pending") func updates() {
    let leader = Leader()
    let node = leader.addNode("n1") { $0.spec.membership = .accepted }
    #expect(leader.refusal(.updateNode("n1", version: node.meta.version, nodeSpec(.worker, .drain))) == nil)
    #expect(leader.store.nodes[node.id]?.value.spec.availability == .drain)
    #expect(leader.store.nodes[node.id]?.value.spec.membership == .pending)
    #expect(
      leader.refusal(.updateNode("n1", version: node.meta.version, nodeSpec(.worker)))?.message
        == rpc("Unknown", "update out of sequence"))
  }

  @Test("the last manager is not demoted") func lastManager() {
    let leader = Leader()
    let node = leader.addNode("m1", role: .manager)
    leader.raft = RaftView([member(node, isLeader: true)])
    let refusal = leader.refusal(.updateNode("m1", version: node.meta.version, nodeSpec(.worker)))
    #expect(refusal?.message == rpc("FailedPrecondition", "attempting to demote the last manager of the swarm"))
    #expect(refusal?.status == 400)
  }

  @Test("a manager that Raft does not know is not demoted") func unknownToRaft() {
    let leader = Leader()
    let (m1, m2) = (leader.addNode("m1", role: .manager), leader.addNode("m2", role: .manager))
    leader.raft = RaftView([member(m1, isLeader: true)])
    #expect(
      leader.refusal(.updateNode("m2", version: m2.meta.version, nodeSpec(.worker)))?.message
        == rpc("NotFound", "can't find manager in raft memberlist"))
  }

  @Test("of three managers with one unreachable, that one may be demoted and no other") func quorum() {
    let leader = Leader()
    let nodes = (1...3).map { leader.addNode("m\($0)", role: .manager) }
    leader.raft = RaftView(nodes.map { member($0, isReachable: $0.id != nodes[2].id) })
    #expect(
      leader.refusal(.updateNode("m2", version: nodes[1].meta.version, nodeSpec(.worker)))?.message
        == rpc(
          "FailedPrecondition", "can't remove member from the raft: this would result in a loss of quorum"))
    #expect(leader.refusal(.updateNode("m3", version: nodes[2].meta.version, nodeSpec(.worker))) == nil)
  }

  @Test("two managers that are up may lose either, one may not go at all") func smallQuorums() {
    let leader = Leader()
    let nodes = (1...2).map { leader.addNode("m\($0)", role: .manager) }
    let two = RaftView(nodes.map { member($0) })
    #expect(two.canRemove(nodes[0].id) && two.canRemove(nodes[1].id))
    #expect(!RaftView([member(nodes[0])]).canRemove(nodes[0].id))
  }

  @Test("a node that is ready is removed only by force, a manager never") func refusesRemoval() {
    let leader = Leader()
    let worker = leader.addNode("w1")
    let manager = leader.addNode("m1", role: .manager, state: .down)
    leader.raft = RaftView([member(manager)])
    #expect(
      leader.refusal(.removeNode("w1", force: false))?.message
        == rpc("FailedPrecondition", "node \(worker.id) is not down and can't be removed"))
    #expect(
      leader.refusal(.removeNode("m1", force: true))?.message
        == rpc(
          "FailedPrecondition",
          "node \(manager.id) is a cluster manager and is a member of the raft cluster. "
            + "It must be demoted to worker before removal"))
    #expect(leader.refusal(.removeNode("w1", force: true)) == nil)
  }

  @Test("removal orphans the node's unfinished tasks and refuses its certificate from then on") func removes() throws {
    let leader = Leader()
    leader.now = .zero + .seconds(50)
    let expiry = Instant.zero + .hours(2160)
    let node = leader.addNode("w1", state: .down) { node in
      node.certificate.issued.issuer = "root"
      node.certificate.issued.notAfter = expiry
    }
    let running = leader.addTask(on: node.id, desired: .running)
    let finished = leader.addTask(on: node.id, state: .complete, desired: .shutdown)
    #expect(leader.refusal(.removeNode("w1", force: false)) == nil)
    let orphan = try #require(leader.store.tasks[running.id]).value
    #expect(orphan.status.state == .orphaned)
    #expect(orphan.status.message == "Task belonged to a node that has been deleted")
    #expect(orphan.status.timestamp == leader.now)
    #expect(orphan.desiredState == .running)
    #expect(leader.store.tasks[finished.id]?.value.status.state == .complete)
    #expect(leader.store.nodes.isEmpty)
    let cluster = try #require(leader.store.cluster).value
    #expect(cluster.blacklist == [BlacklistedCertificate(node: node.id, expiry: expiry)])
    #expect(orphan.meta.version == cluster.meta.version, "it is one transaction")
  }

  @Test("a refused certificate is forgotten a week after it has expired") func blacklistExpires() throws {
    let leader = Leader()
    leader.addNode("w1", state: .down) { node in
      node.certificate.issued.issuer = "root"
      node.certificate.issued.notAfter = .zero + .hours(1)
    }
    leader.addNode("w2", state: .down)
    #expect(leader.refusal(.removeNode("w1", force: false)) == nil)
    leader.now = .zero + .hours(1 + 168) + .nanoseconds(1)
    #expect(leader.refusal(.removeNode("w2", force: false)) == nil)
    #expect(leader.store.cluster?.value.blacklist.map(\.expiry) == [nil])
  }

  @Test("a list of nodes says who is a manager, as the leader sees it") func reports() {
    let leader = Leader()
    let manager = leader.addNode("m1", role: .manager)
    leader.addNode("w1")
    leader.raft = RaftView([member(manager, isLeader: true)])
    guard case .success(.nodes(let reports)) = leader.ask(.listNodes(NodeFilter())) else {
      Issue.record("no list")
      return
    }
    #expect(reports.map { $0.manager != nil } == reports.map { $0.node.value.hostname == "m1" })
    guard case .success(.summary(let summary)) = leader.ask(.summarize) else {
      Issue.record("no summary")
      return
    }
    #expect(summary.nodes == 2 && summary.managers == 1)
  }
}
