import SimBase

/// A name for a service that came without one: an adjective and a surname of computing's history.
///
/// Source: moby/moby `internal/namesgenerator` (`adjective_surname`); the words are our own choice.
enum RandomName {
  private static let adjectives = [
    "amber", "brave", "bright", "calm", "clever", "curious", "daring", "eager", "fair", "gentle", "glad", "hardy",
    "honest", "jolly", "keen", "lively", "lucid", "merry", "modest", "nimble", "patient", "quick", "quiet", "steady",
    "sunny", "tidy", "trusty", "vivid", "warm", "wise", "witty", "zesty",
  ]
  private static let surnames = [
    "allen", "backus", "bartik", "boole", "cerf", "clarke", "codd", "conway", "dahl", "dijkstra", "engelbart", "floyd",
    "goldberg", "hamilton", "hamming", "hoare", "holberton", "hopper", "iverson", "kay", "knuth", "lamport", "liskov",
    "lovelace", "mccarthy", "milner", "nygaard", "perlman", "ritchie", "shannon", "thompson", "turing", "wilkes",
    "wirth", "zuse",
  ]

  /// A name. Nothing makes it unique, but most are.
  static func draw(from dice: inout Dice) -> String {
    "\(adjectives[dice.int(in: 0..<adjectives.count)])_\(surnames[dice.int(in: 0..<surnames.count)])"
  }
}
