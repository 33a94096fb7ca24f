/// An `awk` program, parsed.
struct AwkProgram: Sendable {
  var begin: [AwkStatement] = []
  var rules: [AwkRule] = []
  var end: [AwkStatement] = []
  var functions: [String: AwkFunction] = [:]
}

/// A pattern with its action.
struct AwkRule: Sendable {
  enum Pattern: Sendable {
    case always
    case when(AwkExpression)
    case range(AwkExpression, AwkExpression)
  }
  var pattern: Pattern
  /// Nil prints the record.
  var body: [AwkStatement]?
}

/// A function of the program's own.
struct AwkFunction: Sendable {
  var parameters: [String]
  var body: [AwkStatement]
}

indirect enum AwkStatement: Sendable {
  case expression(AwkExpression)
  case print([AwkExpression], to: AwkTarget?)
  case printf([AwkExpression], to: AwkTarget?)
  case block([AwkStatement])
  case conditional(AwkExpression, AwkStatement, AwkStatement?)
  case loop(AwkExpression?, AwkStatement, after: AwkStatement?)
  case loopUntil(AwkStatement, AwkExpression)
  case each(String, in: String, AwkStatement)
  case delete(String, [AwkExpression]?)
  case next, exit(AwkExpression?), `break`, `continue`
  case give(AwkExpression?)
}

/// Where `print > "file"` goes.
struct AwkTarget: Sendable {
  var path: AwkExpression
  var appends: Bool
}

indirect enum AwkExpression: Sendable {
  case number(Double)
  case text(String)
  case regex(PosixRegex)
  case variable(String)
  case element(String, [AwkExpression])
  case field(AwkExpression)
  case assign(AwkExpression, String, AwkExpression)
  case step(AwkExpression, by: Double, isPrefix: Bool)
  case unary(String, AwkExpression)
  case binary(String, AwkExpression, AwkExpression)
  case both(AwkExpression, AwkExpression)
  case either(AwkExpression, AwkExpression)
  case choice(AwkExpression, AwkExpression, AwkExpression)
  case match(AwkExpression, AwkExpression, isNegated: Bool)
  case contains([AwkExpression], in: String)
  case join(AwkExpression, AwkExpression)
  case call(String, [AwkExpression])
  case group(AwkExpression)
}
