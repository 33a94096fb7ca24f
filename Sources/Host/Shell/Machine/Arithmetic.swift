import SimBase

/// `$((…))`: whole numbers of 64 bits with C's operators, over the shell's variables.
///
/// Source: POSIX.1-2017, Shell & Utilities, §2.6.4; the words of the errors are busybox ash's.
struct Arithmetic {
  struct Failure: Error { var message: String }

  private let bytes: [UInt8]
  private var at = 0
  /// Whether what is read is only skipped: the other side of `&&`, `||` or `?:`.
  private var isSkipping = false
  private(set) var variables: Variables
  private var depth = 0

  private init(_ text: String, _ variables: Variables, depth: Int) {
    bytes = Array(text.utf8)
    self.variables = variables
    self.depth = depth
  }

  /// The value of an expression; variables that it assigns are changed. An empty one is 0.
  static func value(_ text: String, _ variables: inout Variables, depth: Int = 0) throws(Failure) -> Int64 {
    // A variable may hold an expression, even itself.
    if depth > 32 { throw Failure(message: "expression recursion loop detected") }
    var sum = Arithmetic(text, variables, depth: depth)
    sum.skipBlanks()
    if sum.at == sum.bytes.count { return 0 }
    let value = try sum.comma()
    if sum.at < sum.bytes.count { throw Failure(message: "arithmetic syntax error") }
    variables = sum.variables
    return value
  }

  private mutating func comma() throws(Failure) -> Int64 {
    var value = try assignment()
    while take(",") { value = try assignment() }
    return value
  }

  private mutating func assignment() throws(Failure) -> Int64 {
    let start = at
    skipBlanks()
    if let name = takeName() {
      skipBlanks()
      for sign in ["<<=", ">>=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "="]
      where stands(sign) && !(sign == "=" && stands("==")) {
        at += sign.utf8.count
        let right = try assignment()
        let value = sign == "=" ? right : try apply(String(sign.dropLast()), try number(of: name), right)
        assign(name, value)
        return value
      }
    }
    at = start
    return try ternary()
  }

  private mutating func ternary() throws(Failure) -> Int64 {
    let condition = try binary(0)
    guard take("?") else { return condition }
    let saved = isSkipping
    isSkipping = saved || condition == 0
    let yes = try assignment()
    guard take(":") else { throw Failure(message: "arithmetic syntax error") }
    isSkipping = saved || condition != 0
    let no = try assignment()
    isSkipping = saved
    return condition != 0 ? yes : no
  }

  private static let levels: [[String]] = [
    ["||"], ["&&"], ["|"], ["^"], ["&"], ["==", "!="], ["<=", ">=", "<", ">"], ["<<", ">>"], ["+", "-"],
    ["*", "/", "%"],
  ]

  private mutating func binary(_ level: Int) throws(Failure) -> Int64 {
    guard level < Arithmetic.levels.count else { return try unary() }
    var left = try binary(level + 1)
    while let sign = takeOperator(level) {
      let saved = isSkipping
      if sign == "||" { isSkipping = saved || left != 0 }
      if sign == "&&" { isSkipping = saved || left == 0 }
      let right = try binary(level + 1)
      isSkipping = saved
      left = try apply(sign, left, right)
    }
    return left
  }

  /// The operator of this level that stands here, taken; not the beginning of a longer one.
  private mutating func takeOperator(_ level: Int) -> String? {
    skipBlanks()
    for sign in Arithmetic.levels[level] where stands(sign) {
      let next = at + sign.utf8.count < bytes.count ? bytes[at + sign.utf8.count] : 0
      let isLonger =
        switch sign {
        case "|", "&", "<", ">": next == UInt8(ascii: "=") || Array(sign.utf8).first == next
        case "^", "+", "-", "*", "/", "%", "<<", ">>": next == UInt8(ascii: "=")
        default: false
        }
      if isLonger { continue }
      at += sign.utf8.count
      return sign
    }
    return nil
  }

  private func apply(_ sign: String, _ a: Int64, _ b: Int64) throws(Failure) -> Int64 {
    switch sign {
    case "||": return a != 0 || b != 0 ? 1 : 0
    case "&&": return a != 0 && b != 0 ? 1 : 0
    case "|": return a | b
    case "^": return a ^ b
    case "&": return a & b
    case "==": return a == b ? 1 : 0
    case "!=": return a != b ? 1 : 0
    case "<=": return a <= b ? 1 : 0
    case ">=": return a >= b ? 1 : 0
    case "<": return a < b ? 1 : 0
    case ">": return a > b ? 1 : 0
    case "<<": return a << (b & 63)
    case ">>": return a >> (b & 63)
    case "+": return a &+ b
    case "-": return a &- b
    case "*": return a &* b
    default:
      if b == 0 && isSkipping { return 0 }
      if b == 0 { throw Failure(message: "divide by zero") }
      if b == -1 { return sign == "/" ? 0 &- a : 0 }
      return sign == "/" ? a / b : a % b
    }
  }

  private mutating func unary() throws(Failure) -> Int64 {
    skipBlanks()
    for sign in ["++", "--"] where stands(sign) {
      at += 2
      skipBlanks()
      guard let name = takeName() else { throw Failure(message: "arithmetic syntax error") }
      let value = try number(of: name) &+ (sign == "++" ? 1 : -1)
      assign(name, value)
      return value
    }
    if take("!") { return try unary() == 0 ? 1 : 0 }
    if take("~") { return ~(try unary()) }
    if take("-") { return 0 &- (try unary()) }
    if take("+") { return try unary() }
    if take("(") {
      let value = try comma()
      guard take(")") else { throw Failure(message: "arithmetic syntax error") }
      return value
    }
    if let name = takeName() {
      let value = try number(of: name)
      for sign in ["++", "--"] where stands(sign) {
        at += 2
        assign(name, value &+ (sign == "++" ? 1 : -1))
      }
      return value
    }
    return try literal()
  }

  private mutating func literal() throws(Failure) -> Int64 {
    let start = at
    while at < bytes.count, isNameByte(bytes[at]) { at += 1 }
    guard at > start, let value = Arithmetic.literal(String(decoding: bytes[start..<at], as: UTF8.self)) else {
      throw Failure(message: "arithmetic syntax error")
    }
    return value
  }

  /// The number that a literal stands for: decimal, `0x…` or octal `0…`.
  static func literal(_ text: String) -> Int64? {
    if text.hasPrefix("0x") || text.hasPrefix("0X") { return Int64(text.dropFirst(2), radix: 16) }
    if text.hasPrefix("0") && text.utf8.count > 1 { return Int64(text, radix: 8) }
    return Int64(text)
  }

  private mutating func number(of name: String) throws(Failure) -> Int64 {
    let text = variables[name]?.trimmed() ?? ""
    if text.isEmpty { return 0 }
    if let value = Int64(text) { return value }
    return try Arithmetic.value(text, &variables, depth: depth + 1)
  }

  private mutating func assign(_ name: String, _ value: Int64) {
    if !isSkipping { variables.set(name, String(value)) }
  }

  private func stands(_ sign: String) -> Bool { bytes[at...].starts(with: sign.utf8) }

  private mutating func take(_ sign: String) -> Bool {
    skipBlanks()
    guard stands(sign) else { return false }
    at += sign.utf8.count
    return true
  }

  private mutating func takeName() -> String? {
    guard at < bytes.count, isNameStart(bytes[at]) else { return nil }
    let start = at
    while at < bytes.count, isNameByte(bytes[at]) { at += 1 }
    return String(decoding: bytes[start..<at], as: UTF8.self)
  }

  private mutating func skipBlanks() {
    while at < bytes.count, bytes[at] == 32 || (9...13).contains(bytes[at]) { at += 1 }
  }
}
