import SimBase

/// A single command: compound, a function's definition, or simple.
///
/// Source: POSIX.1-2017, Shell & Utilities, §2.9.
extension ShellParser {
  mutating func command() throws(SyntaxError) -> Command {
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
}
