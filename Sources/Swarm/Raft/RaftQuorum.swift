/// Majorities: what the votes say, and how far a majority's logs agree.
///
/// Source: etcd-io/raft `quorum/majority.go`; Raft §5.2, §5.3.
enum RaftQuorum {
  /// How a vote stands.
  enum Tally: Hashable, Sendable {
    /// Neither is certain yet.
    case pending
    /// A majority has said yes.
    case won
    /// A majority can no longer say yes.
    case lost
  }

  /// How many of `count` make a majority.
  static func majority(of count: Int) -> Int { count / 2 + 1 }

  /// How a vote of `voters` stands with so many yeses and noes.
  static func tally(voters: Int, granted: Int, refused: Int) -> Tally {
    if granted >= majority(of: voters) { return .won }
    return granted + (voters - granted - refused) >= majority(of: voters) ? .pending : .lost
  }

  /// The highest index that a majority of the matches has reached; nil if there are none.
  static func committedIndex(_ matches: [UInt64]) -> UInt64? {
    if matches.isEmpty { return nil }
    return matches.sorted()[matches.count - majority(of: matches.count)]
  }
}
