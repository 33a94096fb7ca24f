import SimBase

/// Go's own functions of templates.
///
/// Source: Go `text/template/funcs.go`.
enum TemplateBuiltins {
  static let names: Set<String> = [
    "and", "or", "not", "eq", "ne", "lt", "le", "gt", "ge", "len", "index", "slice", "print", "printf", "println",
    "html", "js", "urlquery", "call",
  ]

  static func result(of call: TemplateCall) throws(TemplateTrouble) -> GoValue {
    let arguments = call.arguments
    switch call.name {
    case "print": return .string(spaced(arguments))
    case "println": return .string(arguments.map(\.printed).joined(separator: " ") + "\n")
    case "printf":
      guard let format = arguments.first?.string else { throw call.count(atLeast: 1) }
      return .string(goFormat(format, Array(arguments.dropFirst())))
    case "not": return .bool(!(try call.one()).isTrue)
    case "len": return .int(Int64(try length(try call.one())))
    case "index": return try index(call)
    case "slice": return try slice(call)
    case "eq", "ne", "lt", "le", "gt", "ge": return try compare(call)
    case "html": return .string(escapedHTML(spaced(arguments)))
    case "js": return .string(spaced(arguments).replacing("\\", with: "\\\\").replacing("'", with: "\\'"))
    case "urlquery": return .string(queryEscaped(spaced(arguments)))
    default:
      guard let value = call.arguments.first else { throw call.count(atLeast: 1) }
      let word = call.words.first ?? ""
      throw TemplateTrouble(message: "non-function \(word) of type \(value.typeName)")
    }
  }

  private static func length(_ value: GoValue) throws(TemplateTrouble) -> Int {
    switch value.target?.plain ?? .none {
    case .string(let text): return text.utf8.count
    case .bytes(let bytes): return bytes.count
    case .slice(_, let elements): return elements?.count ?? 0
    case .map(_, let entries): return entries?.count ?? 0
    case .none: throw TemplateTrouble(message: "len of nil pointer")
    default: throw TemplateTrouble(message: "len of type \(value.typeName)")
    }
  }

  private static func index(_ call: TemplateCall) throws(TemplateTrouble) -> GoValue {
    guard var value = call.arguments.first else { throw call.count(atLeast: 1) }
    for key in call.arguments.dropFirst() {
      switch value.target?.plain ?? .none {
      case .map(let element, let entries):
        guard case .string(let key) = key else {
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

  private static func at(_ key: GoValue, of elements: [GoValue]) throws(TemplateTrouble) -> GoValue {
    guard let place = key.integer else {
      throw TemplateTrouble(message: "cannot index slice/array with type \(key.typeName)")
    }
    guard place >= 0, place < elements.count else { throw TemplateTrouble(message: "index out of range: \(place)") }
    return elements[Int(place)]
  }

  private static func slice(_ call: TemplateCall) throws(TemplateTrouble) -> GoValue {
    guard let value = call.arguments.first else { throw call.count(atLeast: 1) }
    let bounds = call.arguments.dropFirst().compactMap(\.integer).map(Int.init)
    func cut(_ size: Int) throws(TemplateTrouble) -> Range<Int> {
      let from = bounds.first ?? 0
      let to = bounds.count > 1 ? bounds[1] : size
      if let bad = bounds.first(where: { $0 < 0 || $0 > size }) {
        throw TemplateTrouble(message: "index out of range: \(bad)")
      }
      if from > to { throw TemplateTrouble(message: "invalid slice index: \(from) > \(to)") }
      return from..<to
    }
    switch value.plain {
    case .string(let text):
      let bytes = Array(text.utf8)
      return .string(String(decoding: bytes[try cut(bytes.count)], as: UTF8.self))
    case .slice(let type, let elements):
      return .slice(type, Array((elements ?? [])[try cut(elements?.count ?? 0)]))
    default: throw TemplateTrouble(message: "can't slice item of type \(value.typeName)")
    }
  }

  private static func compare(_ call: TemplateCall) throws(TemplateTrouble) -> GoValue {
    let arguments = call.arguments
    guard arguments.count >= 2 else {
      if arguments.count == 1 && call.name == "eq" { throw TemplateTrouble(message: "missing argument for comparison") }
      throw call.count(atLeast: 2)
    }
    let first = arguments[0]
    switch call.name {
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

  private static func equal(_ a: GoValue, _ b: GoValue) throws(TemplateTrouble) -> Bool {
    switch (a.plain, b.plain) {
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

  private static func less(_ a: GoValue, _ b: GoValue) throws(TemplateTrouble) -> Bool {
    switch (a.plain, b.plain) {
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
