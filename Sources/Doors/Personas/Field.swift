import SimBase
import Workloads
import Yams

/// A value in a persona's YAML and where it stands: it reads as what it must be, or says what is wrong with it.
struct Field {
  let node: Node
  /// The keys that lead to it: `health.interval`.
  let path: String
  let file: String

  /// What is wrong with it.
  func trouble(_ message: String) -> PersonaTrouble {
    PersonaTrouble(file, line: node.mark?.line, path.isEmpty ? message : "`\(path)`: \(message)")
  }

  // MARK: Scalars

  /// Whether it is a single text.
  var isText: Bool { if case .scalar = node { true } else { false } }

  /// A text; a number or a word such as `true` is taken as it is written.
  func text() throws(PersonaTrouble) -> String {
    guard case .scalar(let scalar) = node else { throw trouble("a text belongs here.") }
    return scalar.string
  }

  /// One of these words.
  func choice<Value>(_ choices: [(word: String, value: Value)]) throws(PersonaTrouble) -> Value {
    let word = try text()
    if let choice = choices.first(where: { $0.word == word }) { return choice.value }
    throw trouble("'\(word)' is none of \(choices.map(\.word).joined(separator: ", ")).")
  }

  /// `true` or `false`.
  func flag() throws(PersonaTrouble) -> Bool { try choice([("true", true), ("false", false)]) }

  /// A whole number of this range.
  func number(in range: ClosedRange<Int>) throws(PersonaTrouble) -> Int {
    let text = try text()
    guard let number = Int(text), range.contains(number) else {
      throw trouble("'\(text)' is no whole number from \(range.lowerBound) to \(range.upperBound).")
    }
    return number
  }

  /// A span of time: `200ms`, `5s`, `2h45m`, `21d`.
  func span() throws(PersonaTrouble) -> Duration { try span(text()) }

  /// The span that this text, a part of the value, stands for.
  func span(_ text: String) throws(PersonaTrouble) -> Duration {
    guard let span = Duration(span: text), span >= .zero else {
      throw trouble("'\(text)' is no span of time; write 200ms, 5s, 2h45m or 21d.")
    }
    return span
  }

  /// A number of bytes: `48MB`, `1.5GiB`, `4096`.
  func size() throws(PersonaTrouble) -> UInt64 {
    let text = try text()
    let digits = text.prefix { $0.isNumber || $0 == "." }
    let unit = text.dropFirst(digits.count).drop { $0 == " " }
    guard let count = Double(digits), let scale = Field.units[String(unit)], count * scale < 1e15 else {
      throw trouble("'\(text)' is no size; write 48MB, 1.5GiB or 4096.")
    }
    return UInt64(count * scale)
  }

  private static let units: [String: Double] = [
    "": 1, "B": 1, "kB": 1e3, "KB": 1e3, "MB": 1e6, "GB": 1e9, "KiB": 1_024, "MiB": 1_048_576, "GiB": 1_073_741_824,
  ]

  // MARK: Lists and mappings

  /// The elements of a list; a single value is a list of one.
  func elements() throws(PersonaTrouble) -> [Field] {
    switch node {
    case .sequence(let sequence):
      sequence.enumerated().map { Field(node: $0.element, path: "\(path)[\($0.offset)]", file: file) }
    case .scalar: [self]
    default: throw trouble("a list belongs here.")
    }
  }

  /// The texts of a list.
  func texts() throws(PersonaTrouble) -> [String] {
    var texts: [String] = []
    for element in try elements() { texts.append(try element.text()) }
    return texts
  }

  /// A command: a list is its words, a text is a line for the shell, as in a Dockerfile.
  func command() throws(PersonaTrouble) -> [String] {
    if case .scalar(let scalar) = node { return ["/bin/sh", "-c", scalar.string] }
    return try texts()
  }

  /// The keys and values of a mapping, in order.
  func pairs() throws(PersonaTrouble) -> [(key: String, value: Field)] {
    guard case .mapping(let mapping) = node else { throw trouble("keys with values belong here.") }
    var pairs: [(key: String, value: Field)] = []
    for (key, value) in mapping {
      guard case .scalar(let scalar) = key else { throw trouble("a key is a word.") }
      let name = path.isEmpty ? scalar.string : "\(path).\(scalar.string)"
      pairs.append((scalar.string, Field(node: value, path: name, file: file)))
    }
    return pairs
  }

  /// The keys and texts of a mapping, or of a list of `KEY=value`.
  func assignments() throws(PersonaTrouble) -> [(key: String, value: String)] {
    if case .mapping = node {
      var pairs: [(key: String, value: String)] = []
      for (key, value) in try self.pairs() { pairs.append((key, try value.text())) }
      return pairs
    }
    return try texts().map { text in
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
    }
  }

  /// A key that nobody reads here.
  func unknown(_ known: [String]) -> PersonaTrouble {
    trouble("there is no such key; there are \(known.joined(separator: ", ")).")
  }
}
