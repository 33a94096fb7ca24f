import SimBase
import Testing

@testable import Raft

/// What swarmkit adds to Raft, and how a driver sees a member.
@Suite struct RaftNodeTests {
  private static func seconds(_ count: Double) -> Instant { .zero + .milliseconds(Int64(count * 1_000)) }

  // MARK: Time

  @Test("ticks come a second apart at the member's own phase, early wakes do nothing") func ticks() throws {
    var phases = Set<Instant>()
    for seed in UInt64(1)...20 {
      var member = Lone(of: 3, seed: seed)
      let first = try #require(member.node.nextDeadline)
      phases.insert(first)
      #expect(first > .zero && first <= Self.seconds(1))
      member.node.step(.wake, at: first - .nanoseconds(1), dice: &member.dice)
      #expect(member.node.nextDeadline == first && member.node.electionElapsedTicks == 0)
      member.node.step(.wake, at: first, dice: &member.dice)
      #expect(member.node.nextDeadline == first + .seconds(1) && member.node.electionElapsedTicks == 1)
    }
    #expect(phases.count == 20)
  }

  @Test("a member that was frozen has one tick when it wakes, and goes on at its phase") func missedTicks() throws {
    var member = Lone(of: 3)
    let first = try #require(member.node.nextDeadline)
    member.node.step(.wake, at: first + .milliseconds(7_300), dice: &member.dice)
    #expect(member.node.electionElapsedTicks == 1 && member.node.nextDeadline == first + .seconds(8))
  }

  @Test("requests are refused at once after more than ten ticks without a leader") func lostQuorum() {
    var member = Lone(of: 3, term: 1)
    member.tick(10)
    #expect(member.node.leaderlessTicks == 10 && !member.node.hasLostQuorum)
    member.tick()
    #expect(member.node.hasLostQuorum)
    member.hear(.heartbeat(commit: 0), from: 2, term: 9)
    member.tick()
    #expect(member.node.leaderlessTicks == 0)
    // A follower believes in a silent leader until it campaigns.
    member.node.electionTimeoutTicks = 15
    member.tick(14)
    #expect(member.node.leaderlessTicks == 1 && member.node.status.leader == nil)
  }

  @Test("a leader that nobody answers any more steps down 10 to 20 ticks later", arguments: 0..<10)
  func isolatedLeader(ticksBefore: Int) {
    var member = Lone(of: 3, term: 1)
    member.becomeLeader()
    for _ in 0..<ticksBefore {
      member.tick()
      member.hear(.heartbeatReply, from: 2)
    }
    var ticks = 0
    while member.node.isLeader && ticks < 50 {
      member.tick()
      ticks += 1
    }
    // The first check counts the answers of before; with none at all it is the last one.
    #expect(ticks == (ticksBefore == 0 ? 10 : 20 - ticksBefore) && member.node.status.term == 2)
  }

  // MARK: Membership

  @Test(
    "a member can be removed if a majority of the rest is reachable",
    arguments: [
      ([1, 2, 3], [2], 2, false), ([1, 2, 3], [2], 3, true), ([1, 2, 3], [2, 3], 1, true), ([1, 2], [2], 2, true),
      ([1, 2], [2], 1, true), ([1], [], 1, false), ([1, 2], [], 2, true), ([1, 2], [], 1, false),
      ([1, 2, 3, 4, 5], [2, 3], 2, false), ([1, 2, 3, 4, 5], [2, 3], 5, true),
    ] as [([RaftID], [RaftID], RaftID, Bool)])
  func canRemove(members: [RaftID], reachable: [RaftID], target: RaftID, isAllowed: Bool) {
    var member = Lone(of: members.count)
    member.node.membership = RaftMembership(members: members.map { RaftMember(id: $0, payload: nil) })
    #expect(member.node.canRemove(target, reachable: reachable) == isAllowed)
  }

  @Test("a membership change is objected to where swarmkit objects") func objections() {
    var member = Lone(of: 2)
    member.node.membership = RaftMembership(members: [RaftMember(id: 1, payload: nil)], removed: [8])
    let cases: [(RaftChange, RaftChangeObjection?)] = [
      (RaftChange(.add, 1), .memberExists), (RaftChange(.add, 2), nil), (RaftChange(.remove, 1), nil),
      (RaftChange(.remove, 2), .memberNotFound), (RaftChange(.update, 1), nil),
      (RaftChange(.update, 2), .memberNotFound),
      (RaftChange(.add, 8), .memberWasRemoved), (RaftChange(.remove, 8), .memberWasRemoved),
    ]
    for (change, objection) in cases { #expect(member.node.objection(to: change) == objection) }
  }

  @Test("messages of the removed, of strangers who want votes, and for others do not get in") func receptions() {
    var member = Lone(of: 3)
    member.node.membership = RaftMembership(members: [RaftMember(id: 2, payload: nil)], removed: [8])
    let vote = Message.Kind.vote(lastIndex: 1, lastTerm: 1, isTransfer: false)
    func reception(_ from: RaftID, _ to: RaftID, _ kind: Message.Kind) -> RaftReception {
      member.node.reception(of: Message(from: from, to: to, term: 5, kind: kind))
    }
    #expect(reception(8, 1, .heartbeatReply) == .senderIsRemoved)
    #expect(reception(2, 3, .heartbeatReply) == .misaddressed)
    #expect(reception(5, 1, vote) == .unknownCandidate)
    #expect(reception(2, 1, vote) == .checkCandidateFirst)
    // A leader that is not known yet is listened to: it is how a newcomer learns of anything.
    #expect(reception(5, 1, .heartbeat(commit: 0)) == .step)
  }

  @Test("answers of someone who is no voter are not heard") func strangersAnswers() {
    var member = Lone(of: 3, term: 1)
    member.step(.campaign)
    member.drain()
    member.hear(.voteReply(isGranted: true), from: 9)
    member.hear(.appendReply(index: 0), from: 9, term: 50)
    #expect(member.node.status.role == .candidate && member.node.status.term == 2)
  }

  @Test("the last voter cannot be removed, and a removed leader takes no proposals") func lastVoter() {
    var member = Lone(of: 1, term: 1)
    member.becomeLeader()
    #expect(member.step(.proposeChange(RaftChange(.remove, 1), nil, size: 0)) == .dropped)
    #expect(member.step(.proposeChange(RaftChange(.add, 2), nil, size: 0)) == .appended(index: 2, term: 2))
    member.drain()
    #expect(member.node.voters == [1, 2])
  }

  @Test("a leader that hands its lead over takes no proposals, and takes them again once it has given that up")
  func handingOver() {
    var member = Lone(of: 3, term: 1)
    member.becomeLeader()
    for peer in [2, 3] as [RaftID] { member.hear(.appendReply(index: member.node.status.lastIndex), from: peer) }
    #expect(member.node.isReadyForProposals)
    let last = member.node.status.lastIndex
    member.step(.transferLeadership(to: 2))
    #expect(member.node.leadershipTransferee == 2 && !member.node.isReadyForProposals)
    #expect(member.propose("late") == .dropped)
    #expect(member.step(.proposeChange(RaftChange(.remove, 3), nil, size: 0)) == .dropped)
    #expect(member.node.status.lastIndex == last)
    // The heir says nothing for an election timeout.
    for _ in 0..<10 {
      member.tick()
      member.hear(.heartbeatReply, from: 3)
    }
    #expect(member.node.leadershipTransferee == nil && member.node.isReadyForProposals)
    #expect(member.propose("again") == .appended(index: last + 1, term: member.node.status.term))
  }

  @Test("a heartbeat whose commit is beyond the end of a follower's log commits what there is, and no more")
  func commitBeyondTheLog() {
    var member = Lone(of: 3, terms: [1, 1], term: 1)
    member.hear(.heartbeat(commit: 40), from: 2)
    #expect(member.node.status.committed == 2 && member.node.status.lastIndex == 2)
    var empty = Lone(of: 3, term: 1)
    let answers = empty.hear(.heartbeat(commit: 40), from: 2)
    #expect(
      empty.node.status.committed == 0 && answers.contains { if case .heartbeatReply = $0.kind { true } else { false } }
    )
  }

  @Test("a member with a committed change that is not applied does not campaign") func unappliedChange() {
    var member = Lone(of: 3, term: 1)
    let change = Entry(term: 1, index: 1, kind: .change(RaftChange(.add, 4)))
    let append = Message.Kind.append(previousIndex: 0, previousTerm: 0, entries: [change], commit: 1)
    member.step(.message(Message(from: 2, to: 1, term: 1, kind: append)))
    member.step(.campaign)
    #expect(member.node.status.role == .follower && member.node.status.term == 1)
    member.drain()
    member.step(.campaign)
    #expect(member.node.status.role == .candidate && member.node.voters == [1, 2, 3, 4])
  }

  @Test("IDs are drawn from 1 upward and differ") func identities() {
    var dice = Dice(seed: 1, label: "ids")
    let ids = (0..<1_000).map { _ in RaftID(drawnFrom: &dice) }
    #expect(Set(ids).count == 1_000 && ids.allSatisfy { $0.raw >= 1 && $0.raw <= 1 << 63 })
  }

  // MARK: The ready loop

  @Test("work is handed out once, and one piece at a time") func oneReadyAtATime() {
    var member = Lone(of: 3, term: 1)
    member.step(.campaign)
    #expect(member.node.hasReady)
    let (first, second) = (member.node.takeReady(), member.node.takeReady())
    #expect(first != nil && second == nil && !member.node.hasReady)
    member.node.step(
      .message(Message(from: 2, to: 1, term: 2, kind: .voteReply(isGranted: true))), at: .zero, dice: &member.dice)
    // Its own vote is not durable yet, so that one more is not enough.
    #expect(member.node.status.role == .candidate && !member.node.hasReady)
    member.node.advance(dice: &member.dice)
    #expect(member.node.status.role == .leader && member.node.hasReady)
  }

  @Test("a new commit index alone need not be waited for; a term, a vote, an entry must") func syncing() {
    var member = Lone(of: 3, term: 1)
    let append = Message.Kind.append(previousIndex: 0, previousTerm: 0, entries: entries(1, [1]), commit: 0)
    member.step(.message(Message(from: 2, to: 1, term: 1, kind: append)))
    let appended = member.node.takeReady()
    #expect(appended?.mustSync == true)
    member.node.advance(dice: &member.dice)
    member.step(.message(Message(from: 2, to: 1, term: 1, kind: .heartbeat(commit: 1))))
    let ready = member.node.takeReady()
    #expect(ready?.mustSync == false && ready?.hardState?.commit == 1 && ready?.committed.count == 1)
    member.node.advance(dice: &member.dice)
    member.step(.message(Message(from: 3, to: 1, term: 7, kind: .voteReply(isGranted: false))))
    let newTerm = member.node.takeReady()
    #expect(newTerm?.mustSync == true)
  }

  @Test("what is applied at a time is cut to a message's size") func applyInPieces() {
    var config = RaftConfig()
    config.maxBytesPerMessage = 100
    var member = Lone(of: 1, terms: Array(repeating: 1, count: 50), config: config)
    member.node.log.commitUp(to: 50)
    var pieces: [Int] = []
    while let ready = member.node.takeReady() {
      pieces.append(ready.committed.count)
      member.node.advance(dice: &member.dice)
    }
    #expect(pieces == [16, 16, 16, 2])
  }

  // MARK: Snapshots

  @Test("a snapshot is due after so many entries, and keeps the last 500 for slow followers") func compaction() throws {
    var member = Lone(of: 1, terms: Array(repeating: 1, count: 1_200))
    member.node.log.commitUp(to: 1_200)
    member.drain()
    #expect(member.node.isSnapshotDue(interval: 1_200) && !member.node.isSnapshotDue(interval: 1_201))
    #expect(!member.node.isSnapshotDue(interval: 0))
    let snapshot = try #require(member.node.makeSnapshot(Shared(Note("state")), size: 5))
    #expect(snapshot.index == 1_200 && snapshot.term == 1 && snapshot.voters == [1] && member.node.firstIndex == 1)
    let results = [member.node.compact(to: snapshot), member.node.compact(to: snapshot)]
    #expect(results == [true, false])
    #expect(member.node.firstIndex == 701 && member.node.term(at: 700) == 1 && member.node.term(at: 699) == nil)
    #expect(!member.node.isSnapshotDue(interval: 1))
  }

  @Test("a member's own snapshot yields to one that has come from the leader meanwhile") func snapshotsCross() throws {
    var member = Lone(of: 3, terms: [1, 1, 1], term: 1)
    member.node.log.commitUp(to: 3)
    member.drain()
    let own = try #require(member.node.makeSnapshot(nil, size: 0))
    let theirs = Snapshot(index: 9, term: 1, voters: [1, 2, 3], membership: RaftMembership())
    member.step(.message(Message(from: 2, to: 1, term: 1, kind: .snapshot(theirs))))
    let whileItArrives = member.node.compact(to: own)
    member.drain()
    let afterwards = member.node.compact(to: own)
    #expect(!whileItArrives && !afterwards && member.node.status.applied == 9 && member.node.status.snapshotIndex == 9)
  }

  @Test("a snapshot goes out with the voters of now, and is refused by one who is not among them") func snapshotVoters()
  {
    var member = Lone(of: 3, terms: [1], term: 1)
    let foreign = Snapshot(index: 5, term: 1, voters: [2, 3], membership: RaftMembership())
    #expect(member.hear(.snapshot(foreign), from: 2).map(\.gist) == ["AppendReply index=0 term=1"])
    #expect(member.terms == [1])
  }
}
