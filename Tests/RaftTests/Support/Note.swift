import Raft
import SimBase

/// The payload of these tests: a few letters.
struct Note: Archivable, Hashable {
  var text: String

  init() { text = "" }
  init(_ text: String) { self.text = text }

  mutating func archive(_ a: inout Archive) { a.field(&text) }
}

typealias Node = RaftNode<Note>
typealias Message = RaftMessage<Note>
typealias Entry = RaftEntry<Note>
typealias Snapshot = RaftSnapshot<Note>
typealias Durable = RaftDurable<Note>
typealias Ready = RaftReady<Note>

extension RaftID: ExpressibleByIntegerLiteral {
  /// The member with this number.
  public init(integerLiteral value: UInt64) { self.init(value) }
}

/// Members in text: `m3`, or `-` for nobody.
func name(_ id: RaftID?) -> String { id.map { "m\($0.raw)" } ?? "-" }

extension RaftEntry<Note> {
  init(_ index: UInt64, _ term: UInt64, _ text: String = "") {
    let kind: RaftEntryKind = text.isEmpty ? .empty : .normal
    self.init(
      term: term, index: index, kind: kind, size: text.utf8.count, payload: text.isEmpty ? nil : Shared(Note(text)))
  }

  /// Index, term and content: `5/2 "x"`.
  var text: String {
    let place = "\(index)/\(term)"
    switch kind {
    case .empty: return "\(place) empty"
    case .normal: return "\(place) \"\(payload?.value.text ?? "")\""
    case .change(let change): return "\(place) \(change.action) \(name(change.member))"
    }
  }
}

extension RaftMessage<Note> {
  /// The message as one line.
  var text: String { "\(name(from)) -> \(name(to)) \(content) term=\(term)" }

  private var content: String {
    switch kind {
    case .vote(let index, let term, let isTransfer):
      return "Vote last=\(index)/\(term)\(isTransfer ? " transfer" : "")"
    case .voteReply(let isGranted): return isGranted ? "VoteReply granted" : "VoteReply refused"
    case .append(let index, let term, let entries, let commit):
      return "Append after=\(index)/\(term) commit=\(commit) [\(entries.map(\.text).joined(separator: ", "))]"
    case .appendReply(let index): return "AppendReply index=\(index)"
    case .appendRejection(let index, let hintIndex, let hintTerm):
      return "AppendRejection index=\(index) hint=\(hintIndex)/\(hintTerm)"
    case .heartbeat(let commit): return "Heartbeat commit=\(commit)"
    case .heartbeatReply: return "HeartbeatReply"
    case .snapshot(let snapshot): return "Snapshot \(snapshot.text)"
    case .timeoutNow: return "TimeoutNow"
    case .transferLeadership(let member): return "TransferLeadership to=\(name(member))"
    }
  }
}

extension RaftSnapshot<Note> {
  /// Index, term and voters.
  var text: String { "\(index)/\(term) voters=\(voters.map { name($0) }.joined(separator: ","))" }
}

extension RaftProgress {
  /// The progress as one line.
  var text: String {
    var words = ["\(state)", "match=\(match)", "next=\(next)"]
    if isPaused { words.append("paused") }
    if pendingSnapshot > 0 { words.append("pending=\(pendingSnapshot)") }
    if !isRecentlyActive { words.append("inactive") }
    if !inflight.isEmpty { words.append("inflight=\(inflight.count)") }
    return words.joined(separator: " ")
  }
}
