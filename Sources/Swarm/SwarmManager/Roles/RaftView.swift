import SimBase
import SwarmModel

/// The managers' Raft membership as the leader sees it: what the control API and the role manager may know of Raft.
public struct RaftView: Sendable, Equatable {
  /// A member.
  public struct Member: Sendable, Equatable {
    /// Its Raft ID.
    public var raftID: UInt64
    /// Its node.
    public var node: NodeID
    /// `10.99.0.11:2377`.
    public var addr: String
    /// Whether it leads.
    public var isLeader: Bool
    /// Whether messages get through to it.
    public var isReachable: Bool

    /// A member.
    public init(raftID: UInt64, node: NodeID, addr: String, isLeader: Bool, isReachable: Bool) {
      self.raftID = raftID
      self.node = node
      self.addr = addr
      self.isLeader = isLeader
      self.isReachable = isReachable
    }
  }

  /// The members, ascending by node.
  public var members: [Member]

  /// A view.
  public init(members: [Member] = []) { self.members = members.sorted { $0.node < $1.node } }

  /// The member on this node, or nil.
  public func member(_ node: NodeID) -> Member? { members.first { $0.node == node } }

  /// Whether enough of the others are reachable that this member may be removed.
  ///
  /// Source: moby/swarmkit `manager/state/raft/raft.go` (`CanRemoveMember`).
  public func canRemove(_ node: NodeID) -> Bool {
    let reachable = members.count { $0.node != node && $0.isReachable }
    return reachable >= (members.count - 1) / 2 + 1
  }
}
