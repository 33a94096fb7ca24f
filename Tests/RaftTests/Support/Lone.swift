import SimBase

@testable import Raft

/// One member whose peers are the test: it hears what the test says, and what it says is collected.
struct Lone {
  var node: Node
  var dice: Dice
  var durable: Durable
  /// All messages since the last `drain`, in order.
  private(set) var sent: [Message] = []
  /// All entries ever applied.
  private(set) var applied: [Entry] = []

  /// Member 1 of so many, with a log whose entries have these terms.
  init(
    of count: Int, terms: [UInt64] = [], term: UInt64? = nil, vote: RaftID? = nil, seed: UInt64 = 1,
    config: RaftConfig = RaftConfig()
  ) {
    durable = Durable(owner: 1)
    let hard = RaftHardState(term: term ?? terms.last ?? 0, vote: vote, commit: 0)
    var records: [RaftRecord<Note>] = [.hardState(hard)]
    for (place, term) in terms.enumerated() { records.append(.entry(Entry(UInt64(place) + 1, term))) }
    for record in records { _ = durable.add(record) }
    dice = Dice(seed: seed, label: "lone")
    node = Node(restarting: durable, config: config, at: .zero, dice: &dice)
    node.campaignsIfAlone = false
    for id in 1...UInt64(count) { node.setVoter(RaftID(id)) }
  }

  /// Does all that there is to do, and returns what was sent on the way.
  @discardableResult
  mutating func drain() -> [Message] {
    while let ready = node.takeReady() {
      durable.persist(ready.records)
      sent += ready.messages
      applied += ready.committed
      node.advance(dice: &dice)
    }
    defer { sent = [] }
    return sent
  }

  @discardableResult
  mutating func step(_ input: RaftInput<Note>) -> RaftOutcome { node.step(input, at: .zero, dice: &dice) }

  /// Hears a message, in its own term unless another is said, and returns what it answers.
  @discardableResult
  mutating func hear(_ kind: Message.Kind, from other: RaftID, term: UInt64? = nil) -> [Message] {
    step(.message(Message(from: other, to: 1, term: term ?? node.term, kind: kind)))
    return drain()
  }

  mutating func tick(_ count: Int = 1) {
    for _ in 0..<count {
      if let deadline = node.nextDeadline { node.step(.wake, at: deadline, dice: &dice) }
    }
  }

  /// Ticks until the election timeout is over.
  mutating func timeOut() { tick(node.electionTimeoutTicks - node.electionElapsedTicks) }

  /// Campaigns and is given every vote. The appends of its empty entry are not collected.
  mutating func becomeLeader() {
    step(.campaign)
    drain()
    for peer in node.voters where peer != 1 { hear(.voteReply(isGranted: true), from: peer) }
    drain()
  }

  @discardableResult
  mutating func propose(_ text: String) -> RaftOutcome { step(.propose(Shared(Note(text)), size: text.utf8.count)) }

  /// The terms of the log's entries, from its first.
  var terms: [UInt64] {
    node.firstIndex > node.status.lastIndex
      ? [] : (node.firstIndex...node.status.lastIndex).compactMap { node.term(at: $0) }
  }
}

/// Entries of these terms, from `index` on.
func entries(_ index: UInt64, _ terms: [UInt64]) -> [Entry] {
  terms.enumerated().map { Entry(index + UInt64($0), $1) }
}

extension RaftMessage<Note> {
  /// The message without its addresses, for comparing.
  var gist: String { text.split(separator: " ").dropFirst(3).joined(separator: " ") }
}
