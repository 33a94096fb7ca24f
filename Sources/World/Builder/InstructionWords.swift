import EngineTypes
import SimBase

/// An instruction taken apart into its name, flags and words, as far as that needs no knowledge of what they mean.
///
/// Source: moby/buildkit `frontend/dockerfile/parser/line_parsers.go`, `split_command.go`.
struct InstructionWords: Hashable {
  /// Its name in capitals.
  let name: String
  /// Its name as written.
  let writtenName: String
  /// `--chown=1` and the like.
  private(set) var flags: [String] = []
  /// What follows the flags, as written.
  private(set) var rest: String
  /// Its words; for a command line that is no list, one.
  private(set) var words: [String] = []
  /// Whether the words stood in a JSON list.
  private(set) var isList = false
  /// The whole instruction.
  let text: String
  /// What takes the sense from the character after it.
  let escape: Character

  init(_ text: String, escape: Character) throws(DockerfileFault) {
    self.text = text
    self.escape = escape
    writtenName = String(text.prefix { $0 != " " && $0 != "\t" })
    name = writtenName.uppercased()
    rest = text.dropFirst(writtenName.count).trimmed()
    takeFlags()
    switch name {
    case "ENV", "LABEL": words = try pairs()
    case "ARG": words = split(rest)
    case "USER", "WORKDIR", "STOPSIGNAL", "MAINTAINER": words = rest.isEmpty ? [] : [rest]
    case "RUN", "CMD", "ENTRYPOINT", "SHELL":
      if !takeList() { words = rest.isEmpty ? [] : [rest] }
    case "COPY", "ADD", "VOLUME": if !takeList() { words = plainWords }
    case "HEALTHCHECK":
      let kind = String(rest.prefix { $0 != " " && $0 != "\t" })
      rest = rest.dropFirst(kind.count).trimmed()
      if !takeList() { words = rest.isEmpty ? [] : [rest] }
      if !kind.isEmpty { words.insert(kind, at: 0) }
    case "ONBUILD": words = rest.isEmpty ? [] : [rest]
    default: words = plainWords
    }
  }

  private var plainWords: [String] { rest.split { $0 == " " || $0 == "\t" }.map(String.init) }

  private mutating func takeFlags() {
    // Only what these instructions begin with are flags; elsewhere two dashes are a word like others.
    guard ["ADD", "COPY", "FROM", "HEALTHCHECK", "RUN"].contains(name) else { return }
    while rest.hasPrefix("--") {
      let flag = String(rest.prefix { $0 != " " && $0 != "\t" })
      rest = rest.dropFirst(flag.count).trimmed()
      if flag == "--" { return }
      flags.append(flag)
    }
  }

  private mutating func takeList() -> Bool {
    guard rest.hasPrefix("["), let list = try? JSON.parse(rest), let elements = list.array else { return false }
    let texts = elements.compactMap(\.string)
    if texts.count != elements.count { return false }
    words = texts
    isList = true
    return true
  }

  /// `a=b` and `c="d e"`, or the old `a b c`; names and values alternate in what comes back.
  private func pairs() throws(DockerfileFault) -> [String] {
    let written = split(rest)
    guard let first = written.first else { return [] }
    if !first.contains("=") {
      let value = rest.drop { $0 != " " && $0 != "\t" }.trimmed()
      if value.isEmpty { throw DockerfileFault("\(name) must have two arguments") }
      return [String(rest.prefix { $0 != " " && $0 != "\t" }), value]
    }
    var pairs: [String] = []
    for word in written {
      let key = word.prefix { $0 != "=" }
      if key.count == word.count {
        throw DockerfileFault("Syntax error - can't find = in \(word.goQuoted). Must be of the form: name=value")
      }
      pairs += [String(key), String(word.dropFirst(key.count + 1))]
    }
    return pairs
  }

  /// Words between blanks that no quotes and no escape hold together; both stay where they are.
  private func split(_ text: String) -> [String] {
    var words: [String] = []
    var word = ""
    var quote: Character?
    var isEscaped = false
    for character in text {
      if isEscaped {
        word.append(character)
        isEscaped = false
        continue
      }
      if character == escape, quote != "'" {
        isEscaped = true
      } else if quote != nil {
        if character == quote { quote = nil }
      } else if character == " " || character == "\t" {
        if !word.isEmpty { words.append(word) }
        word = ""
        continue
      } else if character == "\"" || character == "'" {
        quote = character
      }
      word.append(character)
    }
    if !word.isEmpty { words.append(word) }
    return words
  }
}
