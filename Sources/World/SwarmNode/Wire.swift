import Raft
import SimBase
import SwarmManager
import SwarmModel

/// What travels on a connection between two nodes.
///
/// Calls and replies are indirect: they are ten times as large as Raft's messages, which are the most by far.
public enum Wire: Sendable {
  /// Raft's own traffic between managers.
  case raft(RaftMessage<ManagerEntry>)
  /// The answer to a Raft message from a member that was removed: it is to stop for good.
  case removedFromRaft
  /// A call, by the caller's number for it.
  indirect case call(UInt64, Call, Caller)
  /// An answer to a call; a stream has several.
  indirect case reply(UInt64, Reply)
  /// The caller has given a call up.
  case cancel(UInt64)
}

/// Who calls, as the certificate on the connection tells, and from where.
public struct Caller: Sendable {
  /// The node; nil for one that has no certificate yet.
  public var node: NodeID?
  /// The address it comes from.
  public var ip: String
  /// Whether a manager that does not lead has passed the call on; that happens at most once.
  public var isForwarded = false

  /// A caller.
  public init(node: NodeID?, ip: String) {
    self.node = node
    self.ip = ip
  }
}

/// What a node or a manager asks of a manager.
public enum Call: Sendable {
  /// An agent's.
  case dispatcher(DispatcherCall)
  /// A node's that wants a certificate.
  case ca(CACall)
  /// A new manager's that wants to be a member.
  case join(node: NodeID, addr: String)
  /// A user's, through an engine.
  indirect case control(ControlRequest)
  /// A user's, who wants logs.
  case logs(LogSelector)
}

/// What a manager answers.
public enum Reply: Sendable {
  /// To an agent.
  case dispatcher(DispatcherReply)
  /// To a node that wants a certificate.
  case ca(CAReply)
  /// To a new manager: its Raft ID, and all members.
  case joined(RaftID, members: [RaftMember<ManagerEntry>])
  /// To a user.
  case control(Result<ControlReply, APIError>)
  /// To a user who wants logs; a stream.
  case logs(LogReply)
  /// Not served: the manager cannot pass the call on, or the caller may not make it.
  case refused(ControlError)

  /// Whether nothing more comes for this call. Sessions, assignments and subscriptions are streams, which only a
  /// refusal ends.
  public var isLast: Bool {
    switch self {
    case .dispatcher(.session), .dispatcher(.assignments), .dispatcher(.subscription), .dispatcher(.unsubscription):
      false
    case .logs(.lines): false
    case .dispatcher, .ca, .joined, .control, .logs, .refused: true
    }
  }
}
