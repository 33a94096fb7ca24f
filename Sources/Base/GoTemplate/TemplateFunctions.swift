import SimBase

/// The functions that a template may call beside Go's own.
public protocol TemplateFunctions: Sendable {
  /// Their names.
  var names: [String] { get }
  /// What a call of one of them gives.
  func result(of call: TemplateCall) throws(TemplateTrouble) -> GoValue
}

/// Why a function refuses its arguments.
public struct TemplateTrouble: Error {
  /// Go's words.
  public var message: String
  /// Whether the function ran and failed; otherwise its arguments did not fit it.
  public var isCallError: Bool
  /// Which argument does not fit; nil where it is the call as a whole.
  public var argument: Int?
  /// What a literal in that argument's place should have been, in the parser's words.
  public var wanted: String?

  /// A function that ran and failed, or arguments that do not fit it.
  public init(message: String, isCallError: Bool = true, argument: Int? = nil, wanted: String? = nil) {
    self.message = message
    self.isCallError = isCallError
    self.argument = argument
    self.wanted = wanted
  }

  func text(calling name: String) -> String { isCallError ? "error calling \(name): \(message)" : message }
}

/// A function's name and its arguments, read with Go's complaints.
public struct TemplateCall: Sendable {
  /// The function's name.
  public let name: String
  /// The arguments, a pipe's value last.
  public let arguments: [GoValue]
  /// The arguments as they are written, without a pipe's value.
  let words: [String]

  init(_ name: String, _ arguments: [GoValue], words: [String]) {
    self.name = name
    self.arguments = arguments
    self.words = words
  }

  /// The only argument.
  public func one() throws(TemplateTrouble) -> GoValue { try exactly(1)[0] }

  /// The arguments, of which there must be `n`.
  public func exactly(_ n: Int) throws(TemplateTrouble) -> [GoValue] {
    if arguments.count == n { return arguments }
    throw TemplateTrouble(
      message: "wrong number of args for \(name): want \(n) got \(arguments.count)", isCallError: false)
  }

  /// The complaint about too few arguments.
  public func count(atLeast n: Int) -> TemplateTrouble {
    TemplateTrouble(
      message: "wrong number of args for \(name): want at least \(n) got \(arguments.count)", isCallError: false)
  }

  /// The complaint about an argument of another type than wanted.
  public func wrongType(_ wanted: String, at place: Int) -> TemplateTrouble {
    TemplateTrouble(
      message: "wrong type for value; expected \(wanted); got \(arguments[place].typeName)", isCallError: false,
      argument: place, wanted: wanted == "int" ? "integer" : wanted)
  }

  /// An argument that must be a text.
  public func text(_ place: Int = 0) throws(TemplateTrouble) -> String {
    guard case .string(let text) = arguments[place] else { throw wrongType("string", at: place) }
    return text
  }

  /// An argument that must be a whole number; a negative one counts as zero.
  public func whole(_ place: Int) throws(TemplateTrouble) -> Int {
    guard case .int(let number) = arguments[place] else { throw wrongType("int", at: place) }
    return Int(max(0, number))
  }
}
