import SimBase

/// `awk`: patterns and actions over records and fields.
///
/// It walks the parsed program for each record. Loops are bounded, so that a slip in a program ends with a complaint.
/// Arrays are walked in the order of their keys, numbers before texts, where real ones leave the order open.
///
/// **Differs from Docker:** no `getline`, no pipes and no `system`: what they would run has its own place in the shell.
struct Awk: LineFilter {
  /// How a statement ended.
  private enum Flow { case on, next, exit, breaks, continues, gives(AwkValue) }

  var rest: [UInt8] = []
  private let program: AwkProgram
  private var scalars: [String: AwkValue] = [:]
  private var arrays: [String: Table<AwkKey, AwkValue>] = [:]
  /// The arguments and locals of the functions that are running, the innermost last.
  private var calls: [[String: AwkValue]] = []
  /// Array parameters of running functions: the name that they have outside.
  private var aliases: [[String: String]] = []
  private var record = ""
  private var fields: [AwkValue] = []
  private var isInRange: [Bool]
  private var hasBegun = false
  private var hasExited = false
  private var status = 0
  private var steps = 0
  private let directory: String
  private var opened: Set<String> = []
  private var complaint: String?
  private var isEmptyRun: Bool { program.rules.isEmpty && program.end.isEmpty }

  private static let stepLimit = 2_000_000

  private init(_ program: AwkProgram, directory: String) {
    self.program = program
    self.directory = directory
    isInRange = Array(repeating: false, count: program.rules.count)
    scalars = [
      "FS": .text(" "), "OFS": .text(" "), "ORS": .text("\n"), "RS": .text("\n"), "SUBSEP": .text("\u{1C}"),
      "CONVFMT": .text("%.6g"), "OFMT": .text("%.6g"), "NR": .number(0), "NF": .number(0), "FNR": .number(0),
    ]
  }

  static func start(_ call: inout Applet.Call) -> Applet.Start {
    var assignments: [String] = []
    var separator: String?
    var text: String?
    var reader = OptionReader(call.arguments, permutes: false)
    while let option = reader.next() {
      switch option {
      case "F": separator = reader.value()
      case "v": assignments.append(reader.value() ?? "")
      case "f":
        let path = reader.value() ?? ""
        guard let file = call.files.text(call.absolute(path)) else { return call.fail("can't open file \(path)") }
        text = (text.map { $0 + "\n" } ?? "") + file
      default: return call.fail("unrecognized option: \(option)")
      }
    }
    var operands = reader.operands
    if text == nil {
      if operands.isEmpty {
        call.sink.complain("usage: awk [-F SEP] [-v VAR=VAL] [-f FILE | PROGRAM] [FILE]...")
        return .done(1)
      }
      text = operands.removeFirst()
    }
    do throws(AwkReader.Failure) {
      var awk = Awk(try AwkReader.program(text ?? ""), directory: call.directory)
      if let separator { awk.scalars["FS"] = .text(awk.resolved(separator == "t" ? "\t" : separator)) }
      for word in assignments {
        let (name, value) = splitAssignment(word)
        awk.scalars[name] = .input(awk.resolved(value ?? ""))
      }
      awk.arrays["ENVIRON"] = Table(call.variables.environment.map { (AwkKey($0.key), .input($0.value)) })
      awk.run(awk.program.begin, &call.sink)
      awk.hasBegun = true
      let files = operands.filter { splitAssignment($0).value == nil || $0.contains("/") }
      for word in operands where !files.contains(word) {
        let (name, value) = splitAssignment(word)
        awk.scalars[name] = .input(awk.resolved(value ?? ""))
      }
      if awk.hasExited || awk.isEmptyRun { return .done(awk.finish(&call.sink)) }
      return .filter(awk, files)
    } catch {
      return call.fail("cmd. line:1: \(error.message)")
    }
  }

  private func resolved(_ text: String) -> String {
    String(decoding: Escapes.resolved(Array(text.utf8)).bytes, as: UTF8.self)
  }

  // MARK: Records

  var isSatisfied: Bool { hasExited }

  mutating func begin(_ source: String, _ sink: inout Sink) {
    set("FNR", .number(0))
    set("FILENAME", .text(source == "-" ? "" : source))
  }

  mutating func line(_ line: ArraySlice<UInt8>, hasEnd: Bool, _ sink: inout Sink) {
    if hasExited { return }
    setRecord(String(decoding: line, as: UTF8.self))
    set("NR", .number(get("NR").number + 1))
    set("FNR", .number(get("FNR").number + 1))
    for place in program.rules.indices {
      guard chooses(place, &sink) else { continue }
      guard let body = program.rules[place].body else {
        sink.out += Array((record + text(get("ORS"))).utf8)
        continue
      }
      if case .next = run(body, &sink) { return }
      if hasExited { return }
    }
  }

  mutating func finish(_ sink: inout Sink) -> Int {
    // An `exit` elsewhere still leads through END.
    hasExited = complaint != nil
    if !hasExited { run(program.end, &sink) }
    if let complaint {
      sink.complain("awk: \(complaint)")
      return 2
    }
    return status
  }

  private mutating func chooses(_ place: Int, _ sink: inout Sink) -> Bool {
    switch program.rules[place].pattern {
    case .always: return true
    case .when(let condition): return value(condition, &sink).isTrue
    case .range(let first, let last):
      if !isInRange[place] {
        if !value(first, &sink).isTrue { return false }
        isInRange[place] = true
      }
      if value(last, &sink).isTrue { isInRange[place] = false }
      return true
    }
  }

  private mutating func setRecord(_ text: String) {
    record = text
    fields = split(text, by: self.text(get("FS"))).map(AwkValue.input)
    scalars["NF"] = .number(Double(fields.count))
  }

  private func split(_ text: String, by separator: String) -> [String] {
    if text.isEmpty { return [] }
    if separator == " " {
      return text.utf8.split { $0 == 32 || $0 == 9 || $0 == 10 }.map { String(decoding: $0, as: UTF8.self) }
    }
    if separator.isEmpty { return text.map { String($0) } }
    let bytes = Array(text.utf8)
    let isPlain = separator.utf8.count == 1 && separator != "\\"
    if isPlain, let byte = separator.utf8.first {
      return bytes.split(separator: byte, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
    }
    guard let regex = try? PosixRegex(separator, isExtended: true) else { return [text] }
    return split(bytes, by: regex)
  }

  private func split(_ bytes: [UInt8], by regex: PosixRegex) -> [String] {
    var parts: [String] = []
    var at = 0
    for match in regex.allMatches(in: bytes) where !match.range.isEmpty {
      parts.append(String(decoding: bytes[at..<match.range.lowerBound], as: UTF8.self))
      at = match.range.upperBound
    }
    return parts + [String(decoding: bytes[at...], as: UTF8.self)]
  }

  // MARK: Statements

  @discardableResult
  private mutating func run(_ statements: [AwkStatement], _ sink: inout Sink) -> Flow {
    for statement in statements {
      let flow = run(statement, &sink)
      if case .on = flow { continue }
      return flow
    }
    return .on
  }

  private mutating func run(_ statement: AwkStatement, _ sink: inout Sink) -> Flow {
    steps += 1
    if steps > Awk.stepLimit {
      complaint = "program did not end"
      hasExited = true
      return .exit
    }
    switch statement {
    case .expression(let expression): _ = value(expression, &sink)
    case .print(let expressions, let target):
      let values = expressions.map { value($0, &sink) }
      let line = values.isEmpty ? record : values.map(printed).joined(separator: text(get("OFS")))
      write(line + text(get("ORS")), to: target, &sink)
    case .printf(let expressions, let target):
      let values = expressions.map { value($0, &sink) }
      write(formatted(values), to: target, &sink)
    case .block(let inner): return run(inner, &sink)
    case .conditional(let condition, let yes, let no):
      if value(condition, &sink).isTrue { return run(yes, &sink) }
      if let no { return run(no, &sink) }
    case .loop(let condition, let body, let after):
      while !hasExited, condition.map({ value($0, &sink).isTrue }) ?? true {
        let flow = run(body, &sink)
        switch flow {
        case .on, .continues: break
        case .breaks: return .on
        case .next, .exit, .gives: return flow
        }
        if let after { _ = run(after, &sink) }
      }
    case .loopUntil(let body, let condition):
      repeat {
        let flow = run(body, &sink)
        switch flow {
        case .on, .continues: break
        case .breaks: return .on
        case .next, .exit, .gives: return flow
        }
      } while !hasExited && value(condition, &sink).isTrue
    case .each(let name, let array, let body):
      for key in (arrays[outerName(array)] ?? Table()).keys {
        set(name, .input(key.text))
        let flow = run(body, &sink)
        switch flow {
        case .on, .continues: break
        case .breaks: return .on
        case .next, .exit, .gives: return flow
        }
      }
    case .delete(let array, let subscripts):
      guard let subscripts else {
        arrays[outerName(array)] = Table()
        break
      }
      let place = key(subscripts, &sink)
      arrays[outerName(array), default: Table()].removeValue(place)
    case .next: return .next
    case .exit(let code):
      if let code { status = Int(value(code, &sink).number) & 0xFF }
      hasExited = true
      return .exit
    case .break: return .breaks
    case .continue: return .continues
    case .give(let result): return .gives(result.map { value($0, &sink) } ?? .unset)
    }
    return .on
  }

  private mutating func write(_ text: String, to target: AwkTarget?, _ sink: inout Sink) {
    guard let target else {
      sink.out += Array(text.utf8)
      return
    }
    let name = self.text(value(target.path, &sink))
    switch name {
    case "/dev/stdout": sink.out += Array(text.utf8)
    case "/dev/stderr": sink.err += Array(text.utf8)
    default:
      let path = FileTree.absolute(name, from: directory)
      // The first `>` empties the file; all that follows goes behind.
      let isFirst = opened.insert(path).inserted
      let addition = FileAddition(path: path, bytes: Array(text.utf8), empties: isFirst && !target.appends)
      sink.additions.append(addition)
    }
  }

  private func printed(_ value: AwkValue) -> String { value.text(scalars["OFMT"]?.text("%.6g") ?? "%.6g") }
  private func text(_ value: AwkValue) -> String { value.text(scalars["CONVFMT"]?.text("%.6g") ?? "%.6g") }

  private func formatted(_ values: [AwkValue]) -> String {
    guard let first = values.first else { return "" }
    var rest = values.dropFirst()
    var out: [UInt8] = []
    for piece in Format(text(first), resolvesEscapes: false).pieces {
      switch piece {
      case .text(let bytes): out += bytes
      case .cut: break
      case .conversion(let conversion):
        var spec = conversion
        if spec.widthIsWord { spec.setWidth(Int(rest.popFirst()?.number ?? 0)) }
        if spec.precisionIsWord { spec.precision = Int(rest.popFirst()?.number ?? 0) }
        let value = rest.popFirst() ?? .unset
        switch spec.letter {
        case "d", "i", "o", "x", "X", "u": out += spec.integer(whole(value.number))
        case "c":
          if case .number(let code) = value {
            let scalar = UnicodeScalar(UInt32(clamping: Int(code))) ?? " "
            out += spec.padded(Array(String(Character(scalar)).utf8))
          } else {
            out += spec.padded(Array(String(text(value).prefix(1)).utf8))
          }
        case "s": out += spec.text(text(value))
        default: out += spec.fraction(value.number)
        }
      }
    }
    return String(decoding: out, as: UTF8.self)
  }

  private func whole(_ value: Double) -> Int64 {
    value.isNaN ? 0 : value >= 9.2e18 ? .max : value <= -9.2e18 ? .min : Int64(value)
  }

  // MARK: Expressions

  private mutating func value(_ expression: AwkExpression, _ sink: inout Sink) -> AwkValue {
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

  private func truth(_ holds: Bool) -> AwkValue { .number(holds ? 1 : 0) }

  private func binary(_ sign: String, _ a: AwkValue, _ b: AwkValue) -> AwkValue {
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

  private func apply(_ sign: String, _ a: Double, _ b: Double) -> Double {
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
  private func power(_ base: Double, _ exponent: Double) -> Double {
    if exponent == 0.5 { return base.squareRoot() }
    guard exponent == exponent.rounded(), exponent.magnitude <= 1_024 else { return .nan }
    var result = 1.0
    for _ in 0..<Int(exponent.magnitude) { result *= base }
    return exponent < 0 ? 1 / result : result
  }

  private mutating func regex(_ expression: AwkExpression, _ sink: inout Sink) -> PosixRegex? {
    if case .regex(let regex) = expression { return regex }
    return try? PosixRegex(text(value(expression, &sink)), isExtended: true)
  }

  // MARK: Variables

  private func get(_ name: String) -> AwkValue { calls.last?[name] ?? scalars[name] ?? .unset }

  private mutating func set(_ name: String, _ value: AwkValue) {
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

  private func outerName(_ array: String) -> String { aliases.last?[array] ?? array }

  private mutating func key(_ subscripts: [AwkExpression], _ sink: inout Sink) -> AwkKey {
    AwkKey(subscripts.map { text(value($0, &sink)) }.joined(separator: text(get("SUBSEP"))))
  }

  private func field(_ number: Int) -> AwkValue {
    number == 0 ? .input(record) : fields.indices.contains(number - 1) ? fields[number - 1] : .unset
  }

  private mutating func joinRecord() { record = fields.map(text).joined(separator: text(get("OFS"))) }

  private mutating func assign(_ place: AwkExpression, _ value: AwkValue, _ sink: inout Sink) {
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

  // MARK: Functions

  private mutating func call(_ name: String, _ arguments: [AwkExpression], _ sink: inout Sink) -> AwkValue {
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

  private func characters(_ bytes: ArraySlice<UInt8>) -> Int { bytes.reduce(0) { $0 + ($1 & 0xC0 != 0x80 ? 1 : 0) } }

  private func substring(_ text: String, _ bounds: [Double]) -> String {
    let scalars = Array(text.unicodeScalars)
    let start = (bounds.first ?? 1).rounded()
    let end = bounds.count > 1 ? start + bounds[1].rounded() : Double(scalars.count) + 1
    let from = Int(min(max(start, 1), Double(scalars.count) + 1))
    let to = Int(min(max(end, Double(from)), Double(scalars.count) + 1))
    var result = String.UnicodeScalarView()
    result.append(contentsOf: scalars[from - 1..<to - 1])
    return String(result)
  }

  private mutating func splitCall(_ arguments: [AwkExpression], _ sink: inout Sink) -> AwkValue {
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

  private mutating func substitute(_ arguments: [AwkExpression], isGlobal: Bool, _ sink: inout Sink) -> AwkValue {
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

  private mutating func call(_ function: AwkFunction, _ arguments: [AwkExpression], _ sink: inout Sink) -> AwkValue {
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

/// A subscript: those that are whole numbers come first, in their order.
struct AwkKey: Comparable, Sendable {
  let text: String
  private let number: Int?

  init(_ text: String) {
    self.text = text
    number = Int(text).flatMap { String($0) == text ? $0 : nil }
  }

  static func < (a: AwkKey, b: AwkKey) -> Bool {
    switch (a.number, b.number) {
    case (let one?, let other?): one < other
    case (_?, nil): true
    case (nil, _?): false
    case (nil, nil): a.text.utf8.lexicographicallyPrecedes(b.text.utf8)
    }
  }
}
