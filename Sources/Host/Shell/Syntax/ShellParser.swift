import SimBase

/// Reads a script: recursive descent over its bytes, with no token list in between.
///
/// The shell's language has no fixed tokens: what a word is depends on where it stands. So the parser skips blanks,
/// looks at the next byte and decides. Here-documents are read the moment their `<<` is met, from the line after the
/// current one; `resumeAfterLine` then says where the next line really begins.
///
/// Here are lists and pipelines, and the small steps of all parts; `+Commands` reads one command, `+Words` a word,
/// `+Redirections` what goes where, `+Conditions` what only bash has.
///
/// Source: POSIX.1-2017, Shell & Utilities, §2.10 (grammar); busybox ash for the words of its errors.
struct ShellParser {
  let bytes: [UInt8]
  var at: Int
  /// Where reading goes on after the current line, if here-documents stood below it.
  var resumeAfterLine: Int?
  /// Whether the last here-document met the end of the text before its delimiter.
  var hasOpenHereDocument = false

  init(_ text: String) { self.init(Array(text.utf8)) }

  init(_ bytes: [UInt8], from start: Int = 0) {
    self.bytes = bytes
    at = start
  }

  /// The complete commands of a script, and what stopped the reading if it was an error.
  static func script(_ text: String) -> (commands: [Command], error: SyntaxError?) {
    var parser = ShellParser(text)
    var commands: [Command] = []
    do throws(SyntaxError) {
      while let command = try parser.completeCommand() { commands.append(command) }
      return (commands, nil)
    } catch {
      return (commands, error)
    }
  }

  /// Whether a here-document of the script lacks its end: a person who types it has more to say.
  static func endsInHereDocument(_ text: String) -> Bool {
    var parser = ShellParser(text)
    while (try? parser.completeCommand()) != nil {}
    return parser.hasOpenHereDocument
  }

  /// The next complete command, up to the end of its line; nil at the end of the text.
  mutating func completeCommand() throws(SyntaxError) -> Command? {
    try skipLines()
    if isAtEnd { return nil }
    var items: [Command] = []
    var isOpen = true
    while isOpen {
      let item = try andOr()
      let end = try separator()
      items.append(end == .ampersand ? .background(item) : item)
      if end == .none && !isAtEnd { throw unexpected() }
      skipBlanks()
      isOpen = end != .newline && !isAtEnd && peek != newlineByte
      if end != .newline && peek == newlineByte { takeNewline() }
    }
    return items.count == 1 ? items[0] : .sequence(items)
  }

  // MARK: Lists

  enum Separator { case none, semicolon, newline, ampersand }

  mutating func separator() throws(SyntaxError) -> Separator {
    skipBlanks()
    switch peek {
    case newlineByte:
      takeNewline()
      return .newline
    case UInt8(ascii: ";") where peek(1) != UInt8(ascii: ";"):
      at += 1
      return .semicolon
    case UInt8(ascii: "&") where peek(1) != UInt8(ascii: "&"):
      at += 1
      return .ampersand
    default: return .none
    }
  }

  /// Commands up to one of these reserved words, or up to `)` or `;;` where those may end it.
  mutating func list(until ends: [String]) throws(SyntaxError) -> Command {
    var items: [Command] = []
    while true {
      try skipLines()
      if isAtEnd { throw incomplete(ends.last) }
      if stands(ends) { break }
      let item = try andOr()
      let end = try separator()
      items.append(end == .ampersand ? .background(item) : item)
      if end == .none {
        skipBlanks()
        if isAtEnd { throw incomplete(ends.last) }
        if stands(ends) { break }
        throw unexpected()
      }
    }
    if items.isEmpty { throw unexpected() }
    return items.count == 1 ? items[0] : .sequence(items)
  }

  func stands(_ ends: [String]) -> Bool {
    ends.contains { end in
      switch end {
      case ")": peek == UInt8(ascii: ")")
      case ";;": peek == UInt8(ascii: ";") && peek(1) == UInt8(ascii: ";")
      default: reserved == end
      }
    }
  }

  private mutating func andOr() throws(SyntaxError) -> Command {
    var left = try pipeline()
    while true {
      skipBlanks()
      if peek == UInt8(ascii: "&") && peek(1) == UInt8(ascii: "&") {
        at += 2
        try skipLines()
        left = .and(left, try pipeline())
      } else if peek == UInt8(ascii: "|") && peek(1) == UInt8(ascii: "|") {
        at += 2
        try skipLines()
        left = .or(left, try pipeline())
      } else {
        return left
      }
    }
  }

  private mutating func pipeline() throws(SyntaxError) -> Command {
    skipBlanks()
    var isNegated = false
    while reserved == "!" {
      at += 1
      isNegated.toggle()
      skipBlanks()
    }
    var stages = [try command()]
    while true {
      skipBlanks()
      guard peek == UInt8(ascii: "|"), peek(1) != UInt8(ascii: "|") else { break }
      at += 1
      if peek == UInt8(ascii: "&") {
        // `|&` sends standard error along.
        at += 1
        let both = Redirection(
          descriptor: 2, kind: .duplicate, target: Word(parts: [.text("1", isQuoted: false)]))
        stages[stages.count - 1] = .redirected(stages[stages.count - 1], [both])
      }
      try skipLines()
      stages.append(try command())
    }
    return stages.count == 1 && !isNegated ? stages[0] : .pipeline(stages, isNegated: isNegated)
  }

  // MARK: Small steps

  var isAtEnd: Bool { at >= bytes.count }
  var peek: UInt8? { at < bytes.count ? bytes[at] : nil }
  func peek(_ ahead: Int) -> UInt8? { at + ahead < bytes.count ? bytes[at + ahead] : nil }

  /// Skips blanks, continued lines and comments: all that may stand between words.
  mutating func skipBlanks() {
    while let byte = peek {
      if byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r") {
        at += 1
      } else if byte == UInt8(ascii: "\\") && peek(1) == newlineByte {
        at += 2
      } else if byte == UInt8(ascii: "#") {
        while let byte = peek, byte != newlineByte { _ = (byte, at += 1) }
      } else {
        return
      }
    }
  }

  mutating func skipLines() throws(SyntaxError) {
    skipBlanks()
    while peek == newlineByte {
      takeNewline()
      skipBlanks()
    }
  }

  mutating func takeNewline() {
    at += 1
    if let resume = resumeAfterLine {
      at = resume
      resumeAfterLine = nil
    }
  }

  /// The reserved word that stands here, unquoted and whole; nil for anything else.
  var reserved: String? {
    var end = at
    while end < bytes.count, end - at < 9, !isMeta(bytes[end]) {
      if bytes[end] == UInt8(ascii: "\\") || bytes[end] == UInt8(ascii: "'") || bytes[end] == UInt8(ascii: "\"") {
        return nil
      }
      end += 1
    }
    let text = String(decoding: bytes[at..<end], as: UTF8.self)
    return reservedWords.contains(text) ? text : nil
  }

  mutating func expect(_ word: String) throws(SyntaxError) {
    skipBlanks()
    if isAtEnd { throw incomplete(word) }
    guard reserved == word else {
      var error = unexpected()
      error.message += " (expecting \"\(word)\")"
      throw error
    }
    at += word.utf8.count
  }

  mutating func takeName(allowing more: String = "") -> String? {
    guard let first = peek, isNameStart(first) else { return nil }
    let start = at
    while let byte = peek, isNameByte(byte) || more.utf8.contains(byte) { _ = (byte, at += 1) }
    return String(decoding: bytes[start..<at], as: UTF8.self)
  }

  /// The error for what stands here.
  func unexpected() -> SyntaxError {
    guard let byte = peek else { return incomplete(nil) }
    if byte == newlineByte { return SyntaxError(message: "unexpected newline") }
    var end = at
    let operators = Array("&|;<>()".utf8)
    if operators.contains(byte) {
      end += 1
      if end < bytes.count, bytes[end] == byte, byte != UInt8(ascii: "("), byte != UInt8(ascii: ")") { end += 1 }
    } else {
      while end < bytes.count, !isMeta(bytes[end]) { end += 1 }
    }
    let text = String(decoding: bytes[at..<end], as: UTF8.self)
    if operators.contains(byte) || reservedWords.contains(text) {
      return SyntaxError(message: "unexpected \"\(text)\"")
    }
    return SyntaxError(message: "unexpected word")
  }

  func incomplete(_ expected: String?) -> SyntaxError {
    let hint = expected.map { " (expecting \"\($0)\")" } ?? ""
    return SyntaxError(message: "unexpected end of file\(hint)", isIncomplete: true)
  }
}

private let reservedWords = [
  "!", "[[", "{", "}", "case", "do", "done", "elif", "else", "esac", "fi", "for", "function", "if", "in", "then",
  "until",
  "while",
]
