import SimBase

/// Elections: campaigning, voting, and the changes of role.
///
/// Source: Raft §5.2, §5.4.1; etcd-io/raft `raft.go` (`hup`, `campaign`, `Step`, `become…`).
extension RaftNode {
  // MARK: Roles

  /// What every change of role or term begins with.
  private mutating func reset(term new: UInt64, _ dice: inout Dice) {
    if term != new {
      precondition(new > term, "terms do not go back from \(term) to \(new)")
      term = new
      vote = nil
    }
    leader = nil
    electionElapsedTicks = 0
    heartbeatElapsedTicks = 0
    electionTimeoutTicks = dice.int(in: config.electionTicks..<2 * config.electionTicks)
    transferee = nil
    votes = []
    for place in peers.indices {
      peers[place].progress = RaftProgress(next: log.lastIndex + 1)
      if peers[place].id == id { peers[place].progress.match = log.lastIndex }
    }
    pendingChangeIndex = 0
  }

  mutating func becomeFollower(term: UInt64, of leader: RaftID?, _ dice: inout Dice) {
    reset(term: term, &dice)
    role = .follower
    self.leader = leader
  }

  private mutating func becomeCandidate(_ dice: inout Dice) {
    precondition(role != .leader, "a leader does not campaign")
    reset(term: term + 1, &dice)
    role = .candidate
    vote = id
  }

  private mutating func becomeLeader(_ dice: inout Dice) {
    precondition(role == .candidate, "only a candidate is elected")
    reset(term: term, &dice)
    role = .leader
    leader = id
    if let own = place(of: id) {
      peers[own].progress.becomeReplicate()
      peers[own].progress.isRecentlyActive = true
    }
    // There may be a change among the entries not committed yet. Rather than look, no other is allowed before they are.
    pendingChangeIndex = log.lastIndex
    // Entries of earlier terms are committed by way of this one (Raft §5.4.2, §8).
    append(.empty, nil, size: 0)
  }

  // MARK: Campaigning

  /// Campaigns, unless this member leads, cannot lead, or has to apply a membership change first: it would count the
  /// votes of the wrong voters.
  mutating func campaignIfAllowed(isTransfer: Bool, _ dice: inout Dice) {
    if role == .leader || !isPromotable || log.hasUnappliedChange { return }
    becomeCandidate(&dice)
    for peer in peers {
      if peer.id == id {
        // Its own vote counts when it is durable, like any other.
        ownPromises.append(OwnPromise(term: term, index: nil))
      } else {
        send(.vote(lastIndex: log.lastIndex, lastTerm: log.lastTerm, isTransfer: isTransfer), to: peer.id)
      }
    }
  }

  /// Counts an answer to this candidate's request.
  mutating func count(_ isGranted: Bool, from voter: RaftID, _ dice: inout Dice) {
    if !votes.contains(where: { $0.voter == voter }) { votes.append((voter, isGranted)) }
    let counted = votes.filter { place(of: $0.voter) != nil }
    let granted = counted.count { $0.isGranted }
    switch RaftQuorum.tally(voters: peers.count, granted: granted, refused: counted.count - granted) {
    case .pending: break
    case .won:
      becomeLeader(&dice)
      broadcastAppend()
    case .lost: becomeFollower(term: term, of: nil, &dice)
    }
  }

  // MARK: Voting

  /// Gives or refuses a vote of this term.
  ///
  /// Who has voted in this term votes for nobody else, and who knows the term's leader for nobody at all. A candidate
  /// whose log ends earlier than this one's may lack committed entries, and is refused.
  mutating func answerVote(of candidate: RaftID, lastIndex: UInt64, lastTerm: UInt64) {
    let isFree = vote == candidate || (vote == nil && leader == nil)
    let isGranted = isFree && log.isUpToDate(lastIndex: lastIndex, lastTerm: lastTerm)
    send(.voteReply(isGranted: isGranted), to: candidate)
    if isGranted {
      electionElapsedTicks = 0
      vote = candidate
    }
  }

  // MARK: Keeping and handing over leadership

  /// Steps down if no majority has answered since the last check.
  mutating func checkQuorum(_ dice: inout Dice) {
    let active = peers.count { $0.progress.isRecentlyActive }
    if active < RaftQuorum.majority(of: peers.count) { becomeFollower(term: term, of: nil, &dice) }
    for place in peers.indices where peers[place].id != id { peers[place].progress.isRecentlyActive = false }
  }

  /// Lets `member` lead: it is told to campaign as soon as it has the whole log, and until then nothing is proposed.
  ///
  /// A follower passes the wish on. One that is not done within an election timeout is given up.
  ///
  /// Source: Ongaro, "Consensus: Bridging Theory and Practice", §3.10.
  mutating func transferLeadership(to member: RaftID) {
    guard role == .leader else {
      if role == .follower, let leader { send(.transferLeadership(to: member), to: leader) }
      return
    }
    guard let place = place(of: member), transferee != member else { return }
    transferee = nil
    if member == id { return }
    electionElapsedTicks = 0
    transferee = member
    if peers[place].progress.match == log.lastIndex {
      send(.timeoutNow, to: member)
    } else {
      sendAppend(to: place)
    }
  }
}
