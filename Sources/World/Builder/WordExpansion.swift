import SimBase

/// How a Dockerfile's words become what they stand for: `$name`, `${name:-default}`, quotes and escapes.
///
/// Source: moby/buildkit `frontend/dockerfile/shell/lex.go`.
struct WordExpansion {
  /// Why a word has no meaning.
  struct Fault: Error, Hashable {
    /// What is wrong.
    let reason: String
    /// The word.
    let word: String

    /// The sentence about it.
    var sentence: String { word.isEmpty ? reason : "failed to process \(word.goQuoted): \(reason)" }
  }

  private let variables: Table<String, String>
  private let escape: Character
  private let word: String
  private var rest: ArraySlice<Character>

  private init(_ word: String, _ variables: Table<String, String>, _ escape: Character) {
    self.word = word
    self.variables = variables
    self.escape = escape
    rest = Array(word)[...]
  }

  /// One word as one text.
  static func text(
    _ word: String, _ variables: Table<String, String>, escape: Character
  ) throws(Fault) -> String {
    var expansion = WordExpansion(word, variables, escape)
    return try expansion.read(until: nil)
  }

  /// One word that may turn out to be several: what a variable holds is split at its blanks.
  static func words(
    _ word: String, _ variables: Table<String, String>, escape: Character
  ) throws(Fault) -> [String] {
    let text = try text(word, variables, escape: escape)
    if word.contains("\"") || word.contains("'") { return [text] }
    return text.split { $0 == " " || $0 == "\t" }.map(String.init)
  }

  private mutating func read(until end: Character?) throws(Fault) -> String {
    var text = ""
    while let next = rest.popFirst() {
      if next == end { return text }
      switch next {
      case "'" where end == nil: text += try single()
      case "\"" where end == nil: text += try double()
      case "$": text += try variable()
      case escape:
        guard let following = rest.popFirst() else { return text }
        text.append(following)
      default: text.append(next)
      }
    }
    if let end { throw Fault(reason: "syntax error: missing '\(end)'", word: word) }
    return text
  }

  private mutating func single() throws(Fault) -> String {
    var text = ""
    while let next = rest.popFirst() {
      if next == "'" { return text }
      text.append(next)
    }
    throw Fault(reason: "unexpected end of statement while looking for matching single-quote", word: word)
  }

  private mutating func double() throws(Fault) -> String {
    var text = ""
    while let next = rest.popFirst() {
      switch next {
      case "\"": return text
      case "$": text += try variable()
      case escape:
        guard let following = rest.popFirst() else { break }
        // Only what would mean something here loses its escape.
        if !["\"", "$", escape].contains(following) { text.append(escape) }
        text.append(following)
      default: text.append(next)
      }
    }
    throw Fault(reason: "unexpected end of statement while looking for matching double-quote", word: word)
  }

  private mutating func variable() throws(Fault) -> String {
    guard rest.first == "{" else {
      let name = takeName()
      return name.isEmpty ? "$" : variables[name] ?? ""
    }
    rest = rest.dropFirst()
    if rest.first == "}" {
      throw Fault(reason: "syntax error: bad substitution", word: word)
    }
    let name = takeName()
    let value = variables[name]
    switch rest.popFirst() {
    case "}": return value ?? ""
    case ":":
      guard let modifier = rest.popFirst() else { break }
      return try modified(name, value.flatMap { $0.isEmpty ? nil : $0 }, modifier)
    case let modifier?: return try modified(name, value, modifier)
    case nil: break
    }
    throw Fault(reason: "unsupported modifier (\u{FFFD}) in substitution", word: word)
  }

  /// What stands for a variable that is there, or not: `-`, `+` and `?`.
  private mutating func modified(_ name: String, _ value: String?, _ modifier: Character) throws(Fault) -> String {
    guard ["-", "+", "?"].contains(modifier) else {
      throw Fault(reason: "unsupported modifier (\(modifier)) in substitution", word: word)
    }
    let other = try read(until: "}")
    switch modifier {
    case "-": return value ?? other
    case "+": return value == nil ? "" : other
    default:
      if let value { return value }
      throw Fault(reason: "\(name): \(other.isEmpty ? "is not allowed to be unset" : other)", word: word)
    }
  }

  private mutating func takeName() -> String {
    var name = ""
    while let next = rest.first, next == "_" || next.isASCII && (next.isLetter || next.isNumber) {
      // A name that begins with a digit is that digit alone.
      if name.count == 1, name.first?.isNumber ?? false { return name }
      name.append(next)
      rest = rest.dropFirst()
    }
    return name
  }
}
