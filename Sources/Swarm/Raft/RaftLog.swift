import SimBase

/// A member's log in memory: the entries after its snapshot and some before it, and how far they are durable, committed
/// and applied.
///
/// Entries are kept in chunks, so that the first write after a copy of the world copies one chunk and not ten thousand
/// entries. What etcd keeps apart as "stable" and "unstable" is one list here, with a mark between them.
///
/// Invariants: `firstIndex - 1 <= applied <= committed <= lastIndex`; a committed entry never changes.
///
/// Source: etcd-io/raft `log.go`, `log_unstable.go`, `storage.go` (`MemoryStorage`).
struct RaftLog<Payload: Sendable>: Sendable {
  /// Every chunk but the last has `chunkSize` entries; the first begins at `base`.
  private var chunks: [[RaftEntry<Payload>]] = []
  private var base: UInt64
  /// The first entry that is still there, or would be.
  private(set) var firstIndex: UInt64
  /// The last entry, or the one before `firstIndex`.
  private(set) var lastIndex: UInt64
  /// The term of the entry before `firstIndex`.
  private var termBeforeFirst: UInt64
  /// The newest snapshot of the state machine: what a follower gets that is too far behind.
  private(set) var snapshot: RaftSnapshot<Payload>?
  /// Whether `snapshot` came from the leader and is not applied yet.
  private(set) var isSnapshotPending = false
  /// The highest index known to be durable on a majority.
  private(set) var committed: UInt64
  /// The highest index that the driver has applied.
  private(set) var applied: UInt64
  /// The first entry that has not been handed to the driver to persist.
  private(set) var firstUnsaved: UInt64

  private static var chunkSize: Int { 256 }

  /// A log that goes on from `snapshot` with `entries`, all of them durable.
  init(snapshot: RaftSnapshot<Payload>?, entries: [RaftEntry<Payload>]) {
    self.snapshot = snapshot
    let start = snapshot?.index ?? 0
    base = start + 1
    firstIndex = start + 1
    lastIndex = start
    termBeforeFirst = snapshot?.term ?? 0
    committed = start
    applied = start
    firstUnsaved = start + 1
    for entry in entries where entry.index > start { push(entry) }
    firstUnsaved = lastIndex + 1
  }

  // MARK: Reading

  /// The entry at `index`, which must be there.
  subscript(index: UInt64) -> RaftEntry<Payload> {
    precondition(index >= firstIndex && index <= lastIndex, "entry \(index) is not in \(firstIndex)...\(lastIndex)")
    let place = Int(index - base)
    return chunks[place / Self.chunkSize][place % Self.chunkSize]
  }

  /// The term at `index`; nil if it was compacted away or is yet to come.
  func term(at index: UInt64) -> UInt64? {
    if index + 1 < firstIndex || index > lastIndex { return nil }
    return index + 1 == firstIndex ? termBeforeFirst : self[index].term
  }

  /// The term of the last entry.
  var lastTerm: UInt64 { term(at: lastIndex) ?? 0 }

  /// Whether the log has an entry of this index and term.
  func matches(_ index: UInt64, _ term: UInt64) -> Bool { self.term(at: index) == term }

  /// Whether a log that ends like this has everything that this one may have committed (Raft §5.4.1).
  func isUpToDate(lastIndex theirs: UInt64, lastTerm: UInt64) -> Bool {
    (lastTerm, theirs) >= (self.lastTerm, lastIndex)
  }

  /// The entries from `start` through `end`, cut to `maxBytes` but never to none. Nil if `start` was compacted away.
  func entries(from start: UInt64, through end: UInt64, maxBytes: Int) -> [RaftEntry<Payload>]? {
    if start < firstIndex { return nil }
    var found: [RaftEntry<Payload>] = []
    if start > end { return found }
    found.reserveCapacity(Int(min(end - start + 1, 64)))
    var bytes = 0
    var index = start
    while index <= end {
      let entry = self[index]
      bytes += entry.encodedSize
      if bytes > maxBytes && !found.isEmpty { break }
      found.append(entry)
      index += 1
    }
    return found
  }

  /// The highest place up to `index` where the term is at most `term`: no place between can match a log that has `term`
  /// at `index`. The term is 0 where it is no longer known.
  func lastPlace(upTo index: UInt64, termAtMost term: UInt64) -> (index: UInt64, term: UInt64) {
    var index = index
    while index > 0 {
      guard let ours = self.term(at: index) else { return (index, 0) }
      if ours <= term { return (index, ours) }
      index -= 1
    }
    return (0, 0)
  }

  /// Whether a membership change is committed and not applied.
  var hasUnappliedChange: Bool {
    if applied >= committed { return false }
    return (applied + 1...committed).contains { index in
      if case .change = self[index].kind { true } else { false }
    }
  }

  // MARK: Writing

  private mutating func push(_ entry: RaftEntry<Payload>) {
    precondition(entry.index == lastIndex + 1, "entry \(entry.index) does not follow \(lastIndex)")
    let last = chunks.count - 1
    if last >= 0 && chunks[last].count < Self.chunkSize {
      chunks[last].append(entry)
    } else {
      chunks.append([entry])
    }
    lastIndex = entry.index
  }

  private mutating func truncate(from index: UInt64) {
    if index > lastIndex { return }
    precondition(index > committed, "entry \(index) is committed (up to \(committed)) and cannot change")
    let kept = Int(index - base)
    let whole = kept / Self.chunkSize
    chunks.removeSubrange((whole + 1)...)
    chunks[whole].removeSubrange((kept % Self.chunkSize)...)
    if chunks[whole].isEmpty { chunks.removeLast() }
    lastIndex = index - 1
    firstUnsaved = min(firstUnsaved, index)
  }

  /// Puts the entries at their places; what was there before goes, with all that followed it.
  mutating func append(_ entries: some Sequence<RaftEntry<Payload>>) {
    for entry in entries {
      truncate(from: entry.index)
      push(entry)
    }
  }

  /// Takes a leader's entries if the log agrees with what comes before them, and commits as far as both know.
  ///
  /// Returns the last index that is now known to agree, or nil if the logs differ before the entries.
  mutating func accept(
    after previousIndex: UInt64, _ previousTerm: UInt64, _ entries: [RaftEntry<Payload>], commit: UInt64
  ) -> UInt64? {
    if !matches(previousIndex, previousTerm) { return nil }
    // Entries that are there already stay: a late, shorter append must not cut off what followed it (Raft §5.3).
    if let first = entries.firstIndex(where: { !matches($0.index, $0.term) }) { append(entries[first...]) }
    let lastAgreed = previousIndex + UInt64(entries.count)
    commitUp(to: min(commit, lastAgreed))
    return lastAgreed
  }

  /// Raises the commit index; it never falls.
  mutating func commitUp(to index: UInt64) {
    if index <= committed { return }
    precondition(index <= lastIndex, "commit index \(index) is beyond the log's end \(lastIndex): was the log lost?")
    committed = index
  }

  /// Notes what the driver has applied.
  mutating func applyUp(to index: UInt64) {
    precondition(index >= applied && index <= committed, "applied \(index) is not in \(applied)...\(committed)")
    applied = index
  }

  /// Notes that everything has been handed to the driver to persist.
  mutating func noteHandedOut() { firstUnsaved = lastIndex + 1 }

  /// Replaces the whole log by the leader's snapshot, which is then to be persisted and applied.
  mutating func restore(_ snapshot: RaftSnapshot<Payload>) {
    self = RaftLog(snapshot: snapshot, entries: [], applied: applied)
  }

  private init(snapshot: RaftSnapshot<Payload>, entries: [RaftEntry<Payload>], applied: UInt64) {
    self.init(snapshot: snapshot, entries: entries)
    self.applied = applied
    isSnapshotPending = true
  }

  /// Notes that the leader's snapshot is applied.
  mutating func snapshotApplied(at index: UInt64) {
    if isSnapshotPending && snapshot?.index == index { isSnapshotPending = false }
    applied = max(applied, index)
  }

  /// Adopts a snapshot of the driver's own and forgets entries, but for `kept` before it. False if it is outdated.
  mutating func compact(to snapshot: RaftSnapshot<Payload>, keeping kept: UInt64) -> Bool {
    if isSnapshotPending || snapshot.index <= self.snapshot?.index ?? 0 { return false }
    precondition(snapshot.index <= applied, "a snapshot at \(snapshot.index) of a state machine at \(applied)")
    self.snapshot = snapshot
    if snapshot.index <= kept { return true }
    let cut = snapshot.index - kept
    guard cut >= firstIndex, let term = term(at: cut) else { return true }
    termBeforeFirst = term
    firstIndex = cut + 1
    let dead = Int(firstIndex - base) / Self.chunkSize
    let dropped = min(dead, chunks.count)
    chunks.removeFirst(dropped)
    base += UInt64(dropped * Self.chunkSize)
    if chunks.isEmpty { base = lastIndex + 1 }
    return true
  }
}
