import SimBase

/// Reads a template's words into a tree, with Go's words for what is wrong.
///
/// Source: Go `text/template/parse/parse.go`.
struct TemplateParser {
  private var lexer: TemplateLexer
  /// Words that were looked at and put back, the next one last.
  private var ahead: [TemplateToken] = []
  /// Names of variables in scope, `$` first.
  private var variables = ["$"]
  private var rangeDepth = 0
  private let functions: Set<String>
  /// What errors call the template.
  private let title: String
  /// The line where the action at hand begins, inside of one.
  private var actionLine: Int?
  private var lastOffset = 0
  /// What `define` and `block` have named.
  private var definitions = Table<String, [TemplateNode]>()

  private enum Ending: String { case end, otherwise = "else" }

  private enum Item {
    case node(TemplateNode)
    case ending(Ending)
  }

  /// Reads a whole template in which these functions may be called: its own nodes, and those of what it defines.
  static func parse(
    _ text: String, name: String = "", functions: Set<String>
  ) throws(TemplateError) -> (nodes: [TemplateNode], definitions: Table<String, [TemplateNode]>) {
    var parser = TemplateParser(text, title: name, functions: functions)
    var nodes: [TemplateNode] = []
    while parser.peek().kind != .end {
      if parser.peek().kind == .leftDelimiter {
        let delimiter = parser.next()
        let word = parser.nextNonSpace()
        if word.kind == .keyword, word.text == "define" {
          try parser.definition()
          continue
        }
        parser.ahead += [word, delimiter]
      }
      switch try parser.textOrAction() {
      case .node(let node): nodes.append(node)
      case .ending(let ending): throw parser.trouble("unexpected {{\(ending.rawValue)}}")
      }
    }
    return (nodes, parser.definitions)
  }

  private init(_ text: String, title: String, functions: Set<String>) {
    lexer = TemplateLexer(text)
    self.title = title
    self.functions = functions
  }

  // MARK: Words

  private mutating func next() -> TemplateToken {
    let token = ahead.popLast() ?? lexer.next()
    lastOffset = token.offset
    return token
  }

  private mutating func peek() -> TemplateToken {
    let token = next()
    ahead.append(token)
    return token
  }

  private mutating func nextNonSpace() -> TemplateToken {
    while true {
      let token = next()
      if token.kind != .space { return token }
    }
  }

  private mutating func peekNonSpace() -> TemplateToken {
    let token = nextNonSpace()
    ahead.append(token)
    return token
  }

  private mutating func expect(_ kind: TemplateToken.Kind, _ context: String) throws(TemplateError) {
    let token = nextNonSpace()
    if token.kind != kind { throw unexpected(token, context) }
  }

  private func trouble(_ message: String) -> TemplateError {
    TemplateError(message: "template: \(title):\(lexer.line(of: lastOffset)): \(message)")
  }

  private func unexpected(_ token: TemplateToken, _ context: String) -> TemplateError {
    guard token.kind == .error else { return trouble("unexpected \(token.quoted) in \(context)") }
    guard let actionLine, actionLine != lexer.line(of: token.offset) else { return trouble(token.text) }
    let started = " started at \(title):\(actionLine)"
    return trouble(token.text + (token.text.hasSuffix(" action") ? started : " in action" + started))
  }

  // MARK: Nodes

  private mutating func definition() throws(TemplateError) {
    let context = "define clause"
    let name = try templateName(context)
    try expect(.rightDelimiter, context)
    let (nodes, ending) = try inner { (parser: inout TemplateParser) throws(TemplateError) in try parser.list() }
    if ending != .end { throw trouble("unexpected {{else}} in \(context)") }
    definitions[name] = nodes
  }

  /// Reads with variables of its own, as a template inside of a template does.
  private mutating func inner<Result>(
    _ read: (inout TemplateParser) throws(TemplateError) -> Result
  ) throws(TemplateError) -> Result {
    let (outer, depth) = (variables, rangeDepth)
    defer { (variables, rangeDepth) = (outer, depth) }
    (variables, rangeDepth) = (["$"], 0)
    return try read(&self)
  }

  private mutating func templateName(_ context: String) throws(TemplateError) -> String {
    let token = nextNonSpace()
    guard token.kind == .string || token.kind == .rawString else { throw unexpected(token, context) }
    return try unquoted(token)
  }

  /// Nodes up to an end or an else.
  private mutating func list() throws(TemplateError) -> ([TemplateNode], Ending) {
    var nodes: [TemplateNode] = []
    while peekNonSpace().kind != .end {
      switch try textOrAction() {
      case .node(let node): nodes.append(node)
      case .ending(let ending): return (nodes, ending)
      }
    }
    throw trouble("unexpected EOF")
  }

  private mutating func textOrAction() throws(TemplateError) -> Item {
    let token = nextNonSpace()
    switch token.kind {
    case .text: return .node(.text(token.text))
    case .leftDelimiter:
      actionLine = lexer.line(of: token.offset)
      defer { actionLine = nil }
      return try action()
    default: throw unexpected(token, "input")
    }
  }

  private mutating func action() throws(TemplateError) -> Item {
    let token = nextNonSpace()
    switch token.kind == .keyword ? token.text : "" {
    case "end":
      try expect(.rightDelimiter, "end")
      return .ending(.end)
    case "else":
      let following = peekNonSpace()
      let isChain = following.kind == .keyword && (following.text == "if" || following.text == "with")
      if !isChain { try expect(.rightDelimiter, "else") }
      return .ending(.otherwise)
    case "if": return .node(try control("if") { .branch($0, then: $1, otherwise: $2) })
    case "with": return .node(try control("with") { .with($0, then: $1, otherwise: $2) })
    case "range": return .node(try control("range") { .range($0, body: $1, otherwise: $2) })
    case "break", "continue":
      let end = nextNonSpace()
      if end.kind != .rightDelimiter { throw unexpected(end, "{{\(token.text)}}") }
      if rangeDepth == 0 { throw trouble("{{\(token.text)}} outside {{range}}") }
      return .node(token.text == "break" ? .breakLoop : .continueLoop)
    case "template": return .node(try templateCall())
    case "block": return .node(try block(at: token.offset))
    default:
      ahead.append(token)
      return .node(.action(try pipeline("command", end: .rightDelimiter)))
    }
  }

  private mutating func control(
    _ word: String, _ make: (TemplateNode.Pipeline, [TemplateNode], [TemplateNode]) -> TemplateNode
  ) throws(TemplateError) -> TemplateNode {
    let scope = variables.count
    defer { variables.removeSubrange(scope...) }
    let head = try pipeline(word, end: .rightDelimiter)
    if word == "range" { rangeDepth += 1 }
    let (body, ending) = try list()
    if word == "range" { rangeDepth -= 1 }
    guard ending == .otherwise else { return make(head, body, []) }
    if word != "range", peek().kind == .keyword, peek().text == word {
      _ = next()
      let inner = try control(word) {
        word == "if" ? .branch($0, then: $1, otherwise: $2) : .with($0, then: $1, otherwise: $2)
      }
      return make(head, body, [inner])
    }
    let (other, last) = try list()
    if last != .end { throw trouble("expected end; found {{else}}") }
    return make(head, body, other)
  }

  private mutating func templateCall() throws(TemplateError) -> TemplateNode {
    let context = "template clause"
    let place = peekNonSpace().offset
    let name = try templateName(context)
    guard peekNonSpace().kind != .rightDelimiter else {
      _ = nextNonSpace()
      return .call(name, nil, offset: place)
    }
    return .call(name, try pipeline(context, end: .rightDelimiter), offset: place)
  }

  private mutating func block(at place: Int) throws(TemplateError) -> TemplateNode {
    let context = "block clause"
    let name = try templateName(context)
    let argument = try pipeline(context, end: .rightDelimiter)
    let (nodes, ending) = try inner { (parser: inout TemplateParser) throws(TemplateError) in try parser.list() }
    if ending != .end { throw trouble("unexpected {{else}} in \(context)") }
    definitions[name] = nodes
    return .call(name, argument, offset: place)
  }

  // MARK: Pipelines

  /// A pipeline; `context` is what it belongs to, in the words of errors.
  private mutating func pipeline(
    _ context: String, end: TemplateToken.Kind
  ) throws(TemplateError) -> TemplateNode.Pipeline {
    var result = TemplateNode.Pipeline(offset: peekNonSpace().offset)
    try declarations(context, into: &result)
    while true {
      let token = nextNonSpace()
      switch token.kind {
      case end:
        if result.commands.isEmpty { throw trouble("missing value for \(context)") }
        for (place, command) in result.commands.enumerated().dropFirst() where !command.words[0].isCallable {
          throw trouble("non executable command in pipeline stage \(place + 1)")
        }
        return result
      case .boolean, .characterConstant, .dot, .field, .identifier, .number, .null, .rawString, .string, .variable,
        .leftParen:
        ahead.append(token)
        result.commands.append(try command())
      default: throw unexpected(token, context)
      }
    }
  }

  private mutating func declarations(
    _ context: String, into result: inout TemplateNode.Pipeline
  ) throws(TemplateError) {
    while peekNonSpace().kind == .variable {
      let variable = nextNonSpace()
      let blank = peek()
      let following = peekNonSpace()
      switch following.kind {
      case .assign, .declare:
        result.assigns = following.kind == .assign
        _ = nextNonSpace()
        result.variables.append(variable.text)
        variables.append(variable.text)
        return
      case .character where following.text == ",":
        _ = nextNonSpace()
        result.variables.append(variable.text)
        variables.append(variable.text)
        guard context == "range", result.variables.count < 2 else {
          throw trouble("too many declarations in \(context)")
        }
        switch peekNonSpace().kind {
        case .variable, .rightDelimiter, .rightParen: continue
        default: throw trouble("range can only initialize variables")
        }
      default:
        if blank.kind == .space { ahead.append(blank) }
        ahead.append(variable)
        return
      }
    }
  }

  private mutating func command() throws(TemplateError) -> TemplateNode.Command {
    var result = TemplateNode.Command(words: [], offset: peekNonSpace().offset)
    while true {
      _ = peekNonSpace()
      if let operand = try operand() { result.words.append(operand) }
      let token = next()
      switch token.kind {
      case .space: continue
      case .rightDelimiter, .rightParen: ahead.append(token)
      case .pipe: break
      default: throw unexpected(token, "operand")
      }
      if result.words.isEmpty { throw trouble("empty command") }
      return result
    }
  }

  /// A term and the fields that follow it; nil where none begins.
  private mutating func operand() throws(TemplateError) -> TemplateNode.Word? {
    guard let term = try term() else { return nil }
    guard peek().kind == .field else { return term }
    let place = peek().offset
    var names: [String] = []
    while peek().kind == .field { names.append(String(next().text.dropFirst())) }
    switch term {
    // A chain's place is its second link's.
    case .field(let first, _): return .field(first + names, offset: place)
    case .variable(let first, _): return .variable(first + names, offset: place)
    case .nested(let pipeline, _, _): return .nested(pipeline, fields: names, offset: place)
    case .function(let name, let offset):
      let call = TemplateNode.Command(words: [.function(name, offset: offset)], offset: offset)
      let inner = TemplateNode.Pipeline(commands: [call], offset: offset)
      return .nested(inner, fields: names, offset: place)
    case .dot, .null, .constant: throw trouble("unexpected . after term \(term.text.goQuoted)")
    }
  }

  private mutating func term() throws(TemplateError) -> TemplateNode.Word? {
    let token = nextNonSpace()
    let (text, place) = (token.text, token.offset)
    switch token.kind {
    case .identifier:
      guard functions.contains(text) else { throw trouble("function \(text.goQuoted) not defined") }
      return .function(text, offset: place)
    case .dot: return .dot(offset: place)
    case .null: return .null(offset: place)
    case .variable:
      guard variables.contains(text) else { throw trouble("undefined variable \(text.goQuoted)") }
      return .variable([text], offset: place)
    case .field: return .field([String(text.dropFirst())], offset: place)
    case .boolean: return .constant(.bool(text == "true"), text: text, offset: place)
    case .number: return .constant(try number(text), text: text, offset: place)
    case .characterConstant: return .constant(try character(token), text: text, offset: place)
    case .string, .rawString: return .constant(.string(try unquoted(token)), text: text, offset: place)
    case .leftParen:
      let inner = try pipeline("parenthesized pipeline", end: .rightParen)
      return .nested(inner, fields: [], offset: place)
    default:
      ahead.append(token)
      return nil
    }
  }

  // MARK: Constants

  private func number(_ text: String) throws(TemplateError) -> GoValue {
    let plain = text.replacing("_", with: "").lowercased()
    if let whole = Int64(plain.hasPrefix("+") ? String(plain.dropFirst()) : plain) {
      // A leading zero is an octal number.
      let digits = plain.drop { $0 == "-" || $0 == "+" }
      if digits.hasPrefix("0"), digits.count > 1, let octal = Int64(digits, radix: 8) {
        return .int(plain.hasPrefix("-") ? -octal : octal)
      }
      return .int(whole)
    }
    let digits = plain.drop { $0 == "-" || $0 == "+" }
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] where digits.hasPrefix(prefix) {
      if let whole = Int64(digits.dropFirst(2), radix: radix) { return .int(plain.hasPrefix("-") ? -whole : whole) }
    }
    if let fraction = Double(plain), plain.last != "." || plain.count > 1 {
      if !plain.contains(where: { ".ep".contains($0) }) { throw trouble("integer overflow: \(text.goQuoted)") }
      return .float(fraction)
    }
    throw trouble("illegal number syntax: \(text.goQuoted)")
  }

  private func character(_ token: TemplateToken) throws(TemplateError) -> GoValue {
    let content = token.text.dropFirst().dropLast()
    guard let plain = String.goUnquoted(content, quote: "'") else { throw trouble("invalid syntax") }
    let scalars = plain.unicodeScalars
    guard scalars.count == 1, let scalar = scalars.first else {
      throw trouble("malformed character constant: \(token.text)")
    }
    return .int(Int64(scalar.value))
  }

  private func unquoted(_ token: TemplateToken) throws(TemplateError) -> String {
    let content = token.text.dropFirst().dropLast()
    if token.kind == .rawString { return String(content).replacing("\r", with: "") }
    guard let plain = String.goUnquoted(content, quote: "\"") else { throw trouble("invalid syntax") }
    return plain
  }
}
