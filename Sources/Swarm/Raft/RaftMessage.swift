/// What one member says to another.
///
/// Source: etcd-io/raft `raftpb/raft.proto`; Raft Figure 2 (RequestVote, AppendEntries), Figure 13 (InstallSnapshot).
public struct RaftMessage<Payload: Sendable>: Sendable {
  /// Who says it.
  public let from: RaftID
  /// To whom.
  public let to: RaftID
  /// The speaker's term.
  public let term: UInt64
  /// What is said.
  public let kind: Kind

  /// What can be said.
  public enum Kind: Sendable {
    /// "Vote for me: my log ends here." A transfer's vote also counts against a leader who is still heard.
    case vote(lastIndex: UInt64, lastTerm: UInt64, isTransfer: Bool)
    /// "You have my vote", or not.
    case voteReply(isGranted: Bool)
    /// "After the entry at `previousIndex` come these, and this much is committed."
    case append(previousIndex: UInt64, previousTerm: UInt64, entries: [RaftEntry<Payload>], commit: UInt64)
    /// "My log agrees with yours up to here." Index 0 in a higher term tells an old leader that its time is over.
    case appendReply(index: UInt64)
    /// "I have no such entry at `index`; try `hintIndex`, where my term is `hintTerm`" (0: not known any more).
    case appendRejection(index: UInt64, hintIndex: UInt64, hintTerm: UInt64)
    /// "I lead, and of what you have this much is committed."
    case heartbeat(commit: UInt64)
    /// "I hear you."
    case heartbeatReply
    /// "My log no longer reaches back to yours: start from this."
    case snapshot(RaftSnapshot<Payload>)
    /// "Campaign now, I yield."
    case timeoutNow
    /// A follower's request that the leader yield to this member.
    case transferLeadership(to: RaftID)
  }

  /// A message with these fields.
  public init(from: RaftID, to: RaftID, term: UInt64, kind: Kind) {
    self.from = from
    self.to = to
    self.term = term
    self.kind = kind
  }

  /// The bytes that the message is worth on the wire, so that a link can take time for it.
  public var size: Int {
    let head = 48
    switch kind {
    case .append(_, _, let entries, _): return entries.reduce(head) { $0 + $1.encodedSize }
    case .snapshot(let snapshot): return head + snapshot.size
    case .vote, .voteReply, .appendReply, .appendRejection, .heartbeat, .heartbeatReply, .timeoutNow,
      .transferLeadership:
      return head
    }
  }

  /// Whether it answers something; answers from someone who is no member are not heard.
  var isReply: Bool {
    switch kind {
    case .voteReply, .appendReply, .appendRejection, .heartbeatReply: return true
    case .vote, .append, .heartbeat, .snapshot, .timeoutNow, .transferLeadership: return false
    }
  }

  /// Whether only the leader of its term says such a thing.
  var isFromLeader: Bool {
    switch kind {
    case .append, .heartbeat, .snapshot: return true
    case .vote, .voteReply, .appendReply, .appendRejection, .heartbeatReply, .timeoutNow, .transferLeadership:
      return false
    }
  }
}
