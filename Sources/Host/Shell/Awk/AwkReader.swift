/// Reads an `awk` program: recursive descent over an `AwkLexer`, which it tells where a slash begins a regular
/// expression.
///
/// Source: POSIX.1-2017, `awk`, grammar.
struct AwkReader {
  struct Failure: Error { var message: String }

  private var lexer: AwkLexer
  private var token: AwkLexer.Token { lexer.token }
  /// Whether `in` and `>` mean something else here: within `for (…` and `print …`.
  private var forbidsIn = false
  private var forbidsGreater = false

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

  private mutating func list() throws(Failure) -> [AwkExpression] {
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

  // MARK: Expressions, loosest first

  private mutating func expression() throws(Failure) -> AwkExpression {
    let left = try ternary()
    guard case .sign(let sign) = token, ["=", "+=", "-=", "*=", "/=", "%=", "^="].contains(sign), isPlace(left) else {
      return left
    }
    try advance()
    try skipNewlines()
    return .assign(left, sign == "=" ? "" : String(sign.dropLast()), try expression())
  }

  private func isPlace(_ expression: AwkExpression) -> Bool {
    switch expression {
    case .variable, .element, .field: true
    default: false
    }
  }

  private mutating func ternary() throws(Failure) -> AwkExpression {
    let condition = try or()
    guard try take("?") else { return condition }
    try skipNewlines()
    let yes = try expression()
    try skipNewlines()
    try expect(":")
    try skipNewlines()
    return .choice(condition, yes, try expression())
  }

  private mutating func or() throws(Failure) -> AwkExpression {
    var left = try and()
    while try take("||") {
      try skipNewlines()
      left = .either(left, try and())
    }
    return left
  }

  private mutating func and() throws(Failure) -> AwkExpression {
    var left = try membership()
    while try take("&&") {
      try skipNewlines()
      left = .both(left, try membership())
    }
    return left
  }

  private mutating func membership() throws(Failure) -> AwkExpression {
    var left = try matching()
    while token == .name("in"), !forbidsIn {
      try advance()
      guard case .name(let array) = token else { throw unexpected() }
      try advance()
      left = .contains([left], in: array)
    }
    return left
  }

  private mutating func matching() throws(Failure) -> AwkExpression {
    var left = try comparison()
    while token == .sign("~") || token == .sign("!~") {
      let isNegated = token == .sign("!~")
      try advance()
      left = .match(left, try comparison(), isNegated: isNegated)
    }
    return left
  }

  private mutating func comparison() throws(Failure) -> AwkExpression {
    let left = try concatenation()
    guard case .sign(let sign) = token, ["<", "<=", "==", "!=", ">", ">="].contains(sign),
      !(sign == ">" && forbidsGreater)
    else { return left }
    try advance()
    return .binary(sign, left, try concatenation())
  }

  private mutating func concatenation() throws(Failure) -> AwkExpression {
    var left = try sum()
    while beginsOperand { left = .join(left, try sum()) }
    return left
  }

  /// Whether the token can begin the right side of a concatenation.
  private var beginsOperand: Bool {
    switch token {
    case .number, .text, .callName: true
    case .name(let name): name != "in"
    case .sign(let sign): ["$", "(", "!", "-", "+", "++", "--"].contains(sign) && sign != "-" && sign != "+"
    case .newline, .end: false
    }
  }

  private mutating func sum() throws(Failure) -> AwkExpression {
    var left = try product()
    while token == .sign("+") || token == .sign("-") {
      guard case .sign(let sign) = token else { break }
      try advance()
      left = .binary(sign, left, try product())
    }
    return left
  }

  private mutating func product() throws(Failure) -> AwkExpression {
    var left = try unary()
    while token == .sign("*") || token == .sign("/") || token == .sign("%") {
      guard case .sign(let sign) = token else { break }
      try advance()
      left = .binary(sign, left, try unary())
    }
    return left
  }

  private mutating func unary() throws(Failure) -> AwkExpression {
    if case .sign(let sign) = token, ["!", "-", "+"].contains(sign) {
      try advance()
      return .unary(sign, try unary())
    }
    return try power()
  }

  private mutating func power() throws(Failure) -> AwkExpression {
    let base = try postfix()
    guard try take("^") else { return base }
    return .binary("^", base, try unary())
  }

  private mutating func postfix() throws(Failure) -> AwkExpression {
    if token == .sign("++") || token == .sign("--") {
      let by: Double = token == .sign("++") ? 1 : -1
      try advance()
      return .step(try primary(), by: by, isPrefix: true)
    }
    let value = try primary()
    if isPlace(value), token == .sign("++") || token == .sign("--") {
      let by: Double = token == .sign("++") ? 1 : -1
      try advance()
      return .step(value, by: by, isPrefix: false)
    }
    return value
  }

  private mutating func primary() throws(Failure) -> AwkExpression {
    switch token {
    case .number(let value):
      try advance()
      return .number(value)
    case .text(let text):
      try advance()
      return .text(text)
    case .sign("/"), .sign("/="): return .regex(try lexer.regex())
    case .sign("$"):
      try advance()
      if token == .sign("++") || token == .sign("--") { return .field(try postfix()) }
      return .field(try primary())
    case .sign("("):
      try advance()
      let saved = (forbidsIn, forbidsGreater)
      (forbidsIn, forbidsGreater) = (false, false)
      let values = try list()
      (forbidsIn, forbidsGreater) = saved
      try expect(")")
      if values.count > 1 {
        guard token == .name("in") else { throw unexpected() }
        try advance()
        guard case .name(let array) = token else { throw unexpected() }
        try advance()
        return .contains(values, in: array)
      }
      return .group(values[0])
    case .sign("-"), .sign("+"), .sign("!"): return try unary()
    case .callName(let name):
      try advance()
      try expect("(")
      try skipNewlines()
      let arguments = token == .sign(")") ? [] : try list()
      try expect(")")
      return .call(name, arguments)
    case .name(let name):
      try advance()
      if name == "length" { return .call(name, []) }
      guard try take("[") else { return .variable(name) }
      let subscripts = try list()
      try expect("]")
      return .element(name, subscripts)
    default: throw unexpected()
    }
  }

  // MARK: Tokens

  private func unexpected() -> Failure {
    Failure(message: token == .end ? "Unexpected end of string" : "Unexpected token")
  }

  private mutating func take(_ sign: String) throws(Failure) -> Bool {
    guard token == .sign(sign) else { return false }
    try advance()
    return true
  }

  private mutating func expect(_ sign: String) throws(Failure) {
    if try !take(sign) { throw unexpected() }
  }

  private mutating func skipNewlines() throws(Failure) { while token == .newline { try advance() } }
  private mutating func skipEnds() throws(Failure) { while token == .newline || token == .sign(";") { try advance() } }

  private mutating func advance() throws(Failure) { try lexer.advance() }
}
