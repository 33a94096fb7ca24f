import Raft
import SimBase

/// The payload of storms: a number, which is a command, a member's address or a state machine's digest.
struct Op: Archivable, Hashable {
  var value: UInt64

  init() { value = 0 }
  init(_ value: UInt64) { self.value = value }

  mutating func archive(_ a: inout Archive) { a.field(&value) }
}

/// What must hold among all members at all times. It watches from outside and knows what the members cannot.
///
/// Source: Raft Figure 3 (the five properties), §5.2, §5.4.
struct StormLaws {
  private struct Place: Hashable {
    var index: UInt64
    var term: UInt64
  }

  private struct Ballot: Hashable {
    var voter: RaftID
    var term: UInt64
  }

  /// An entry that some member knew to be committed.
  private struct Committed {
    var term: UInt64
    /// The term of the member that was first seen to know it: the entry was committed in that term or before.
    var knownInTerm: UInt64
    /// The state machine after it; nil until somebody has applied it.
    var digest: UInt64?
  }

  private var leaders: [UInt64: RaftID] = [:]
  private var votes: [Ballot: RaftID] = [:]
  /// What every entry is, and the term of the one before it. If these are unique, then logs match by induction.
  private var entries: [Place: UInt64] = [:]
  /// By index, from 1.
  private var committed: [Committed] = []
  /// What was found, the first breach alone.
  private(set) var breach: String?
  /// Whether nothing is looked at any more.
  var isSuspended = false

  /// How far anybody knows the log to be committed.
  var committedIndex: UInt64 { UInt64(committed.count) }
  /// How many terms had a leader.
  var termsLed: Int { leaders.count }

  private mutating func require(_ holds: Bool, _ words: @autoclosure () -> String) {
    if !holds && breach == nil && !isSuspended { breach = words() }
  }

  /// At most one leader is elected in a term (Election Safety), and it has all that was committed before (Leader
  /// Completeness).
  mutating func elected(_ node: RaftNode<Op>) {
    let (id, term) = (node.id, node.status.term)
    let known = leaders[term, default: id]
    require(known == id, "\(id) and \(known) both lead in term \(term)")
    leaders[term] = id
    // A leader of term T must have what was committed before T. What became known in T or later proves nothing about
    // it.
    for index in stride(from: committed.count, to: 0, by: -1) where committed[index - 1].knownInTerm < term {
      let place = UInt64(index)
      let needed = committed[index - 1].term
      let has = place < node.firstIndex || node.term(at: place) == needed
      require(has, "leader \(id) of term \(term) lacks the committed entry \(place)/\(needed)")
      break
    }
  }

  /// A member votes for one candidate per term (§5.2).
  mutating func voted(_ voter: RaftID, for candidate: RaftID, term: UInt64) {
    let ballot = Ballot(voter: voter, term: term)
    let known = votes[ballot, default: candidate]
    require(known == candidate, "\(voter) voted for \(known) and \(candidate) in term \(term)")
    votes[ballot] = candidate
  }

  /// An index and a term name one entry, with one history before it (Log Matching).
  mutating func saved(_ entry: RaftEntry<Op>, after previousTerm: UInt64?, by id: RaftID) {
    guard let previousTerm else { return require(false, "\(id) saved entry \(entry.index) after nothing") }
    var hasher = TraceHasher()
    hasher.mix(previousTerm)
    hasher.mix(entry.payload?.value.value ?? 0)
    switch entry.kind {
    case .normal: hasher.mix(1)
    case .empty: hasher.mix(2)
    case .change(let change): hasher.mix(change.member.raw << 2 | UInt64(change.action.rawValue))
    }
    let place = Place(index: entry.index, term: entry.term)
    let known = entries[place, default: hasher.digest]
    require(
      known == hasher.digest, "\(id) has another entry at \(entry.index)/\(entry.term) than somebody else")
    entries[place] = hasher.digest
  }

  /// A committed entry is the same for all (State Machine Safety, first half).
  mutating func knowsCommitted(_ index: UInt64, _ node: RaftNode<Op>) {
    if isSuspended { return }
    guard let term = node.term(at: index) else { return }
    if index <= committedIndex {
      let known = committed[Int(index) - 1].term
      require(known == term, "\(node.id) committed \(index)/\(term), somebody else \(index)/\(known)")
    } else {
      let end = committedIndex
      require(index == end + 1, "\(node.id) committed \(index), and nobody \(end + 1)")
      committed.append(Committed(term: term, knownInTerm: node.status.term))
    }
  }

  /// State machines are the same at the same index (State Machine Safety, second half).
  mutating func applied(_ index: UInt64, digest: UInt64, by id: RaftID) {
    if isSuspended { return }
    if index == 0 || index > committedIndex {
      return require(index == 0, "\(id) applied \(index), which is not committed")
    }
    let known = committed[Int(index) - 1].digest ?? digest
    require(known == digest, "\(id) has another state at \(index) than somebody else")
    committed[Int(index) - 1].digest = digest
  }

  /// Anything else that a storm can tell at once.
  mutating func demand(_ holds: Bool, _ words: @autoclosure () -> String) { require(holds, words()) }
}
