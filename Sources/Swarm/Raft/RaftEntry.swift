import SimBase

/// One slot of the log: what was proposed, by the leader of which term, at which place.
///
/// Two logs that have an entry of the same index and term have the same entries up to there (Raft §5.3). The payload is
/// shared: the logs, messages and snapshots of all members point to one object.
public struct RaftEntry<Payload: Sendable>: Sendable {
  /// The term of the leader that made the entry. It never changes.
  public let term: UInt64
  /// The place in the log, from 1.
  public let index: UInt64
  /// What the entry is for.
  public let kind: RaftEntryKind
  /// The bytes that the payload takes on the wire: what limits of size count.
  public let size: Int
  /// What the state machine is to apply; for a membership change, what the driver knows about the member.
  public let payload: Shared<Payload>?

  /// An entry with these fields.
  public init(term: UInt64, index: UInt64, kind: RaftEntryKind, size: Int = 0, payload: Shared<Payload>? = nil) {
    self.term = term
    self.index = index
    self.kind = kind
    self.size = size
    self.payload = payload
  }

  /// The bytes of the whole entry in etcd's protobuf form, which is what messages are cut by.
  ///
  /// Source: etcd-io/raft `raftpb/raft.proto` (`Entry`), `util.go` (`limitSize`).
  var encodedSize: Int {
    let head = 2 + 1 + varintSize(term) + 1 + varintSize(index)
    return size == 0 ? head : head + 1 + varintSize(UInt64(size)) + size
  }
}

/// What an entry is for.
public enum RaftEntryKind: Hashable, Sendable {
  /// A proposal of the driver's.
  case normal
  /// Nothing: a new leader's first entry, or what is left of a membership change that came too early.
  case empty
  /// A change of the members, which takes effect when it is applied.
  case change(RaftChange)
}

/// A change of one member.
public struct RaftChange: Hashable, Sendable {
  /// What happens to the member.
  public enum Action: Int, Sendable {
    /// It becomes a voter.
    case add = 1
    /// It is no longer one, and its ID is spent.
    case remove = 2
    /// What is known about it, such as its address, is replaced.
    case update = 3
  }

  /// What happens.
  public let action: Action
  /// To whom.
  public let member: RaftID

  /// A change of this member.
  public init(_ action: Action, _ member: RaftID) {
    self.action = action
    self.member = member
  }
}

/// How many bytes a number takes in base-128 form.
func varintSize(_ number: UInt64) -> Int { max(1, (64 - number.leadingZeroBitCount + 6) / 7) }

extension RaftEntry: Archivable where Payload: Archivable {
  /// A blank entry, for an archive to fill.
  public init() { self.init(term: 0, index: 0, kind: .empty) }

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    var (term, index, kind, size, payload) = (term, index, kind, size, payload)
    a.field(&term)
    a.field(&index)
    a.field(&kind)
    a.field(&size)
    if size < 0 { a.markBroken() }
    a.field(&payload)
    if a.isReading { self = RaftEntry(term: term, index: index, kind: kind, size: size, payload: payload) }
  }
}

extension Archive {
  /// An entry's kind: 0 normal, 1 empty, 2 a change with its action and member.
  fileprivate mutating func field(_ kind: inout RaftEntryKind) {
    var tag: UInt64
    var action = RaftChange.Action.add
    var member = RaftID(1)
    switch kind {
    case .normal: tag = 0
    case .empty: tag = 1
    case .change(let change): (tag, action, member) = (2, change.action, change.member)
    }
    field(&tag)
    switch tag {
    case 0: kind = .normal
    case 1: kind = .empty
    case 2:
      field(&action)
      field(&member)
      kind = .change(RaftChange(action, member))
    default: markBroken()
    }
  }
}
