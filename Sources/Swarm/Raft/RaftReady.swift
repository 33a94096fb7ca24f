import SimBase

/// What a member wants done next, in the order of the fields.
///
/// First `records` are persisted (`mustSync` says whether they have to be on the disk before going on). When they are
/// durable, `messages` are sent; a promise is never made that a crash could take back. Then the state machine follows:
/// `snapshot` replaces it, `softState` tells of the role, `committed` is applied entry by entry. Then the driver calls
/// `RaftNode.advance`, and may take the next one.
///
/// Source: etcd-io/raft `node.go` (`Ready`); moby/swarmkit `manager/state/raft/raft.go` (`Run`).
public struct RaftReady<Payload: Sendable>: Sendable {
  /// 1. A leader's snapshot to persist, and after the messages to load into the state machine.
  public let snapshot: RaftSnapshot<Payload>?
  /// 2. The term, vote and commit index to persist, if they changed.
  public let hardState: RaftHardState?
  /// 3. Entries to persist. They replace what is at their places and after.
  public let entries: [RaftEntry<Payload>]
  /// Whether the disk must be waited for. A new commit index alone may be lost.
  public let mustSync: Bool
  /// 4. Messages to send once all of that is durable.
  public let messages: [RaftMessage<Payload>]
  /// 5. The role and leader, if they changed. Who ceases to lead cancels what waits for a proposal before it applies
  /// anything: such a proposal may still be committed, and is then applied like another's.
  public let softState: RaftSoftState?
  /// 6. Entries to apply, oldest first.
  public let committed: [RaftEntry<Payload>]
  /// Whether `committed` removes the leader that this follower follows.
  ///
  /// Swarmkit then asks it to campaign, in the middle of applying; Raft refuses, as the change is not applied yet, and
  /// the followers wait out their timeouts. A driver that asks after `advance` gets its campaign, which the others'
  /// leases still ignore.
  public let removesLeader: Bool
  /// Whether `committed` removes this member itself, which is then to stop and wipe its disk.
  public let removesSelf: Bool

  /// What to persist, in the order of writing.
  ///
  /// **Differs from Docker:** etcd writes the entries before the hard state. Here a torn write can never keep a
  /// membership change and lose the commit index that proves the change before it, so that no member wakes up two
  /// changes behind.
  public var records: [RaftRecord<Payload>] {
    var records: [RaftRecord<Payload>] = []
    if let snapshot { records.append(.snapshot(snapshot)) }
    if let hardState { records.append(.hardState(hardState)) }
    for entry in entries { records.append(.entry(entry)) }
    return records
  }
}

/// What a member is and whom it follows; nothing of it is persisted.
public struct RaftSoftState: Hashable, Sendable {
  /// What it is.
  public let role: RaftRole
  /// The leader of its term, as far as it knows.
  public let leader: RaftID?
}

/// What a member is.
public enum RaftRole: Hashable, Sendable {
  /// It answers.
  case follower
  /// It asks for votes.
  case candidate
  /// It proposes, and tells the others what comes next.
  case leader
}
