import SimBase

extension GoValue {
  /// The value as a template prints it: Go's `%v`, pointers followed once, a nil one `<nil>`.
  public var printed: String {
    switch self {
    case .none: "<no value>"
    case .pointer(_, let target): target?.verbV ?? "<nil>"
    default: verbV
    }
  }

  /// Whether Go prints it by a method of its own wherever it stands.
  private var hasOwnText: Bool {
    switch self {
    case .time, .duration, .fileMode: true
    default: false
    }
  }

  /// The value as Go's `%v` prints it inside of others.
  public var verbV: String { text(named: false) }

  /// The value as `%v` prints it inside of others; with the names of structs' fields, as `%+v` does.
  public func text(named: Bool) -> String {
    switch self {
    case .none: "<nil>"
    case .bool(let value): String(value)
    case .int(let value): String(value)
    case .uint(let value): String(value)
    case .float(let value): goFloat(value)
    case .string(let text): text
    case .bytes(let bytes): "[" + bytes.map { String($0) }.joined(separator: " ") + "]"
    case .time(let date): goTime(date)
    case .duration(let span): span.description
    case .fileMode(let bits): goFileMode(bits)
    case .slice(_, let elements): "[" + (elements ?? []).map { $0.text(named: named) }.joined(separator: " ") + "]"
    case .map(_, let entries):
      "map[" + (entries.map { $0.map { "\($0.key):\($0.value.text(named: named))" } } ?? []).joined(separator: " ")
        + "]"
    // The one struct of these with a text of its own.
    case .record(let type, let values) where type.name == "swarm.Version": values.first?.verbV ?? ""
    case .record(let type, let values):
      "{"
        + zip(type.fields, values).map { (named ? $0.name + ":" : "") + $1.text(named: named) }.joined(separator: " ")
        + "}"
    // Dates and spans have a text of their own, behind a pointer too.
    case .pointer(_, let target?) where target.hasOwnText: target.text(named: named)
    // Go prints an address, which tells nothing and differs from run to run.
    case .pointer(_, let target): target == nil ? "<nil>" : "0xc000010000"
    case .object(let object): "{" + object.typeName + "}"
    }
  }
}

/// A date as Go's `time.Time` prints itself: `2026-11-21 10:28:38.796626641 +0000 UTC`.
public func goTime(_ date: Timestamp?) -> String {
  guard let date else { return "0001-01-01 00:00:00 +0000 UTC" }
  let text = date.rfc3339.replacing("T", with: " ")
  return text.dropLast() + " +0000 UTC"
}

/// A file's mode as Go's `fs.FileMode` prints itself: `-r--r--r--`.
func goFileMode(_ bits: UInt32) -> String {
  let letters = Array("rwxrwxrwx")
  return "-" + letters.enumerated().map { bits & (1 << UInt32(8 - $0)) != 0 ? String($1) : "-" }.joined()
}

/// A fraction as Go's `%v` prints it: the shortest that reads back, with an exponent from 1e21 up and below 1e-4.
public func goFloat(_ value: Double) -> String {
  if value.isNaN { return "NaN" }
  if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
  if value == 0 { return "0" }
  let (digits, exponent) = decimalDigits(value.magnitude)
  let sign = value < 0 ? "-" : ""
  if exponent < -4 || exponent >= 21 {
    let fraction = digits.count > 1 ? "." + String(decoding: digits.dropFirst(), as: UTF8.self) : ""
    let power = abs(exponent)
    let first = String(decoding: digits.prefix(1), as: UTF8.self)
    return "\(sign)\(first)\(fraction)e\(exponent < 0 ? "-" : "+")\(power < 10 ? "0" : "")\(power)"
  }
  return sign + plainDecimal(digits, exponent)
}

/// The shortest digits that read back as `value`, and the power of ten of the first.
private func decimalDigits(_ value: Double) -> (digits: [UInt8], exponent: Int) {
  let text = value.description
  let parts = text.split(separator: "e")
  var exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
  let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
  var digits = Array(mantissa[0].utf8) + (mantissa.count > 1 ? Array(mantissa[1].utf8) : [])
  exponent += mantissa[0].utf8.count - 1
  while digits.count > 1, digits[0] == UInt8(ascii: "0") {
    digits.removeFirst()
    exponent -= 1
  }
  while digits.count > 1, digits[digits.count - 1] == UInt8(ascii: "0") { digits.removeLast() }
  return (digits, exponent)
}

private func plainDecimal(_ digits: [UInt8], _ exponent: Int) -> String {
  if exponent < 0 {
    return "0." + String(repeating: "0", count: -exponent - 1) + String(decoding: digits, as: UTF8.self)
  }
  if digits.count <= exponent + 1 {
    return String(decoding: digits, as: UTF8.self) + String(repeating: "0", count: exponent + 1 - digits.count)
  }
  return String(decoding: digits[...exponent], as: UTF8.self) + "."
    + String(decoding: digits[(exponent + 1)...], as: UTF8.self)
}
