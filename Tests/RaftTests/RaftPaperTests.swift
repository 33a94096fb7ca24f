import SimBase
import Testing

@testable import Raft

/// What the Raft paper says a member does, sentence by sentence.
///
/// Source: Ongaro and Ousterhout, "In Search of an Understandable Consensus Algorithm (Extended Version)", 2014.
@Suite struct RaftPaperTests {
  /// A member in each role, all in term 1 or 2.
  private static func inRole(_ role: RaftRole) -> Lone {
    var member = Lone(of: 3, term: 1)
    switch role {
    case .follower: break
    case .candidate: member.step(.campaign)
    case .leader: member.becomeLeader()
    }
    member.drain()
    return member
  }

  // MARK: §5.1 The basics

  @Test("a member that sees a higher term follows it", arguments: [RaftRole.follower, .candidate, .leader])
  func higherTerm(role: RaftRole) {
    var member = Self.inRole(role)
    #expect(member.node.role == role)
    member.hear(.append(previousIndex: 0, previousTerm: 0, entries: [], commit: 0), from: 2, term: 9)
    #expect(member.node.status.term == 9 && member.node.status.role == .follower && member.node.status.leader == 2)
  }

  @Test("a request of an earlier term changes nothing") func lowerTerm() {
    var member = Lone(of: 3, terms: [1, 2])
    member.hear(.append(previousIndex: 1, previousTerm: 1, entries: entries(2, [1, 1]), commit: 3), from: 2, term: 1)
    #expect(member.terms == [1, 2] && member.node.status.leader == nil && member.node.status.committed == 0)
    #expect(member.hear(.vote(lastIndex: 9, lastTerm: 9, isTransfer: false), from: 2, term: 1).isEmpty)
  }

  @Test("a leader of an earlier term is told of the later one") func oldLeaderIsTold() {
    var member = Lone(of: 3, term: 5)
    #expect(member.hear(.heartbeat(commit: 0), from: 2, term: 4).map(\.gist) == ["AppendReply index=0 term=5"])
    var old = Lone(of: 3, term: 3)
    old.becomeLeader()
    old.hear(.appendReply(index: 0), from: 2, term: 5)
    #expect(old.node.status.role == .follower && old.node.status.term == 5)
  }

  // MARK: §5.2 Elections

  @Test("members begin as followers") func startAsFollowers() {
    #expect(Lone(of: 3).node.status.role == .follower)
  }

  @Test("a leader sends a heartbeat to everybody at every tick, and without entries") func heartbeats() {
    var member = Self.inRole(.leader)
    member.tick()
    #expect(member.drain().map(\.text) == ["m1 -> m2 Heartbeat commit=0 term=2", "m1 -> m3 Heartbeat commit=0 term=2"])
  }

  @Test(
    "a follower or candidate that hears nothing votes for itself in the next term and asks all others",
    arguments: [RaftRole.follower, .candidate])
  func electionStarts(role: RaftRole) {
    var member = Self.inRole(role)
    let term = member.node.status.term
    member.timeOut()
    let sent = member.drain()
    #expect(member.node.status.role == .candidate && member.node.status.term == term + 1 && member.node.vote == 1)
    #expect(sent.map(\.to) == [2, 3] && sent.allSatisfy { $0.term == term + 1 })
  }

  @Test("hearing from the leader puts the election off") func heartbeatsPutElectionOff() {
    var member = Lone(of: 3, term: 1)
    for _ in 0..<50 {
      member.tick(5)
      member.hear(.heartbeat(commit: 0), from: 2)
    }
    #expect(member.node.status.role == .follower && member.node.status.term == 1)
  }

  struct Poll: Sendable, CustomTestStringConvertible {
    var size: Int
    var granted: Int
    var refused: Int
    var role: RaftRole
    var testDescription: String { "\(granted) for, \(refused) against of \(size)" }
  }

  @Test(
    "a candidate wins with a majority, loses when none is left to win, and else waits",
    arguments: [
      Poll(size: 1, granted: 0, refused: 0, role: .leader), Poll(size: 2, granted: 0, refused: 0, role: .candidate),
      Poll(size: 2, granted: 1, refused: 0, role: .leader), Poll(size: 3, granted: 1, refused: 0, role: .leader),
      Poll(size: 3, granted: 0, refused: 1, role: .candidate), Poll(size: 3, granted: 0, refused: 2, role: .follower),
      Poll(size: 5, granted: 1, refused: 0, role: .candidate), Poll(size: 5, granted: 2, refused: 2, role: .leader),
      Poll(size: 5, granted: 1, refused: 3, role: .follower), Poll(size: 4, granted: 1, refused: 2, role: .follower),
      Poll(size: 4, granted: 1, refused: 1, role: .candidate),
    ])
  func electionInOneRound(poll: Poll) {
    var member = Lone(of: poll.size, term: 1)
    member.step(.campaign)
    member.drain()
    for voter in 0..<poll.granted + poll.refused {
      member.hear(.voteReply(isGranted: voter < poll.granted), from: RaftID(UInt64(voter) + 2), term: 2)
    }
    #expect(member.node.status.role == poll.role && member.node.status.term == 2)
  }

  @Test("an answer that comes twice counts once") func repeatedVote() {
    var member = Lone(of: 5, term: 1)
    member.step(.campaign)
    member.drain()
    for _ in 0..<3 { member.hear(.voteReply(isGranted: true), from: 2) }
    #expect(member.node.status.role == .candidate)
  }

  @Test("a member votes for one candidate in a term, first come, first served; and again for the same one")
  func oneVotePerTerm() {
    var member = Lone(of: 3, term: 1)
    let request = Message.Kind.vote(lastIndex: 0, lastTerm: 0, isTransfer: false)
    #expect(member.hear(request, from: 2, term: 2).map(\.gist) == ["VoteReply granted term=2"])
    #expect(member.hear(request, from: 3, term: 2).map(\.gist) == ["VoteReply refused term=2"])
    #expect(member.hear(request, from: 2, term: 2).map(\.gist) == ["VoteReply granted term=2"])
    #expect(member.hear(request, from: 3, term: 3).map(\.gist) == ["VoteReply granted term=3"])
  }

  @Test("a vote is on the disk before it is given, and holds after a restart") func voteIsDurable() throws {
    var member = Lone(of: 3, term: 1)
    let request = Message(from: 2, to: 1, term: 2, kind: .vote(lastIndex: 0, lastTerm: 0, isTransfer: false))
    member.step(.message(request))
    let taken = member.node.takeReady()
    let ready = try #require(taken)
    #expect(ready.mustSync && ready.hardState == RaftHardState(term: 2, vote: 2, commit: 0))
    #expect(ready.messages.map(\.gist) == ["VoteReply granted term=2"])
    var again = Lone(of: 3, term: 2, vote: 2)
    #expect(
      again.hear(.vote(lastIndex: 0, lastTerm: 0, isTransfer: false), from: 3).map(\.gist) == [
        "VoteReply refused term=2"
      ])
  }

  @Test("a candidate that hears a leader of its term or a later one follows it", arguments: [0, 1] as [UInt64])
  func candidateYields(ahead: UInt64) {
    var member = Self.inRole(.candidate)
    let term = member.node.status.term + ahead
    member.hear(.append(previousIndex: 0, previousTerm: 0, entries: [], commit: 0), from: 3, term: term)
    #expect(
      member.node.status
        == RaftStatus(term: term, role: .follower, leader: 3, lastIndex: 0, committed: 0, applied: 0, snapshotIndex: 0))
  }

  @Test("election timeouts are drawn from 10 to 19 ticks, all of them, and anew each time") func randomTimeouts() {
    var drawn = Set<Int>()
    var member = Lone(of: 3)
    for _ in 0..<300 {
      member.timeOut()
      drawn.insert(member.node.electionTimeoutTicks)
      member.drain()
    }
    #expect(drawn == Set(10...19))
  }

  @Test("five members whose leader died seldom time out in the same tick") func splitVotesAreRare() {
    var splits = 0
    for seed in UInt64(1)...400 {
      let timeouts = (0..<4).map { Lone(of: 5, seed: seed * 7 + $0).node.electionTimeoutTicks }.sorted()
      if timeouts[0] == timeouts[1] { splits += 1 }
    }
    // The first two of four equal draws of ten agree in about 0.42 of the cases.
    #expect(splits < 220)
  }

  // MARK: §5.3 Replication

  @Test("a leader appends a proposal to its log and sends it to everybody") func leaderReplicates() {
    var member = Self.inRole(.leader)
    for peer in [2, 3] as [RaftID] { member.hear(.appendReply(index: 1), from: peer) }
    #expect(member.propose("x") == .appended(index: 2, term: 2))
    let gist = "Append after=1/2 commit=1 [2/2 \"x\"] term=2"
    #expect(member.drain().map(\.text) == ["m1 -> m2 \(gist)", "m1 -> m3 \(gist)"])
    #expect(member.node.status.committed == 1)
  }

  @Test(
    "an entry is committed when a majority has it",
    arguments: [(1, 0, true), (3, 0, false), (3, 1, true), (3, 2, true), (5, 1, false), (5, 2, true), (4, 1, false)])
  func majorityCommits(size: Int, acknowledgements: Int, isCommitted: Bool) {
    var member = Lone(of: size, term: 1)
    member.becomeLeader()
    member.propose("x")
    member.drain()
    for peer in 0..<acknowledgements { member.hear(.appendReply(index: 2), from: RaftID(UInt64(peer) + 2)) }
    #expect((member.node.status.committed == 2) == isCommitted)
  }

  @Test(
    "committing an entry commits all before it, earlier leaders' too",
    arguments: [[], [2], [1, 2], [1, 1, 2, 2]] as [[UInt64]])
  func precedingEntriesAreCommitted(terms: [UInt64]) {
    var member = Lone(of: 3, terms: terms, term: 2)
    member.becomeLeader()
    member.propose("x")
    member.drain()
    member.hear(.appendReply(index: UInt64(terms.count) + 2), from: 2)
    #expect(member.applied.map(\.term) == terms + [3, 3])
    #expect(member.applied.map(\.index) == Array(1...UInt64(terms.count) + 2))
  }

  @Test(
    "a follower applies what it hears to be committed, in the order of the log", arguments: 0...3 as ClosedRange<UInt64>
  )
  func followerApplies(commit: UInt64) {
    var member = Lone(of: 3, term: 1)
    member.hear(.append(previousIndex: 0, previousTerm: 0, entries: entries(1, [1, 1]), commit: commit), from: 2)
    #expect(member.applied.map(\.index) == Array([1, 2].prefix(Int(commit))))
  }

  @Test(
    "an append is refused unless the log has the entry before it, with a hint where to try",
    arguments: [
      (0, 0, "AppendReply index=0"), (1, 1, "AppendReply index=1"), (2, 2, "AppendReply index=2"),
      (1, 2, "AppendRejection index=1 hint=1/1"), (2, 1, "AppendRejection index=2 hint=1/1"),
      (3, 3, "AppendRejection index=3 hint=2/2"),
    ] as [(UInt64, UInt64, String)])
  func consistencyCheck(index: UInt64, term: UInt64, answer: String) {
    var member = Lone(of: 3, terms: [1, 2], term: 3)
    let sent = member.hear(.append(previousIndex: index, previousTerm: term, entries: [], commit: 0), from: 2)
    #expect(sent.map(\.gist) == ["\(answer) term=3"])
  }

  struct Merge: Sendable {
    var after: UInt64
    var afterTerm: UInt64
    var sent: [UInt64]
    var result: [UInt64]
    var saved: [UInt64]
  }

  @Test(
    "a follower drops what differs from the leader's entries and all after it, and keeps what agrees",
    arguments: [
      Merge(after: 2, afterTerm: 2, sent: [3], result: [1, 2, 3], saved: [3]),
      Merge(after: 1, afterTerm: 1, sent: [3, 4], result: [1, 3, 4], saved: [2, 3]),
      Merge(after: 0, afterTerm: 0, sent: [1], result: [1, 2], saved: []),
      Merge(after: 0, afterTerm: 0, sent: [3], result: [3], saved: [1]),
    ])
  func conflictsAreOverwritten(merge: Merge) throws {
    var member = Lone(of: 3, terms: [1, 2], term: 4)
    let kind = Message.Kind.append(
      previousIndex: merge.after, previousTerm: merge.afterTerm, entries: entries(merge.after + 1, merge.sent),
      commit: 0)
    member.step(.message(Message(from: 2, to: 1, term: 4, kind: kind)))
    let taken = member.node.takeReady()
    let ready = try #require(taken)
    #expect(member.terms == merge.result && ready.entries.map(\.index) == merge.saved)
  }

  @Test(
    "a leader brings every follower's log to its own, however it differs (Figure 7)",
    arguments: [
      [1, 1, 1, 4, 4, 5, 5, 6, 6], [1, 1, 1, 4], [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6],
      [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7], [1, 1, 1, 4, 4, 4, 4], [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3],
    ] as [[UInt64]])
  func logsConverge(terms: [UInt64]) {
    var leader = Lone(of: 3, terms: [1, 1, 1, 4, 4, 5, 5, 6, 6, 6], term: 8)
    leader.becomeLeader()
    var follower = Lone(of: 3, terms: terms, term: 9)
    // The first appends were not collected. A probe begins the exchange, as after a heartbeat's answer.
    var toFollower = leader.hear(.heartbeatReply, from: 2)
    for _ in 0..<20 {
      let answers = toFollower.filter { $0.to == 2 }.flatMap { follower.hear($0.kind, from: 2, term: 9) }
      toFollower = answers.flatMap { leader.hear($0.kind, from: 2) }
    }
    #expect(follower.terms == [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 9] && leader.terms == follower.terms)
    #expect(leader.node.status.committed == 11 && leader.node.progress(of: 2)?.match == 11)
  }

  // MARK: §5.4 Safety

  @Test("a request for a vote says where the candidate's log ends") func voteRequestNamesLastEntry() {
    var member = Lone(of: 3, terms: [1, 2, 2])
    member.step(.campaign)
    #expect(member.drain().map(\.gist) == Array(repeating: "Vote last=3/2 term=3", count: 2))
  }

  @Test(
    "a vote is refused to a candidate whose log is less up to date (§5.4.1)",
    arguments: [
      ([1], 1, 1, true), ([1], 2, 1, true), ([1, 1], 1, 1, false), ([1], 1, 2, true), ([1, 1], 1, 2, true),
      ([2], 1, 1, false), ([2], 9, 1, false), ([2, 2], 1, 2, false), ([1, 1], 1, 1, false),
    ] as [([UInt64], UInt64, UInt64, Bool)])
  func upToDate(terms: [UInt64], lastIndex: UInt64, lastTerm: UInt64, isGranted: Bool) {
    var member = Lone(of: 3, terms: terms)
    let sent = member.hear(.vote(lastIndex: lastIndex, lastTerm: lastTerm, isTransfer: false), from: 2, term: 5)
    #expect(sent.map(\.gist) == ["VoteReply \(isGranted ? "granted" : "refused") term=5"])
  }

  @Test(
    "entries of earlier terms are not committed by counting copies, but with one of the leader's own (§5.4.2, Figure 8)"
  )
  func earlierTermsAreNotCounted() {
    var member = Lone(of: 5, terms: [1, 2], term: 3)
    member.becomeLeader()
    for peer in [2, 3, 4] as [RaftID] { member.hear(.appendReply(index: 2), from: peer) }
    #expect(member.node.status.committed == 0 && member.node.status.term == 4)
    member.hear(.appendReply(index: 3), from: 2)
    member.hear(.appendReply(index: 3), from: 3)
    #expect(member.node.status.committed == 3)
  }

  // MARK: §5.5 Crashes

  @Test("requests may come twice: the second changes nothing") func repeatedRequests() {
    var member = Lone(of: 3, term: 1)
    let append = Message.Kind.append(previousIndex: 0, previousTerm: 0, entries: entries(1, [1, 1]), commit: 1)
    #expect(member.hear(append, from: 2).map(\.gist) == ["AppendReply index=2 term=1"])
    // What is committed is known to agree, and nothing more is looked at.
    #expect(member.hear(append, from: 2).map(\.gist) == ["AppendReply index=1 term=1"])
    #expect(member.terms == [1, 1] && member.durable.entries.map(\.index) == [1, 2] && member.applied.count == 1)
  }

  @Test("a late, shorter append does not take back what a later one brought") func lateAppend() {
    var member = Lone(of: 3, term: 1)
    member.hear(.append(previousIndex: 0, previousTerm: 0, entries: entries(1, [1, 1, 1]), commit: 0), from: 2)
    member.hear(.append(previousIndex: 0, previousTerm: 0, entries: entries(1, [1]), commit: 0), from: 2)
    #expect(member.terms == [1, 1, 1])
  }

  // MARK: §6 Membership

  @Test("who has heard from a leader within the least election timeout ignores requests for votes")
  func votesAreIgnoredWithinTheLease() {
    var member = Lone(of: 3, term: 1)
    member.hear(.heartbeat(commit: 0), from: 2)
    member.tick(9)
    let request = Message.Kind.vote(lastIndex: 9, lastTerm: 9, isTransfer: false)
    #expect(member.hear(request, from: 3, term: 5).isEmpty && member.node.status.term == 1)
    member.node.electionTimeoutTicks = 19
    member.tick(1)
    #expect(member.hear(request, from: 3, term: 5).map(\.gist) == ["VoteReply granted term=5"])
  }

  // MARK: §7 Compaction

  @Test("a snapshot that says something new replaces the log; one that the log agrees with leaves what follows it")
  func installSnapshot() {
    let list = RaftMembership<Note>(members: [])
    func snapshot(_ index: UInt64, _ term: UInt64) -> Message.Kind {
      .snapshot(Snapshot(index: index, term: term, voters: [1, 2, 3], membership: list, payload: Shared(Note("s"))))
    }
    var agreeing = Lone(of: 3, terms: [1, 1, 2, 2], term: 3)
    #expect(agreeing.hear(snapshot(2, 1), from: 2).map(\.gist) == ["AppendReply index=2 term=3"])
    #expect(agreeing.terms == [1, 1, 2, 2] && agreeing.applied.map(\.index) == [1, 2])
    var differing = Lone(of: 3, terms: [1, 1, 2, 2], term: 3)
    #expect(differing.hear(snapshot(3, 3), from: 2).map(\.gist) == ["AppendReply index=3 term=3"])
    #expect(differing.terms.isEmpty && differing.node.status.applied == 3 && differing.durable.snapshot?.index == 3)
    // One from the past says nothing.
    #expect(differing.hear(snapshot(2, 1), from: 2).map(\.gist) == ["AppendReply index=3 term=3"])
    #expect(differing.node.status.committed == 3)
  }

  // MARK: §8 Clients

  @Test("a new leader commits an empty entry of its term, and takes proposals once it has applied its whole log")
  func emptyEntryFirst() {
    var member = Lone(of: 3, terms: [1, 1], term: 1)
    member.becomeLeader()
    #expect(member.terms == [1, 1, 2] && !member.node.isReadyForProposals)
    member.hear(.appendReply(index: 3), from: 3)
    #expect(member.applied.map(\.index) == [1, 2, 3] && member.node.isReadyForProposals)
    if case .empty = member.applied[2].kind {} else { Issue.record("the third entry is not empty") }
    member.hear(.heartbeat(commit: 3), from: 2, term: 7)
    #expect(!member.node.isReadyForProposals)
  }
}
