import SimBase

/// `[[ … ]]`, `(( … ))` and `for (( … ))`: what bash has beyond POSIX, read as the plain commands that they stand for.
///
/// Within `[[ ]]` words are neither split nor looked up as paths, `==` and `!=` compare with a pattern and `=~` with a
/// regular expression; so a comparison is a `case`, and everything else a `[` over quoted words.
///
/// Source: GNU bash `parse.y` (`cond_expr`); **Differs from bash:** `=~` leaves no `BASH_REMATCH`.
extension ShellParser {
  /// `[[ … ]]`, which begins here.
  mutating func condition() throws(SyntaxError) -> Command {
    at += 2
    let tree = try anyOf()
    skipConditionBlanks()
    guard takeConditionSign("]]") else { throw unexpected() }
    return tree
  }

  private mutating func anyOf() throws(SyntaxError) -> Command {
    var left = try allOf()
    while takeConditionSign("||") { left = .or(left, try allOf()) }
    return left
  }

  private mutating func allOf() throws(SyntaxError) -> Command {
    var left = try one()
    while takeConditionSign("&&") { left = .and(left, try one()) }
    return left
  }

  private mutating func one() throws(SyntaxError) -> Command {
    skipConditionBlanks()
    if isAtEnd { throw SyntaxError(message: "unexpected end of file (expecting \"]]\")", isIncomplete: true) }
    if peek == UInt8(ascii: "!"), peek(1).map(isMeta) ?? true {
      at += 1
      return .pipeline([try one()], isNegated: true)
    }
    if takeConditionSign("(") {
      let inner = try anyOf()
      guard takeConditionSign(")") else { throw unexpected() }
      return inner
    }
    guard let first = try word() else { throw unexpected() }
    if let text = first.bareText, text.count == 2, text.hasPrefix("-"), let operand = try operand() {
      return test([first, operand.quoted])
    }
    skipConditionBlanks()
    for sign in ["<", ">"] where takeConditionSign(sign) {
      guard let second = try operand() else { throw unexpected() }
      return test([first.quoted, Word(parts: [.text(sign, isQuoted: true)]), second.quoted])
    }
    guard let sign = try operand()?.bareText else { return test([Word(text: "-n"), first.quoted]) }
    if sign == "=~" {
      return test([first.quoted, Word(text: "=~"), try regularExpression()])
    }
    guard let second = try operand() else { throw unexpected() }
    switch sign {
    case "=", "==", "!=":
      let matches = Command.choice(
        first.quoted,
        [Case(patterns: [second], body: call("true")), Case(patterns: [Word(text: "*")], body: call("false"))])
      return sign == "!=" ? .pipeline([matches], isNegated: true) : matches
    default: return test([first.quoted, Word(text: sign), second.quoted])
    }
  }

  /// The next word before the end of the condition or one of its signs; nil where none stands.
  private mutating func operand() throws(SyntaxError) -> Word? {
    skipConditionBlanks()
    if standsCondition("]]") { return nil }
    return try word()
  }

  /// A word in which parentheses and bars are letters.
  private mutating func regularExpression() throws(SyntaxError) -> Word {
    skipConditionBlanks()
    var end = at
    var depth = 0
    while end < bytes.count {
      let byte = bytes[end]
      if byte == UInt8(ascii: "(") { depth += 1 }
      if byte == UInt8(ascii: ")") { depth -= 1 }
      let isBlank = byte == 32 || byte == 9 || byte == newlineByte
      if isBlank && depth <= 0 || depth < 0 { break }
      end += byte == UInt8(ascii: "\\") ? 2 : 1
    }
    end = min(end, bytes.count)
    // Backslashes are the expression's own; `$` and quotes are the shell's.
    let doubled = bytes[at..<end].flatMap { $0 == UInt8(ascii: "\\") ? [$0, $0] : [$0] }
    var inner = ShellParser(doubled.filter { $0 != UInt8(ascii: "'") && $0 != UInt8(ascii: "\"") })
    at = end
    return Word(parts: try inner.quotedParts(until: nil))
  }

  private func test(_ words: [Word]) -> Command {
    .simple(SimpleCommand(words: [Word(text: "[")] + words + [Word(text: "]")]))
  }

  private func call(_ name: String) -> Command { .simple(SimpleCommand(words: [Word(text: name)])) }

  private mutating func skipConditionBlanks() {
    skipBlanks()
    while peek == newlineByte {
      at += 1
      skipBlanks()
    }
  }

  private func standsCondition(_ sign: String) -> Bool { bytes[min(at, bytes.count)...].starts(with: sign.utf8) }

  private mutating func takeConditionSign(_ sign: String) -> Bool {
    skipConditionBlanks()
    guard standsCondition(sign) else { return false }
    if sign == "]]", let next = peek(2), !isMeta(next) { return false }
    at += sign.utf8.count
    return true
  }

  // MARK: Arithmetic commands

  /// `((…))`, which begins here; nil where the parentheses are two subshells.
  mutating func arithmeticCommand() throws(SyntaxError) -> Command? {
    guard let text = takeDoubleParentheses() else { return nil }
    return isNotZero(try sum(text))
  }

  /// `for ((first; while; then))`, whose head begins here; nil where none does.
  ///
  /// What is done after each round stands before every look at the condition but the first, so that `continue` does not
  /// pass it by.
  mutating func countingLoop(body: (inout ShellParser) throws(SyntaxError) -> Command) throws(SyntaxError) -> Command? {
    let start = at
    guard let text = takeDoubleParentheses() else { return nil }
    let parts = text.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false).map { Array($0) }
    guard parts.count == 3 else { throw SyntaxError(message: "bad for loop variable") }
    let marker = "__round_\(start)"
    let isLater = isNotZero(try sum(Array("\(marker)++".utf8)))
    let step = Command.and(isLater, try evaluation(parts[2]))
    let holds = parts[1].allSatisfy { $0 == 32 } ? call("true") : isNotZero(try sum(parts[1]))
    let first = Command.simple(SimpleCommand(assignments: [Assignment(name: marker, value: Word(text: "0"))]))
    let loop = Loop(condition: .sequence([step, holds]), body: try body(&self), isUntil: false)
    return .sequence([first, try evaluation(parts[0]), .loop(loop)])
  }

  private func evaluation(_ text: [UInt8]) throws(SyntaxError) -> Command {
    .simple(SimpleCommand(words: [Word(text: ":"), try sum(text)]))
  }

  private func sum(_ text: [UInt8]) throws(SyntaxError) -> Word {
    var inner = ShellParser(text)
    return Word(parts: [.arithmetic(Word(parts: try inner.quotedParts(until: nil)), isQuoted: true)])
  }

  private func isNotZero(_ word: Word) -> Command { test([word, Word(text: "-ne"), Word(text: "0")]) }
}

extension Word {
  /// A word of one plain text.
  fileprivate init(text: String) { parts = [.text(text, isQuoted: false)] }

  /// The word as within double quotes: what it expands to stays whole.
  fileprivate var quoted: Word {
    Word(
      parts: parts.map { part in
        switch part {
        case .text(let text, _): .text(text, isQuoted: true)
        case .parameter(let parameter, _): .parameter(parameter, isQuoted: true)
        case .command(let command, _): .command(command, isQuoted: true)
        case .arithmetic(let word, _): .arithmetic(word, isQuoted: true)
        case .tilde(let user): .tilde(user)
        }
      })
  }
}
