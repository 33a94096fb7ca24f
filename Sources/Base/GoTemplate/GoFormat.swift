import SimBase

/// Go's `fmt.Sprintf` for what templates print: `%v %s %d %q %x %t %f %g %c`, with flags, width and precision.
public func goFormat(_ format: String, _ arguments: [GoValue]) -> String {
  var result = ""
  var rest = Substring(format)
  var next = 0
  while let percent = rest.firstIndex(of: "%") {
    result += rest[..<percent]
    rest = rest[rest.index(after: percent)...]
    var spec = FormatSpec()
    spec.read(from: &rest)
    guard let verb = rest.first else {
      result += "%!(NOVERB)"
      break
    }
    rest = rest.dropFirst()
    if verb == "%" {
      result += "%"
      continue
    }
    guard next < arguments.count else {
      result += "%!\(verb)(MISSING)"
      continue
    }
    result += spec.apply(verb, arguments[next])
    next += 1
  }
  result += rest
  if next < arguments.count {
    let extra = arguments[next...].map { "\($0.typeName)=\($0.printed)" }.joined(separator: ", ")
    result += "%!(EXTRA \(extra))"
  }
  return result
}

private struct FormatSpec {
  var flags = Set<Character>()
  var width = 0
  var precision: Int?

  mutating func read(from rest: inout Substring) {
    while let flag = rest.first, "+-# 0".contains(flag) {
      flags.insert(flag)
      rest.removeFirst()
    }
    let digits = rest.prefix { $0.isASCII && $0.isNumber }
    width = Int(digits) ?? 0
    rest = rest.dropFirst(digits.count)
    if rest.first == "." {
      rest.removeFirst()
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      precision = Int(digits) ?? 0
      rest = rest.dropFirst(digits.count)
    }
  }

  func apply(_ verb: Character, _ value: GoValue) -> String {
    guard let text = text(verb, value) else { return "%!\(verb)(\(value.typeName)=\(value.printed))" }
    let missing = max(0, width - text.count)
    if flags.contains("-") { return text + String(repeating: " ", count: missing) }
    let isNumber = value.integer != nil || verb == "f"
    if flags.contains("0"), isNumber {
      let sign = text.hasPrefix("-") ? "-" : ""
      return sign + String(repeating: "0", count: missing) + text.dropFirst(sign.count)
    }
    return String(repeating: " ", count: missing) + text
  }

  /// The value by its verb, unpadded; nil where the verb does not fit the value.
  private func text(_ verb: Character, _ value: GoValue) -> String? {
    let type = value.typeName
    let value = value.plain
    switch verb {
    case "v":
      if flags.contains("#"), let text = value.string { return text.goQuoted }
      // What a pointer leads to is printed with a sign for it, a struct's fields with their names if asked for.
      if case .pointer(_, let target?) = value {
        switch target {
        case .record, .slice, .map: return "&" + target.text(named: flags.contains("+"))
        default: break
        }
      }
      return flags.contains("+") && value.integer == nil ? value.text(named: true) : value.printed
    case "s":
      let text: String
      switch value {
      case .bytes(let bytes): text = String(decoding: bytes, as: UTF8.self)
      case .int, .uint, .bool, .float: return nil
      default: text = value.printed
      }
      return precision.map { String(text.prefix($0)) } ?? text
    case "q": return value.string.map(\.goQuoted)
    case "d":
      guard let number = value.integer else { return nil }
      return (flags.contains("+") && number >= 0 ? "+" : "") + String(number)
    case "x", "X":
      let hex: String
      if let number = value.integer {
        hex = String(number, radix: 16)
      } else if let text = value.string {
        hex = hexText(text.utf8)
      } else if case .bytes(let bytes) = value {
        hex = hexText(bytes)
      } else {
        return nil
      }
      return verb == "X" ? hex.uppercased() : hex
    case "o": return value.integer.map { String($0, radix: 8) }
    case "b": return value.integer.map { String($0, radix: 2) }
    case "t": if case .bool(let truth) = value { return String(truth) } else { return nil }
    case "c": return value.integer.flatMap { Unicode.Scalar(UInt32(clamping: $0)) }.map { String($0) }
    case "f": if case .float(let number) = value { return fixed(number, precision ?? 6) } else { return nil }
    case "g": if case .float(let number) = value { return goFloat(number) } else { return nil }
    case "T": return type
    default: return nil
    }
  }
}

/// A number with exactly `decimals` places, rounded half to even on its binary value as C's `%.*f` does.
public func fixed(_ value: Double, _ decimals: Int) -> String {
  if !value.isFinite { return goFloat(value) }
  var scale = 1.0
  for _ in 0..<decimals { scale *= 10 }
  let scaled = (value.magnitude * scale).rounded(.toNearestOrEven)
  guard scaled < 9e18 else { return goFloat(value) }
  var digits = String(UInt64(scaled))
  while digits.count <= decimals { digits = "0" + digits }
  let sign = value < 0 ? "-" : ""
  if decimals == 0 { return sign + digits }
  return sign + digits.dropLast(decimals) + "." + digits.suffix(decimals)
}
