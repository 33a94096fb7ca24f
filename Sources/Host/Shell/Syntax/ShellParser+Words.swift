import SimBase

/// Words: quotes, `$`, backquotes, and what stands within braces.
extension ShellParser {
  var isWordEnd: Bool { peek.map(isMeta) ?? true }

  /// The next word, or nil where none stands.
  mutating func word(inAssignment: Bool = false) throws(SyntaxError) -> Word? {
    if !inAssignment { skipBlanks() }
    if isWordEnd { return nil }
    var parts: [WordPart] = []
    if peek == UInt8(ascii: "~") { takeTilde(&parts) }
    while !isWordEnd { try part(&parts) }
    return Word(parts: parts)
  }

  private mutating func takeTilde(_ parts: inout [WordPart]) {
    var end = at + 1
    while end < bytes.count, isNameByte(bytes[end]) || bytes[end] == UInt8(ascii: "-") { end += 1 }
    guard end == bytes.count || bytes[end] == UInt8(ascii: "/") || isMeta(bytes[end]) else { return }
    parts.append(.tilde(String(decoding: bytes[at + 1..<end], as: UTF8.self)))
    at = end
  }

  /// One piece of an unquoted stretch of a word.
  private mutating func part(_ parts: inout [WordPart]) throws(SyntaxError) {
    guard let byte = peek else { return }
    switch byte {
    case UInt8(ascii: "'"):
      at += 1
      guard let end = bytes[at...].firstIndex(of: UInt8(ascii: "'")) else { throw unterminated() }
      parts.append(.text(String(decoding: bytes[at..<end], as: UTF8.self), isQuoted: true))
      at = end + 1
    case UInt8(ascii: "\""):
      at += 1
      let inner = try quotedParts(until: UInt8(ascii: "\""))
      // "" is a word of its own, though empty.
      parts += inner.isEmpty ? [.text("", isQuoted: true)] : inner
    case UInt8(ascii: "\\"):
      if peek(1) == newlineByte {
        at += 2
        return
      }
      at += 1
      if isAtEnd {
        parts.append(.text("\\", isQuoted: true))
        return
      }
      parts.append(.text(takeCharacter(), isQuoted: true))
    case UInt8(ascii: "$"):
      if peek(1) == UInt8(ascii: "'") {
        at += 2
        parts.append(.text(try ansiQuoted(), isQuoted: true))
      } else {
        parts.append(try dollar(isQuoted: false))
      }
    case UInt8(ascii: "`"): parts.append(try backquoted(isQuoted: false))
    default: takeText(&parts, isQuoted: false) { isMeta($0) || specials.contains($0) }
    }
  }

  /// The pieces between double quotes, the closing one taken; with nil, the pieces of a here-document up to its end.
  mutating func quotedParts(until end: UInt8?) throws(SyntaxError) -> [WordPart] {
    var parts: [WordPart] = []
    while let byte = peek {
      if byte == end {
        at += 1
        return parts
      }
      switch byte {
      case UInt8(ascii: "$"): parts.append(try dollar(isQuoted: true))
      case UInt8(ascii: "`"): parts.append(try backquoted(isQuoted: true))
      case UInt8(ascii: "\\"):
        at += 1
        switch peek {
        case newlineByte: at += 1
        case UInt8(ascii: "$"), UInt8(ascii: "`"), UInt8(ascii: "\\"):
          parts.append(.text(takeCharacter(), isQuoted: true))
        case UInt8(ascii: "\"") where end != nil: parts.append(.text(takeCharacter(), isQuoted: true))
        default: parts.append(.text("\\", isQuoted: true))
        }
      default: takeText(&parts, isQuoted: true) { quotedSpecials.contains($0) || $0 == end }
      }
    }
    if end != nil { throw unterminated() }
    return parts
  }

  private mutating func takeText(_ parts: inout [WordPart], isQuoted: Bool, until ends: (UInt8) -> Bool) {
    let start = at
    while let byte = peek, at == start || !ends(byte) { _ = (byte, at += 1) }
    parts.append(.text(String(decoding: bytes[start..<at], as: UTF8.self), isQuoted: isQuoted))
  }

  /// One whole character, which may be several bytes.
  private mutating func takeCharacter() -> String {
    let start = at
    at += 1
    while let byte = peek, byte & 0xC0 == 0x80 { _ = (byte, at += 1) }
    return String(decoding: bytes[start..<at], as: UTF8.self)
  }

  // MARK: Dollars

  private mutating func dollar(isQuoted: Bool) throws(SyntaxError) -> WordPart {
    at += 1
    guard let byte = peek else { return .text("$", isQuoted: isQuoted) }
    if byte == UInt8(ascii: "(") {
      if peek(1) == UInt8(ascii: "("), let sum = try arithmetic(isQuoted: isQuoted) { return sum }
      at += 1
      return try substitution(isQuoted: isQuoted)
    }
    if byte == UInt8(ascii: "{") {
      at += 1
      return .parameter(try braced(isQuoted: isQuoted), isQuoted: isQuoted)
    }
    if let name = takeName() { return .parameter(Parameter(name: name, operation: .plain), isQuoted: isQuoted) }
    if isDigit(byte) || specialParameters.contains(byte) {
      at += 1
      let name = String(decoding: [byte], as: UTF8.self)
      return .parameter(Parameter(name: name, operation: .plain), isQuoted: isQuoted)
    }
    return .text("$", isQuoted: isQuoted)
  }

  /// `$(…)`, its opening taken.
  private mutating func substitution(isQuoted: Bool) throws(SyntaxError) -> WordPart {
    var probe = self
    probe.skipBlanks()
    if probe.peek == UInt8(ascii: ")") {
      at = probe.at + 1
      return .command(.sequence([]), isQuoted: isQuoted)
    }
    let body = try list(until: [")"])
    at += 1
    return .command(body, isQuoted: isQuoted)
  }

  /// `$((…))`; nil, and nothing taken, where the parentheses turn out to be a subshell in a substitution.
  private mutating func arithmetic(isQuoted: Bool) throws(SyntaxError) -> WordPart? {
    guard let sum = takeDoubleParentheses() else { return nil }
    var inner = ShellParser(sum)
    return .arithmetic(Word(parts: try inner.quotedParts(until: nil)), isQuoted: isQuoted)
  }

  /// What stands in the `((…))` that begins here; nil, and nothing taken, where none does or it ends otherwise.
  mutating func takeDoubleParentheses() -> [UInt8]? {
    guard peek == UInt8(ascii: "("), peek(1) == UInt8(ascii: "(") else { return nil }
    var depth = 0
    var end = at + 2
    while true {
      guard end < bytes.count else { return nil }
      if bytes[end] == UInt8(ascii: "(") { depth += 1 }
      if bytes[end] == UInt8(ascii: ")") {
        if depth == 0 { break }
        depth -= 1
      }
      end += 1
    }
    guard end + 1 < bytes.count, bytes[end + 1] == UInt8(ascii: ")") else { return nil }
    defer { at = end + 2 }
    return Array(bytes[(at + 2)..<end])
  }

  private mutating func backquoted(isQuoted: Bool) throws(SyntaxError) -> WordPart {
    at += 1
    var inner: [UInt8] = []
    while let byte = peek, byte != UInt8(ascii: "`") {
      if byte == UInt8(ascii: "\\"), let next = peek(1),
        next == UInt8(ascii: "`") || next == UInt8(ascii: "\\") || next == UInt8(ascii: "$")
      {
        at += 1
      }
      inner.append(bytes[at])
      at += 1
    }
    if isAtEnd { throw SyntaxError(message: "EOF in backquote substitution", isIncomplete: true) }
    at += 1
    let script = ShellParser.script(String(decoding: inner, as: UTF8.self))
    if let error = script.error { throw SyntaxError(message: error.message) }
    return .command(.sequence(script.commands), isQuoted: isQuoted)
  }

  /// `${…}`, its opening taken.
  private mutating func braced(isQuoted: Bool) throws(SyntaxError) -> Parameter {
    if peek == UInt8(ascii: "#"), peek(1) != UInt8(ascii: "}") {
      at += 1
      let name = try parameterName()
      guard peek == UInt8(ascii: "}") else { throw SyntaxError(message: "bad substitution") }
      at += 1
      return Parameter(name: name, operation: .length)
    }
    let name = try parameterName()
    let colon = peek == UInt8(ascii: ":")
    let start = at
    if colon { at += 1 }
    guard let byte = peek else { throw unterminated() }
    at += 1
    switch byte {
    case UInt8(ascii: "}") where !colon: return Parameter(name: name, operation: .plain)
    case UInt8(ascii: "-"):
      return Parameter(name: name, operation: .orElse(try bracedWord(isQuoted: isQuoted), colon: colon))
    case UInt8(ascii: "="):
      return Parameter(name: name, operation: .orAssign(try bracedWord(isQuoted: isQuoted), colon: colon))
    case UInt8(ascii: "?"):
      return Parameter(name: name, operation: .orFail(try bracedWord(isQuoted: isQuoted), colon: colon))
    case UInt8(ascii: "+"):
      return Parameter(name: name, operation: .ifSet(try bracedWord(isQuoted: isQuoted), colon: colon))
    case UInt8(ascii: "#") where !colon:
      let longest = takeTwin(byte)
      return Parameter(name: name, operation: .removePrefix(try bracedWord(), longest: longest))
    case UInt8(ascii: "%") where !colon:
      let longest = takeTwin(byte)
      return Parameter(name: name, operation: .removeSuffix(try bracedWord(), longest: longest))
    case UInt8(ascii: "/") where !colon:
      let all = takeTwin(byte)
      let pattern = try bracedWord(alsoUntil: UInt8(ascii: "/"))
      let hasReplacement = bytes[at - 1] == UInt8(ascii: "/")
      let replacement = hasReplacement ? try bracedWord() : Word()
      return Parameter(name: name, operation: .replace(pattern, with: replacement, all: all))
    default:
      guard colon else { throw SyntaxError(message: "bad substitution") }
      at = start + 1
      let offset = try bracedWord(alsoUntil: UInt8(ascii: ":"))
      let length = bytes[at - 1] == UInt8(ascii: ":") ? try bracedWord() : nil
      return Parameter(name: name, operation: .slice(offset: offset, length: length))
    }
  }

  private mutating func takeTwin(_ byte: UInt8) -> Bool {
    guard peek == byte else { return false }
    at += 1
    return true
  }

  private mutating func parameterName() throws(SyntaxError) -> String {
    if let name = takeName() { return name }
    guard let byte = peek else { throw unterminated() }
    let start = at
    if isDigit(byte) {
      while let byte = peek, isDigit(byte) { _ = (byte, at += 1) }
    } else if specialParameters.contains(byte) {
      at += 1
    } else {
      throw SyntaxError(message: "bad substitution")
    }
    return String(decoding: bytes[start..<at], as: UTF8.self)
  }

  /// A word up to the closing brace, or the other byte given, which is taken. Within double quotes a single quote is a
  /// letter.
  private mutating func bracedWord(
    alsoUntil other: UInt8? = nil, isQuoted: Bool = false
  ) throws(SyntaxError) -> Word {
    var parts: [WordPart] = []
    if peek == UInt8(ascii: "~") { takeTilde(&parts) }
    while let byte = peek {
      if byte == UInt8(ascii: "}") || byte == other {
        at += 1
        return Word(parts: parts)
      }
      if isMeta(byte) || (isQuoted && byte == UInt8(ascii: "'")) {
        parts.append(.text(takeCharacter(), isQuoted: false))
      } else if specials.contains(byte) {
        try part(&parts)
      } else {
        takeText(&parts, isQuoted: false) {
          isMeta($0) || specials.contains($0) || $0 == UInt8(ascii: "}") || $0 == other
        }
      }
    }
    throw unterminated()
  }

  /// `$'…'`, its opening taken: backslash escapes as in C.
  private mutating func ansiQuoted() throws(SyntaxError) -> String {
    let start = at
    while let byte = peek, byte != UInt8(ascii: "'") { at += byte == UInt8(ascii: "\\") ? 2 : 1 }
    if isAtEnd { throw unterminated() }
    let raw = Array(bytes[start..<at])
    at += 1
    return String(decoding: Escapes.resolved(raw).bytes, as: UTF8.self)
  }

  private func unterminated() -> SyntaxError {
    SyntaxError(message: "unterminated quoted string", isIncomplete: true)
  }
}

private let specials = Array("'\"\\$`".utf8)
private let quotedSpecials = Array("\\$`".utf8)
private let specialParameters = Array("?#@*!$-0".utf8)
