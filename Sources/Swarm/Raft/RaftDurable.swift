import SimBase

/// What a member must remember of its votes, whatever happens to it.
///
/// Source: Raft Figure 2 (persistent state), etcd-io/raft `raftpb/raft.proto` (`HardState`).
public struct RaftHardState: Hashable, Sendable {
  /// The latest term that it has heard of.
  public var term: UInt64
  /// Whom it voted for in that term.
  public var vote: RaftID?
  /// How far it knows the log to be committed. A hint: losing it costs time, not safety.
  public var commit: UInt64

  /// Nothing heard, no vote, nothing committed.
  public init() { self.init(term: 0, vote: nil, commit: 0) }

  /// These three.
  public init(term: UInt64, vote: RaftID?, commit: UInt64) {
    self.term = term
    self.vote = vote
    self.commit = commit
  }
}

/// One step of what is written to disk, in the order of writing.
public enum RaftRecord<Payload: Sendable>: Sendable {
  /// Whose log this is: the first record.
  case owner(RaftID)
  /// The term, vote and commit index from here on.
  case hardState(RaftHardState)
  /// An entry. It replaces what was at its place and all that followed.
  case entry(RaftEntry<Payload>)
  /// A snapshot. Entries up to it are no longer needed; later ones stay if the log agrees with it, else they go.
  case snapshot(RaftSnapshot<Payload>)
  /// Everything after this index is void.
  case truncation(after: UInt64)
}

/// What outlives a crash: everything that a member's disk says.
///
/// It is the sum of the records written so far; `RaftWAL` turns records into bytes and back.
///
/// Source: moby/swarmkit `manager/state/raft/storage.go` (`loadAndStart`).
public struct RaftDurable<Payload: Sendable>: Sendable {
  /// Whose it is.
  public let owner: RaftID
  /// The term, vote and commit index.
  public private(set) var hardState = RaftHardState()
  /// The newest snapshot.
  public private(set) var snapshot: RaftSnapshot<Payload>?
  /// The entries after the snapshot. Invariant: no gaps.
  public private(set) var entries: [RaftEntry<Payload>] = []

  /// An empty disk of this member's.
  public init(owner: RaftID) { self.owner = owner }

  /// The last entry's index, or the snapshot's.
  public var lastIndex: UInt64 { entries.last?.index ?? snapshot?.index ?? 0 }

  /// The commit index that can be relied on: what a crash tore off the log is not counted.
  public var commit: UInt64 { max(min(hardState.commit, lastIndex), snapshot?.index ?? 0) }

  /// Adds a record; false, and nothing changed, if it cannot follow what is there.
  public mutating func add(_ record: RaftRecord<Payload>) -> Bool {
    switch record {
    case .owner(let id): return id == owner
    case .hardState(let state): hardState = state
    case .entry(let entry):
      if entry.index <= snapshot?.index ?? 0 { return true }
      if entry.index > lastIndex + 1 { return false }
      cut(after: entry.index - 1)
      entries.append(entry)
    case .snapshot(let new):
      if new.index <= snapshot?.index ?? 0 { return true }
      // A log that has the snapshot's last entry agrees with it; any other is the past of a different history.
      let match = entries.firstIndex { $0.index == new.index && $0.term == new.term }
      if let match { entries.removeSubrange(...match) } else { entries = [] }
      snapshot = new
    case .truncation(let index): cut(after: index)
    }
    return true
  }

  private mutating func cut(after index: UInt64) {
    if let first = entries.first, index < entries[entries.count - 1].index {
      entries.removeLast(index < first.index ? entries.count : entries.count - Int(index + 1 - first.index))
    }
  }

  /// Adds the records that a `RaftReady` asks to be persisted.
  public mutating func persist(_ records: [RaftRecord<Payload>]) {
    for record in records {
      let isKnown = add(record)
      precondition(isKnown, "a member's records follow each other")
    }
  }

  /// The fewest records that say the same: what a fresh file begins with after a snapshot.
  public var records: [RaftRecord<Payload>] {
    var records: [RaftRecord<Payload>] = [.owner(owner)]
    if let snapshot { records.append(.snapshot(snapshot)) }
    records.append(.hardState(hardState))
    records += entries.map { .entry($0) }
    return records
  }

  /// Makes the owner the only member, whoever else there was: the way out when a majority is lost for good.
  ///
  /// What was not committed is dropped. Then the owner is added if it is not a member, and each other one is removed,
  /// by entries that count as committed although nobody was asked. Returns the records to write. The changes take
  /// effect when the restarted member applies them; `payload` is what it knows about itself.
  ///
  /// **Differs from Docker:** swarmkit adds the owner last, and etcd panics on a change that leaves no voter.
  ///
  /// Source: moby/swarmkit `manager/state/raft/storage.go`, `manager/state/raft/raft.go` (`createConfigChangeEnts`).
  public mutating func forceNewCluster(payload: Shared<Payload>?, size: Int) -> [RaftRecord<Payload>] {
    var records: [RaftRecord<Payload>] = [.truncation(after: commit)]
    cut(after: commit)
    var others = Set(snapshot?.voters ?? [])
    for case .change(let change) in entries.map(\.kind) {
      switch change.action {
      case .add: others.insert(change.member)
      case .remove: others.remove(change.member)
      case .update: break
      }
    }
    let isMember = others.remove(owner) != nil
    func append(_ change: RaftChange, _ payload: Shared<Payload>?, _ size: Int) {
      let entry = RaftEntry(
        term: hardState.term, index: lastIndex + 1, kind: .change(change), size: size, payload: payload)
      entries.append(entry)
      records.append(.entry(entry))
    }
    if !isMember { append(RaftChange(.add, owner), payload, size) }
    for other in others.sorted() { append(RaftChange(.remove, other), nil, 0) }
    hardState.commit = lastIndex
    records.append(.hardState(hardState))
    return records
  }
}

extension RaftHardState: Archivable {
  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&term)
    a.field(&vote)
    a.field(&commit)
  }
}

extension RaftRecord: Archivable where Payload: Archivable {
  /// A blank record, for an archive to fill.
  public init() { self = .truncation(after: 0) }

  /// Lists a number that tells the kind, and the kind's field.
  public mutating func archive(_ a: inout Archive) {
    if a.isReading { self = RaftRecord.read(from: &a) } else { write(to: &a) }
  }

  private func write(to a: inout Archive) {
    func tag(_ number: UInt64) {
      var number = number
      a.field(&number)
    }
    switch self {
    case .owner(var owner):
      tag(1)
      a.field(&owner)
    case .hardState(var state):
      tag(2)
      a.field(&state)
    case .entry(var entry):
      tag(3)
      a.field(&entry)
    case .snapshot(var snapshot):
      tag(4)
      a.field(&snapshot)
    case .truncation(var index):
      tag(5)
      a.field(&index)
    }
  }

  private static func read(from a: inout Archive) -> RaftRecord {
    func filled<Field: Archivable>(_ blank: Field) -> Field {
      var field = blank
      a.field(&field)
      return field
    }
    var tag: UInt64 = 0
    a.field(&tag)
    switch tag {
    case 1:
      var owner = RaftID(1)
      a.field(&owner)
      return .owner(owner)
    case 2: return .hardState(filled(RaftHardState()))
    case 3: return .entry(filled(RaftEntry()))
    case 4: return .snapshot(filled(RaftSnapshot()))
    case 5:
      var index: UInt64 = 0
      a.field(&index)
      return .truncation(after: index)
    default:
      a.markBroken()
      return RaftRecord()
    }
  }
}
