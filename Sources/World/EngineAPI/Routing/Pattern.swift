import SimBase

/// A regular expression as filters use it: found anywhere in a text.
///
/// It knows `^ $ . * + ? [a-z] [^a-z] ( | )` and `\`; what is no expression matches as it is written. Source: moby/moby
/// `daemon/internal/filters/parse.go` (`Match`), which hands values to Go's `regexp`.
struct Pattern: Sendable {
  private indirect enum Node: Sendable {
    case character(Character)
    case any
    case set([ClosedRange<Character>], isNegated: Bool)
    case start
    case end
    case group([[Node]])
    case repeated(Node, from: Int, to: Int)
  }

  private let alternatives: [[Node]]

  /// Reads an expression.
  init(_ text: String) {
    var rest = Array(text)[...]
    if let read = Pattern.alternatives(&rest), rest.isEmpty {
      alternatives = read
    } else {
      alternatives = [text.map(Node.character)]
    }
  }

  /// Whether it is somewhere in the text.
  func isFound(in text: String) -> Bool {
    let characters = Array(text)
    return (0...characters.count).contains { start in
      Pattern.match([.group(alternatives)], characters, start) { _ in true }
    }
  }

  // MARK: Reading

  private static func alternatives(_ rest: inout ArraySlice<Character>) -> [[Node]]? {
    var found: [[Node]] = []
    while true {
      guard let sequence = sequence(&rest) else { return nil }
      found.append(sequence)
      if rest.first != "|" { return found }
      rest = rest.dropFirst()
    }
  }

  private static func sequence(_ rest: inout ArraySlice<Character>) -> [Node]? {
    var nodes: [Node] = []
    while let next = rest.first, next != "|", next != ")" {
      rest = rest.dropFirst()
      guard var node = atom(next, &rest) else { return nil }
      if let mark = rest.first, let bounds = repetition(mark) {
        rest = rest.dropFirst()
        node = .repeated(node, from: bounds.from, to: bounds.to)
      }
      nodes.append(node)
    }
    return nodes
  }

  private static func repetition(_ mark: Character) -> (from: Int, to: Int)? {
    switch mark {
    case "*": (0, .max)
    case "+": (1, .max)
    case "?": (0, 1)
    default: nil
    }
  }

  private static func atom(_ first: Character, _ rest: inout ArraySlice<Character>) -> Node? {
    switch first {
    case ".": return .any
    case "^": return .start
    case "$": return .end
    case "*", "+", "?": return nil
    case "\\": return rest.popFirst().map(Node.character)
    case "[": return set(&rest)
    case "(":
      guard let inner = alternatives(&rest), rest.popFirst() == ")" else { return nil }
      return .group(inner)
    default: return .character(first)
    }
  }

  private static func set(_ rest: inout ArraySlice<Character>) -> Node? {
    let isNegated = rest.first == "^"
    if isNegated { rest = rest.dropFirst() }
    var ranges: [ClosedRange<Character>] = []
    while let low = rest.popFirst() {
      if low == "]" && !ranges.isEmpty { return .set(ranges, isNegated: isNegated) }
      if rest.first == "-", let high = rest.dropFirst().first, high != "]" {
        rest = rest.dropFirst(2)
        if high < low { return nil }
        ranges.append(low...high)
      } else {
        ranges.append(low...low)
      }
    }
    return nil
  }

  // MARK: Matching

  /// Whether the nodes match from a place on, such that `then` is content with the place behind them.
  private static func match(
    _ nodes: [Node], _ text: [Character], _ place: Int, _ then: (Int) -> Bool
  ) -> Bool {
    guard let first = nodes.first else { return then(place) }
    let others = Array(nodes.dropFirst())
    switch first {
    case .start: return place == 0 && match(others, text, place, then)
    case .end: return place == text.count && match(others, text, place, then)
    case .character, .any, .set:
      return place < text.count && admits(first, text[place]) && match(others, text, place + 1, then)
    case .group(let alternatives):
      return alternatives.contains { match($0, text, place) { match(others, text, $0, then) } }
    case .repeated(let node, let from, let to):
      let again = Node.repeated(node, from: max(0, from - 1), to: to - 1)
      // A round that takes nothing would go on for ever.
      if to > 0 && match([node], text, place, { $0 > place && match([again] + others, text, $0, then) }) { return true }
      return from == 0 && match(others, text, place, then)
    }
  }

  private static func admits(_ node: Node, _ character: Character) -> Bool {
    switch node {
    case .character(let wanted): character == wanted
    case .any: true
    case .set(let ranges, let isNegated): ranges.contains { $0.contains(character) } != isNegated
    case .start, .end, .group, .repeated: false
    }
  }
}

extension FilterArguments {
  /// Whether a name is not used, or one of its values is the text or an expression found in it.
  func matches(_ name: String, _ text: String) -> Bool {
    let values = self[name]
    return values.isEmpty || values.contains { $0 == text || Pattern($0).isFound(in: text) }
  }

  /// Whether a name is not used, or one of its values is the text.
  func isAmong(_ name: String, _ text: String) -> Bool {
    let values = self[name]
    return values.isEmpty || values.contains(text)
  }

  /// Whether all labels that are asked for under a name are there: `key`, or `key=value`.
  func hasLabels(_ name: String = "label", _ labels: Table<String, String>) -> Bool {
    self[name].allSatisfy { FilterArguments.has($0, labels) }
  }

  /// Whether none of the labels named by `label!` is there.
  func lacksLabels(_ labels: Table<String, String>) -> Bool {
    !self["label!"].contains { FilterArguments.has($0, labels) }
  }

  private static func has(_ text: String, _ labels: Table<String, String>) -> Bool {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard let value = labels[String(parts[0])] else { return false }
    return parts.count == 1 || value == parts[1]
  }
}
