import SimBase

/// A regular expression as grep, sed, awk and expr know it: basic or extended, over the bytes of a line.
///
/// It finds the leftmost match. Where the expression has alternatives it looks for the longest from there, as POSIX wants;
/// elsewhere the greedy one is the longest. Trying is bounded, so that an unlucky expression ends with what it has found.
///
/// Source: POSIX.1-2017, Base Definitions, chapter 9; `\+`, `\?`, `\|`, `\w`, `\s`, `\b`, `\<`, `\>` are GNU's.
struct PosixRegex: Sendable {
  struct Failure: Error, Sendable { var message: String }

  struct Match: Sendable {
    var range: Range<Int>
    /// The groups from the first on; nil for one that took no part.
    var groups: [Range<Int>?]

    /// Group 0 is the whole match.
    func group(_ number: Int) -> Range<Int>? {
      number == 0 ? range : number <= groups.count ? groups[number - 1] : nil
    }
  }

  indirect enum Node: Sendable {
    case byte(UInt8)
    case any
    case set([ClosedRange<UInt8>], isNegated: Bool)
    case lineStart, lineEnd, wordStart, wordEnd, wordEdge
    case group(Node, Int)
    case again(Int)
    case sequence([Node])
    case alternatives([Node])
    case many(Node, least: Int, most: Int?)
  }

  let root: Node
  let groupCount: Int
  private let hasAlternatives: Bool
  private let ignoresCase: Bool

  /// Reads an expression.
  init(_ text: String, isExtended: Bool, ignoresCase: Bool = false) throws(Failure) {
    var reader = RegexReader(bytes: Array(text.utf8), isExtended: isExtended)
    root = try reader.whole()
    groupCount = reader.groupCount
    hasAlternatives = reader.hasAlternatives
    self.ignoresCase = ignoresCase
  }

  /// The expression that means this very text.
  init(literal text: String, ignoresCase: Bool = false) {
    root = .sequence(text.utf8.map(Node.byte))
    groupCount = 0
    hasAlternatives = false
    self.ignoresCase = ignoresCase
  }

  /// The first match that starts at `start` or later.
  func firstMatch(in bytes: [UInt8], from start: Int = 0) -> Match? {
    var matcher = RegexMatcher(
      bytes: bytes, groupCount: groupCount, ignoresCase: ignoresCase, wantsLongest: hasAlternatives)
    if start > bytes.count { return nil }
    for at in start...bytes.count {
      if let match = matcher.match(root, at) { return match }
    }
    return nil
  }

  func matches(_ bytes: [UInt8]) -> Bool { firstMatch(in: bytes) != nil }

  /// All matches from left to right; an empty one right after another match does not count.
  func allMatches(in bytes: [UInt8]) -> [Match] {
    var found: [Match] = []
    var at = 0
    var lastEnd = -1
    while at <= bytes.count, let match = firstMatch(in: bytes, from: at) {
      if match.range.isEmpty && match.range.lowerBound == lastEnd {
        at = match.range.upperBound + 1
        continue
      }
      found.append(match)
      lastEnd = match.range.upperBound
      at = match.range.isEmpty ? lastEnd + 1 : lastEnd
    }
    return found
  }
}

/// Reads the two notations.
private struct RegexReader {
  let bytes: [UInt8]
  let isExtended: Bool
  var at = 0
  var groupCount = 0
  var hasAlternatives = false
  private var depth = 0

  init(bytes: [UInt8], isExtended: Bool) {
    self.bytes = bytes
    self.isExtended = isExtended
  }

  mutating func whole() throws(PosixRegex.Failure) -> PosixRegex.Node {
    let node = try alternatives()
    if at < bytes.count { throw PosixRegex.Failure(message: "Unmatched ) or \\)") }
    return node
  }

  /// Whether an operator stands here: bare in extended expressions, after a backslash in basic ones.
  private func stands(_ sign: Character) -> Bool {
    guard let byte = sign.asciiValue else { return false }
    if isExtended { return at < bytes.count && bytes[at] == byte }
    return at + 1 < bytes.count && bytes[at] == UInt8(ascii: "\\") && bytes[at + 1] == byte
  }

  private mutating func take(_ sign: Character) -> Bool {
    guard stands(sign) else { return false }
    at += isExtended ? 1 : 2
    return true
  }

  private mutating func alternatives() throws(PosixRegex.Failure) -> PosixRegex.Node {
    var branches = [try sequence()]
    while take("|") {
      hasAlternatives = true
      branches.append(try sequence())
    }
    return branches.count == 1 ? branches[0] : .alternatives(branches)
  }

  private mutating func sequence() throws(PosixRegex.Failure) -> PosixRegex.Node {
    var nodes: [PosixRegex.Node] = []
    while at < bytes.count, !stands("|"), !(stands(")") && depth > 0) {
      let node = try atom(isFirst: nodes.isEmpty)
      nodes.append(try repeated(node))
    }
    return nodes.count == 1 ? nodes[0] : .sequence(nodes)
  }

  private mutating func repeated(_ start: PosixRegex.Node) throws(PosixRegex.Failure) -> PosixRegex.Node {
    var node = start
    switch node {
    case .lineStart: return node
    default: break
    }
    while at < bytes.count {
      if bytes[at] == UInt8(ascii: "*") {
        at += 1
        node = .many(node, least: 0, most: nil)
      } else if take("+") {
        node = .many(node, least: 1, most: nil)
      } else if take("?") {
        node = .many(node, least: 0, most: 1)
      } else if stands("{"), let (least, most) = try bounds() {
        node = .many(node, least: least, most: most)
      } else {
        break
      }
    }
    return node
  }

  /// `{2,5}`; nil, and nothing taken, where the brace is only a brace.
  private mutating func bounds() throws(PosixRegex.Failure) -> (Int, Int?)? {
    let start = at
    _ = take("{")
    let least = number()
    var most = least
    if at < bytes.count, bytes[at] == UInt8(ascii: ",") {
      at += 1
      most = number()
    } else if least == nil {
      at = start
      if isExtended { return nil }
    }
    guard take("}") else {
      at = start
      if isExtended { return nil }
      throw PosixRegex.Failure(message: "Invalid content of \\{\\}")
    }
    return (least ?? 0, most)
  }

  private mutating func number() -> Int? {
    var value: Int?
    while at < bytes.count, isDigit(bytes[at]) {
      value = min((value ?? 0) * 10 + Int(bytes[at] - 48), 10_000)
      at += 1
    }
    return value
  }

  private mutating func atom(isFirst: Bool) throws(PosixRegex.Failure) -> PosixRegex.Node {
    if take("(") {
      groupCount += 1
      let number = groupCount
      depth += 1
      let inner = try alternatives()
      depth -= 1
      guard take(")") else { throw PosixRegex.Failure(message: "Unmatched ( or \\(") }
      return .group(inner, number)
    }
    let byte = bytes[at]
    at += 1
    switch byte {
    case UInt8(ascii: "."): return .any
    case UInt8(ascii: "^") where isExtended || isFirst: return .lineStart
    case UInt8(ascii: "$") where isExtended || at == bytes.count || stands(")") || stands("|"): return .lineEnd
    case UInt8(ascii: "["):
      guard let set = ByteClass.bracket(bytes, &at, negation: [UInt8(ascii: "^")]) else {
        throw PosixRegex.Failure(message: "Unmatched [, [^, [:, [., or [=")
      }
      return .set(set.ranges, isNegated: set.isNegated)
    case UInt8(ascii: "*") where isFirst && !isExtended: return .byte(byte)
    case UInt8(ascii: "\\"):
      guard at < bytes.count else { throw PosixRegex.Failure(message: "Trailing backslash") }
      at += 1
      return escaped(bytes[at - 1])
    default: return .byte(byte)
    }
  }

  private func escaped(_ byte: UInt8) -> PosixRegex.Node {
    let word: [ClosedRange<UInt8>] = [48...57, 65...90, 95...95, 97...122]
    switch byte {
    case UInt8(ascii: "w"): return .set(word, isNegated: false)
    case UInt8(ascii: "W"): return .set(word, isNegated: true)
    case UInt8(ascii: "s"): return .set(ByteClass.named("space"), isNegated: false)
    case UInt8(ascii: "S"): return .set(ByteClass.named("space"), isNegated: true)
    case UInt8(ascii: "b"): return .wordEdge
    case UInt8(ascii: "<"): return .wordStart
    case UInt8(ascii: ">"): return .wordEnd
    case UInt8(ascii: "n"): return .byte(10)
    case UInt8(ascii: "t"): return .byte(9)
    case UInt8(ascii: "1")...UInt8(ascii: "9"): return .again(Int(byte - 48))
    default: return .byte(byte)
    }
  }
}

/// Tries an expression at one place: by backtracking, with what is left to match as a continuation.
private struct RegexMatcher {
  let bytes: [UInt8]
  let ignoresCase: Bool
  let wantsLongest: Bool
  private var groups: [Range<Int>?]
  private var best: (end: Int, groups: [Range<Int>?])?
  private var steps = 0

  private static let limit = 50_000

  init(bytes: [UInt8], groupCount: Int, ignoresCase: Bool, wantsLongest: Bool) {
    self.bytes = bytes
    self.ignoresCase = ignoresCase
    self.wantsLongest = wantsLongest
    groups = Array(repeating: nil, count: groupCount)
  }

  mutating func match(_ root: PosixRegex.Node, _ start: Int) -> PosixRegex.Match? {
    best = nil
    steps = 0
    for place in groups.indices { groups[place] = nil }
    _ = run(root, start) { matcher, end in
      if matcher.best.map({ end > $0.end }) ?? true { matcher.best = (end, matcher.groups) }
      return !matcher.wantsLongest
    }
    return best.map { PosixRegex.Match(range: start..<$0.end, groups: $0.groups) }
  }

  /// Whether the node matches here and the rest after it; the rest may say no to go on looking.
  private mutating func run(
    _ node: PosixRegex.Node, _ at: Int, _ rest: (inout RegexMatcher, Int) -> Bool
  ) -> Bool {
    steps += 1
    if steps > RegexMatcher.limit { return false }
    switch node {
    case .byte, .any, .set:
      guard let width = width(of: node, at) else { return false }
      return rest(&self, at + width)
    case .lineStart: return at == 0 && rest(&self, at)
    case .lineEnd: return at == bytes.count && rest(&self, at)
    case .wordStart: return !isWord(at - 1) && isWord(at) && rest(&self, at)
    case .wordEnd: return isWord(at - 1) && !isWord(at) && rest(&self, at)
    case .wordEdge: return isWord(at - 1) != isWord(at) && rest(&self, at)
    case .group(let inner, let number):
      let before = groups[number - 1]
      let found = run(inner, at) { matcher, end in
        let old = matcher.groups[number - 1]
        matcher.groups[number - 1] = at..<end
        if rest(&matcher, end) { return true }
        matcher.groups[number - 1] = old
        return false
      }
      if !found { groups[number - 1] = before }
      return found
    case .again(let number):
      guard number <= groups.count, let range = groups[number - 1] else { return false }
      let end = at + range.count
      return end <= bytes.count && bytes[range].elementsEqual(bytes[at..<end]) && rest(&self, end)
    case .sequence(let nodes): return run(nodes[...], at, rest)
    case .alternatives(let branches):
      for branch in branches where run(branch, at, rest) { return true }
      return false
    case .many(let inner, let least, let most): return repeatMatch(inner, least, most, at, rest)
    }
  }

  private mutating func run(
    _ nodes: ArraySlice<PosixRegex.Node>, _ at: Int, _ rest: (inout RegexMatcher, Int) -> Bool
  ) -> Bool {
    guard let first = nodes.first else { return rest(&self, at) }
    if nodes.count == 1 { return run(first, at, rest) }
    return run(first, at) { matcher, end in matcher.run(nodes.dropFirst(), end, rest) }
  }

  private mutating func repeatMatch(
    _ inner: PosixRegex.Node, _ least: Int, _ most: Int?, _ at: Int, _ rest: (inout RegexMatcher, Int) -> Bool
  ) -> Bool {
    switch inner {
    case .byte, .any, .set:
      // One character wide: take all there are, then give back one by one.
      var ends = [at]
      while ends.count <= most ?? .max, let last = ends.last, let width = width(of: inner, last) {
        ends.append(last + width)
      }
      while ends.count > least, let end = ends.popLast() {
        if rest(&self, end) { return true }
        steps += 1
      }
      return false
    default:
      if most == 0 { return rest(&self, at) }
      let found = run(inner, at) { matcher, end in
        // A round that takes nothing would go on for ever.
        if end == at { return false }
        return matcher.repeatMatch(inner, max(0, least - 1), most.map { $0 - 1 }, end, rest)
      }
      return found || (least == 0 && rest(&self, at))
    }
  }

  private func width(of node: PosixRegex.Node, _ at: Int) -> Int? {
    guard at < bytes.count else { return nil }
    let byte = bytes[at]
    switch node {
    case .byte(let wanted):
      return byte == wanted || (ignoresCase && folded(byte) == folded(wanted)) ? 1 : nil
    case .any: return characterWidth(bytes[...], at)
    case .set(let ranges, let isNegated):
      let isIn = ranges.contains { $0.contains(byte) || (ignoresCase && $0.contains(swapped(byte))) }
      return isIn == isNegated ? nil : isNegated ? characterWidth(bytes[...], at) : 1
    default: return nil
    }
  }

  private func folded(_ byte: UInt8) -> UInt8 { (65...90).contains(byte) ? byte + 32 : byte }
  private func swapped(_ byte: UInt8) -> UInt8 {
    (65...90).contains(byte) ? byte + 32 : (97...122).contains(byte) ? byte - 32 : byte
  }
  private func isWord(_ at: Int) -> Bool { at >= 0 && at < bytes.count && isNameByte(bytes[at]) }
}
