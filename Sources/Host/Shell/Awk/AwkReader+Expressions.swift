/// Expressions, the loosest binding first: each calls the next tighter one.
///
/// Source: POSIX.1-2017, `awk`, table *Expressions in Decreasing Precedence*.
extension AwkReader {
  mutating func expression() throws(Failure) -> AwkExpression {
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

  mutating func concatenation() throws(Failure) -> AwkExpression {
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
}
