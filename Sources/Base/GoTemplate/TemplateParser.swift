import SimBase

/// Reads a template's text.
///
/// Source: Go `text/template/parse` (`lex.go`, `parse.go`): words, trim markers, keywords, and the errors' texts.
struct TemplateParser {
  private let bytes: [UInt8]
  private var offset = 0
  /// Names of variables in scope, `$` first.
  private var variables = ["$"]
  private var loopDepth = 0
  private let functions: Set<String>
  /// What errors call the template.
  private let title: String

  private enum Ending { case end, otherwise, otherwiseIf, otherwiseWith, file }

  /// Reads a whole template in which these functions may be called.
  static func parse(
    _ text: String, name: String = "", functions: Set<String>
  ) throws(TemplateError) -> [TemplateNode] {
    var parser = TemplateParser(bytes: Array(text.utf8), title: name, functions: functions)
    let (nodes, ending) = try parser.list()
    switch ending {
    case .file: return nodes
    case .end: throw parser.trouble("unexpected {{end}}")
    default: throw parser.trouble("unexpected {{else}}")
    }
  }

  private init(bytes: [UInt8], title: String, functions: Set<String>) {
    self.bytes = bytes
    self.title = title
    self.functions = functions
  }

  private func trouble(_ message: String) -> TemplateError {
    let line = 1 + bytes[..<min(offset, bytes.count)].count { $0 == UInt8(ascii: "\n") }
    return TemplateError(message: "template: \(title):\(line): \(message)")
  }

  /// Nodes up to `{{end}}`, `{{else}}` or the end of the text.
  private mutating func list() throws(TemplateError) -> ([TemplateNode], Ending) {
    var nodes: [TemplateNode] = []
    while true {
      let start = offset
      while offset < bytes.count && !starts("{{") { offset += 1 }
      var text = Array(bytes[start..<offset])
      let atEnd = offset >= bytes.count
      if !atEnd {
        offset += 2
        if offset + 1 < bytes.count, bytes[offset] == UInt8(ascii: "-"), isBlank(bytes[offset + 1]) {
          offset += 1
          while let last = text.last, isBlank(last) { text.removeLast() }
        }
      }
      if !text.isEmpty { nodes.append(.text(String(decoding: text, as: UTF8.self))) }
      if atEnd { return (nodes, .file) }
      if starts("/*") || startsAfterBlanks("/*") {
        try comment()
        continue
      }
      skipBlanks()
      switch keyword() {
      case "end":
        try close()
        return (nodes, .end)
      case "else":
        skipBlanks()
        if takeKeyword("if") { return (nodes, .otherwiseIf) }
        if takeKeyword("with") { return (nodes, .otherwiseWith) }
        try close()
        return (nodes, .otherwise)
      case "if": nodes.append(try control("if") { .branch($0, then: $1, otherwise: $2) })
      case "with": nodes.append(try control("with") { .with($0, then: $1, otherwise: $2) })
      case "range":
        loopDepth += 1
        let node = try control("range") { .range($0, body: $1, otherwise: $2) }
        loopDepth -= 1
        nodes.append(node)
      case "break", "continue":
        let word = bytes[offset - 1] == UInt8(ascii: "k") ? "break" : "continue"
        if loopDepth == 0 { throw trouble("{{\(word)}} outside {{range}}") }
        try close()
        nodes.append(word == "break" ? .breakLoop : .continueLoop)
      default:
        nodes.append(.action(try pipeline("command")))
      }
    }
  }

  private mutating func control(
    _ word: String, _ make: (TemplateNode.Pipeline, [TemplateNode], [TemplateNode]) -> TemplateNode
  ) throws(TemplateError) -> TemplateNode {
    let scope = variables.count
    defer { variables.removeSubrange(scope...) }
    let head = try pipeline(word)
    let (body, ending) = try list()
    switch ending {
    case .end: return make(head, body, [])
    case .otherwise:
      let (other, last) = try list()
      if last != .end { throw trouble(last == .file ? "unexpected EOF" : "expected end; found {{else}}") }
      return make(head, body, other)
    case .otherwiseIf: return make(head, body, [try control("if") { .branch($0, then: $1, otherwise: $2) }])
    case .otherwiseWith: return make(head, body, [try control("with") { .with($0, then: $1, otherwise: $2) }])
    case .file: throw trouble("unexpected EOF")
    }
  }

  /// A pipeline; `context` is what it belongs to, in the words of errors.
  private mutating func pipeline(
    _ context: String, endsWith end: String = "}}"
  ) throws(TemplateError) -> TemplateNode.Pipeline {
    skipBlanks()
    var result = TemplateNode.Pipeline(offset: offset)
    try declarations(into: &result)
    while true {
      skipBlanks()
      if takeEnd(end) {
        if result.commands.isEmpty { throw trouble("missing value for \(context)") }
        for name in result.variables where !result.assigns { variables.append(name) }
        return result
      }
      if !result.commands.isEmpty {
        guard offset < bytes.count else { throw trouble("unclosed action") }
        guard bytes[offset] == UInt8(ascii: "|") else { throw unexpected("command") }
        offset += 1
        skipBlanks()
        if starts(end) { throw trouble("missing value for command") }
      }
      result.commands.append(try command(endsWith: end))
    }
  }

  private mutating func declarations(into result: inout TemplateNode.Pipeline) throws(TemplateError) {
    let start = offset
    var names: [String] = []
    while offset < bytes.count, bytes[offset] == UInt8(ascii: "$") {
      offset += 1
      names.append("$" + name())
      skipBlanks()
      if starts(":=") || (starts("=") && !starts("==")) {
        result.assigns = bytes[offset] == UInt8(ascii: "=")
        offset += result.assigns ? 1 : 2
        if result.assigns, let unknown = names.first(where: { !variables.contains($0) }) {
          throw trouble("undefined variable \"\(unknown)\"")
        }
        result.variables = names
        return
      }
      guard starts(",") else { break }
      offset += 1
      skipBlanks()
    }
    offset = start
  }

  private mutating func command(endsWith end: String) throws(TemplateError) -> TemplateNode.Command {
    var result = TemplateNode.Command(words: [], offset: offset)
    while true {
      skipBlanks()
      guard offset < bytes.count else { throw trouble(end == ")" ? "unclosed left paren" : "unclosed action") }
      if starts(end) || starts("|") || isTrimmedEnd(end) { break }
      result.words.append(try word())
    }
    if result.words.isEmpty { throw trouble("missing value for command") }
    return result
  }

  private mutating func word() throws(TemplateError) -> TemplateNode.Word {
    let start = offset
    let byte = bytes[offset]
    switch byte {
    case UInt8(ascii: "."):
      if offset + 1 < bytes.count, isLetter(bytes[offset + 1]) {
        let (names, place) = fields()
        try checkEnd()
        return .field(names, offset: place)
      }
      if offset + 1 < bytes.count, (48...57).contains(bytes[offset + 1]) { return try number() }
      offset += 1
      return .dot(offset: start)
    case UInt8(ascii: "$"):
      offset += 1
      let variable = "$" + name()
      if !variables.contains(variable) { throw trouble("undefined variable \"\(variable)\"") }
      let (names, place) = fields()
      try checkEnd()
      return .variable([variable] + names, offset: names.isEmpty ? start : place)
    case UInt8(ascii: "("):
      offset += 1
      let inner = try pipeline("parenthesized pipeline", endsWith: ")")
      let (names, place) = fields()
      return .nested(inner, fields: names, offset: names.isEmpty ? start : place)
    case UInt8(ascii: "\""), UInt8(ascii: "`"): return try quoted(byte)
    case UInt8(ascii: "'"): return try character()
    case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    default:
      guard isLetter(byte) else { throw unexpected("operand") }
      let word = name()
      try checkEnd()
      switch word {
      case "true": return .constant(.bool(true), text: word, offset: start)
      case "false": return .constant(.bool(false), text: word, offset: start)
      case "nil": return .null
      default:
        guard functions.contains(word) else { throw trouble("function \"\(word)\" not defined") }
        return .function(word, offset: start)
      }
    }
  }

  /// What may stand after a name.
  private func checkEnd() throws(TemplateError) {
    guard offset < bytes.count, !starts("}}") else { return }
    let byte = bytes[offset]
    if !isBlank(byte), !".,|:()".utf8.contains(byte) { throw trouble("bad character \(unicode())") }
  }

  /// A chain `.A.B.C`. Its place is its second link's, which is where Go's parser begins a chain.
  private mutating func fields() -> (names: [String], offset: Int) {
    var names: [String] = []
    var place = offset
    while offset + 1 < bytes.count, bytes[offset] == UInt8(ascii: "."), isLetter(bytes[offset + 1]) {
      if names.count == 1 { place = offset }
      offset += 1
      names.append(name())
    }
    return (names, place)
  }

  private mutating func number() throws(TemplateError) -> TemplateNode.Word {
    let start = offset
    while offset < bytes.count, isLetter(bytes[offset]) || "+-.0123456789".utf8.contains(bytes[offset]) { offset += 1 }
    let text = String(decoding: bytes[start..<offset], as: UTF8.self)
    if let whole = Int64(text) { return .constant(.int(whole), text: text, offset: start) }
    if text.hasPrefix("0x"), let whole = Int64(text.dropFirst(2), radix: 16) {
      return .constant(.int(whole), text: text, offset: start)
    }
    if let fraction = Double(text) { return .constant(.float(fraction), text: text, offset: start) }
    throw trouble("bad number syntax: \(text.goQuoted)")
  }

  private mutating func character() throws(TemplateError) -> TemplateNode.Word {
    let start = offset
    offset += 1
    while offset < bytes.count, bytes[offset] != UInt8(ascii: "'") { offset += 1 }
    guard offset < bytes.count else { throw trouble("unterminated character constant") }
    offset += 1
    let text = String(decoding: bytes[start..<offset], as: UTF8.self)
    guard text.unicodeScalars.count == 3 else { throw trouble("malformed character constant: \(text)") }
    let scalar = text.unicodeScalars.dropFirst().first?.value ?? 0
    return .constant(.int(Int64(scalar)), text: text, offset: start)
  }

  private mutating func quoted(_ quote: UInt8) throws(TemplateError) -> TemplateNode.Word {
    let start = offset
    offset += 1
    var content: [UInt8] = []
    while offset < bytes.count, bytes[offset] != quote {
      if quote == UInt8(ascii: "\""), bytes[offset] == UInt8(ascii: "\n") { break }
      if quote == UInt8(ascii: "\""), bytes[offset] == UInt8(ascii: "\\"), offset + 1 < bytes.count {
        offset += 1
        switch bytes[offset] {
        case UInt8(ascii: "n"): content.append(10)
        case UInt8(ascii: "t"): content.append(9)
        case UInt8(ascii: "r"): content.append(13)
        default: content.append(bytes[offset])
        }
      } else {
        content.append(bytes[offset])
      }
      offset += 1
    }
    guard offset < bytes.count, bytes[offset] == quote else {
      throw trouble(quote == UInt8(ascii: "`") ? "unterminated raw quoted string" : "unterminated quoted string")
    }
    offset += 1
    let text = String(decoding: bytes[start..<offset], as: UTF8.self)
    return .constant(.string(String(decoding: content, as: UTF8.self)), text: text, offset: start)
  }

  private mutating func comment() throws(TemplateError) {
    while offset < bytes.count && !starts("*/") { offset += 1 }
    guard offset < bytes.count else { throw trouble("unclosed comment") }
    offset += 2
    try close()
  }

  /// Steps over `}}`, or ` -}}` and the blanks after it.
  private mutating func close() throws(TemplateError) {
    skipBlanks()
    if !takeEnd("}}") { throw offset < bytes.count ? unexpected("end") : trouble("unclosed action") }
  }

  private mutating func takeEnd(_ end: String) -> Bool {
    if isTrimmedEnd(end) {
      offset += 3
      while offset < bytes.count, isBlank(bytes[offset]) { offset += 1 }
      return true
    }
    guard starts(end) else { return false }
    offset += end.utf8.count
    return true
  }

  private func isTrimmedEnd(_ end: String) -> Bool {
    end == "}}" && starts("-}}") && offset > 0 && isBlank(bytes[offset - 1])
  }

  private func unexpected(_ context: String) -> TemplateError {
    let character = offset < bytes.count ? String(decoding: [bytes[offset]], as: UTF8.self) : ""
    if context == "operand", "}{]#%^&*!@~?<>;:".contains(character) || character.isEmpty {
      return trouble(
        character == "}" ? "unexpected \"}\" in operand" : "unexpected unrecognized character in action: \(unicode())")
    }
    return trouble("unexpected \(character.goQuoted) in \(context)")
  }

  private func unicode() -> String {
    guard offset < bytes.count else { return "U+0000" }
    return "U+00\(hexText([bytes[offset]]).uppercased()) '\(String(decoding: [bytes[offset]], as: UTF8.self))'"
  }

  private mutating func keyword() -> String {
    let start = offset
    let word = name()
    if ["end", "else", "if", "with", "range", "break", "continue"].contains(word) { return word }
    offset = start
    return ""
  }

  private mutating func takeKeyword(_ wanted: String) -> Bool {
    let start = offset
    if name() == wanted { return true }
    offset = start
    return false
  }

  private mutating func name() -> String {
    let start = offset
    while offset < bytes.count, isLetter(bytes[offset]) || (48...57).contains(bytes[offset]) { offset += 1 }
    return String(decoding: bytes[start..<offset], as: UTF8.self)
  }

  private mutating func skipBlanks() { while offset < bytes.count, isBlank(bytes[offset]) { offset += 1 } }

  private func starts(_ text: String) -> Bool { bytes[min(offset, bytes.count)...].starts(with: text.utf8) }

  private func startsAfterBlanks(_ text: String) -> Bool {
    bytes[min(offset, bytes.count)...].drop(while: isBlank).starts(with: text.utf8)
  }

  private func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 || byte == 10 || byte == 13 }

  private func isLetter(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "_") || (65...90).contains(byte) || (97...122).contains(byte) || byte >= 128
  }
}
