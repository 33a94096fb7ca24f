import SimBase
import Testing

@testable import Raft

/// The log against a dumb second version: a plain array of everything that was ever kept.
@Suite struct RaftLogTests {
  /// Index and term of every entry from 1, those compacted away included.
  private struct Twin {
    var terms: [UInt64] = []
    var first: UInt64 = 1
    var committed = 0
    var last: UInt64 { UInt64(terms.count) }

    func term(_ index: UInt64) -> UInt64? {
      if index + 1 < first || index > last { return nil }
      return index == 0 ? 0 : terms[Int(index) - 1]
    }
  }

  private func log(of twin: Twin) -> RaftLog<Note> { RaftLog(snapshot: nil, entries: entries(1, twin.terms)) }

  @Test("appending, cutting, committing, compacting and restoring agree with an array", arguments: UInt64(1)...30)
  func againstArray(seed: UInt64) {
    var dice = Dice(seed: seed, label: "log")
    var twin = Twin()
    var log = log(of: twin)
    var term: UInt64 = 1
    for _ in 0..<60 {
      switch dice.below(6) {
      case 0, 1:
        term += dice.below(2)
        let from = UInt64(dice.int(in: twin.committed..<twin.terms.count + 1)) + 1
        let new = Array(repeating: term, count: dice.int(in: 1..<300))
        twin.terms = Array(twin.terms.prefix(Int(from) - 1)) + new
        log.append(entries(from, new))
      case 2:
        twin.committed = dice.int(in: twin.committed..<twin.terms.count + 1)
        log.commitUp(to: UInt64(twin.committed))
        log.applyUp(to: UInt64(dice.int(in: Int(log.applied)..<twin.committed + 1)))
      case 3:
        if log.applied == 0 { continue }
        let at = UInt64(dice.int(in: 1..<Int(log.applied) + 1))
        let kept = UInt64(dice.below(300))
        guard let atTerm = log.term(at: at) else { continue }
        let isNew = at > log.snapshot?.index ?? 0
        let snapshot = Snapshot(index: at, term: atTerm, voters: [1], membership: RaftMembership())
        let isAdopted = log.compact(to: snapshot, keeping: kept)
        #expect(isAdopted == isNew)
        if isNew && at > kept { twin.first = max(twin.first, at - kept + 1) }
      case 4 where dice.chance(1, in: 4):
        let index = twin.last + UInt64(dice.below(50)) + 1
        log.restore(Snapshot(index: index, term: term, voters: [1], membership: RaftMembership()))
        log.snapshotApplied(at: index)
        twin.terms += Array(repeating: term, count: Int(index - twin.last))
        (twin.first, twin.committed) = (index + 1, Int(index))
      default: break
      }
      #expect(log.firstIndex == twin.first && log.lastIndex == twin.last && log.committed == UInt64(twin.committed))
      for _ in 0..<10 {
        let index = dice.below(twin.last + 5)
        #expect(log.term(at: index) == twin.term(index), "seed \(seed), index \(index)")
      }
    }
  }

  @Test("a cut of the entries is the longest that fits, and never empty") func cuts() {
    let sizes = [10, 200, 1, 1, 500, 3]
    var dice = Dice(seed: 2, label: "cut")
    let all = sizes.enumerated().map { Entry(UInt64($0) + 1, 1, String(repeating: "x", count: $1)) }
    let log = RaftLog(snapshot: nil, entries: all)
    for _ in 0..<500 {
      let start = dice.int(in: 1..<7)
      let limit = dice.int(in: 0..<900)
      let found = log.entries(from: UInt64(start), through: 6, maxBytes: limit)?.count ?? 0
      let fits = (1...7 - start).filter { n in all[start - 1..<start - 1 + n].reduce(0) { $0 + $1.encodedSize } <= limit
      }
      #expect(found == max(1, fits.last ?? 0))
    }
    #expect(log.entries(from: 7, through: 6, maxBytes: 1)?.isEmpty == true)
  }

  @Test("an entry is as long as in etcd's protobuf") func encodedSizes() {
    // Two bytes of type, two each of term and index, and tag, length and content of the data if there is any.
    #expect(Entry(1, 1).encodedSize == 6)
    #expect(Entry(1, 1, "x").encodedSize == 9)
    #expect(Entry(128, 1, String(repeating: "x", count: 200)).encodedSize == 7 + 203)
  }

  @Test("the hint is the last place whose term is not above the one asked for", arguments: UInt64(1)...20)
  func hints(seed: UInt64) {
    var dice = Dice(seed: seed, label: "hint")
    var terms: [UInt64] = []
    for _ in 0..<dice.int(in: 1..<20) { terms.append((terms.last ?? 1) + dice.below(3)) }
    let log = log(of: Twin(terms: terms))
    for index in 0...UInt64(terms.count) {
      for term in 0...(terms.last ?? 0) + 1 {
        let place = (1...max(index, 1)).last { $0 <= index && terms[Int($0) - 1] <= term }
        let found = log.lastPlace(upTo: index, termAtMost: term)
        #expect(found.index == place ?? 0 && found.term == (place.map { terms[Int($0) - 1] } ?? 0))
      }
    }
  }

  @Test("a copy of the log keeps its entries when the original changes") func copies() {
    var log = RaftLog(snapshot: nil, entries: entries(1, Array(repeating: 1, count: 600)))
    let copy = log
    log.append(entries(300, [2, 2]))
    #expect(copy.lastIndex == 600 && copy.term(at: 300) == 1 && log.lastIndex == 301 && log.term(at: 300) == 2)
  }
}
