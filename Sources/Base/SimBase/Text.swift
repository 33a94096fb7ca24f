// Small things of text that Foundation would bring: hexadecimal, base 36, trimming, finding.

/// The bytes as lower-case hexadecimal digits.
public func hexText(_ bytes: some Sequence<UInt8>) -> String {
  var text: [UInt8] = []
  text.reserveCapacity(2 * bytes.underestimatedCount)
  for byte in bytes {
    text.append(hexDigits[Int(byte >> 4)])
    text.append(hexDigits[Int(byte & 15)])
  }
  return String(decoding: text, as: UTF8.self)
}

/// The bytes as one big-endian number in base 36 (digits, then lower-case letters), zero-padded on the left to `width`.
public func base36Text(_ bytes: [UInt8], width: Int) -> String {
  var number = bytes
  var digits: [UInt8] = []
  while number.contains(where: { $0 != 0 }) {
    var remainder = 0
    for i in number.indices {
      let value = remainder << 8 | Int(number[i])
      number[i] = UInt8(value / 36)
      remainder = value % 36
    }
    digits.append(base36Digits[remainder])
  }
  while digits.count < width { digits.append(UInt8(ascii: "0")) }
  return String(decoding: digits.reversed(), as: UTF8.self)
}

let hexDigits = Array("0123456789abcdef".utf8)
let base36Digits = Array("0123456789abcdefghijklmnopqrstuvwxyz".utf8)

extension StringProtocol {
  /// The text without white space at its ends.
  public func trimmed() -> String {
    var rest = self[...]
    while let first = rest.first, first.isWhitespace { rest = rest.dropFirst() }
    while let last = rest.last, last.isWhitespace { rest = rest.dropLast() }
    return String(rest)
  }

  /// Where `needle` first occurs, or nil. An empty needle is found at the start.
  public func firstRange(of needle: String) -> Range<Index>? {
    if needle.isEmpty { return startIndex..<startIndex }
    let pattern = Array(needle.utf8)
    let bytes = utf8
    var start = bytes.startIndex
    while start != bytes.endIndex {
      if bytes[start...].starts(with: pattern) {
        return start..<bytes.index(start, offsetBy: pattern.count)
      }
      start = bytes.index(after: start)
    }
    return nil
  }

  /// Whether `needle` occurs anywhere.
  public func includes(_ needle: String) -> Bool { firstRange(of: needle) != nil }

  /// Every occurrence of `needle` replaced.
  public func replacing(_ needle: String, with other: String) -> String {
    var result = ""
    var rest = String(self)[...]
    while !needle.isEmpty, let hit = rest.firstRange(of: needle) {
      result += rest[..<hit.lowerBound] + other
      rest = rest[hit.upperBound...]
    }
    return result + rest
  }

  /// The text in quotes, as Go's `%q` writes it in errors.
  public var goQuoted: String {
    var result = "\""
    for scalar in unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case "\u{07}": result += "\\a"
      case "\u{08}": result += "\\b"
      case "\u{0B}": result += "\\v"
      case "\u{0C}": result += "\\f"
      case "\0"..<" ", "\u{7F}": result += "\\x\(hexText([UInt8(scalar.value)]))"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }

  /// The text with blanks on its right up to `width` characters.
  public func padded(to width: Int) -> String {
    let missing = width - count
    return missing > 0 ? self + String(repeating: " ", count: missing) : String(self)
  }
}
