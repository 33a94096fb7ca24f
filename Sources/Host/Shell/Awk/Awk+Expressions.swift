import SimBase

/// Values of expressions, and the variables that they read and change.
extension Awk {
  mutating func value(_ expression: AwkExpression, _ sink: inout Sink) -> AwkValue {
    switch expression {
    case .number(let number): return .number(number)
    case .text(let text): return .text(text)
    case .regex(let regex): return truth(regex.matches(Array(record.utf8)))
    case .variable(let name): return get(name)
    case .element(let array, let subscripts):
      let place = key(subscripts, &sink)
      let name = outerName(array)
      // Asking for an element makes it.
      guard let found = arrays[name]?[place] else {
        arrays[name, default: Table()][place] = .unset
        return .unset
      }
      return found
    case .field(let number): return field(Int(value(number, &sink).number))
    case .group(let inner): return value(inner, &sink)
    case .assign(let place, let sign, let right):
      let operand = value(right, &sink)
      let result = sign.isEmpty ? operand : .number(apply(sign, value(place, &sink).number, operand.number))
      assign(place, result, &sink)
      return result
    case .step(let place, let by, let isPrefix):
      let old = value(place, &sink).number
      assign(place, .number(old + by), &sink)
      return .number(isPrefix ? old + by : old)
    case .unary(let sign, let inner):
      let operand = value(inner, &sink)
      return sign == "!" ? truth(!operand.isTrue) : .number(sign == "-" ? -operand.number : operand.number)
    case .binary(let sign, let a, let b): return binary(sign, value(a, &sink), value(b, &sink))
    case .both(let a, let b): return truth(value(a, &sink).isTrue && value(b, &sink).isTrue)
    case .either(let a, let b): return truth(value(a, &sink).isTrue || value(b, &sink).isTrue)
    case .choice(let condition, let yes, let no): return value(value(condition, &sink).isTrue ? yes : no, &sink)
    case .match(let text, let pattern, let isNegated):
      let subject = Array(self.text(value(text, &sink)).utf8)
      return truth((regex(pattern, &sink)?.matches(subject) ?? false) != isNegated)
    case .contains(let subscripts, let array):
      let place = key(subscripts, &sink)
      return truth(arrays[outerName(array)]?.contains(place) ?? false)
    case .join(let a, let b):
      let left = text(value(a, &sink))
      return .text(left + text(value(b, &sink)))
    case .call(let name, let arguments): return call(name, arguments, &sink)
    }
  }

  func truth(_ holds: Bool) -> AwkValue { .number(holds ? 1 : 0) }

  func binary(_ sign: String, _ a: AwkValue, _ b: AwkValue) -> AwkValue {
    guard ["<", "<=", "==", "!=", ">", ">="].contains(sign) else { return .number(apply(sign, a.number, b.number)) }
    let order: Int
    if a.isNumeric && b.isNumeric {
      order = a.number < b.number ? -1 : a.number == b.number ? 0 : 1
    } else {
      let (left, right) = (text(a), text(b))
      order = left == right ? 0 : left.utf8.lexicographicallyPrecedes(right.utf8) ? -1 : 1
    }
    switch sign {
    case "<": return truth(order < 0)
    case "<=": return truth(order <= 0)
    case "==": return truth(order == 0)
    case "!=": return truth(order != 0)
    case ">": return truth(order > 0)
    default: return truth(order >= 0)
    }
  }

  func apply(_ sign: String, _ a: Double, _ b: Double) -> Double {
    switch sign {
    case "+": a + b
    case "-": a - b
    case "*": a * b
    case "/": a / b
    case "%": a.truncatingRemainder(dividingBy: b)
    default: power(a, b)
    }
  }

  /// Whole powers by multiplying, and square roots: what programs here need, and the same on every machine.
  func power(_ base: Double, _ exponent: Double) -> Double {
    if exponent == 0.5 { return base.squareRoot() }
    guard exponent == exponent.rounded(), exponent.magnitude <= 1_024 else { return .nan }
    var result = 1.0
    for _ in 0..<Int(exponent.magnitude) { result *= base }
    return exponent < 0 ? 1 / result : result
  }

  mutating func regex(_ expression: AwkExpression, _ sink: inout Sink) -> PosixRegex? {
    if case .regex(let regex) = expression { return regex }
    return try? PosixRegex(text(value(expression, &sink)), isExtended: true)
  }

  // MARK: Variables

  func get(_ name: String) -> AwkValue { calls.last?[name] ?? scalars[name] ?? .unset }

  mutating func set(_ name: String, _ value: AwkValue) {
    if calls.last?[name] != nil {
      calls[calls.count - 1][name] = value
      return
    }
    scalars[name] = value
    if name == "NF" {
      let count = max(0, Int(value.number))
      while fields.count < count { fields.append(.input("")) }
      fields.removeLast(fields.count - count)
      joinRecord()
    }
  }

  func outerName(_ array: String) -> String { aliases.last?[array] ?? array }

  mutating func key(_ subscripts: [AwkExpression], _ sink: inout Sink) -> AwkKey {
    AwkKey(subscripts.map { text(value($0, &sink)) }.joined(separator: text(get("SUBSEP"))))
  }

  func field(_ number: Int) -> AwkValue {
    number == 0 ? .input(record) : fields.indices.contains(number - 1) ? fields[number - 1] : .unset
  }

  mutating func joinRecord() { record = fields.map(text).joined(separator: text(get("OFS"))) }

  mutating func assign(_ place: AwkExpression, _ value: AwkValue, _ sink: inout Sink) {
    switch place {
    case .variable(let name): set(name, value)
    case .element(let array, let subscripts):
      let place = key(subscripts, &sink)
      arrays[outerName(array), default: Table()][place] = value
    case .field(let expression):
      let number = Int(self.value(expression, &sink).number)
      if number == 0 { return setRecord(text(value)) }
      guard (1...10_000).contains(number) else { return }
      while fields.count < number { fields.append(.input("")) }
      fields[number - 1] = value
      scalars["NF"] = .number(Double(fields.count))
      joinRecord()
    default: break
    }
  }

}
