import SimBase

/// One word of a template's text.
struct TemplateToken: Sendable, Equatable {
  enum Kind: Sendable, Equatable {
    case text, leftDelimiter, rightDelimiter, space, comment, error, end
    case assign, declare, pipe, leftParen, rightParen
    case character, boolean, characterConstant, dot, field, identifier, keyword, null, number, rawString, string
    case variable
  }

  var kind: Kind
  var text: String
  /// Where it begins, in bytes.
  var offset: Int

  /// The word as errors quote it.
  var quoted: String {
    switch kind {
    case .end: "EOF"
    case .error: text
    case .keyword, .null, .dot: "<\(text)>"
    default: text.unicodeScalars.count > 10 ? cutText.goQuoted + "..." : text.goQuoted
    }
  }

  private var cutText: String {
    var cut = String.UnicodeScalarView()
    cut.append(contentsOf: text.unicodeScalars.prefix(10))
    return String(cut)
  }
}

/// Cuts a template's text into words, one at a time: what the parser never asks for is never looked at, so that the
/// first trouble is the one that is told.
///
/// Source: Go `text/template/parse/lex.go`.
struct TemplateLexer: Sendable {
  private let bytes: [UInt8]
  private var offset = 0
  private var start = 0
  private var isInAction = false
  private var parenDepth = 0
  private var hasFailed = false

  static let keywords: Set<String> = [
    "block", "break", "continue", "define", "else", "end", "if", "range", "template", "with",
  ]

  init(_ text: String) { bytes = Array(text.utf8) }

  /// The next word; the end of the text again and again once it is reached.
  mutating func next() -> TemplateToken {
    if hasFailed { return TemplateToken(kind: .end, text: "", offset: offset) }
    while true {
      start = offset
      if let token = isInAction ? insideAction() : outside() { return token }
    }
  }

  /// The line of a place, counted from 1.
  func line(of place: Int) -> Int { 1 + bytes[..<min(place, bytes.count)].count { $0 == UInt8(ascii: "\n") } }

  // MARK: Text

  /// A text, or the opening of an action; nil where there was nothing but a text that trimming has left empty.
  private mutating func outside() -> TemplateToken? {
    guard !starts("{{") else { return opening() }
    while offset < bytes.count, !starts("{{") { offset += 1 }
    if offset >= bytes.count, start == offset { return emit(.end) }
    var end = offset
    if trimsLeft(after: offset + 2) { while end > start, isSpace(bytes[end - 1]) { end -= 1 } }
    guard end > start else { return nil }
    return TemplateToken(kind: .text, text: text(start..<end), offset: start)
  }

  private func trimsLeft(after place: Int) -> Bool {
    place + 1 < bytes.count && bytes[place] == UInt8(ascii: "-") && isSpace(bytes[place + 1])
  }

  private mutating func opening() -> TemplateToken? {
    let marker = trimsLeft(after: offset + 2) ? 2 : 0
    let inside = offset + 2 + marker
    if bytes[min(inside, bytes.count)...].starts(with: "/*".utf8) {
      offset = inside + 2
      while offset < bytes.count, !starts("*/") { offset += 1 }
      guard offset < bytes.count else { return failure("unclosed comment") }
      offset += 2
      guard let trims = closing() else { return failure("comment ends before closing delimiter") }
      close(trimming: trims)
      return nil
    }
    offset += 2
    let token = emit(.leftDelimiter)
    offset = inside
    isInAction = true
    parenDepth = 0
    return token
  }

  /// Whether an action ends here, and whether it trims what follows.
  private func closing() -> Bool? {
    if offset + 1 < bytes.count, isSpace(bytes[offset]), bytes[offset + 1] == UInt8(ascii: "-"),
      bytes[min(offset + 2, bytes.count)...].starts(with: "}}".utf8)
    {
      return true
    }
    return starts("}}") ? false : nil
  }

  private mutating func close(trimming: Bool) {
    offset += trimming ? 4 : 2
    if trimming { while offset < bytes.count, isSpace(bytes[offset]) { offset += 1 } }
    isInAction = false
  }

  // MARK: Actions

  private mutating func insideAction() -> TemplateToken? {
    if let trims = closing() {
      guard parenDepth == 0 else { return failure("unclosed left paren") }
      let token = TemplateToken(kind: .rightDelimiter, text: "}}", offset: trims ? offset + 2 : offset)
      close(trimming: trims)
      return token
    }
    guard offset < bytes.count else { return failure("unclosed action") }
    let byte = bytes[offset]
    switch byte {
    case _ where isSpace(byte): return space()
    case _ where isLetter(byte): return identifier()
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"): return number()
    default: break
    }
    offset += 1
    switch byte {
    case UInt8(ascii: "="): return emit(.assign)
    case UInt8(ascii: ":"):
      guard starts("=") else { return failure("expected :=") }
      offset += 1
      return emit(.declare)
    case UInt8(ascii: "|"): return emit(.pipe)
    case UInt8(ascii: "\""): return quoted(byte, .string, "unterminated quoted string")
    case UInt8(ascii: "'"): return quoted(byte, .characterConstant, "unterminated character constant")
    case UInt8(ascii: "`"):
      while offset < bytes.count, bytes[offset] != byte { offset += 1 }
      guard offset < bytes.count else { return failure("unterminated raw quoted string") }
      offset += 1
      return emit(.rawString)
    case UInt8(ascii: "$"): return name(.variable, alone: .variable)
    case UInt8(ascii: "."):
      // What is neither a digit nor a name's beginning may still be a lone dot, but the text's end may not.
      if offset < bytes.count, !(48...57).contains(bytes[offset]) { return name(.field, alone: .dot) }
      offset -= 1
      return number()
    case UInt8(ascii: "("):
      parenDepth += 1
      return emit(.leftParen)
    case UInt8(ascii: ")"):
      parenDepth -= 1
      return parenDepth < 0 ? failure("unexpected right paren") : emit(.rightParen)
    case 32..<127: return emit(.character)
    default: return failure("unrecognized character in action: \(unicode(at: start))")
    }
  }

  private mutating func space() -> TemplateToken? {
    while offset < bytes.count, isSpace(bytes[offset]) {
      // A blank before a trimming end belongs to that.
      if offset + 1 < bytes.count, bytes[offset + 1] == UInt8(ascii: "-"), closing() == true { break }
      offset += 1
    }
    return offset > start ? emit(.space) : nil
  }

  private mutating func identifier() -> TemplateToken {
    skipName()
    guard isAtTerminator else { return failure("bad character \(unicode(at: offset))") }
    let word = text(start..<offset)
    if TemplateLexer.keywords.contains(word) { return emit(.keyword) }
    switch word {
    case "nil": return emit(.null)
    case "true", "false": return emit(.boolean)
    default: return emit(.identifier)
    }
  }

  /// What follows a dot or a dollar sign that has been read.
  private mutating func name(_ kind: TemplateToken.Kind, alone: TemplateToken.Kind) -> TemplateToken {
    if isAtTerminator { return emit(alone) }
    skipName()
    guard isAtTerminator else { return failure("bad character \(unicode(at: offset))") }
    return emit(kind)
  }

  private mutating func number() -> TemplateToken {
    accept("+-")
    var digits = "0123456789_"
    if accept("0") {
      if accept("xX") {
        digits = "0123456789abcdefABCDEF_"
      } else if accept("oO") {
        digits = "01234567_"
      } else if accept("bB") {
        digits = "01_"
      }
    }
    while accept(digits) {}
    if accept(".") { while accept(digits) {} }
    if digits.utf8.count == 11, accept("eE") {
      accept("+-")
      while accept("0123456789_") {}
    }
    accept("i")
    if offset < bytes.count, isLetter(bytes[offset]) {
      offset += 1
      return failure("bad number syntax: \(text(start..<offset).goQuoted)")
    }
    return emit(.number)
  }

  private mutating func quoted(_ quote: UInt8, _ kind: TemplateToken.Kind, _ trouble: String) -> TemplateToken {
    while offset < bytes.count, bytes[offset] != quote, bytes[offset] != UInt8(ascii: "\n") {
      if bytes[offset] == UInt8(ascii: "\\"), offset + 1 < bytes.count, bytes[offset + 1] != UInt8(ascii: "\n") {
        offset += 1
      }
      offset += 1
    }
    guard offset < bytes.count, bytes[offset] == quote else { return failure(trouble) }
    offset += 1
    return emit(kind)
  }

  // MARK: Bytes

  private func emit(_ kind: TemplateToken.Kind) -> TemplateToken {
    TemplateToken(kind: kind, text: text(start..<offset), offset: start)
  }

  private mutating func failure(_ message: String) -> TemplateToken {
    hasFailed = true
    return TemplateToken(kind: .error, text: message, offset: start)
  }

  private func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

  private func starts(_ text: String) -> Bool { bytes[min(offset, bytes.count)...].starts(with: text.utf8) }

  @discardableResult
  private mutating func accept(_ characters: String) -> Bool {
    guard offset < bytes.count, characters.utf8.contains(bytes[offset]) else { return false }
    offset += 1
    return true
  }

  private mutating func skipName() {
    while offset < bytes.count, isLetter(bytes[offset]) || (48...57).contains(bytes[offset]) { offset += 1 }
  }

  private var isAtTerminator: Bool {
    guard offset < bytes.count else { return true }
    return isSpace(bytes[offset]) || ".,|:()".utf8.contains(bytes[offset]) || starts("}}")
  }

  private func unicode(at place: Int) -> String {
    let rest = String(decoding: bytes[min(place, bytes.count)...], as: UTF8.self)
    guard let scalar = rest.unicodeScalars.first else { return "U+FFFFFFFFFFFFFFFF" }
    let digits = String(scalar.value, radix: 16, uppercase: true)
    return "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits + " '\(Character(scalar))'"
  }

  private func isSpace(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 || byte == 10 || byte == 13 }

  private func isLetter(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "_") || (65...90).contains(byte) || (97...122).contains(byte) || byte >= 128
  }
}
