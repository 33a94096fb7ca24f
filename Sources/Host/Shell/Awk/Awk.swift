import SimBase

/// `awk`: patterns and actions over records and fields.
///
/// It walks the parsed program for each record. Loops are bounded, so that a slip in a program ends with a complaint.
/// Arrays are walked in the order of their keys, numbers before texts, where real ones leave the order open.
///
/// **Differs from Docker:** no `getline`, no pipes and no `system`: what they would run has its own place in the shell.
struct Awk: LineFilter {
  /// How a statement ended.
  enum Flow { case on, next, exit, breaks, continues, gives(AwkValue) }

  var rest: [UInt8] = []
  let program: AwkProgram
  var scalars: [String: AwkValue] = [:]
  var arrays: [String: Table<AwkKey, AwkValue>] = [:]
  /// The arguments and locals of the functions that are running, the innermost last.
  var calls: [[String: AwkValue]] = []
  /// Array parameters of running functions: the name that they have outside.
  var aliases: [[String: String]] = []
  var record = ""
  var fields: [AwkValue] = []
  var isInRange: [Bool]
  var hasBegun = false
  var hasExited = false
  var status = 0
  var steps = 0
  let directory: String
  var opened: Set<String> = []
  var complaint: String?
  var isEmptyRun: Bool { program.rules.isEmpty && program.end.isEmpty }

  static let stepLimit = 2_000_000

  init(_ program: AwkProgram, directory: String) {
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

  func resolved(_ text: String) -> String {
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

  mutating func chooses(_ place: Int, _ sink: inout Sink) -> Bool {
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

  mutating func setRecord(_ text: String) {
    record = text
    fields = split(text, by: self.text(get("FS"))).map(AwkValue.input)
    scalars["NF"] = .number(Double(fields.count))
  }

  func split(_ text: String, by separator: String) -> [String] {
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

  func split(_ bytes: [UInt8], by regex: PosixRegex) -> [String] {
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
  mutating func run(_ statements: [AwkStatement], _ sink: inout Sink) -> Flow {
    for statement in statements {
      let flow = run(statement, &sink)
      if case .on = flow { continue }
      return flow
    }
    return .on
  }

  mutating func run(_ statement: AwkStatement, _ sink: inout Sink) -> Flow {
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

  mutating func write(_ text: String, to target: AwkTarget?, _ sink: inout Sink) {
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

  func printed(_ value: AwkValue) -> String { value.text(scalars["OFMT"]?.text("%.6g") ?? "%.6g") }
  func text(_ value: AwkValue) -> String { value.text(scalars["CONVFMT"]?.text("%.6g") ?? "%.6g") }

  func formatted(_ values: [AwkValue]) -> String {
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

  func whole(_ value: Double) -> Int64 {
    value.isNaN ? 0 : value >= 9.2e18 ? .max : value <= -9.2e18 ? .min : Int64(value)
  }

}

/// A subscript: those that are whole numbers come first, in their order.
struct AwkKey: Comparable, Sendable {
  let text: String
  let number: Int?

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
