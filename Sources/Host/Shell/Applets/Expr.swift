import SimBase

/// `expr`: sums and comparisons of its words.
struct Expr {
  private struct Failure: Error { var message: String }

  private let words: [String]
  private var at = 0

  static func start(_ call: inout Applet.Call) -> Applet.Start {
    var expr = Expr(words: call.arguments)
    do throws(Failure) {
      let value = try expr.level(0)
      if expr.at < expr.words.count { throw Failure(message: "syntax error") }
      call.sink.print(value)
      return .done(value.isEmpty || value == "0" ? 1 : 0)
    } catch {
      return call.fail(error.message, 2)
    }
  }

  private init(words: [String]) { self.words = words }

  private static let levels = [
    ["|"], ["&"], ["=", "==", "!=", "<", "<=", ">", ">="], ["+", "-"], ["*", "/", "%"], [":"],
  ]

  private mutating func level(_ number: Int) throws(Failure) -> String {
    if number == Expr.levels.count { return try primary() }
    var left = try level(number + 1)
    while at < words.count, Expr.levels[number].contains(words[at]) {
      let sign = words[at]
      at += 1
      left = try apply(sign, left, try level(number + 1))
    }
    return left
  }

  private mutating func primary() throws(Failure) -> String {
    guard at < words.count else { throw Failure(message: "syntax error") }
    let word = words[at]
    at += 1
    if word == "length", at < words.count {
      at += 1
      return String(words[at - 1].unicodeScalars.count)
    }
    guard word == "(" else { return word }
    let value = try level(0)
    guard at < words.count, words[at] == ")" else { throw Failure(message: "syntax error") }
    at += 1
    return value
  }

  private func apply(_ sign: String, _ a: String, _ b: String) throws(Failure) -> String {
    func truth(_ text: String) -> Bool { !text.isEmpty && text != "0" }
    switch sign {
    case "|": return truth(a) ? a : b
    case "&": return truth(a) && truth(b) ? a : "0"
    case ":":
      guard let regex = try? PosixRegex(b, isExtended: false) else { throw Failure(message: "bad regex") }
      let match = regex.firstMatch(in: Array(a.utf8)).flatMap { $0.range.lowerBound == 0 ? $0 : nil }
      if regex.groupCount > 0 {
        let group = match.flatMap { $0.group(1) }
        return group.map { String(decoding: Array(a.utf8)[$0], as: UTF8.self) } ?? ""
      }
      return String(match.map { $0.range.count } ?? 0)
    case "+", "-", "*", "/", "%":
      guard let left = Int64(a), let right = Int64(b) else { throw Failure(message: "non-numeric argument") }
      if sign == "+" { return String(left &+ right) }
      if sign == "-" { return String(left &- right) }
      if sign == "*" { return String(left &* right) }
      if right == 0 { throw Failure(message: "division by zero") }
      return String(sign == "/" ? left / right : left % right)
    default:
      let order: Int
      if let left = Int64(a), let right = Int64(b) {
        order = left < right ? -1 : left == right ? 0 : 1
      } else {
        order = a == b ? 0 : a.utf8.lexicographicallyPrecedes(b.utf8) ? -1 : 1
      }
      let holds =
        switch sign {
        case "=", "==": order == 0
        case "!=": order != 0
        case "<": order < 0
        case "<=": order <= 0
        case ">": order > 0
        default: order >= 0
        }
      return holds ? "1" : "0"
    }
  }
}
