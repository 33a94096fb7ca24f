import SimBase
import Testing

@testable import Raft

/// What is on the disk, and what is left of it after a crash.
@Suite struct RaftWALTests {
  private typealias Record = RaftRecord<Note>

  private static let list = RaftMembership(
    members: [RaftMember(id: 1, payload: Shared(Note("one"))), RaftMember(id: 7, payload: nil)], removed: [4, 9])

  /// One record of every kind, in an order that a member could have written.
  private static let records: [Record] = [
    .owner(7),
    .snapshot(Snapshot(index: 3, term: 2, voters: [1, 7], membership: list, size: 5, payload: Shared(Note("state")))),
    .hardState(RaftHardState(term: 2, vote: 1, commit: 3)),
    .entry(Entry(4, 2, "a")), .entry(Entry(5, 2, "b")), .entry(Entry(6, 2)),
    .hardState(RaftHardState(term: 3, vote: nil, commit: 4)),
    .entry(RaftEntry(term: 3, index: 5, kind: .change(RaftChange(.remove, 1)), size: 4, payload: Shared(Note("bye")))),
    .truncation(after: 4),
    .entry(Entry(5, 3, "c")),
  ]

  private func describe(_ durable: Durable) -> [String] {
    let snapshot = durable.snapshot.map { "\($0.text) \($0.membership.members.map(\.id)) \($0.membership.removed)" }
    return ["\(durable.owner) \(durable.hardState) \(snapshot ?? "-")"] + durable.entries.map(\.text)
  }

  /// What the records add up to; they must follow each other.
  private func sum(_ records: some Sequence<Record>, owner: RaftID = 7) -> Durable {
    var durable = Durable(owner: owner)
    for record in records {
      let isAdded = durable.add(record)
      #expect(isAdded)
    }
    return durable
  }

  @Test("a file says what was written to it") func roundTrip() throws {
    let (durable, whole) = try RaftWAL.read(RaftWAL.file(Self.records), of: Note.self)
    #expect(whole == RaftWAL.file(Self.records).count)
    #expect(describe(durable) == describe(sum(Self.records[...])))
    #expect(durable.entries.map(\.text) == ["4/2 \"a\"", "5/3 \"c\""] && durable.commit == 4)
    #expect(durable.snapshot?.payload?.value == Note("state"))
    // A tidied file says the same.
    let tidy = try RaftWAL.read(RaftWAL.file(durable.records), of: Note.self).durable
    #expect(describe(tidy) == describe(durable))
  }

  @Test("a file that is torn anywhere holds exactly the records that are whole") func tornAnywhere() throws {
    var ends: [Int] = []
    for count in 0...Self.records.count { ends.append(RaftWAL.file(Array(Self.records[..<count])).count) }
    let bytes = RaftWAL.file(Self.records)
    for cut in 0..<bytes.count {
      let torn = Array(bytes[..<cut])
      let count = ends.lastIndex { $0 <= cut } ?? 0
      if count == 0 {
        #expect(throws: RaftWAL.Damage.noOwner) { try RaftWAL.read(torn, of: Note.self) }
      } else {
        let (durable, whole) = try RaftWAL.read(torn, of: Note.self)
        #expect(whole == ends[count] && describe(durable) == describe(sum(Self.records[..<count])))
      }
    }
  }

  @Test("a flipped bit is noticed, unless it is in the last record, which then counts as torn") func bitRot() throws {
    let bytes = RaftWAL.file(Self.records)
    let last = RaftWAL.file(Array(Self.records.dropLast())).count
    for place in bytes.indices {
      var rotten = bytes
      rotten[place] ^= 1 << UInt8(place % 8)
      do {
        let (durable, whole) = try RaftWAL.read(rotten, of: Note.self)
        #expect(place >= last && whole == last && describe(durable) == describe(sum(Self.records.dropLast()[...])))
      } catch { #expect(error != .noOwner) }
    }
  }

  @Test("the byte form of version 1 stays as it is") func goldenBytes() {
    let bytes = RaftWAL.file([Record.owner(7), .hardState(RaftHardState(term: 2, vote: 1, commit: 300))])
    let head = "5241465401" + "02000000fdffffff"
    #expect(hexText(bytes).hasPrefix(head) && hexText(bytes).hasSuffix("020201ac02") && bytes.count == 5 + 14 + 17)
    #expect(RaftEntry(4, 2, "a").archived() == [2, 4, 0, 2, 1, 1, 97])
  }

  @Test("a file of another version, of other letters or with a gap is refused") func refusals() {
    var bytes = RaftWAL.file(Self.records)
    bytes[4] = 2
    #expect(throws: RaftWAL.Damage.notAWAL) { try RaftWAL.read(bytes, of: Note.self) }
    #expect(throws: RaftWAL.Damage.notAWAL) { try RaftWAL.read(Array("hello".utf8), of: Note.self) }
    let gap = RaftWAL.file([Record.owner(7), .entry(Entry(2, 1))])
    #expect(throws: RaftWAL.Damage.outOfOrder(offset: 19)) { try RaftWAL.read(gap, of: Note.self) }
    let stranger = RaftWAL.file([Record.owner(7), .owner(8)])
    #expect(throws: RaftWAL.Damage.outOfOrder(offset: 19)) { try RaftWAL.read(stranger, of: Note.self) }
    let orphan = RaftWAL.file([Record.entry(Entry(1, 1))])
    #expect(throws: RaftWAL.Damage.outOfOrder(offset: 5)) { try RaftWAL.read(orphan, of: Note.self) }
  }

  @Test("a snapshot keeps the entries after it if the log agrees, and drops them if not")
  func snapshotsAndEntries() {
    for (term, left) in [(1, [3, 4]), (2, [])] as [(UInt64, [UInt64])] {
      let snapshot = Snapshot(index: 2, term: term, voters: [1], membership: RaftMembership())
      let durable = sum(entries(1, [1, 1, 1, 1]).map { .entry($0) } + [.snapshot(snapshot)])
      #expect(durable.entries.map(\.index) == left && durable.lastIndex == left.last ?? 2)
    }
  }

  @Test("a commit index beyond a torn log is not believed") func commitBeyondTheEnd() {
    let durable = sum([.hardState(RaftHardState(term: 1, vote: nil, commit: 5)), .entry(Entry(1, 1))])
    #expect(durable.commit == 1)
    var dice = Dice(seed: 1, label: "x")
    #expect(Node(restarting: durable, at: .zero, dice: &dice).status.committed == 1)
  }

  @Test("a new cluster is forced by removing the others and, where it is missing, adding the owner")
  func forceNewCluster() throws {
    let change = { (index: UInt64, action: RaftChange.Action, member: RaftID) in
      Record.entry(Entry(term: 1, index: index, kind: .change(RaftChange(action, member))))
    }
    let hard = Record.hardState(RaftHardState(term: 2, vote: 3, commit: 4))
    var durable = sum(
      [
        change(1, .add, 3), change(2, .add, 2), change(3, .add, 5), change(4, .remove, 2),
        .entry(Entry(5, 2, "uncommitted")), hard,
      ], owner: 9)
    var file = RaftWAL.file(durable.records)
    RaftWAL.append(durable.forceNewCluster(payload: Shared(Note("me")), size: 2), to: &file)
    let read = try RaftWAL.read(file, of: Note.self).durable
    #expect(describe(read) == describe(durable) && read.commit == 7)
    #expect(read.entries.dropFirst(4).map(\.text) == ["5/2 add m9", "6/2 remove m3", "7/2 remove m5"])
    var dice = Dice(seed: 1, label: "x")
    var node = Node(restarting: read, at: .zero, dice: &dice)
    #expect(node.members.removed == [2, 3, 5])
    while node.takeReady() != nil { node.advance(dice: &dice) }
    #expect(node.voters == [9] && node.isReadyForProposals && node.members.members.map(\.id) == [9])
  }
}
