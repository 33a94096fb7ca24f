import SimBase

/// Replication, from both ends: what a leader sends and hears, and what a follower makes of it.
///
/// Source: Raft §5.3, §5.4.2, §7; etcd-io/raft `raft.go` (`stepLeader`, `maybeSendAppend`, `handleAppendEntries`,
/// `restore`).
extension RaftNode {
  // MARK: Proposing

  /// Appends to the leader's own log. It acknowledges its own entry when that is durable.
  @discardableResult
  mutating func append(_ kind: RaftEntryKind, _ payload: Shared<Payload>?, size: Int) -> UInt64 {
    let entry = RaftEntry(term: term, index: log.lastIndex + 1, kind: kind, size: size, payload: payload)
    log.append(CollectionOfOne(entry))
    ownPromises.append(OwnPromise(term: term, index: entry.index))
    return entry.index
  }

  /// Whether the log takes entries from here: a leader that was removed, or hands the lead over, takes none.
  var mayPropose: Bool { role == .leader && place(of: id) != nil && transferee == nil }

  mutating func propose(_ kind: RaftEntryKind, _ payload: Shared<Payload>?, size: Int) -> RaftOutcome {
    precondition(size >= 0, "a proposal of \(size) bytes")
    if !mayPropose { return .dropped }
    let index = append(kind, payload, size: size)
    broadcastAppend()
    return .appended(index: index, term: term)
  }

  mutating func propose(_ change: RaftChange, _ payload: Shared<Payload>?, size: Int) -> RaftOutcome {
    if !mayPropose { return .dropped }
    // Two majorities that are one member apart overlap; two changes at once could make them disjoint.
    if pendingChangeIndex > log.applied {
      _ = propose(.empty, nil, size: 0)
      return .replaced(index: log.lastIndex, term: term)
    }
    // The last voter stays: etcd would stop with a panic where it applies such a change.
    if change.action == .remove && peers.count == 1 && place(of: change.member) != nil { return .dropped }
    pendingChangeIndex = log.lastIndex + 1
    return propose(.change(change), payload, size: size)
  }

  // MARK: Sending

  mutating func broadcastAppend() {
    for place in peers.indices where peers[place].id != id { sendAppend(to: place) }
  }

  mutating func sendHeartbeat(to place: Int) {
    // Not beyond what the follower is known to have: it could not tell whether its entries there are the right ones.
    let commit = min(peers[place].progress.match, log.committed)
    send(.heartbeat(commit: commit), to: peers[place].id)
    peers[place].progress.sentCommit = commit
  }

  /// Sends what the follower is believed to lack, or the snapshot if the log no longer has it. Without entries it still
  /// tells the commit index, if `evenEmpty`. Returns whether anything was sent.
  @discardableResult
  mutating func sendAppend(to place: Int, evenEmpty: Bool = true) -> Bool {
    if peers[place].progress.isPaused { return false }
    let next = peers[place].progress.next
    let previous = next - 1
    guard let previousTerm = log.term(at: previous) else { return sendSnapshot(to: place) }
    var entries: [RaftEntry<Payload>] = []
    // With the window full only an empty append goes out: its answer frees the window if all that was in it got lost.
    let isWindowFull = peers[place].progress.inflight.count >= config.maxInflightMessages
    if !(isWindowFull && peers[place].progress.state == .replicate) {
      guard let found = log.entries(from: next, through: log.lastIndex, maxBytes: config.maxBytesPerMessage) else {
        return sendSnapshot(to: place)
      }
      entries = found
    }
    if entries.isEmpty && !evenEmpty { return false }
    let commit = log.committed
    send(
      .append(previousIndex: previous, previousTerm: previousTerm, entries: entries, commit: commit),
      to: peers[place].id)
    peers[place].progress.sent(entries.count, window: config.maxInflightMessages)
    peers[place].progress.sentCommit = commit
    return true
  }

  /// Sends the newest snapshot to a follower that has lately answered: it would be wasted on another.
  private mutating func sendSnapshot(to place: Int) -> Bool {
    if !peers[place].progress.isRecentlyActive { return false }
    guard var snapshot = log.snapshot else { preconditionFailure("a log that was compacted has a snapshot") }
    // The snapshot may be older than the follower's membership, and would then not make it a voter.
    snapshot.voters = peers.map { $0.id }
    peers[place].progress.becomeSnapshot(at: snapshot.index)
    send(.snapshot(snapshot), to: peers[place].id)
    return true
  }

  // MARK: The leader hears

  /// Raises the commit index to what a majority has, if that is of this term (Raft §5.4.2). Returns whether it rose.
  @discardableResult
  mutating func commitWhatAMajorityHas() -> Bool {
    guard let agreed = RaftQuorum.committedIndex(peers.lazy.map { $0.progress.match }), agreed > log.committed else {
      return false
    }
    if log.term(at: agreed) != term { return false }
    log.commitUp(to: agreed)
    return true
  }

  mutating func hearAppended(_ index: UInt64, by follower: RaftID) {
    guard role == .leader, let place = place(of: follower) else { return }
    peers[place].progress.isRecentlyActive = true
    let isNews = peers[place].progress.acknowledged(index)
    let (match, state) = (peers[place].progress.match, peers[place].progress.state)
    // A prober that has what is known of it already has found its place too: it was only unreachable for a while.
    if !isNews && !(match == index && state == .probe) { return }
    switch state {
    case .probe: peers[place].progress.becomeReplicate()
    case .snapshot:
      // Wherever it got its state from, the log reaches back to it again.
      if match + 1 >= log.firstIndex {
        peers[place].progress.becomeProbe()
        peers[place].progress.becomeReplicate()
      }
    case .replicate: peers[place].progress.freeInflight(upTo: index)
    }
    if commitWhatAMajorityHas() {
      broadcastAppend()
    } else if follower != id && peers[place].progress.canRaiseCommit(to: log.committed) {
      sendAppend(to: place)
    }
    if follower == id { return }
    // The window may have room for several appends now.
    while sendAppend(to: place, evenEmpty: false) {}
    if follower == transferee && peers[place].progress.match == log.lastIndex { send(.timeoutNow, to: follower) }
  }

  mutating func hearRejected(_ index: UInt64, _ hintIndex: UInt64, _ hintTerm: UInt64, by follower: RaftID) {
    guard role == .leader, let place = place(of: follower) else { return }
    peers[place].progress.isRecentlyActive = true
    // Where this log's term is above the hint's, the logs cannot agree: one probe per term, not one per entry.
    let hint = hintTerm > 0 ? log.lastPlace(upTo: hintIndex, termAtMost: hintTerm).index : hintIndex
    if !peers[place].progress.rejected(at: index, hint: hint) { return }
    if peers[place].progress.state == .replicate { peers[place].progress.becomeProbe() }
    sendAppend(to: place)
  }

  mutating func hearAlive(_ follower: RaftID) {
    guard role == .leader, let place = place(of: follower) else { return }
    peers[place].progress.isRecentlyActive = true
    peers[place].progress.isFlowPaused = false
    if peers[place].progress.match < log.lastIndex || peers[place].progress.state == .probe { sendAppend(to: place) }
  }

  mutating func noteUnreachable(_ follower: RaftID) {
    guard role == .leader, let place = place(of: follower) else { return }
    // Of the appends sent ahead, some are most likely lost.
    if peers[place].progress.state == .replicate { peers[place].progress.becomeProbe() }
  }

  mutating func noteSnapshotSent(to follower: RaftID, succeeded: Bool) {
    guard role == .leader, let place = place(of: follower), peers[place].progress.state == .snapshot else { return }
    if !succeeded { peers[place].progress.pendingSnapshot = 0 }
    peers[place].progress.becomeProbe()
    // Its answer, or that to the next heartbeat, sets the flow going again.
    peers[place].progress.isFlowPaused = true
  }

  // MARK: The follower hears

  /// Takes what the leader of this term says.
  mutating func hearLeader(_ message: RaftMessage<Payload>, _ dice: inout Dice) {
    // Two leaders of one term cannot be, unless a disk forgot a vote. etcd's leader turns a deaf ear too.
    if role == .leader { return }
    if role == .candidate { becomeFollower(term: term, of: message.from, &dice) }
    electionElapsedTicks = 0
    leader = message.from
    switch message.kind {
    case .append(let previousIndex, let previousTerm, let entries, let commit):
      take(entries, after: previousIndex, previousTerm, commit: commit, from: message.from)
    case .heartbeat(let commit):
      // A leader that believes this member to have more than it has took another for it: that is no reason to end.
      log.commitUp(to: min(commit, log.lastIndex))
      send(.heartbeatReply, to: message.from)
    case .snapshot(let snapshot):
      let isRestored = restore(snapshot)
      send(.appendReply(index: isRestored ? log.lastIndex : log.committed), to: message.from)
    case .vote, .voteReply, .appendReply, .appendRejection, .heartbeatReply, .timeoutNow, .transferLeadership:
      preconditionFailure("not a leader's message")
    }
  }

  private mutating func take(
    _ entries: [RaftEntry<Payload>], after previousIndex: UInt64, _ previousTerm: UInt64, commit: UInt64,
    from leader: RaftID
  ) {
    if previousIndex < log.committed {
      // An old append. What is committed is known to agree.
      send(.appendReply(index: log.committed), to: leader)
    } else if let agreed = log.accept(after: previousIndex, previousTerm, entries, commit: commit) {
      send(.appendReply(index: agreed), to: leader)
    } else {
      // All of the leader's log before its append is of that term or earlier: later terms here cannot match.
      let hint = log.lastPlace(upTo: min(previousIndex, log.lastIndex), termAtMost: previousTerm)
      send(.appendRejection(index: previousIndex, hintIndex: hint.index, hintTerm: hint.term), to: leader)
    }
  }

  /// Takes the leader's snapshot for the whole log, unless it says nothing new. Returns whether it was taken.
  private mutating func restore(_ snapshot: RaftSnapshot<Payload>) -> Bool {
    if snapshot.index <= log.committed || !snapshot.voters.contains(id) { return false }
    if log.matches(snapshot.index, snapshot.term) {
      log.commitUp(to: snapshot.index)
      return false
    }
    log.restore(snapshot)
    peers = []
    for voter in snapshot.voters { setVoter(voter) }
    return true
  }
}
