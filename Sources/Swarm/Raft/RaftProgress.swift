/// What a leader believes about one member's log, and how fast it may send to it.
///
/// - `probe`: where the logs agree is not known; one append at a time, the next when it is answered or a heartbeat is.
/// - `replicate`: they agree; appends are sent ahead, up to a window of unanswered ones.
/// - `snapshot`: the log no longer reaches back far enough; nothing is sent until the snapshot's fate is known.
///
/// Source: etcd-io/raft `tracker/progress.go`, `tracker/inflights.go`.
public struct RaftProgress: Hashable, Sendable {
  /// How the leader sends.
  public enum State: Hashable, Sendable {
    /// One append at a time, to find where the logs agree.
    case probe
    /// A window of appends ahead.
    case replicate
    /// Waiting for a snapshot to arrive.
    case snapshot
  }

  /// How the leader sends.
  public internal(set) var state = State.probe
  /// The highest entry known to be in the member's log.
  public internal(set) var match: UInt64 = 0
  /// The next entry to send. Invariant: `match < next`.
  public internal(set) var next: UInt64
  /// Whether it has answered since the leader last asked itself whether it still has a quorum.
  public internal(set) var isRecentlyActive = false
  /// The index of the snapshot that is on its way; 0 if none is.
  public internal(set) var pendingSnapshot: UInt64 = 0
  /// The last entries of the unanswered appends, oldest first.
  public internal(set) var inflight: [UInt64] = []
  /// Whether the flow of appends waits for a sign of life.
  var isFlowPaused = false
  /// The highest commit index that the member was sent.
  var sentCommit: UInt64 = 0

  /// Nothing is known but where to begin.
  init(next: UInt64) { self.next = next }

  /// Whether nothing may be sent for now.
  public var isPaused: Bool { state == .snapshot || isFlowPaused }

  private mutating func enter(_ state: State) {
    isFlowPaused = false
    pendingSnapshot = 0
    self.state = state
    inflight.removeAll(keepingCapacity: true)
  }

  /// Starts to probe: after the snapshot if one was sent, else after what is known to match.
  mutating func becomeProbe() {
    let sent = state == .snapshot ? pendingSnapshot : 0
    enter(.probe)
    next = max(match, sent) + 1
    sentCommit = min(sentCommit, next - 1)
  }

  /// Starts to send ahead, after what is known to match.
  mutating func becomeReplicate() {
    enter(.replicate)
    next = match + 1
  }

  /// Waits for the snapshot at this index.
  mutating func becomeSnapshot(at index: UInt64) {
    enter(.snapshot)
    pendingSnapshot = index
    next = index + 1
    sentCommit = index
  }

  /// Notes that so many entries from `next` on were sent.
  mutating func sent(_ count: Int, window: Int) {
    switch state {
    case .replicate:
      if count > 0 {
        next += UInt64(count)
        inflight.append(next - 1)
      }
      isFlowPaused = inflight.count >= window
    case .probe:
      // An empty probe does not stop the flow: a follower that has everything may be probed again at once.
      if count > 0 { isFlowPaused = true }
    case .snapshot: preconditionFailure("an append was sent to a member that waits for a snapshot")
    }
  }

  /// Whether telling the member this commit index could move its own.
  func canRaiseCommit(to commit: UInt64) -> Bool { commit > sentCommit && sentCommit < next - 1 }

  /// Notes that the log matches up to `index`; false if that was known already.
  mutating func acknowledged(_ index: UInt64) -> Bool {
    if index <= match { return false }
    match = index
    next = max(next, index + 1)
    isFlowPaused = false
    return true
  }

  /// Takes the appends up to `index` out of the window.
  mutating func freeInflight(upTo index: UInt64) {
    inflight.removeFirst(inflight.firstIndex { $0 > index } ?? inflight.count)
  }

  /// Steps back after the append at `index` was refused, to after `hint` at most; false if the refusal is stale.
  mutating func rejected(at index: UInt64, hint: UInt64) -> Bool {
    if state == .replicate {
      if index <= match { return false }
      next = match + 1
    } else {
      // A prober has one append out, so a refusal of any other place is an old one.
      if next - 1 != index { return false }
      next = max(min(index, hint + 1), match + 1)
      isFlowPaused = false
    }
    sentCommit = min(sentCommit, next - 1)
    return true
  }
}
