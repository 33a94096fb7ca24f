import SimBase

/// Handing out work and hearing that it is done; and what takes effect where it is applied: membership, snapshots.
///
/// Source: etcd-io/raft `rawnode.go` (`Ready`, `acceptReady`, `Advance`), `confchange/confchange.go` (`Simple`);
/// moby/swarmkit `manager/state/raft/raft.go` (`Run`, `processConfChange`).
extension RaftNode {
  private var hardState: RaftHardState {
    let durableVote = config.plantedBug == .voteIsNotPersisted ? nil : vote
    return RaftHardState(term: term, vote: durableVote, commit: log.committed)
  }

  private var softState: RaftSoftState { RaftSoftState(role: role, leader: leader) }

  /// Whether there is something to do and nothing outstanding.
  public var hasReady: Bool {
    if outstanding != nil { return false }
    return softState != toldSoftState || hardState != savedHardState || log.isSnapshotPending
      || !messages.isEmpty || !promises.isEmpty || !ownPromises.isEmpty
      || log.firstUnsaved <= log.lastIndex || log.applied < log.committed
  }

  /// Hands out what is to be done; nil if there is nothing, or the last was not advanced over.
  public mutating func takeReady() -> RaftReady<Payload>? {
    if !hasReady { return nil }
    let snapshot = log.isSnapshotPending ? log.snapshot : nil
    let entries = unsavedEntries()
    // What comes after a snapshot is applied after the snapshot is.
    let committed =
      snapshot == nil
      ? log.entries(from: log.applied + 1, through: log.committed, maxBytes: config.maxBytesPerMessage) ?? [] : []
    let newHard = hardState == savedHardState ? nil : hardState
    let newSoft = softState == toldSoftState ? nil : softState
    let mustSync =
      snapshot != nil || !entries.isEmpty || hardState.term != savedHardState.term
      || hardState.vote != savedHardState.vote
    // Closures, not key paths: in generic code a key path is looked up at run time, a tenth of an event's price.
    let removed = committed.compactMap { $0.removedMember }
    let ready = RaftReady(
      snapshot: snapshot, hardState: newHard, entries: entries, mustSync: mustSync,
      messages: promises.isEmpty ? messages : messages + promises,
      softState: newSoft, committed: committed,
      removesLeader: role != .leader && leader.map(removed.contains) == true, removesSelf: removed.contains(id))
    if let newHard { savedHardState = newHard }
    if let newSoft {
      toldSoftState = newSoft
      if newSoft.role != .leader { isReadyToLead = false }
    }
    outstanding = Outstanding(
      ownPromises: ownPromises, lastIndex: log.lastIndex, snapshot: snapshot, committed: committed)
    log.noteHandedOut()
    messages = []
    promises = []
    ownPromises = []
    return ready
  }

  private func unsavedEntries() -> [RaftEntry<Payload>] {
    log.entries(from: log.firstUnsaved, through: log.lastIndex, maxBytes: .max) ?? []
  }

  /// Hears that everything in the last `RaftReady` is done: persisted, sent and applied.
  public mutating func advance(dice: inout Dice) {
    guard let done = outstanding else { preconditionFailure("nothing is outstanding to advance over") }
    outstanding = nil
    if let snapshot = done.snapshot { load(snapshot) }
    for entry in done.committed {
      if case .change(let change) = entry.kind { apply(change, entry.payload) }
    }
    let applied = done.committed.last?.index ?? log.applied
    if toldSoftState.role == .leader && applied >= done.lastIndex { isReadyToLead = true }
    for promise in done.ownPromises where promise.term == term {
      if let index = promise.index {
        hearAppended(index, by: id)
      } else if role == .candidate {
        count(true, from: id, &dice)
      }
    }
    if let snapshot = done.snapshot { log.snapshotApplied(at: snapshot.index) }
    if let last = done.committed.last { log.applyUp(to: max(last.index, log.applied)) }
    campaignIfAlone(&dice)
  }

  /// Campaigns at once at the first start and after a restart as the only member.
  ///
  /// As in swarmkit, that is decided once, after the first batch that names any member. If a membership change is still
  /// to be applied then, the campaign is refused and the timeout decides.
  private mutating func campaignIfAlone(_ dice: inout Dice) {
    if !campaignsIfAlone || membership.members.isEmpty { return }
    campaignsIfAlone = false
    if membership.members.count == 1 && membership.members[0].id == id {
      campaignIfAllowed(isTransfer: false, &dice)
    }
  }

  // MARK: Membership

  /// The cluster's list is the snapshot's now; whoever is not on it is forgotten, and the removed stay removed.
  private mutating func load(_ snapshot: RaftSnapshot<Payload>) {
    membership = RaftMembership(
      members: snapshot.membership.members, removed: membership.removed + snapshot.membership.removed)
  }

  /// Lets a committed membership change take effect.
  private mutating func apply(_ change: RaftChange, _ payload: Shared<Payload>?) {
    switch change.action {
    case .add:
      membership.set(RaftMember(id: change.member, payload: payload))
      setVoter(change.member)
    case .update:
      if membership[change.member] != nil { membership.set(RaftMember(id: change.member, payload: payload)) }
    case .remove:
      membership.remove(change.member)
      peers.removeAll { $0.id == change.member }
      precondition(!peers.isEmpty, "the last voter \(change.member) was removed")
    }
    if role != .leader || place(of: id) == nil { return }
    if commitWhatAMajorityHas() {
      // A smaller cluster needs fewer copies.
      broadcastAppend()
    } else {
      for place in peers.indices where peers[place].id != id { sendAppend(to: place, evenEmpty: false) }
    }
    if let member = transferee, place(of: member) == nil { transferee = nil }
  }

  // MARK: Snapshots

  /// Whether so much was applied since the last snapshot that the next is due; an interval of 0 means never.
  public func isSnapshotDue(interval: UInt64) -> Bool {
    interval > 0 && log.applied - min(log.applied, log.snapshot?.index ?? 0) >= interval
  }

  /// The snapshot of now, with the driver's state machine as its payload; nil if nothing was applied yet.
  ///
  /// Nothing changes here: the driver persists it and then calls `compact(to:)`.
  public func makeSnapshot(_ payload: Shared<Payload>?, size: Int) -> RaftSnapshot<Payload>? {
    guard log.applied > 0, let term = log.term(at: log.applied) else { return nil }
    return RaftSnapshot(
      index: log.applied, term: term, voters: peers.map { $0.id }, membership: membership, size: size, payload: payload)
  }

  /// Adopts a snapshot that is durable now, and drops old entries but the last few before it.
  ///
  /// Returns false, and does nothing, if a newer one has come from the leader meanwhile.
  @discardableResult
  public mutating func compact(to snapshot: RaftSnapshot<Payload>) -> Bool {
    log.compact(to: snapshot, keeping: config.keptEntries)
  }
}

extension RaftEntry {
  /// Whom the entry removes, if it does.
  fileprivate var removedMember: RaftID? {
    if case .change(let change) = kind, change.action == .remove { change.member } else { nil }
  }
}
