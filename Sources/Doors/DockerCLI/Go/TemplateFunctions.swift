import EngineTypes
import SimBase

/// Why a function refuses its arguments.
struct TemplateTrouble: Error {
  var message: String
  /// Whether the function ran and failed; otherwise its arguments did not fit it.
  var isCallError = true
  /// Which argument does not fit; nil where it is the call as a whole.
  var argument: Int?

  func text(calling name: String) -> String { isCallError ? "error calling \(name): \(message)" : message }
}

/// The functions a template may call: Go's own, and docker's.
///
/// Source: Go `text/template/funcs.go`; docker/cli `templates/templates.go` (`basicFunctions`, `HeaderFunctions`).
struct TemplateFunctions: Sendable {
  /// For a table's header docker's text functions return their first argument unchanged; only `pad` still pads.
  let isForHeaders: Bool

  static let rows = TemplateFunctions(isForHeaders: false)
  static let headers = TemplateFunctions(isForHeaders: true)

  static let names: Set<String> = [
    "and", "or", "not", "eq", "ne", "lt", "le", "gt", "ge", "len", "index", "slice", "print", "printf", "println",
    "html", "js", "urlquery", "call", "json", "split", "join", "title", "lower", "upper", "pad", "truncate",
  ]

  func call(_ name: String, _ arguments: [GoValue]) throws(TemplateTrouble) -> GoValue {
    switch name {
    case "print": return .string(spaced(arguments))
    case "println": return .string(arguments.map(\.printed).joined(separator: " ") + "\n")
    case "printf":
      guard let format = arguments.first?.string else { throw count(name, arguments, atLeast: 1) }
      return .string(goFormat(format, Array(arguments.dropFirst())))
    case "not": return .bool(!(try one(name, arguments)).isTrue)
    case "len": return .int(Int64(try length(try one(name, arguments))))
    case "index": return try index(arguments)
    case "slice": return try slice(arguments)
    case "eq", "ne", "lt", "le", "gt", "ge": return try compare(name, arguments)
    case "html": return .string(escapedHTML(spaced(arguments)))
    case "js": return .string(spaced(arguments).replacing("\\", with: "\\\\").replacing("'", with: "\\'"))
    case "urlquery": return .string(queryEscaped(spaced(arguments)))
    case "json":
      let value = try one(name, arguments)
      // A row encodes itself, and then with HTML's characters escaped.
      if case .row = value, !isForHeaders { return .string(value.json.goText) }
      return isForHeaders ? value : .string(value.json.text)
    case "lower": return try mapText(name, arguments) { $0.lowercased() }
    case "upper": return try mapText(name, arguments) { $0.uppercased() }
    case "title": return try mapText(name, arguments, capitalized)
    case "split":
      if isForHeaders { return arguments.first ?? .none }
      let texts = try exactly(2, name, arguments)
      let (text, separator) = (try text(texts, 0), try text(texts, 1))
      return .strings(separator.isEmpty ? text.map { String($0) } : text.pieces(separatedBy: separator))
    case "join":
      if isForHeaders { return arguments.first ?? .none }
      let parts = try exactly(2, name, arguments)
      guard case .slice(.string, let list) = parts[0] else { throw wrongType("[]string", parts[0], 0) }
      return .string((list ?? []).compactMap(\.string).joined(separator: try text(parts, 1)))
    case "pad":
      let parts = try exactly(3, name, arguments)
      let (text, left, right) = (try text(parts), try whole(parts, 1), try whole(parts, 2))
      if text.isEmpty { return .string("") }
      return .string(String(repeating: " ", count: left) + text + String(repeating: " ", count: right))
    case "truncate":
      if isForHeaders { return arguments.first ?? .none }
      let parts = try exactly(2, name, arguments)
      let bytes = Array(try text(parts).utf8.prefix(try whole(parts, 1)))
      return .string(String(decoding: bytes, as: UTF8.self))
    default: throw TemplateTrouble(message: "\(name) of non-function")
    }
  }

  private func mapText(
    _ name: String, _ arguments: [GoValue], _ change: (String) -> String
  ) throws(TemplateTrouble) -> GoValue {
    let text = try text([try one(name, arguments)])
    return .string(isForHeaders ? text : change(text))
  }

  private func one(_ name: String, _ arguments: [GoValue]) throws(TemplateTrouble) -> GoValue {
    try exactly(1, name, arguments)[0]
  }

  private func exactly(_ n: Int, _ name: String, _ arguments: [GoValue]) throws(TemplateTrouble) -> [GoValue] {
    if arguments.count == n { return arguments }
    throw TemplateTrouble(
      message: "wrong number of args for \(name): want \(n) got \(arguments.count)", isCallError: false)
  }

  private func count(_ name: String, _ arguments: [GoValue], atLeast n: Int) -> TemplateTrouble {
    TemplateTrouble(
      message: "wrong number of args for \(name): want at least \(n) got \(arguments.count)", isCallError: false)
  }

  private func wrongType(_ wanted: String, _ value: GoValue, _ place: Int) -> TemplateTrouble {
    TemplateTrouble(
      message: "wrong type for value; expected \(wanted); got \(value.typeName)", isCallError: false, argument: place)
  }

  private func text(_ values: [GoValue], _ place: Int = 0) throws(TemplateTrouble) -> String {
    guard let text = values[place].string else { throw wrongType("string", values[place], place) }
    return text
  }

  private func whole(_ values: [GoValue], _ place: Int) throws(TemplateTrouble) -> Int {
    guard let number = values[place].integer else { throw wrongType("int", values[place], place) }
    return Int(max(0, number))
  }

  private func length(_ value: GoValue) throws(TemplateTrouble) -> Int {
    switch value.target ?? .none {
    case .string(let text): return text.utf8.count
    case .bytes(let bytes): return bytes.count
    case .slice(_, let elements): return elements?.count ?? 0
    case .map(_, let entries): return entries?.count ?? 0
    case .none: throw TemplateTrouble(message: "len of nil pointer")
    default: throw TemplateTrouble(message: "len of type \(value.typeName)")
    }
  }

  private func index(_ arguments: [GoValue]) throws(TemplateTrouble) -> GoValue {
    guard var value = arguments.first else { throw count("index", arguments, atLeast: 1) }
    for key in arguments.dropFirst() {
      switch value.target ?? .none {
      case .map(let element, let entries):
        guard let key = key.string else {
          throw TemplateTrouble(message: "value has type \(key.typeName); should be string")
        }
        value = entries?[key] ?? element.zero
      case .slice(_, let elements):
        value = try at(key, of: elements ?? [])
      case .bytes(let bytes): value = try at(key, of: bytes.map { .uint(UInt64($0)) })
      case .string(let text): value = try at(key, of: text.utf8.map { .uint(UInt64($0)) })
      case .none: throw TemplateTrouble(message: "index of untyped nil")
      default: throw TemplateTrouble(message: "can't index item of type \(value.typeName)")
      }
    }
    return value
  }

  private func at(_ key: GoValue, of elements: [GoValue]) throws(TemplateTrouble) -> GoValue {
    guard let place = key.integer else {
      throw TemplateTrouble(message: "cannot index slice/array with type \(key.typeName)")
    }
    guard place >= 0, place < elements.count else { throw TemplateTrouble(message: "index out of range: \(place)") }
    return elements[Int(place)]
  }

  private func slice(_ arguments: [GoValue]) throws(TemplateTrouble) -> GoValue {
    guard let value = arguments.first else { throw count("slice", arguments, atLeast: 1) }
    let bounds = arguments.dropFirst().compactMap(\.integer).map(Int.init)
    func cut(_ size: Int) throws(TemplateTrouble) -> Range<Int> {
      let from = bounds.first ?? 0
      let to = bounds.count > 1 ? bounds[1] : size
      if let bad = bounds.first(where: { $0 < 0 || $0 > size }) {
        throw TemplateTrouble(message: "index out of range: \(bad)")
      }
      if from > to { throw TemplateTrouble(message: "invalid slice index: \(from) > \(to)") }
      return from..<to
    }
    switch value {
    case .string(let text):
      let bytes = Array(text.utf8)
      return .string(String(decoding: bytes[try cut(bytes.count)], as: UTF8.self))
    case .slice(let type, let elements):
      return .slice(type, Array((elements ?? [])[try cut(elements?.count ?? 0)]))
    default: throw TemplateTrouble(message: "can't slice item of type \(value.typeName)")
    }
  }

  private func compare(_ name: String, _ arguments: [GoValue]) throws(TemplateTrouble) -> GoValue {
    guard arguments.count >= 2 else {
      if arguments.count == 1 && name == "eq" { throw TemplateTrouble(message: "missing argument for comparison") }
      throw count(name, arguments, atLeast: 2)
    }
    let first = arguments[0]
    switch name {
    case "eq":
      for other in arguments.dropFirst() where try equal(first, other) { return .bool(true) }
      return .bool(false)
    case "ne": return .bool(try !equal(first, arguments[1]))
    case "lt": return .bool(try less(first, arguments[1]))
    case "le":
      let isLess = try less(first, arguments[1])
      return .bool(isLess ? true : try equal(first, arguments[1]))
    case "gt":
      let isLess = try less(first, arguments[1])
      return .bool(isLess ? false : try !equal(first, arguments[1]))
    default: return .bool(try !less(first, arguments[1]))
    }
  }

  private func equal(_ a: GoValue, _ b: GoValue) throws(TemplateTrouble) -> Bool {
    switch (a, b) {
    case (.none, .none), (.none, .pointer(_, nil)), (.pointer(_, nil), .none): return true
    case (.none, _), (_, .none): return false
    case (.bool(let a), .bool(let b)): return a == b
    case (.string(let a), .string(let b)): return a == b
    case (.float(let a), .float(let b)): return a == b
    default:
      if let a = a.integer, let b = b.integer { return a == b }
      throw TemplateTrouble(message: "incompatible types for comparison")
    }
  }

  private func less(_ a: GoValue, _ b: GoValue) throws(TemplateTrouble) -> Bool {
    switch (a, b) {
    case (.string(let a), .string(let b)): return a < b
    case (.float(let a), .float(let b)): return a < b
    default:
      if let a = a.integer, let b = b.integer { return a < b }
      throw TemplateTrouble(message: "incompatible types for comparison")
    }
  }
}

/// Operands as `print` joins them: a blank between two when neither is a text.
private func spaced(_ values: [GoValue]) -> String {
  var result = ""
  for (place, value) in values.enumerated() {
    if place > 0, value.string == nil, values[place - 1].string == nil { result += " " }
    result += value.printed
  }
  return result
}

private func escapedHTML(_ text: String) -> String {
  text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    .replacing("\"", with: "&#34;").replacing("'", with: "&#39;")
}

/// Each word's first letter in upper case.
private func capitalized(_ text: String) -> String {
  var result = ""
  var atStart = true
  for character in text {
    result += atStart ? character.uppercased() : String(character)
    atStart = !(character.isLetter || character.isNumber || character == "_" || character == "'")
  }
  return result
}
