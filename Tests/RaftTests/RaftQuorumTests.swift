import SimBase
import Testing

@testable import Raft

/// Majorities against counting by hand; small spaces are walked whole.
@Suite struct RaftQuorumTests {
  @Test("the committed index is the highest that more than half have reached") func committedIndex() {
    for size in 1...5 {
      for number in 0..<(0..<size).reduce(1, { product, _ in product * 4 }) {
        var rest = number
        let matches = (0..<size).map { _ -> UInt64 in
          defer { rest /= 4 }
          return UInt64(rest % 4)
        }
        let byHand = (UInt64(0)...3).last { index in matches.count { $0 >= index } * 2 > size }
        #expect(RaftQuorum.committedIndex(matches) == byHand)
      }
    }
    #expect(RaftQuorum.committedIndex([]) == nil)
  }

  @Test("a vote is won or lost as soon as no answers to come can change it") func tally() {
    for voters in 1...7 {
      for granted in 0...voters {
        for refused in 0...voters - granted {
          let open = voters - granted - refused
          let ends = Set((0...open).map { (granted + $0) * 2 > voters })
          let byHand: RaftQuorum.Tally = ends == [true] ? .won : ends == [false] ? .lost : .pending
          #expect(RaftQuorum.tally(voters: voters, granted: granted, refused: refused) == byHand)
        }
      }
    }
  }

  @Test("majorities of memberships that are one member apart overlap") func overlap() {
    for size in 1...9 {
      #expect(RaftQuorum.majority(of: size) + RaftQuorum.majority(of: size + 1) > size + 1)
    }
  }
}
