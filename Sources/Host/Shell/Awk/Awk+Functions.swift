import SimBase

/// Calls: of the functions that `awk` brings along, and of the program's own.
extension Awk {
  mutating func call(_ name: String, _ arguments: [AwkExpression], _ sink: inout Sink) -> AwkValue {
    if let function = program.functions[name] { return call(function, arguments, &sink) }
    switch name {
    case "split": return splitCall(arguments, &sink)
    case "sub", "gsub": return substitute(arguments, isGlobal: name == "gsub", &sink)
    case "match":
      let bytes = arguments.first.map { Array(text(value($0, &sink)).utf8) } ?? []
      let found = arguments.count > 1 ? regex(arguments[1], &sink)?.firstMatch(in: bytes)?.range : nil
      let start = found.map { characters(bytes[..<$0.lowerBound]) + 1 } ?? 0
      set("RSTART", .number(Double(start)))
      set("RLENGTH", .number(found.map { Double(characters(bytes[$0])) } ?? -1))
      return .number(Double(start))
    case "length":
      if case .variable(let array)? = arguments.first, let table = arrays[outerName(array)] {
        return .number(Double(table.count))
      }
      let subject = arguments.first.map { text(value($0, &sink)) } ?? record
      return .number(Double(subject.unicodeScalars.count))
    default: break
    }
    let values = arguments.map { value($0, &sink) }
    let first = values.first ?? .unset
    switch name {
    case "substr": return .text(substring(text(first), values.dropFirst().map(\.number)))
    case "index":
      let subject = text(first)
      let found = values.count > 1 ? subject.firstRange(of: text(values[1])) : nil
      return .number(found.map { Double(subject[..<$0.lowerBound].unicodeScalars.count + 1) } ?? 0)
    case "toupper": return .text(text(first).uppercased())
    case "tolower": return .text(text(first).lowercased())
    case "sprintf": return .text(formatted(values))
    case "int": return .number(first.number.rounded(.towardZero))
    case "sqrt": return .number(first.number.squareRoot())
    case "system", "close", "fflush": return .number(0)
    default:
      complaint = "calling undefined function \(name)"
      hasExited = true
      return .unset
    }
  }

  func characters(_ bytes: ArraySlice<UInt8>) -> Int { bytes.reduce(0) { $0 + ($1 & 0xC0 != 0x80 ? 1 : 0) } }

  func substring(_ text: String, _ bounds: [Double]) -> String {
    let scalars = Array(text.unicodeScalars)
    let start = (bounds.first ?? 1).rounded()
    let end = bounds.count > 1 ? start + bounds[1].rounded() : Double(scalars.count) + 1
    let from = Int(min(max(start, 1), Double(scalars.count) + 1))
    let to = Int(min(max(end, Double(from)), Double(scalars.count) + 1))
    var result = String.UnicodeScalarView()
    result.append(contentsOf: scalars[from - 1..<to - 1])
    return String(result)
  }

  mutating func splitCall(_ arguments: [AwkExpression], _ sink: inout Sink) -> AwkValue {
    guard arguments.count > 1, case .variable(let array) = arguments[1] else { return .number(0) }
    let subject = text(value(arguments[0], &sink))
    var parts: [String]
    if arguments.count > 2, case .regex(let regex) = arguments[2] {
      parts = subject.isEmpty ? [] : split(Array(subject.utf8), by: regex)
    } else {
      let separator = arguments.count > 2 ? text(value(arguments[2], &sink)) : text(get("FS"))
      parts = split(subject, by: separator)
    }
    arrays[outerName(array)] = Table(parts.enumerated().map { (AwkKey(String($0.offset + 1)), .input($0.element)) })
    return .number(Double(parts.count))
  }

  mutating func substitute(_ arguments: [AwkExpression], isGlobal: Bool, _ sink: inout Sink) -> AwkValue {
    guard arguments.count > 1, let regex = regex(arguments[0], &sink) else { return .number(0) }
    let replacement = Array(text(value(arguments[1], &sink)).utf8)
    let place = arguments.count > 2 ? arguments[2] : .field(.number(0))
    let bytes = Array(text(value(place, &sink)).utf8)
    var matches = regex.allMatches(in: bytes)
    if !isGlobal { matches = Array(matches.prefix(1)) }
    if matches.isEmpty { return .number(0) }
    var result: [UInt8] = []
    var at = 0
    for match in matches {
      result += bytes[at..<match.range.lowerBound]
      var isEscaped = false
      for byte in replacement {
        if byte == UInt8(ascii: "\\") && !isEscaped {
          isEscaped = true
          continue
        }
        if byte == UInt8(ascii: "&") && !isEscaped {
          result += bytes[match.range]
        } else {
          if isEscaped && byte != UInt8(ascii: "&") && byte != UInt8(ascii: "\\") { result.append(UInt8(ascii: "\\")) }
          result.append(byte)
        }
        isEscaped = false
      }
      at = match.range.upperBound
    }
    assign(place, .text(String(decoding: result + bytes[at...], as: UTF8.self)), &sink)
    return .number(Double(matches.count))
  }

  mutating func call(_ function: AwkFunction, _ arguments: [AwkExpression], _ sink: inout Sink) -> AwkValue {
    if calls.count > 200 {
      complaint = "function call nesting too deep"
      hasExited = true
      return .unset
    }
    var locals: [String: AwkValue] = [:]
    var names: [String: String] = [:]
    var temporary: [String] = []
    for (place, parameter) in function.parameters.enumerated() {
      locals[parameter] = .unset
      if place < arguments.count {
        if case .variable(let name) = arguments[place], arrays[outerName(name)] != nil {
          names[parameter] = outerName(name)
        } else {
          locals[parameter] = value(arguments[place], &sink)
        }
      }
      if names[parameter] == nil {
        let hidden = "\(parameter) \(calls.count)"
        names[parameter] = hidden
        temporary.append(hidden)
      }
    }
    calls.append(locals)
    aliases.append(names)
    let flow = run(function.body, &sink)
    calls.removeLast()
    aliases.removeLast()
    for name in temporary { arrays[name] = nil }
    if case .gives(let result) = flow { return result }
    return .unset
  }
}
