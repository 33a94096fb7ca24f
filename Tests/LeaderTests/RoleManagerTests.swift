import LeaderRig
import SimBase
import SwarmManager
import SwarmModel
import SwarmStore
import Testing

/// Source: moby/swarmkit `manager/role_manager_test.go`.
@Suite struct RoleManagerTests {
  private typealias Roles = Rig<RoleManager>

  /// Managers 1 to 3, of which the first leads, and a worker 4.
  private static func swarm(leader: Int = 1) -> Roles {
    var rig = Roles(RoleManager(leader: nodeID(leader)))
    rig.commit((1...4).map { .put(node($0, is: $0 == 4 ? .worker : .manager)) })
    rig.component.view = members(1, 2, 3)
    rig.start()
    return rig
  }

  private static func node(_ n: Int, is role: NodeRole, wanted: NodeRole? = nil) -> Node {
    var node = Node()
    node.id = nodeID(n)
    node.role = role
    node.spec.desiredRole = wanted ?? role
    return node
  }

  private static func members(_ nodes: Int..., unreachable: [Int] = []) -> RaftView {
    RaftView(
      nodes.map {
        RaftView.Member(
          node: nodeID($0), address: "10.0.0.\($0):2377", isLeader: $0 == nodes.first,
          isReachable: !unreachable.contains($0))
      })
  }

  private static func role(_ rig: Roles, _ n: Int) -> NodeRole? { rig.store.nodes[nodeID(n)]?.value.role }

  @Test("a promotion is written at once, and Raft is not asked") func promotion() {
    var rig = Self.swarm()
    rig.commit([.put(Self.node(4, is: .worker, wanted: .manager))])
    rig.run(for: .zero)
    #expect(Self.role(rig, 4) == .manager)
    #expect(rig.component.drainOrders() == [])
    #expect(rig.component.nextDeadline == nil)
  }

  @Test("a demotion asks Raft first, and the role follows five seconds later when the member is gone") func demotion() {
    var rig = Self.swarm()
    rig.commit([.put(Self.node(2, is: .manager, wanted: .worker))])
    #expect(rig.component.drainOrders() == [.removeMember(nodeID(2))])
    rig.component.view = Self.members(1, 3)
    rig.run(for: .milliseconds(4_999))
    #expect(Self.role(rig, 2) == .manager)
    rig.run(for: .milliseconds(1))
    #expect(Self.role(rig, 2) == .worker)
    rig.run(for: .seconds(10))
    #expect(rig.component.nextDeadline == nil && rig.component.drainOrders() == [])
  }

  @Test("the demoted node's next change finds the member gone, and the role follows without waiting") func nextChange()
  {
    var rig = Self.swarm()
    rig.commit([.put(Self.node(2, is: .manager, wanted: .worker))])
    rig.commit([.put(Self.node(2, is: .manager, wanted: .worker))])
    #expect(rig.component.drainOrders() == [.removeMember(nodeID(2))], "Raft is asked once")
    rig.component.view = Self.members(1, 3)
    rig.commit([.put(Self.node(2, is: .manager, wanted: .worker))])
    rig.run(for: .zero)
    #expect(Self.role(rig, 2) == .worker)
  }

  @Test("a removal that would cost the quorum, or that got lost, is tried again every five seconds") func retry() {
    var rig = Self.swarm()
    rig.component.view = Self.members(1, 2, 3, unreachable: [3])
    rig.commit([.put(Self.node(2, is: .manager, wanted: .worker))])
    rig.run(for: .seconds(5))
    #expect(rig.component.drainOrders() == [])
    rig.component.view = Self.members(1, 2, 3)
    for _ in 1...2 {
      rig.run(for: .seconds(5))
      #expect(rig.component.drainOrders() == [.removeMember(nodeID(2))])
    }
    rig.commit([.put(Self.node(2, is: .manager))])
    rig.run(for: .seconds(20))
    #expect(rig.component.drainOrders() == [], "the demotion was taken back")
  }

  @Test("a leader that is to be demoted hands over, and its successor does the rest") func leader() {
    for (leader, order) in [(1, RoleManager.Order.transferLeadership), (3, .removeMember(nodeID(1)))] {
      var rig = Roles(RoleManager(leader: nodeID(leader)))
      rig.commit(
        [.put(Self.node(1, is: .manager, wanted: .worker))] + [2, 3].map { .put(Self.node($0, is: .manager)) })
      rig.component.view = Self.members(1, 2, 3)
      rig.start()
      #expect(rig.component.drainOrders() == [order])
    }
  }

  @Test("a member whose node was deleted is removed, whoever leads by then") func deleted() {
    var rig = Self.swarm()
    rig.commit([.removeNode(nodeID(3))])
    #expect(rig.component.drainOrders() == [.removeMember(nodeID(3))])
    rig.component = RoleManager(leader: nodeID(2))
    rig.component.view = Self.members(1, 2, 3)
    rig.start()
    #expect(rig.component.drainOrders() == [.removeMember(nodeID(3))])
    rig.component.view = Self.members(1, 2)
    rig.run(for: .seconds(10))
    #expect(rig.component.drainOrders() == [] && rig.component.nextDeadline == nil)
  }
}
