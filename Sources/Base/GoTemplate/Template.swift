import SimBase

/// A template and how it runs over a value: Go's `text/template`.
///
/// Source: Go `text/template` (`exec.go`).
public struct Template: Sendable {
  private let nodes: [TemplateNode]
  private let text: String
  private let name: String
  private let functions: any TemplateFunctions

  /// Reads a template; `name` is what errors call it. Throws Go's parse error.
  public init(
    _ text: String, name: String = "", functions: any TemplateFunctions
  ) throws(TemplateError) {
    let names = TemplateBuiltins.names.union(functions.names)
    nodes = try TemplateParser.parse(text, name: name, functions: names)
    self.text = text
    self.name = name
    self.functions = functions
  }

  /// What the template prints for `value`. With `missingKeyIsError` an absent map entry is an error.
  public func run(on value: GoValue, missingKeyIsError: Bool = false) throws(TemplateError) -> String {
    var run = TemplateRun(
      source: text, name: name, missingKeyIsError: missingKeyIsError, functions: functions, variables: [("$", value)])
    _ = try run.walk(nodes, dot: value)
    return run.output
  }

  /// What the template prints for `value` with other functions under the same names, up to the first error.
  public func prefix(on value: GoValue, functions: any TemplateFunctions) -> String {
    var run = TemplateRun(
      source: text, name: name, missingKeyIsError: false, functions: functions, variables: [("$", value)])
    _ = try? run.walk(nodes, dot: value)
    return run.output
  }
}

/// One run of a template.
private struct TemplateRun {
  let source: String
  let name: String
  let missingKeyIsError: Bool
  let functions: any TemplateFunctions
  var variables: [(name: String, value: GoValue)]
  var output = ""

  enum Flow { case on, breakLoop, continueLoop }

  mutating func walk(_ nodes: [TemplateNode], dot: GoValue) throws(TemplateError) -> Flow {
    for node in nodes {
      switch node {
      case .text(let text): output += text
      case .action(let pipeline):
        let value = try evaluate(pipeline, dot: dot)
        if pipeline.variables.isEmpty { output += value.printed }
      case .branch(let pipeline, let then, let otherwise):
        let flow = try scoped { (run: inout TemplateRun) throws(TemplateError) -> Flow in
          let isTrue = try run.evaluate(pipeline, dot: dot).isTrue
          return try run.walk(isTrue ? then : otherwise, dot: dot)
        }
        if flow != .on { return flow }
      case .with(let pipeline, let then, let otherwise):
        let flow = try scoped { (run: inout TemplateRun) throws(TemplateError) -> Flow in
          let value = try run.evaluate(pipeline, dot: dot)
          return try value.isTrue ? run.walk(then, dot: value) : run.walk(otherwise, dot: dot)
        }
        if flow != .on { return flow }
      case .range(let pipeline, let body, let otherwise):
        let flow = try scoped { (run: inout TemplateRun) throws(TemplateError) -> Flow in
          try run.loop(pipeline, body, otherwise, dot: dot)
        }
        if flow != .on { return flow }
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

  private mutating func loop(
    _ pipeline: TemplateNode.Pipeline, _ body: [TemplateNode], _ otherwise: [TemplateNode], dot: GoValue
  ) throws(TemplateError) -> Flow {
    var head = pipeline
    head.variables = []
    let value = try evaluate(head, dot: dot)
    var items: [(GoValue, GoValue)] = []
    switch value.target ?? .none {
    case .slice(_, let elements): items = (elements ?? []).enumerated().map { (.int(Int64($0)), $1) }
    case .map(_, let entries): items = entries?.map { (.string($0.key), $0.value) } ?? []
    case .bytes(let bytes): items = bytes.enumerated().map { (.int(Int64($0)), .uint(UInt64($1))) }
    case .int(let count): items = (0..<max(0, count)).map { (.int($0), .int($0)) }
    case .none: break
    default: throw error("range can't iterate over \(value.printed)", at: pipeline.text, offset: pipeline.offset)
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

  private mutating func evaluate(_ pipeline: TemplateNode.Pipeline, dot: GoValue) throws(TemplateError) -> GoValue {
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
    var arguments: [GoValue] = []
    switch first {
    case .function(let name, let offset):
      if name == "and" || name == "or" {
        return try shortCircuit(name, command.words.dropFirst(), dot: dot, final: final)
      }
      for word in command.words.dropFirst() { arguments.append(try evaluate(word, dot: dot)) }
      if let final { arguments.append(final) }
      do throws(TemplateTrouble) {
        let call = TemplateCall(name, arguments)
        if TemplateBuiltins.names.contains(name) { return try TemplateBuiltins.result(of: call) }
        return try functions.result(of: call)
      } catch {
        let message = error.text(calling: name)
        if let place = error.argument, command.words.indices.contains(place + 1) {
          let word = command.words[place + 1]
          throw self.error(message, at: word.text, offset: word.offset ?? offset)
        }
        throw self.error(message, at: error.isCallError ? command.text : first.text, offset: offset)
      }
    case .field(let names, let offset) where command.words.count > 1 || final != nil:
      for word in command.words.dropFirst() { arguments.append(try evaluate(word, dot: dot)) }
      if let final { arguments.append(final) }
      return try follow(names, from: dot, arguments: arguments, at: first.text, offset: offset)
    default:
      if command.words.count > 1 || final != nil {
        throw error("can't give argument to non-function \(first.text)", at: first.text, offset: command.offset)
      }
      return try evaluate(first, dot: dot)
    }
  }

  private mutating func shortCircuit(
    _ name: String, _ words: ArraySlice<TemplateNode.Word>, dot: GoValue, final: GoValue?
  ) throws(TemplateError) -> GoValue {
    var result = GoValue.none
    for word in words {
      result = try evaluate(word, dot: dot)
      if result.isTrue == (name == "or") { return result }
    }
    return final ?? result
  }

  private mutating func evaluate(_ word: TemplateNode.Word, dot: GoValue) throws(TemplateError) -> GoValue {
    switch word {
    case .dot: return dot
    case .null: return .none
    case .constant(let value, _, _): return value
    case .field(let names, let offset):
      return try follow(names, from: dot, arguments: [], at: word.text, offset: offset)
    case .variable(let names, let offset):
      let value = variables.last { $0.name == names[0] }?.value ?? .none
      return try follow(Array(names.dropFirst()), from: value, arguments: [], at: word.text, offset: offset)
    case .function(_, let offset):
      return try evaluate(TemplateNode.Command(words: [word], offset: offset), dot: dot, final: nil)
    case .nested(let pipeline, let fields, let offset):
      let value = try evaluate(pipeline, dot: dot)
      return try follow(fields, from: value, arguments: [], at: word.text, offset: offset)
    }
  }

  private func follow(
    _ names: [String], from start: GoValue, arguments: [GoValue], at text: String, offset: Int
  ) throws(TemplateError) -> GoValue {
    var value = start
    for (place, name) in names.enumerated() {
      let isLast = place == names.count - 1
      value = try member(name, of: value, arguments: isLast ? arguments : [], at: text, offset: offset)
    }
    return value
  }

  private func member(
    _ name: String, of value: GoValue, arguments: [GoValue], at text: String, offset: Int
  ) throws(TemplateError) -> GoValue {
    switch value {
    case .none: throw error("nil data; no entry for key \(name.goQuoted)", at: text, offset: offset)
    case .pointer(let target, nil):
      throw error("nil pointer evaluating *\(target.name).\(name)", at: text, offset: offset)
    case .pointer(_, let target?):
      // Go names the pointer's type where what it points to has no such field.
      if case .record = target, target.member(name) == nil {
        throw error("can't evaluate field \(name) in type \(value.typeName)", at: text, offset: offset)
      }
      return try member(name, of: target, arguments: arguments, at: text, offset: offset)
    case .object(let object):
      if let found = object.member(name, arguments) { return found }
      throw error("can't evaluate field \(name) in type \(value.typeName)", at: text, offset: offset)
    case .map(let element, let entries):
      if let found = entries?[name] { return found }
      if missingKeyIsError { throw error("map has no entry for key \(name.goQuoted)", at: text, offset: offset) }
      if case .any = element { return .none }
      return .none
    case .time(let date) where name == "IsZero": return .bool(date == nil)
    case .time(let date) where name == "Unix": return .int((date?.unixNanoseconds ?? 0) / 1_000_000_000)
    case .time where name == "String": return .string(value.printed)
    case .record:
      if let found = value.member(name) { return found }
      throw error("can't evaluate field \(name) in type \(value.typeName)", at: text, offset: offset)
    default: throw error("can't evaluate field \(name) in type \(value.typeName)", at: text, offset: offset)
    }
  }

  private func error(_ message: String, at text: String, offset: Int) -> TemplateError {
    let before = source.utf8.prefix(offset)
    let line = 1 + before.count { $0 == UInt8(ascii: "\n") }
    let column = before.lastIndex(of: UInt8(ascii: "\n")).map { before.distance(from: $0, to: before.endIndex) - 1 }
    return TemplateError(
      message: "template: \(name):\(line):\(column ?? offset): executing \"\(name)\" at <\(text)>: \(message)")
  }
}
