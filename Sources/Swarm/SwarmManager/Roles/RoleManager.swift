import SimBase
import SwarmModel
import SwarmStore

/// Moves each node's observed role towards the desired one, and takes demoted and deleted managers out of Raft.
///
/// A promotion is written at once; the node itself then renews its certificate and joins Raft. A demotion first removes the
/// Raft member, if a quorum remains; the role follows once the membership is gone, with the node's next change (its agent
/// soon registers with another manager) or on the next 5 s tick. A leader that is to be demoted hands leadership over, and
/// its successor finishes.
///
/// Source: moby/swarmkit `manager/role_manager.go`.
public struct RoleManager: LeaderComponent {
  /// What the driver is to do with Raft.
  public enum Order: Sendable, Equatable {
    /// Propose the removal of this node's member.
    case removeMember(NodeID)
    /// Hand leadership to another member.
    case transferLeadership
  }

  static let reconcileInterval = Duration.seconds(5)

  /// Nodes whose roles differ, and whether Raft has been asked since the last tick to remove their members.
  private var pending = Table<NodeID, Bool>()
  private var removed = Table<NodeID, Bool>()
  private var toWrite = Table<NodeID, NodeRole>()
  private var retryAt: Instant?
  /// Raft's membership; the driver keeps it current where this is started, woken or told of a node.
  public var view = RaftView()
  /// What to do; the driver drains it.
  public private(set) var orders: [Order] = []

  private let leader: NodeID

  /// A role manager of a leader on this node.
  public init(leader: NodeID) { self.leader = leader }

  /// Takes the orders out.
  public mutating func drainOrders() -> [Order] {
    defer { orders = [] }
    return orders
  }

  /// Looks at every node, and at members whose node is gone.
  public mutating func start(_ store: Store, at now: Instant, dice: inout Dice) {
    for (id, node) in store.nodes where node.value.role != node.value.spec.desiredRole { pending[id] = false }
    for member in view.members where !store.nodes.contains(member.node) { removed[member.node] = true }
    reconcile(store, at: now)
  }

  /// Notes nodes whose roles differ and nodes that were deleted.
  public mutating func observe(_ event: StoreEvent, in store: Store, at now: Instant, dice: inout Dice) {
    guard case .node(let old, let new) = event else { return }
    if let new {
      if new.value.role != new.value.spec.desiredRole {
        decide(new.value, at: now)
      } else {
        pending[new.value.id] = nil
      }
    } else if let old {
      pending[old.value.id] = nil
      removed[old.value.id] = true
      decideRemoval(old.value.id, at: now)
    }
  }

  /// The next try while anything is pending.
  public var nextDeadline: Instant? { retryAt }

  /// Tries again what could not be done yet.
  public mutating func wake(in store: Store, at now: Instant, dice: inout Dice) {
    guard let due = retryAt, due <= now else { return }
    retryAt = nil
    reconcile(store, at: now)
  }

  private mutating func reconcile(_ store: Store, at now: Instant) {
    for id in pending.keys {
      pending[id] = false
      if let node = store.nodes[id]?.value { decide(node, at: now) } else { pending[id] = nil }
    }
    for id in removed.keys { decideRemoval(id, at: now) }
  }

  private mutating func decide(_ node: Node, at now: Instant) {
    let wasAsked = pending[node.id] ?? false
    pending[node.id] = wasAsked
    if node.spec.desiredRole == .manager {
      toWrite[node.id] = .manager
      return
    }
    guard view.member(on: node.id) != nil else {
      toWrite[node.id] = .worker
      return
    }
    // Nothing is certain until Raft has removed the member, so this node is looked at again in any case.
    if retryAt == nil { retryAt = now + RoleManager.reconcileInterval }
    if !wasAsked { pending[node.id] = removeMember(on: node.id) }
  }

  /// Only where a quorum remains; until then it is tried again. Returns whether it was asked for.
  @discardableResult
  private mutating func removeMember(on node: NodeID) -> Bool {
    if !view.canRemove(node) { return false }
    orders.append(node == leader ? .transferLeadership : .removeMember(node))
    return true
  }

  private mutating func decideRemoval(_ node: NodeID, at now: Instant) {
    if view.member(on: node) == nil {
      removed[node] = nil
      return
    }
    if retryAt == nil { retryAt = now + RoleManager.reconcileInterval }
    removeMember(on: node)
  }

  /// Whether a role is to be written.
  public var wantsToWrite: Bool { !toWrite.isEmpty }

  /// Writes observed roles.
  public mutating func transact(_ tx: inout Transaction, dice: inout Dice) {
    while let (id, role) = toWrite.first, !tx.isFull {
      toWrite[id] = nil
      guard var node = tx.store.nodes[id]?.value, node.spec.desiredRole == role, node.role != role else { continue }
      node.role = role
      tx.put(node)
    }
  }
}
