import EngineTypes
import SimBase

/// Reads the YAML that compose files are written in, as a document whose maps keep their order.
///
/// Block and flow collections, plain, quoted, literal and folded scalars, anchors, aliases and merge keys.
/// **Differs from YAML:** one document, no tags but those skipped, keys are texts.
/// Source: YAML 1.2 §6–§9; scalars resolve as go-yaml v3 does (`0440` is octal, `yes` is a text).
public struct YAML {
  private struct Line {
    var number: Int
    var indent: Int
    var text: String
  }

  private var lines: [Line] = []
  private var place = 0
  private var anchors: [String: JSON] = [:]

  /// Reads one document; an empty one is `null`.
  public static func parse(_ text: String) throws(YAMLTrouble) -> JSON {
    var parser = try YAML(text)
    guard let first = parser.nextLine() else { return .null }
    let value = try parser.block(indent: first.indent)
    if let rest = parser.nextLine() { throw YAMLTrouble(line: rest.number, "did not find expected key") }
    return value
  }

  private init(_ text: String) throws(YAMLTrouble) {
    var number = 0
    for raw in text.split(separator: "\n", omittingEmptySubsequences: false) {
      number += 1
      let line = raw.hasSuffix("\r") ? raw.dropLast() : raw
      let indent = line.prefix { $0 == " " }.count
      let rest = String(line.dropFirst(indent))
      if rest.hasPrefix("\t"), !rest.trimmed().isEmpty, !rest.trimmed().hasPrefix("#") {
        // A plain text may go on in the next line, so there the tab is its fault.
        if let last = lines.last(where: { !$0.text.trimmed().isEmpty }), try Self.endsPlain(last) {
          throw .scanner(
            line: last.number > 1 ? last.number : number, "found a tab character that violates indentation")
        }
        throw .scanner(line: number, "found character that cannot start any token")
      }
      if indent == 0, rest == "---" || rest.hasPrefix("%") { continue }
      if indent == 0, rest == "..." { break }
      lines.append(Line(number: number, indent: indent, text: rest))
    }
  }

  /// Whether a line ends in a plain text.
  private static func endsPlain(_ line: Line) throws(YAMLTrouble) -> Bool {
    var text = line.text
    while text.hasPrefix("- ") { text = text.dropFirst(2).trimmed() }
    let value = try key(Line(number: line.number, indent: 0, text: text))?.rest ?? text
    guard let first = value.trimmed().first else { return false }
    return !"&*!|>[{\"'#-".contains(first)
  }

  /// The next line that holds something; nil at the end.
  private mutating func nextLine() -> Line? {
    while place < lines.count {
      let text = lines[place].text.trimmed()
      if !text.isEmpty, !text.hasPrefix("#") { return lines[place] }
      place += 1
    }
    return nil
  }

  /// The block that begins on the next line, which stands at `indent`.
  private mutating func block(indent: Int) throws(YAMLTrouble) -> JSON {
    guard let line = nextLine() else { return .null }
    if line.text == "-" || line.text.hasPrefix("- ") { return try sequence(indent: indent) }
    if try Self.key(line) != nil { return try mapping(indent: indent) }
    place += 1
    return try value(line.text, on: line, parent: indent - 1)
  }

  private mutating func sequence(indent: Int) throws(YAMLTrouble) -> JSON {
    var elements: [JSON] = []
    let start = nextLine()?.number ?? 0
    while let line = nextLine(), line.indent == indent, line.text == "-" || line.text.hasPrefix("- ") {
      let rest = line.text.dropFirst()
      let gap = rest.prefix { $0 == " " }.count
      let content = String(rest.dropFirst(gap))
      if content.isEmpty || content.hasPrefix("#") {
        place += 1
        elements.append(try nested(below: indent))
      } else if try startsCollection(content, line.number) {
        // A collection that begins beside the dash: the rest of the line stands at its own column.
        lines[place] = Line(number: line.number, indent: indent + 1 + gap, text: content)
        elements.append(try block(indent: indent + 1 + gap))
      } else {
        place += 1
        elements.append(try value(content, on: line, parent: indent))
      }
    }
    if let line = nextLine(), line.indent > indent {
      throw .parser(start: start, line: line.number, "did not find expected '-' indicator")
    }
    return .array(elements)
  }

  private func startsCollection(_ content: String, _ number: Int) throws(YAMLTrouble) -> Bool {
    if content.hasPrefix("- ") { return true }
    return try Self.key(Line(number: number, indent: 0, text: content)) != nil
  }

  private mutating func mapping(indent: Int) throws(YAMLTrouble) -> JSON {
    var fields: [JSON.Field] = []
    var merged: [JSON.Field] = []
    let start = nextLine()?.number ?? 0
    var lastIsPlain = false
    while let line = nextLine(), line.indent == indent {
      guard let (key, rest) = try Self.key(line) else {
        if line.text.hasPrefix("- ") { break }
        throw YAMLTrouble(line: line.number + 1, "could not find expected ':'")
      }
      place += 1
      let content = rest.trimmed()
      var held: JSON
      if content.isEmpty || content.hasPrefix("#") {
        held = try nested(below: indent, allowsSequenceAtSameIndent: true)
        lastIsPlain = false
      } else {
        held = try value(rest, on: line, parent: indent)
        lastIsPlain = !"&*!|>[{\"'".contains(content.first ?? " ")
      }
      if key == "<<" {
        for source in held.array ?? [held] { merged += source.fields ?? [] }
        continue
      }
      if fields.contains(where: { $0.key == key }) {
        throw YAMLTrouble(line: line.number, "mapping key \(key.goQuoted) already defined")
      }
      if case .null = held, content == "~" { held = .null }
      fields.append(.init(key, held))
    }
    if let line = nextLine(), line.indent > indent {
      // What follows a plain text, deeper, is taken for more of it, until its colon.
      if lastIsPlain { throw .scanner(line: line.number, "mapping values are not allowed in this context") }
      throw .parser(start: start, line: line.number, "did not find expected key")
    }
    for field in merged where !fields.contains(where: { $0.key == field.key }) { fields.append(field) }
    return .object(fields)
  }

  /// What stands on the lines below, deeper than `indent`; null where there is nothing.
  private mutating func nested(
    below indent: Int, allowsSequenceAtSameIndent: Bool = false
  ) throws(YAMLTrouble) -> JSON {
    guard let line = nextLine() else { return .null }
    if line.indent > indent { return try block(indent: line.indent) }
    if allowsSequenceAtSameIndent, line.indent == indent, line.text == "-" || line.text.hasPrefix("- ") {
      return try sequence(indent: indent)
    }
    return .null
  }

  /// A value that begins on a line already taken; it may go on below, deeper than `parent`.
  private mutating func value(_ text: String, on line: Line, parent: Int) throws(YAMLTrouble) -> JSON {
    let content = text.trimmed()
    switch content.first {
    case "&":
      let name = String(content.dropFirst().prefix { $0 != " " })
      let rest = String(content.dropFirst(name.count + 1)).trimmed()
      let held =
        rest.isEmpty
        ? try nested(below: parent, allowsSequenceAtSameIndent: true)
        : try value(rest, on: line, parent: parent)
      anchors[name] = held
      return held
    case "*":
      let name = Self.withoutComment(String(content.dropFirst()))
      guard let held = anchors[name] else {
        throw YAMLTrouble(line: line.number, "unknown anchor '\(name)' referenced")
      }
      return held
    case "!":
      let rest = content.drop { $0 != " " }.trimmed()
      return rest.isEmpty ? try nested(below: parent) : try value(rest, on: line, parent: parent)
    case "|", ">": return .string(blockScalar(Self.withoutComment(content), parent: parent))
    case "[", "{", "\"", "'":
      var gathered = content
      while !Self.isClosed(gathered), place < lines.count {
        gathered += "\n" + lines[place].text
        place += 1
      }
      var flow = YAMLFlow(text: gathered, line: line.number, anchors: anchors)
      return try flow.document()
    default:
      var words = Self.withoutComment(content)
      if words.includes(": ") || words.hasSuffix(":") {
        throw .scanner(line: line.number, "mapping values are not allowed in this context")
      }
      while let next = plainContinuation(parent) { words += " " + next }
      return YAMLScalar.resolve(words)
    }
  }

  /// The next line where it carries on a plain scalar.
  private mutating func plainContinuation(_ parent: Int) -> String? {
    guard let next = nextLine(), next.indent > parent, parent >= 0 else { return nil }
    if (try? Self.key(next)) != nil, (try? Self.key(next)) ?? nil != nil { return nil }
    if next.text.hasPrefix("- ") { return nil }
    place += 1
    return Self.withoutComment(next.text.trimmed())
  }

  /// `|` and `>` with their marks: `-` cuts the last newline, `+` keeps all.
  private mutating func blockScalar(_ header: String, parent: Int) -> String {
    let folds = header.hasPrefix(">")
    var body: [String] = []
    var indent = header.first { $0.isNumber }?.wholeNumberValue.map { parent + $0 }
    while place < lines.count {
      let line = lines[place]
      let isBlank = line.text.trimmed().isEmpty
      if !isBlank, line.indent <= max(parent, 0), !(parent < 0 && line.indent >= 0) { break }
      if !isBlank, indent == nil { indent = line.indent }
      if !isBlank, let indent, line.indent < indent { break }
      let full = String(repeating: " ", count: line.indent) + line.text
      body.append(isBlank ? "" : String(full.dropFirst(indent ?? 0)))
      place += 1
    }
    var trailing = 0
    while body.last == "" {
      body.removeLast()
      trailing += 1
    }
    var text = folds ? Self.folded(body) : body.joined(separator: "\n")
    if header.contains("-") || body.isEmpty { return text }
    text += "\n"
    return header.contains("+") ? text + String(repeating: "\n", count: trailing) : text
  }

  private static func folded(_ lines: [String]) -> String {
    var text = ""
    var breaks = 0
    for (place, line) in lines.enumerated() {
      if line.isEmpty {
        breaks += 1
        continue
      }
      if place > 0 {
        let isMoreIndented = line.hasPrefix(" ") || lines[place - 1].hasPrefix(" ")
        text += breaks > 0 ? String(repeating: "\n", count: breaks) : isMoreIndented ? "\n" : " "
      }
      breaks = 0
      text += line
    }
    return text
  }

  /// The key of a line of a mapping, and what stands after its colon; nil for a line without one.
  private static func key(_ line: Line) throws(YAMLTrouble) -> (key: String, rest: String)? {
    let text = line.text
    if let quote = text.first, quote == "\"" || quote == "'" {
      guard let end = text.dropFirst().firstIndex(of: quote) else { return nil }
      let after = text[text.index(after: end)...]
      guard after.trimmed().hasPrefix(":") else { return nil }
      let rest = after.trimmed().dropFirst()
      return rest.isEmpty || rest.first == " "
        ? (String(text[text.index(after: text.startIndex)..<end]), String(rest)) : nil
    }
    if let first = text.first, "[{|>".contains(first) { return nil }
    var place = text.startIndex
    while let colon = text[place...].firstIndex(of: ":") {
      let next = text.index(after: colon)
      if text[..<colon].includes(" #") { return nil }
      if next == text.endIndex || text[next] == " " || text[next] == "\t" {
        return (String(text[..<colon]).trimmed(), String(text[next...]))
      }
      place = next
    }
    return nil
  }

  /// Whether brackets and quotes are closed.
  private static func isClosed(_ text: String) -> Bool {
    var depth = 0
    var quote: Character?
    var isEscaped = false
    var previous: Character = " "
    for character in text {
      if let open = quote {
        if isEscaped {
          isEscaped = false
        } else if character == "\\", open == "\"" {
          isEscaped = true
        } else if character == open {
          quote = nil
        }
      } else {
        switch character {
        case "[", "{": depth += 1
        case "]", "}": depth -= 1
        case "\"", "'": if " [{,:\n".contains(previous) || depth == 0 && previous == " " { quote = character }
        default: break
        }
      }
      previous = character
    }
    return depth <= 0 && quote == nil
  }

  /// A plain text without the comment after it.
  static func withoutComment(_ text: String) -> String {
    guard let hash = text.firstRange(of: " #") else { return text.trimmed() }
    return text[..<hash.lowerBound].trimmed()
  }
}
