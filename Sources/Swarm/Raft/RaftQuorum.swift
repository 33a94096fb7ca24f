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
  static func committedIndex(_ matches: some Collection<UInt64>) -> UInt64? {
    // Voters are few: to count for each of them is quicker than to sort a list of them.
    let needed = majority(of: matches.count)
    var highest: UInt64?
    for match in matches where match >= highest ?? 0 && matches.count(where: { $0 >= match }) >= needed {
      highest = match
    }
    return highest
  }
}
