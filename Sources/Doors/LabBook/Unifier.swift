import SimBase

/// Decides whether what a command printed is what was expected, where names that a swarm draws are variables.
///
/// IDs, tokens, digests and drawn suffixes of the expected text are variables: the first meeting binds one, every later one
/// must agree, and no two may be bound to one name. A short ID is bound with its long form, whichever is met first. Ages and
/// times are equal to any age or time, runs of blanks are equal, progress lines and empty lines do not count. `...` stands for
/// anything within a line, alone for any number of lines.
public struct Unifier: Sendable {
  /// What the expected text calls a thing, to what it is called here.
  private var names = Table<String, String>()
  /// The way back.
  private var expectedNames = Table<String, String>()

  /// Nothing bound yet.
  public init() {}

  /// The text with every variable that is bound replaced: a transcript's later commands.
  public func substituted(_ text: String) -> String {
    var result = ""
    for piece in Variables.pieces(of: text) {
      switch piece {
      case .text(let text): result += text
      case .variable(let name): result += self.name(of: name) ?? name
      }
    }
    return result
  }

  /// Whether the lines agree; what they bind stays bound, up to the first that does not.
  public mutating func agrees(expected: [String], actual: [String], isUnordered: Bool = false) -> Bool {
    let (wanted, found) = (Unifier.tidy(expected), Unifier.tidy(actual))
    return isUnordered ? agreeUnordered(wanted, found) : agreeOrdered(wanted[...], found[...])
  }

  private mutating func agreeOrdered(_ wanted: ArraySlice<String>, _ found: ArraySlice<String>) -> Bool {
    guard let first = wanted.first else { return found.isEmpty }
    if first == "..." {
      for count in 0...found.count {
        let saved = self
        if agreeOrdered(wanted.dropFirst(), found.dropFirst(count)) { return true }
        self = saved
      }
      return false
    }
    // Without a line of dots the counts must be equal, which is cheaper to see first.
    if !wanted.contains("...") && wanted.count != found.count { return false }
    guard let line = found.first, agree(first, line) else { return false }
    return agreeOrdered(wanted.dropFirst(), found.dropFirst())
  }

  private mutating func agreeUnordered(_ wanted: [String], _ found: [String]) -> Bool {
    var rest = found
    for line in wanted where line != "..." {
      guard let hit = rest.firstIndex(where: { agree(line, $0) }) else { return false }
      rest.remove(at: hit)
    }
    return rest.isEmpty || wanted.contains("...")
  }

  // MARK: Lines

  /// Whether two tidy lines agree; binds what they bind only if they do.
  private mutating func agree(_ wanted: String, _ found: String) -> Bool {
    let saved = self
    if agree(Variables.pieces(of: wanted)[...], Variables.pieces(of: found)[...]) { return true }
    self = saved
    return false
  }

  private mutating func agree(_ wanted: ArraySlice<LinePiece>, _ found: ArraySlice<LinePiece>) -> Bool {
    guard let first = wanted.first else { return found.isEmpty }
    switch first {
    case .variable(let name):
      guard case .variable(let other)? = found.first, bind(name, other) else { return false }
      return agree(wanted.dropFirst(), found.dropFirst())
    case .text(let text):
      guard let dots = text.firstRange(of: "...") else {
        guard case .text(let other)? = found.first, other.hasPrefix(text) else { return false }
        let rest = other.dropFirst(text.count)
        // What is left of a text can only be followed by more of the expected line.
        return agree(wanted.dropFirst(), rest.isEmpty ? found.dropFirst() : [.text(String(rest))] + found.dropFirst())
      }
      let before = String(text[..<dots.lowerBound])
      let after = String(text[dots.upperBound...])
      var rest = found
      if !before.isEmpty {
        guard case .text(let other)? = found.first, other.hasPrefix(before) else { return false }
        let left = String(other.dropFirst(before.count))
        rest = (left.isEmpty ? [] : [.text(left)]) + found.dropFirst()
      }
      return agreeAfterDots((after.isEmpty ? [] : [.text(after)]) + wanted.dropFirst(), rest)
    }
  }

  /// Tries the rest of the expected line at every place of what is left of the found one.
  private mutating func agreeAfterDots(_ wanted: ArraySlice<LinePiece>, _ found: ArraySlice<LinePiece>) -> Bool {
    var rest = found
    while true {
      let saved = self
      if agree(wanted, rest) { return true }
      self = saved
      guard let first = rest.popFirst() else { return false }
      if case .text(let text) = first, text.count > 1 { rest = [.text(String(text.dropFirst()))] + rest }
    }
  }

  // MARK: Bindings

  private func name(of expected: String) -> String? {
    if let name = names[expected] { return name }
    guard expected.utf8.count == 12 else { return nil }
    for (long, name) in names.from(expected) {
      guard long.hasPrefix(expected) else { break }
      if long.utf8.count > 12 { return String(name.prefix(12)) }
    }
    return nil
  }

  private mutating func bind(_ expected: String, _ found: String) -> Bool {
    if expected.utf8.count != found.utf8.count { return false }
    if let known = name(of: expected) { return known == found }
    if let other = expectedNames[found], other != expected { return false }
    if expected.utf8.count > 12, let short = names[String(expected.prefix(12))], !found.hasPrefix(short) {
      return false
    }
    names[expected] = found
    expectedNames[found] = expected
    return true
  }

  // MARK: Tidying

  /// The lines that count, with ages, times and blanks made equal.
  public static func tidy(_ lines: [String]) -> [String] {
    lines.filter { !LineScanner.isProgress($0) }.map(LineScanner.tidy)
  }
}
