import EngineTypes
import SimBase

// Ages and sizes as docker words them.
// Source: docker/go-units `duration.go`, `size.go`.

/// How long ago a date was, in words; Go's zero time is centuries ago.
func humanAge(_ date: Timestamp?, now: Timestamp) -> String {
  // Go's clock cannot span from year 1 to now: the difference is its longest span.
  (date.map { now - $0 } ?? .nanoseconds(.max)).humanText
}

/// A size to the base 1000: `2.06MB`; `digits` of precision.
func humanSize(_ bytes: Double, digits: Int = 4) -> String {
  scaled(bytes, 1000, ["B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"], digits)
}

/// A size to the base 1024: `23.54GiB`.
func bytesSize(_ bytes: Double) -> String {
  scaled(bytes, 1024, ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"], 4)
}

private func scaled(_ value: Double, _ base: Double, _ units: [String], _ digits: Int) -> String {
  var rest = value
  var unit = 0
  while rest >= base, unit < units.count - 1 {
    rest /= base
    unit += 1
  }
  return goGeneral(rest, digits) + units[unit]
}

/// `%.Ng`: so many significant digits, trailing zeros cut, an exponent where the number is longer than that.
func goGeneral(_ value: Double, _ digits: Int) -> String {
  if value == 0 { return "0" }
  let sign = value < 0 ? "-" : ""
  var exponent = 0
  var rest = value.magnitude
  while rest >= 10 {
    rest /= 10
    exponent += 1
  }
  while rest < 1 {
    rest *= 10
    exponent -= 1
  }
  var text = fixed(value.magnitude, max(0, digits - 1 - exponent))
  let whole = text.prefix { $0 != "." }.count
  if exponent >= 0, whole > exponent + 1 {
    exponent += 1
    text = fixed(value.magnitude, max(0, digits - 1 - exponent))
  }
  if exponent >= digits || exponent < -4 {
    var scale = 1.0
    for _ in 0..<abs(exponent) { scale *= 10 }
    let mantissa = fixed(exponent < 0 ? value.magnitude * scale : value.magnitude / scale, digits - 1)
    let power = abs(exponent)
    return "\(sign)\(withoutZeros(mantissa))e\(exponent < 0 ? "-" : "+")\(power < 10 ? "0" : "")\(power)"
  }
  return sign + withoutZeros(text)
}

private func withoutZeros(_ text: String) -> String {
  guard text.contains(".") else { return text }
  var result = text
  while result.hasSuffix("0") { result.removeLast() }
  if result.hasSuffix(".") { result.removeLast() }
  return result
}

/// Reads a size to the base 1024: `64M`, `1.5gib`, `10 kb`. Throws docker's words.
func parsedSize(_ text: String) throws(FlagTrouble) -> Int64 {
  let bytes = Array(text.utf8)
  guard let last = bytes.lastIndex(where: { "0123456789. ".utf8.contains($0) }) else {
    throw FlagTrouble("invalid size: '\(text)'")
  }
  // The number, and one blank after it, end where the last digit, point or blank stands.
  let hasBlank = bytes[last] == UInt8(ascii: " ")
  let number = String(decoding: bytes[..<(hasBlank ? last : last + 1)], as: UTF8.self)
  let suffix = String(decoding: bytes[(last + 1)...], as: UTF8.self).lowercased()
  guard let value = Double(number) else { throw FlagTrouble("invalid size: '\(text)'") }
  if value < 0 { throw FlagTrouble("invalid size: '\(text)'") }
  let powers: [Character: Int] = ["k": 1, "m": 2, "g": 3, "t": 4, "p": 5]
  var factor = 1.0
  if !suffix.isEmpty, suffix != "b" {
    guard suffix.count <= 3, let unit = suffix.first, let power = powers[unit],
      ["", "b", "ib"].contains(suffix.dropFirst())
    else { throw FlagTrouble("invalid suffix: '\(suffix)'") }
    for _ in 0..<power { factor *= 1024 }
  }
  // More than a file can hold is no size.
  guard value * factor < 9e18 else { throw FlagTrouble("invalid size: '\(text)'") }
  return Int64(value * factor)
}
