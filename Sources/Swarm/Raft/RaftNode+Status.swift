import SimBase

/// What a driver may ask: nothing here changes anything.
extension RaftNode {
  /// The term, role and leader, in one value.
  public var status: RaftStatus {
    RaftStatus(
      term: term, role: role, leader: leader, lastIndex: log.lastIndex, committed: log.committed, applied: log.applied,
      snapshotIndex: log.snapshot?.index ?? 0)
  }

  /// Whether this member leads.
  public var isLeader: Bool { role == .leader }

  /// Whether the driver may propose: this member leads and has applied all that was in its log.
  ///
  /// It becomes true in the `advance` over the last of those entries, and false with the `RaftReady` that says that
  /// this member no longer leads. While it hands the lead over, or was removed, it is false too.
  ///
  /// Source: moby/swarmkit `manager/state/raft/raft.go` (`signalledLeadership`, `caughtUp`).
  public var isReadyForProposals: Bool { isReadyToLead && mayPropose }

  /// How many ticks in a row have found this member without a leader.
  public var leaderlessTicks: Int { ticksWithoutLeader }

  /// Whether it has been without a leader for so long that requests are refused at once.
  ///
  /// Source: moby/swarmkit `manager/state/raft/raft.go` (`lostQuorumTimeout`).
  public var hasLostQuorum: Bool { ticksWithoutLeader > config.electionTicks }

  /// The cluster's list, as far as this member has applied the log.
  public var members: RaftMembership<Payload> { membership }

  /// Who votes, ascending.
  public var voters: [RaftID] { peers.map(\.id) }

  /// Whom this leader is handing its leadership to.
  public var leadershipTransferee: RaftID? { transferee }

  /// What this leader believes about a voter; nil if it does not lead or there is no such voter.
  public func progress(of voter: RaftID) -> RaftProgress? {
    role == .leader ? place(of: voter).map { peers[$0].progress } : nil
  }

  /// The term of the entry at this index; nil if it is not in the log any more or not yet.
  public func term(at index: UInt64) -> UInt64? { log.term(at: index) }

  /// The entry at this index; nil if it is not in the log any more or not yet.
  public func entry(at index: UInt64) -> RaftEntry<Payload>? {
    index >= log.firstIndex && index <= log.lastIndex ? log[index] : nil
  }

  /// The first index that is still in the log.
  public var firstIndex: UInt64 { log.firstIndex }

  // MARK: What the driver decides before a message reaches Raft

  /// What to do with a message that has arrived.
  ///
  /// Source: moby/swarmkit `manager/state/raft/raft.go` (`ProcessRaftMessage`).
  public func reception(of message: RaftMessage<Payload>) -> RaftReception {
    if membership.isRemoved(message.from) { return .senderIsRemoved }
    if message.to != id { return .misaddressed }
    if case .vote = message.kind { return membership[message.from] == nil ? .unknownCandidate : .checkCandidateFirst }
    return .step
  }

  // MARK: Membership rules

  /// Whether the others could still agree without this member: as many as make a majority of them must be reachable.
  ///
  /// `reachable` are those that this member has a working connection to; itself it always reaches.
  ///
  /// Source: moby/swarmkit `manager/state/raft/raft.go` (`CanRemoveMember`).
  public func canRemove(_ member: RaftID, reachable: [RaftID]) -> Bool {
    let left = membership.members.count { $0.id != member && ($0.id == id || reachable.contains($0.id)) }
    return left >= (membership.members.count - 1) / 2 + 1
  }

  /// What is wrong with a membership change, told to whoever proposed it when it is applied; nil if nothing is.
  ///
  /// Source: moby/swarmkit `manager/state/raft/membership/cluster.go` (`ValidateConfigurationChange`).
  public func objection(to change: RaftChange) -> RaftChangeObjection? {
    if membership.isRemoved(change.member) { return .memberWasRemoved }
    let isMember = membership[change.member] != nil
    switch change.action {
    case .add: return isMember ? .memberExists : nil
    case .remove, .update: return isMember ? nil : .memberNotFound
    }
  }
}

/// A member's view of things at one moment.
public struct RaftStatus: Hashable, Sendable {
  /// Its term.
  public let term: UInt64
  /// What it is.
  public let role: RaftRole
  /// Whom it follows, or itself.
  public let leader: RaftID?
  /// The end of its log.
  public let lastIndex: UInt64
  /// How far it knows the log to be committed. It is also what a store's versions are made of.
  public let committed: UInt64
  /// How far it has applied the log.
  public let applied: UInt64
  /// The last entry that its newest snapshot stands for; 0 without one.
  public let snapshotIndex: UInt64
}

/// What to do with a message that has arrived.
public enum RaftReception: Hashable, Sendable {
  /// Step it.
  case step
  /// Answer that the sender was removed; it then stops for good.
  case senderIsRemoved
  /// Drop it: it is meant for another member.
  case misaddressed
  /// Drop it: someone who is no member asks for a vote.
  case unknownCandidate
  /// Step it if the candidate can be reached: a vote for one that cannot would only prolong the election.
  case checkCandidateFirst
}

/// What is wrong with a membership change.
public enum RaftChangeObjection: Hashable, Sendable {
  /// The member to add is there already.
  case memberExists
  /// The ID was used up by a member that was removed.
  case memberWasRemoved
  /// The member to remove or update is not there.
  case memberNotFound
}
