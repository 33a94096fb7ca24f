import SimBase

/// What can happen to a member.
public enum RaftInput<Payload: Sendable>: Sendable {
  /// Its deadline has come: a tick.
  case wake
  /// A message has arrived. The driver asks `RaftNode.reception(of:)` first.
  case message(RaftMessage<Payload>)
  /// The driver wants this in the log; `size` is what it takes on the wire.
  case propose(Shared<Payload>, size: Int)
  /// The driver wants a member added, removed or updated.
  case proposeChange(RaftChange, Shared<Payload>?, size: Int)
  /// The driver wants another member to lead.
  case transferLeadership(to: RaftID)
  /// The driver wants this member to lead, without waiting for its timeout.
  case campaign
  /// A message to this member could not be sent.
  case unreachable(RaftID)
  /// A snapshot has reached this member, or could not.
  case snapshotSent(to: RaftID, succeeded: Bool)
}

/// What became of an input.
public enum RaftOutcome: Hashable, Sendable {
  /// It was taken note of; what follows from it comes in a `RaftReady`.
  case noted
  /// The proposal is in the leader's log at this place. It is decided when an entry is applied there: this one, if the
  /// term is the same.
  case appended(index: UInt64, term: UInt64)
  /// The membership change came while another was not applied yet: an empty entry took its place, and it will not
  /// happen.
  case replaced(index: UInt64, term: UInt64)
  /// The proposal was dropped: this member does not lead, is removed, or is handing its leadership over.
  case dropped
}
