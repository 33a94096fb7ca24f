/// Reads an `awk` program: recursive descent over an `AwkLexer`, which it tells where a slash begins a regular
/// expression. Here are the program and its statements; `+Expressions` has the values.
///
/// Source: POSIX.1-2017, `awk`, grammar.
struct AwkReader {
  struct Failure: Error { var message: String }

  var lexer: AwkLexer
  var token: AwkLexer.Token { lexer.token }
  /// Whether `in` and `>` mean something else here: within `for (…` and `print …`.
  var forbidsIn = false
  var forbidsGreater = false

  static func program(_ text: String) throws(Failure) -> AwkProgram {
    var reader = AwkReader(text)
    return try reader.program()
  }

  private init(_ text: String) { lexer = AwkLexer(text) }

  // MARK: Program

  private mutating func program() throws(Failure) -> AwkProgram {
    var program = AwkProgram()
    try advance()
    while true {
      try skipEnds()
      if token == .end { return program }
      if token == .name("function") || token == .name("func") {
        try function(&program)
      } else if token == .name("BEGIN") {
        try advance()
        program.begin += try braces()
      } else if token == .name("END") {
        try advance()
        program.end += try braces()
      } else {
        program.rules.append(try rule())
      }
    }
  }

  private mutating func rule() throws(Failure) -> AwkRule {
    var pattern = AwkRule.Pattern.always
    if token != .sign("{") {
      let first = try expression()
      if try take(",") {
        try skipNewlines()
        pattern = .range(first, try expression())
      } else {
        pattern = .when(first)
      }
    }
    return AwkRule(pattern: pattern, body: token == .sign("{") ? try braces() : nil)
  }

  private mutating func function(_ program: inout AwkProgram) throws(Failure) {
    try advance()
    let name: String
    switch token {
    case .name(let text), .callName(let text): name = text
    default: throw unexpected()
    }
    try advance()
    try expect("(")
    var parameters: [String] = []
    while case .name(let parameter) = token {
      parameters.append(parameter)
      try advance()
      if try !take(",") { break }
      try skipNewlines()
    }
    try expect(")")
    try skipNewlines()
    program.functions[name] = AwkFunction(parameters: parameters, body: try braces())
  }

  private mutating func braces() throws(Failure) -> [AwkStatement] {
    try expect("{")
    var statements: [AwkStatement] = []
    try skipEnds()
    while token != .sign("}") {
      if token == .end { throw unexpected() }
      statements.append(try statement())
      try skipEnds()
    }
    try advance()
    return statements
  }

  // MARK: Statements

  private mutating func statement() throws(Failure) -> AwkStatement {
    switch token {
    case .sign("{"): return .block(try braces())
    case .name("if"), .callName("if"):
      try advance()
      let condition = try parenthesised()
      let yes = try body()
      let saved = lexer
      try skipEnds()
      if token == .name("else") {
        try advance()
        return .conditional(condition, yes, try body())
      }
      lexer = saved
      return .conditional(condition, yes, nil)
    case .name("while"), .callName("while"):
      try advance()
      let condition = try parenthesised()
      return .loop(condition, try body(), after: nil)
    case .name("do"):
      try advance()
      let inner = try body()
      try skipEnds()
      guard token == .name("while") || token == .callName("while") else { throw unexpected() }
      try advance()
      return .loopUntil(inner, try parenthesised())
    case .name("for"), .callName("for"): return try forStatement()
    default: return try simple()
    }
  }

  private mutating func body() throws(Failure) -> AwkStatement {
    try skipNewlines()
    if try take(";") { return .block([]) }
    return try statement()
  }

  private mutating func forStatement() throws(Failure) -> AwkStatement {
    try advance()
    try expect("(")
    if case .name(let name) = token {
      let saved = lexer
      try advance()
      if token == .name("in") {
        try advance()
        if case .name(let array) = token {
          try advance()
          if try take(")") { return .each(name, in: array, try body()) }
        }
      }
      lexer = saved
    }
    let first = token == .sign(";") ? nil : try simple()
    try expect(";")
    let condition = token == .sign(";") ? nil : try expression()
    try expect(";")
    let step = token == .sign(")") ? nil : try simple()
    try expect(")")
    return .block((first.map { [$0] } ?? []) + [.loop(condition, try body(), after: step)])
  }

  private mutating func simple() throws(Failure) -> AwkStatement {
    switch token {
    case .name("print"), .name("printf"), .callName("print"), .callName("printf"): return try printing()
    case .name("next"):
      try advance()
      return .next
    case .name("break"):
      try advance()
      return .break
    case .name("continue"):
      try advance()
      return .continue
    case .name("exit"), .callName("exit"):
      try advance()
      return .exit(endsStatement ? nil : try expression())
    case .name("return"), .callName("return"):
      try advance()
      return .give(endsStatement ? nil : try expression())
    case .name("delete"):
      try advance()
      guard case .name(let array) = token else { throw unexpected() }
      try advance()
      guard try take("[") else { return .delete(array, nil) }
      let subscripts = try list()
      try expect("]")
      return .delete(array, subscripts)
    default: return .expression(try expression())
    }
  }

  private mutating func printing() throws(Failure) -> AwkStatement {
    let isFormat = token == .name("printf") || token == .callName("printf")
    try advance()
    forbidsGreater = true
    var values: [AwkExpression] = []
    if !endsStatement && token != .sign(">") && token != .sign(">>") {
      // `print (a, b) > "f"`: the parentheses belong to the list, not to a value.
      let saved = lexer
      if try take("(") {
        forbidsGreater = false
        values = try list()
        forbidsGreater = true
        if try !take(")") || !(endsStatement || token == .sign(">") || token == .sign(">>")) {
          lexer = saved
          values = try list()
        }
      } else {
        values = try list()
      }
    }
    forbidsGreater = false
    var target: AwkTarget?
    if token == .sign(">") || token == .sign(">>") {
      let appends = token == .sign(">>")
      try advance()
      target = AwkTarget(path: try concatenation(), appends: appends)
    }
    return isFormat ? .printf(values, to: target) : .print(values, to: target)
  }

  private var endsStatement: Bool {
    [.newline, .end, .sign(";"), .sign("}")].contains(token)
  }

  mutating func list() throws(Failure) -> [AwkExpression] {
    var values = [try expression()]
    while try take(",") {
      try skipNewlines()
      values.append(try expression())
    }
    return values
  }

  private mutating func parenthesised() throws(Failure) -> AwkExpression {
    try expect("(")
    let value = try expression()
    try expect(")")
    return value
  }

  // MARK: Tokens

  func unexpected() -> Failure {
    Failure(message: token == .end ? "Unexpected end of string" : "Unexpected token")
  }

  mutating func take(_ sign: String) throws(Failure) -> Bool {
    guard token == .sign(sign) else { return false }
    try advance()
    return true
  }

  mutating func expect(_ sign: String) throws(Failure) {
    if try !take(sign) { throw unexpected() }
  }

  mutating func skipNewlines() throws(Failure) { while token == .newline { try advance() } }
  private mutating func skipEnds() throws(Failure) { while token == .newline || token == .sign(";") { try advance() } }

  mutating func advance() throws(Failure) { try lexer.advance() }
}
