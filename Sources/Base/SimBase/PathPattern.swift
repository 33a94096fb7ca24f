/// A pattern of paths: `*` and `?` within one part of a path, `**` across parts, `[a-z]`, and `\` before what stands
/// for itself.
///
/// Source: moby/patternmatcher `patternmatcher.go`; Go's `path/filepath` (`Match`).
public struct PathPattern: Sendable {
  private enum Piece: Sendable {
    case exactly(Unicode.Scalar)
    case any
    case many
    case anywhere
    case oneOf([ClosedRange<Unicode.Scalar>], isNegated: Bool)
  }

  private var pieces: [Piece] = []

  /// Reads a pattern.
  public init(_ text: String) {
    var rest = Array(text.unicodeScalars)[...]
    while let next = rest.popFirst() {
      switch next {
      case "*":
        guard rest.first == "*" else {
          pieces.append(.many)
          continue
        }
        rest = rest.drop { $0 == "*" }
        // `**/` is as many parts as you like, none among them.
        if rest.first == "/" { rest = rest.dropFirst() }
        pieces.append(.anywhere)
      case "?": pieces.append(.any)
      case "[": pieces.append(PathPattern.set(&rest) ?? .exactly("["))
      case "\\": pieces.append(.exactly(rest.popFirst() ?? "\\"))
      default: pieces.append(.exactly(next))
      }
    }
  }

  private static func set(_ rest: inout ArraySlice<Unicode.Scalar>) -> Piece? {
    guard let end = rest.dropFirst().firstIndex(of: "]") else { return nil }
    var inner = rest[..<end]
    rest = rest[(end + 1)...]
    let isNegated = inner.first == "^" || inner.first == "!"
    if isNegated { inner = inner.dropFirst() }
    var ranges: [ClosedRange<Unicode.Scalar>] = []
    while let low = inner.popFirst() {
      guard inner.first == "-", let high = inner.dropFirst().first, high >= low else {
        ranges.append(low...low)
        continue
      }
      inner = inner.dropFirst(2)
      ranges.append(low...high)
    }
    return .oneOf(ranges, isNegated: isNegated)
  }

  /// Whether a text could name more than one path.
  public static func isPattern(_ text: String) -> Bool { text.contains { "*?[".contains($0) } }

  /// Whether the whole path fits.
  public func matches(_ path: String) -> Bool {
    PathPattern.match(pieces[...], Array(path.unicodeScalars)[...])
  }

  private static func match(_ pieces: ArraySlice<Piece>, _ text: ArraySlice<Unicode.Scalar>) -> Bool {
    guard let piece = pieces.first else { return text.isEmpty }
    let others = pieces.dropFirst()
    switch piece {
    case .exactly(let scalar): return text.first == scalar && match(others, text.dropFirst())
    case .any: return text.first.map { $0 != "/" } ?? false && match(others, text.dropFirst())
    case .oneOf(let ranges, let isNegated):
      guard let next = text.first, next != "/" else { return false }
      return ranges.contains { $0.contains(next) } != isNegated && match(others, text.dropFirst())
    case .many:
      var rest = text
      while true {
        if match(others, rest) { return true }
        guard let next = rest.popFirst(), next != "/" else { return false }
      }
    case .anywhere:
      // It ends where a part ends, or where everything does.
      if others.isEmpty || match(others, text) { return true }
      return text.indices.contains { text[$0] == "/" && match(others, text[($0 + 1)...]) }
    }
  }
}

/// What a `.dockerignore` keeps out of a build's context.
///
/// Source: moby/patternmatcher `ignorefile/ignorefile.go`, `patternmatcher.go` (`MatchesOrParentMatches`).
public struct IgnoreFile: Sendable {
  private var rules: [(pattern: PathPattern, isException: Bool)] = []

  /// Reads a file.
  public init(_ text: String) {
    for line in text.split(whereSeparator: \.isNewline) {
      if line.hasPrefix("#") { continue }
      var rule = line.trimmed()
      let isException = rule.hasPrefix("!")
      if isException { rule = rule.dropFirst().trimmed() }
      let parts = rule.split(separator: "/").filter { $0 != "." }
      if parts.isEmpty { continue }
      rules.append((PathPattern(parts.joined(separator: "/")), isException))
    }
  }

  /// Whether anything is said at all.
  public var isEmpty: Bool { rules.isEmpty }

  /// Whether what is left out above may be in again below.
  public var hasExceptions: Bool { rules.contains(where: \.isException) }

  /// Whether a path, without a slash at its beginning, is left out: it, or a directory above it.
  public func excludes(_ path: String) -> Bool {
    var prefixes: [String] = []
    for part in path.split(separator: "/") { prefixes.append((prefixes.last.map { $0 + "/" } ?? "") + part) }
    var isOut = false
    for rule in rules where rule.isException == isOut {
      if prefixes.contains(where: rule.pattern.matches) { isOut = !rule.isException }
    }
    return isOut
  }
}
