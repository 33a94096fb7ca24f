import SwarmModel

/// What the control API must know of Raft: who is a member, who leads, who can be reached from the leader.
///
/// The manager's driver takes it from its Raft machine at each request. Source: moby/swarmkit
/// `manager/state/raft/raft.go` (`GetMemberlist`, `CanRemoveMember`).
public struct RaftView: Sendable, Equatable {
  /// A manager in the Raft group.
  public struct Member: Sendable, Equatable {
    /// Its node.
    public var node: NodeID
    /// Where other managers reach it: `10.0.0.11:2377`.
    public var address: String
    /// Whether it leads.
    public var isLeader: Bool
    /// Whether the leader's last message reached it; always so for the leader.
    public var isReachable: Bool

    /// A member.
    public init(node: NodeID, address: String, isLeader: Bool, isReachable: Bool) {
      self.node = node
      self.address = address
      self.isLeader = isLeader
      self.isReachable = isReachable
    }
  }

  /// The members, ascending by node ID.
  public private(set) var members: [Member]

  /// A view of these members.
  public init(_ members: [Member] = []) { self.members = members.sorted { $0.node < $1.node } }

  /// The member on this node, if it is one.
  public func member(on node: NodeID) -> Member? { members.first { $0.node == node } }

  /// Whether the others would still form a quorum of the present group if this one were gone.
  ///
  /// The quorum is that of the group before the removal less one, so of two managers either may go, and of one none.
  public func canRemove(_ node: NodeID) -> Bool {
    let others = members.count { $0.isReachable && $0.node != node }
    return others >= (members.count - 1) / 2 + 1
  }
}
