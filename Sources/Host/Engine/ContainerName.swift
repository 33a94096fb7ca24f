import SimBase

/// Names of containers.
enum ContainerName {
  /// Whether a name may be given: two characters at least, of a small alphabet.
  ///
  /// Source: moby/moby `daemon/names/names.go`.
  static func isValid(_ name: String) -> Bool {
    guard let first = name.utf8.first, isAlphanumeric(first), name.utf8.count >= 2 else { return false }
    return name.utf8.allSatisfy { isAlphanumeric($0) || [45, 46, 95].contains($0) }
  }

  /// A name for a container that was given none: a mood and a scientist. After a first clash a digit is added.
  static func drawn(from dice: inout Dice, attempt: Int) -> String {
    let mood = dice.pick(moods) ?? "calm"
    let person = dice.pick(people) ?? "noether"
    return "\(mood)_\(person)" + (attempt > 0 ? String(dice.below(10)) : "")
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool { 48...57 ~= byte || 65...90 ~= byte || 97...122 ~= byte }

  private static let moods = [
    "amused", "bold", "brisk", "calm", "candid", "cheerful", "clever", "curious", "daring", "eager", "earnest", "fair",
    "fearless", "frank", "gentle", "glad", "graceful", "hardy", "hopeful", "jolly", "keen", "kind", "lively", "lucid",
    "merry", "modest", "nimble", "patient", "plucky", "proud", "quiet", "serene", "sharp", "sincere", "steady", "sunny",
    "tender", "thoughtful", "tidy", "upbeat", "vivid", "warm", "wise", "witty", "zealous",
  ]
  private static let people = [
    "abel", "ada", "archimedes", "banach", "bell", "bohr", "boole", "cantor", "cauchy", "chien", "church", "curie",
    "darwin", "dijkstra", "dirac", "einstein", "euclid", "euler", "faraday", "fermat", "fermi", "galois", "gauss",
    "germain", "goedel", "hamming", "hilbert", "hopper", "hypatia", "jang", "kepler", "knuth", "lamport", "liskov",
    "lovelace", "maxwell", "mendel", "newton", "noether", "pascal", "planck", "poincare", "ramanujan", "riemann",
    "shannon", "tesla", "turing", "wiles", "wu", "yalow",
  ]
}
