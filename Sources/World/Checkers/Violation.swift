import SimBase

/// What must hold in every swarm, whatever befalls it.
///
/// Source: moby/swarmkit `design/tla/SwarmKit.tla`, `design/tla/Tasks.tla`; the Raft paper, figure 3.
public enum Law: String, Sendable, CaseIterable {
  /// At most one member leads in a term.
  case oneLeaderPerTerm = "a term has one leader"
  /// Who is elected has every entry that was committed before its term.
  case leaderCompleteness = "a new leader has all that was committed"
  /// What was committed at an index stays there, and is the same at every member.
  case committedForGood = "a committed entry never changes"
  /// Stores that have applied as much are equal.
  case storesAgree = "state machines agree at equal indexes"
  /// States and desired states only rise, and what a task was made from stays.
  case taskStates = "task states never go back"
  /// Each write of a task is one that its writer has a right to (`TaskRights`).
  case taskMoves = "each move of a task is made by its owner"
  /// Once set, a task's node stays.
  case taskNode = "a task's node never changes"
  /// One wanted task per slot or node of a global service; one more for each update that starts new tasks before it stops old ones.
  case slots = "no two live tasks share a slot beyond what the update's order allows"
  /// An address of a network belongs to one service, task or node.
  case addresses = "addresses are unique in their network"
  /// A published port of the routing mesh belongs to one service.
  case publishedPorts = "a published port belongs to one service"
  /// A host port of a node belongs to one task.
  case hostPorts = "no host port is used twice on a node"
  /// A task goes to a node that was ready, active, allowed, large enough and not full when the scheduler decided.
  case placement = "the scheduler's limits hold at assignment"
  /// A slot keeps no more ended tasks than the cluster's limit.
  case history = "history stays within its limit"
  /// A node holds a secret only if one of its tasks uses it, and gives it up soon after the last one has ended.
  case secrets = "a secret is only on nodes that need it"
  /// What a client was told to be done is done for good.
  case acknowledged = "acknowledged writes are never lost"
}

/// A law that did not hold: when, where, and the facts.
public struct Violation: Sendable, CustomStringConvertible {
  /// Which law.
  public let law: Law
  /// When it was seen.
  public let instant: Instant
  /// At which node; empty where it is the whole swarm's.
  public let node: String
  /// What was seen.
  public let facts: String

  /// `12.000050000 manager2: a term has one leader: …`
  public var description: String {
    "\(instant)\(node.isEmpty ? "" : " \(node)"): \(law.rawValue): \(facts)"
  }
}
