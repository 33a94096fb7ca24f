import SimBase

/// A template and how it runs over a value: Go's `text/template`.
///
/// Source: Go `text/template` (`exec.go`).
public struct Template: Sendable {
  private let nodes: [TemplateNode]
  private let definitions: Table<String, [TemplateNode]>
  private let text: String
  private let name: String
  private let functions: any TemplateFunctions

  /// Reads a template; `name` is what errors call it. Throws Go's parse error.
  public init(
    _ text: String, name: String = "", functions: any TemplateFunctions
  ) throws(TemplateError) {
    let names = TemplateBuiltins.names.union(functions.names)
    (nodes, definitions) = try TemplateParser.parse(text, name: name, functions: names)
    self.text = text
    self.name = name
    self.functions = functions
  }

  /// What the template prints for `value`. With `missingKeyIsError` an absent map entry is an error.
  public func run(on value: GoValue, missingKeyIsError: Bool = false) throws(TemplateError) -> String {
    var run = TemplateRun(
      source: text, title: name, name: name, missingKeyIsError: missingKeyIsError, functions: functions,
      definitions: definitions, variables: [("$", value)])
    _ = try run.walk(nodes, dot: value)
    return run.output
  }

  /// What the template prints for `value` with other functions under the same names, up to the first error.
  public func prefix(on value: GoValue, functions: any TemplateFunctions) -> String {
    var run = TemplateRun(
      source: text, title: name, name: name, missingKeyIsError: false, functions: functions,
      definitions: definitions, variables: [("$", value)])
    _ = try? run.walk(nodes, dot: value)
    return run.output
  }
}

/// One run of a template.
private struct TemplateRun {
  let source: String
  /// What errors call the text.
  let title: String
  /// The template that runs: the text's own, or one that it defines.
  var name: String
  let missingKeyIsError: Bool
  let functions: any TemplateFunctions
  let definitions: Table<String, [TemplateNode]>
  var variables: [(name: String, value: GoValue)]
  var output = ""
  /// What is being looked at: an error says so, even where it is found only later.
  var place = (text: "", offset: 0)
  var callDepth = 0

  static let maxCallDepth = 10_000

  enum Flow { case on, breakLoop, continueLoop }

  mutating func walk(_ nodes: [TemplateNode], dot: GoValue) throws(TemplateError) -> Flow {
    for node in nodes {
      switch node {
      case .text(let text): output += text
      case .action(let pipeline):
        let value = try evaluate(pipeline, dot: dot)
        if pipeline.variables.isEmpty { output += (value ?? .none).printed }
      case .branch(let pipeline, let then, let otherwise):
        let flow = try scoped { (run: inout TemplateRun) throws(TemplateError) -> Flow in
          let isTrue = (try run.evaluate(pipeline, dot: dot) ?? .none).isTrue
          return try run.walk(isTrue ? then : otherwise, dot: dot)
        }
        if flow != .on { return flow }
      case .with(let pipeline, let then, let otherwise):
        let flow = try scoped { (run: inout TemplateRun) throws(TemplateError) -> Flow in
          let value = try run.evaluate(pipeline, dot: dot) ?? .none
          return try value.isTrue ? run.walk(then, dot: value) : run.walk(otherwise, dot: dot)
        }
        if flow != .on { return flow }
      case .range(let pipeline, let body, let otherwise):
        let flow = try scoped { (run: inout TemplateRun) throws(TemplateError) -> Flow in
          try run.loop(pipeline, body, otherwise, dot: dot)
        }
        if flow != .on { return flow }
      case .call(let name, let pipeline, let offset): try call(name, pipeline, offset: offset, dot: dot)
      case .breakLoop: return .breakLoop
      case .continueLoop: return .continueLoop
      }
    }
    return .on
  }

  /// Runs `body` and then forgets the variables that it declared.
  private mutating func scoped(
    _ body: (inout TemplateRun) throws(TemplateError) -> Flow
  ) throws(TemplateError) -> Flow {
    let depth = variables.count
    let flow = try body(&self)
    variables.removeSubrange(depth...)
    return flow
  }

  private mutating func call(
    _ called: String, _ pipeline: TemplateNode.Pipeline?, offset: Int, dot: GoValue
  ) throws(TemplateError) {
    let argument = pipeline.map { " " + $0.text } ?? ""
    place = ("{{template \(called.goQuoted)\(argument)}}", offset)
    guard let nodes = definitions[called] else { throw error("template \(called.goQuoted) not defined") }
    if callDepth == TemplateRun.maxCallDepth {
      throw error("exceeded maximum template depth (\(TemplateRun.maxCallDepth))")
    }
    let value = try pipeline.map { (pipeline) throws(TemplateError) in try evaluate(pipeline, dot: dot) } ?? nil
    let outer = (name, variables)
    (name, variables) = (called, [("$", value ?? .none)])
    callDepth += 1
    _ = try walk(nodes, dot: value ?? .none)
    callDepth -= 1
    (name, variables) = outer
  }

  private mutating func loop(
    _ pipeline: TemplateNode.Pipeline, _ body: [TemplateNode], _ otherwise: [TemplateNode], dot: GoValue
  ) throws(TemplateError) -> Flow {
    var head = pipeline
    head.variables = []
    let value = try evaluate(head, dot: dot) ?? .none
    var items: [(GoValue, GoValue)] = []
    switch value.target?.plain ?? .none {
    case .slice(_, let elements): items = (elements ?? []).enumerated().map { (.int(Int64($0)), $1) }
    case .map(_, let entries): items = entries?.map { (.string($0.key), $0.value) } ?? []
    case .bytes(let bytes): items = bytes.enumerated().map { (.int(Int64($0)), .uint(UInt64($1))) }
    case .int(let count): items = (0..<max(0, count)).map { (.int($0), .int($0)) }
    case .none: break
    default: throw error("range can't iterate over \(value.printed)")
    }
    if items.isEmpty { return try walk(otherwise, dot: dot) }
    let names = pipeline.variables
    for (key, item) in items {
      let depth = variables.count
      if names.count == 2 { variables += [(names[0], key), (names[1], item)] }
      if names.count == 1 { variables.append((names[0], item)) }
      let flow = try walk(body, dot: item)
      variables.removeSubrange(depth...)
      if flow == .breakLoop { break }
    }
    return .on
  }

  /// A pipeline's value; nil where it is none at all, as a nil interface is.
  private mutating func evaluate(
    _ pipeline: TemplateNode.Pipeline, dot: GoValue
  ) throws(TemplateError) -> GoValue? {
    place = (pipeline.text, pipeline.offset)
    var value: GoValue?
    for command in pipeline.commands { value = try evaluate(command, dot: dot, final: value) }
    let result = value ?? .none
    for name in pipeline.variables {
      if pipeline.assigns, let index = variables.lastIndex(where: { $0.name == name }) {
        variables[index].value = result
      } else {
        variables.append((name, result))
      }
    }
    return result
  }

  /// A command's value; `final` is what a pipe hands it as the last argument.
  private mutating func evaluate(
    _ command: TemplateNode.Command, dot: GoValue, final: GoValue?
  ) throws(TemplateError) -> GoValue {
    let first = command.words[0]
    let hasArguments = command.words.count > 1 || final != nil
    switch first {
    case .function(let name, _):
      place = (first.text, first.offset)
      if name == "and" || name == "or" {
        return try shortCircuit(name, command.words.dropFirst(), dot: dot, final: final)
      }
      return try call(name, command, dot: dot, final: final)
    case .field(let names, _):
      place = (first.text, first.offset)
      return try follow(names, from: dot, command, dot: dot, final: final)
    case .variable(let names, _):
      place = (first.text, first.offset)
      let value = variables.last { $0.name == names[0] }?.value ?? .none
      if names.count == 1 {
        if hasArguments { throw error("can't give argument to non-function \(first.text)") }
        return value
      }
      return try follow(Array(names.dropFirst()), from: value, command, dot: dot, final: final)
    case .nested(let pipeline, let fields, _):
      if fields.isEmpty {
        if hasArguments { throw error("can't give argument to non-function \(first.text)") }
        return try evaluate(pipeline, dot: dot) ?? .none
      }
      place = (first.text, first.offset)
      let value = try evaluate(pipeline, dot: dot) ?? .none
      return try follow(fields, from: value, command, dot: dot, final: final)
    case .dot, .null, .constant:
      place = (first.text, first.offset)
      if hasArguments { throw error("can't give argument to non-function \(first.text)") }
      if case .null = first { throw error("nil is not a command") }
      return try evaluate(first, dot: dot)
    }
  }

  /// Calls one of Go's functions or of docker's.
  private mutating func call(
    _ name: String, _ command: TemplateNode.Command, dot: GoValue, final: GoValue?
  ) throws(TemplateError) -> GoValue {
    let first = command.words[0]
    var arguments: [GoValue] = []
    for word in command.words.dropFirst() { arguments.append(try evaluate(word, dot: dot)) }
    if let final { arguments.append(final) }
    do throws(TemplateTrouble) {
      let call = TemplateCall(name, arguments, words: command.words.dropFirst().map(\.text))
      if TemplateBuiltins.names.contains(name) { return try TemplateBuiltins.result(of: call) }
      return try functions.result(of: call)
    } catch {
      let message = error.text(calling: name)
      if let number = error.argument, command.words.indices.contains(number + 1) {
        let word = command.words[number + 1]
        place = (word.text, word.offset)
        if case .constant = word, let wanted = error.wanted {
          throw self.error("expected \(wanted); found \(word.text)")
        }
        throw self.error(message)
      }
      place = error.isCallError ? (command.text, command.offset) : (first.text, first.offset)
      throw self.error(message)
    }
  }

  private mutating func shortCircuit(
    _ name: String, _ words: ArraySlice<TemplateNode.Word>, dot: GoValue, final: GoValue?
  ) throws(TemplateError) -> GoValue {
    if words.isEmpty, final == nil { throw error("wrong number of args for \(name): want at least 1 got 0") }
    var result = GoValue.none
    for word in words {
      result = try evaluate(word, dot: dot)
      if result.isTrue == (name == "or") { return result }
    }
    return final ?? result
  }

  /// An argument's value.
  private mutating func evaluate(_ word: TemplateNode.Word, dot: GoValue) throws(TemplateError) -> GoValue {
    place = (word.text, word.offset)
    switch word {
    case .dot: return dot
    case .null: return .none
    case .constant(let value, _, _): return value
    case .nested(let pipeline, let fields, _) where fields.isEmpty:
      return try evaluate(pipeline, dot: dot) ?? .none
    case .field, .variable, .function, .nested:
      return try evaluate(TemplateNode.Command(words: [word], offset: word.offset), dot: dot, final: nil)
    }
  }

  /// Follows a chain of names; the last may be given arguments.
  private mutating func follow(
    _ names: [String], from start: GoValue, _ command: TemplateNode.Command, dot: GoValue, final: GoValue?
  ) throws(TemplateError) -> GoValue {
    var value = start
    for name in names.dropLast() { value = try member(name, of: value) }
    guard let last = names.last else { return value }
    guard command.words.count > 1 || final != nil else { return try member(last, of: value) }
    if case .object(let object) = value.target ?? .none {
      let here = place
      var arguments: [GoValue] = []
      for word in command.words.dropFirst() { arguments.append(try evaluate(word, dot: dot)) }
      if let final { arguments.append(final) }
      place = here
      return try member(last, of: .object(object), arguments: arguments)
    }
    _ = try member(last, of: value)
    if case .map = value.target ?? .none { throw error("\(last) is not a method but has arguments") }
    throw error("\(last) has arguments but cannot be invoked as function")
  }

  private func member(
    _ name: String, of value: GoValue, arguments: [GoValue] = []
  ) throws(TemplateError) -> GoValue {
    switch value {
    case .none:
      if missingKeyIsError { throw error("nil data; no entry for key \(name.goQuoted)") }
      return .none
    case .pointer(let target, nil):
      // Go says so only where there is such a field.
      if case .structure = target, target.zero.member(name) != nil {
        throw error("nil pointer evaluating \(value.typeName).\(name)")
      }
      throw error("can't evaluate field \(name) in type \(value.typeName)")
    case .pointer(_, let target?):
      // Go names the pointer's type where what it points to has no such field.
      if case .record = target, target.member(name) == nil {
        throw error("can't evaluate field \(name) in type \(value.typeName)")
      }
      return try member(name, of: target, arguments: arguments)
    case .object(let object):
      if let found = object.member(name, arguments) { return found }
      throw error("can't evaluate field \(name) in type \(value.typeName)")
    case .map(_, let entries):
      if let found = entries?[name] { return found }
      if missingKeyIsError { throw error("map has no entry for key \(name.goQuoted)") }
      return .none
    case .time(let date) where name == "IsZero": return .bool(date == nil)
    case .time(let date) where name == "Unix": return .int((date?.unixNanoseconds ?? 0) / 1_000_000_000)
    case .time where name == "String": return .string(value.printed)
    default:
      if let found = value.member(name) { return found }
      throw error("can't evaluate field \(name) in type \(value.typeName)")
    }
  }

  private func error(_ message: String) -> TemplateError {
    let before = source.utf8.prefix(place.offset)
    let line = 1 + before.count { $0 == UInt8(ascii: "\n") }
    let column = before.lastIndex(of: UInt8(ascii: "\n")).map { before.distance(from: $0, to: before.endIndex) - 1 }
    return TemplateError(
      message:
        "template: \(title):\(line):\(column ?? place.offset): executing \"\(name)\" at <\(place.text)>: \(message)")
  }
}
