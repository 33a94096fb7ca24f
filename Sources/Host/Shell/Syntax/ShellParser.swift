import SimBase

/// Reads a script: recursive descent over its bytes, with no token list in between.
///
/// The shell's language has no fixed tokens: what a word is depends on where it stands. So the parser skips blanks,
/// looks at the next byte and decides. Here-documents are read the moment their `<<` is met, from the line after the
/// current one; `resumeAfterLine` then says where the next line really begins.
///
/// Source: POSIX.1-2017, Shell & Utilities, §2.10 (grammar); busybox ash for the words of its errors.
struct ShellParser {
  let bytes: [UInt8]
  var at: Int
  /// Where reading goes on after the current line, if here-documents stood below it.
  private var resumeAfterLine: Int?

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

  private mutating func separator() throws(SyntaxError) -> Separator {
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

  private func stands(_ ends: [String]) -> Bool {
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

  // MARK: Commands

  private mutating func command() throws(SyntaxError) -> Command {
    skipBlanks()
    if isAtEnd { throw incomplete(nil) }
    guard let compound = try compoundCommand() else { return try simpleCommand() }
    var redirections: [Redirection] = []
    while let redirection = try redirection() { redirections.append(redirection) }
    return redirections.isEmpty ? compound : .redirected(compound, redirections)
  }

  private mutating func compoundCommand() throws(SyntaxError) -> Command? {
    if peek == UInt8(ascii: "(") {
      if let command = try arithmeticCommand() { return command }
      at += 1
      let body = try list(until: [")"])
      at += 1
      return .subshell(body)
    }
    switch reserved {
    case "[[": return try condition()
    case "{":
      at += 1
      let body = try list(until: ["}"])
      try expect("}")
      return body
    case "if": return try conditional()
    case "while", "until":
      let isUntil = reserved == "until"
      at += 5
      let condition = try list(until: ["do"])
      return .loop(Loop(condition: condition, body: try doGroup(), isUntil: isUntil))
    case "for": return try forEach()
    case "case": return try choice()
    case "then", "else", "elif", "fi", "do", "done", "esac", "}", "in": throw unexpected()
    default: return try function()
    }
  }

  private mutating func doGroup() throws(SyntaxError) -> Command {
    try expect("do")
    let body = try list(until: ["done"])
    try expect("done")
    return body
  }

  private mutating func conditional() throws(SyntaxError) -> Command {
    var clauses: [Clause] = []
    var opening = "if"
    while true {
      try expect(opening)
      let condition = try list(until: ["then"])
      try expect("then")
      let body = try list(until: ["elif", "else", "fi"])
      clauses.append(Clause(condition: condition, body: body))
      if reserved != "elif" { break }
      opening = "elif"
    }
    var otherwise: Command?
    if reserved == "else" {
      try expect("else")
      otherwise = try list(until: ["fi"])
    }
    try expect("fi")
    return .conditional(clauses, otherwise: otherwise)
  }

  private mutating func forEach() throws(SyntaxError) -> Command {
    try expect("for")
    skipBlanks()
    let counting = try countingLoop { (parser: inout ShellParser) throws(SyntaxError) in
      _ = try parser.separator()
      try parser.skipLines()
      return try parser.doGroup()
    }
    if let counting { return counting }
    guard let name = takeName() else { throw SyntaxError(message: "bad for loop variable") }
    try skipLines()
    var words: [Word]?
    if reserved == "in" {
      at += 2
      var list: [Word] = []
      while let word = try word() { list.append(word) }
      words = list
    }
    _ = try separator()
    try skipLines()
    return .forEach(ForEach(name: name, words: words, body: try doGroup()))
  }

  private mutating func choice() throws(SyntaxError) -> Command {
    try expect("case")
    guard let subject = try word() else { throw unexpected() }
    try skipLines()
    try expect("in")
    var cases: [Case] = []
    while true {
      try skipLines()
      if isAtEnd { throw incomplete("esac") }
      if reserved == "esac" { break }
      if peek == UInt8(ascii: "(") { at += 1 }
      var patterns: [Word] = []
      repeat {
        if peek == UInt8(ascii: "|") { at += 1 }
        guard let pattern = try word() else { throw unexpected() }
        patterns.append(pattern)
        skipBlanks()
      } while peek == UInt8(ascii: "|")
      guard peek == UInt8(ascii: ")") else { throw unexpected() }
      at += 1
      try skipLines()
      var body: Command?
      if !stands([";;", "esac"]) { body = try list(until: ["esac", ";;"]) }
      cases.append(Case(patterns: patterns, body: body))
      if stands([";;"]) { at += 2 }
    }
    try expect("esac")
    return .choice(subject, cases)
  }

  /// `name() body`; nil where no function's definition stands.
  private mutating func function() throws(SyntaxError) -> Command? {
    let start = at
    if reserved == "function" {
      at += 8
      skipBlanks()
    }
    let isMarked = at != start
    if let name = takeName(allowing: "-.") {
      skipBlanks()
      let hasParentheses = peek == UInt8(ascii: "(")
      if hasParentheses {
        at += 1
        skipBlanks()
        guard peek == UInt8(ascii: ")") else { throw unexpected() }
        at += 1
      }
      if hasParentheses || isMarked {
        try skipLines()
        return .function(name: name, body: try command())
      }
    }
    at = start
    return nil
  }

  private mutating func simpleCommand() throws(SyntaxError) -> Command {
    var command = SimpleCommand()
    while true {
      if let redirection = try redirection() {
        command.redirections.append(redirection)
      } else if command.words.isEmpty, let assignment = try assignment() {
        command.assignments.append(assignment)
      } else if let word = try word() {
        command.words.append(word)
      } else {
        break
      }
    }
    if command.words.isEmpty && command.assignments.isEmpty && command.redirections.isEmpty { throw unexpected() }
    return .simple(command)
  }

  private mutating func assignment() throws(SyntaxError) -> Assignment? {
    skipBlanks()
    let start = at
    guard let name = takeName(), peek == UInt8(ascii: "=") else {
      at = start
      return nil
    }
    at += 1
    if isWordEnd { return Assignment(name: name, value: Word()) }
    return Assignment(name: name, value: try word(inAssignment: true) ?? Word())
  }

  // MARK: Redirections

  private mutating func redirection() throws(SyntaxError) -> Redirection? {
    skipBlanks()
    let start = at
    var number: Int?
    while let digit = peek, isDigit(digit), at - start < 3 {
      number = (number ?? 0) * 10 + Int(digit - UInt8(ascii: "0"))
      at += 1
    }
    let next = peek(1)
    switch (peek, next) {
    case (UInt8(ascii: "&"), UInt8(ascii: ">")) where number == nil:
      at += 2
      let append = peek == UInt8(ascii: ">")
      if append { at += 1 }
      return Redirection(descriptor: 1, kind: .both(append: append), target: try target())
    case (UInt8(ascii: "<"), UInt8(ascii: "<")) where peek(2) == UInt8(ascii: "<"):
      at += 3
      return Redirection(descriptor: number ?? 0, kind: .hereString, target: try target())
    case (UInt8(ascii: "<"), UInt8(ascii: "<")):
      at += 2
      return Redirection(descriptor: number ?? 0, kind: .here, target: try hereDocument())
    case (UInt8(ascii: "<"), UInt8(ascii: ">")):
      at += 2
      return Redirection(descriptor: number ?? 0, kind: .readWrite, target: try target())
    case (UInt8(ascii: "<"), UInt8(ascii: "&")), (UInt8(ascii: ">"), UInt8(ascii: "&")):
      let isInput = peek == UInt8(ascii: "<")
      at += 2
      return Redirection(descriptor: number ?? (isInput ? 0 : 1), kind: .duplicate, target: try target())
    case (UInt8(ascii: "<"), _):
      at += 1
      return Redirection(descriptor: number ?? 0, kind: .read, target: try target())
    case (UInt8(ascii: ">"), UInt8(ascii: ">")):
      at += 2
      return Redirection(descriptor: number ?? 1, kind: .append, target: try target())
    case (UInt8(ascii: ">"), _):
      at += next == UInt8(ascii: "|") ? 2 : 1
      return Redirection(descriptor: number ?? 1, kind: .write, target: try target())
    default:
      at = start
      return nil
    }
  }

  private mutating func target() throws(SyntaxError) -> Word {
    guard let word = try word() else { throw unexpected() }
    return word
  }

  private mutating func hereDocument() throws(SyntaxError) -> Word {
    var stripsTabs = false
    if peek == UInt8(ascii: "-") {
      stripsTabs = true
      at += 1
    }
    let delimiter = try target()
    let isLiteral = delimiter.bareText == nil
    let end = delimiter.parts.map { if case .text(let text, _) = $0 { text } else { "" } }.joined()
    var line = resumeAfterLine ?? (bytes[at...].firstIndex(of: newlineByte).map { $0 + 1 } ?? bytes.count)
    var body: [UInt8] = []
    while true {
      if line >= bytes.count {
        // A document that the end of the text cuts off is accepted, as by ash, except where more lines may come.
        resumeAfterLine = bytes.count
        return try hereBody(body, isLiteral: isLiteral, isCutOff: true)
      }
      let next = bytes[line...].firstIndex(of: newlineByte) ?? bytes.count
      var text = bytes[line..<next]
      if stripsTabs { text = text.drop { $0 == UInt8(ascii: "\t") } }
      line = min(next + 1, bytes.count)
      if text.elementsEqual(end.utf8) { break }
      body.append(contentsOf: text)
      body.append(newlineByte)
    }
    resumeAfterLine = line
    return try hereBody(body, isLiteral: isLiteral, isCutOff: false)
  }

  /// Whether the last here-document met the end of the text before its delimiter.
  private(set) var hasOpenHereDocument = false

  private mutating func hereBody(
    _ body: [UInt8], isLiteral: Bool, isCutOff: Bool
  ) throws(SyntaxError) -> Word {
    if isCutOff { hasOpenHereDocument = true }
    if isLiteral { return Word(parts: [.text(String(decoding: body, as: UTF8.self), isQuoted: true)]) }
    var inner = ShellParser(body)
    return Word(parts: try inner.quotedParts(until: nil))
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

  private mutating func skipLines() throws(SyntaxError) {
    skipBlanks()
    while peek == newlineByte {
      takeNewline()
      skipBlanks()
    }
  }

  private mutating func takeNewline() {
    at += 1
    if let resume = resumeAfterLine {
      at = resume
      resumeAfterLine = nil
    }
  }

  /// The reserved word that stands here, unquoted and whole; nil for anything else.
  private var reserved: String? {
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

  private mutating func expect(_ word: String) throws(SyntaxError) {
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

  private func incomplete(_ expected: String?) -> SyntaxError {
    let hint = expected.map { " (expecting \"\($0)\")" } ?? ""
    return SyntaxError(message: "unexpected end of file\(hint)", isIncomplete: true)
  }
}

let newlineByte = UInt8(ascii: "\n")

private let reservedWords = [
  "!", "[[", "{", "}", "case", "do", "done", "elif", "else", "esac", "fi", "for", "function", "if", "in", "then",
  "until",
  "while",
]

func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }

func isNameStart(_ byte: UInt8) -> Bool {
  (65...90).contains(byte) || (97...122).contains(byte) || byte == UInt8(ascii: "_")
}

func isNameByte(_ byte: UInt8) -> Bool { isNameStart(byte) || isDigit(byte) }

/// Whether the byte ends a word that is not quoted.
func isMeta(_ byte: UInt8) -> Bool {
  switch byte {
  case 9, 10, 13, 32, UInt8(ascii: "&"), UInt8(ascii: "|"), UInt8(ascii: ";"), UInt8(ascii: "<"), UInt8(ascii: ">"),
    UInt8(ascii: "("), UInt8(ascii: ")"):
    true
  default: false
  }
}
