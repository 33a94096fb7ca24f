/// Backslash escapes as `echo -e`, `printf` and `$'…'` read them.
enum Escapes {
  /// The bytes with their escapes resolved; `isCut` tells that `\c` ended the text.
  static func resolved(_ raw: [UInt8], octalNeedsZero: Bool = false) -> (bytes: [UInt8], isCut: Bool) {
    var bytes: [UInt8] = []
    var at = 0
    while at < raw.count {
      guard raw[at] == UInt8(ascii: "\\"), at + 1 < raw.count else {
        bytes.append(raw[at])
        at += 1
        continue
      }
      let kind = raw[at + 1]
      at += 2
      switch kind {
      case UInt8(ascii: "n"): bytes.append(10)
      case UInt8(ascii: "t"): bytes.append(9)
      case UInt8(ascii: "r"): bytes.append(13)
      case UInt8(ascii: "a"): bytes.append(7)
      case UInt8(ascii: "b"): bytes.append(8)
      case UInt8(ascii: "f"): bytes.append(12)
      case UInt8(ascii: "v"): bytes.append(11)
      case UInt8(ascii: "e"), UInt8(ascii: "E"): bytes.append(27)
      case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""): bytes.append(kind)
      case UInt8(ascii: "c"): return (bytes, true)
      case UInt8(ascii: "x"):
        bytes += number(raw, &at, base: 16, digits: 2, orElse: [UInt8(ascii: "\\"), kind])
      case UInt8(ascii: "0")...UInt8(ascii: "7") where !octalNeedsZero || kind == UInt8(ascii: "0"):
        if !octalNeedsZero { at -= 1 }
        bytes += number(raw, &at, base: 8, digits: 3, orElse: [0])
      default: bytes += [UInt8(ascii: "\\"), kind]
      }
    }
    return (bytes, false)
  }

  private static func number(
    _ raw: [UInt8], _ at: inout Int, base: Int, digits: Int, orElse other: [UInt8]
  ) -> [UInt8] {
    var value = 0
    var taken = 0
    while taken < digits, at < raw.count, let digit = Character(UnicodeScalar(raw[at])).hexDigitValue, digit < base {
      value = value * base + digit
      at += 1
      taken += 1
    }
    return taken == 0 ? other : [UInt8(truncatingIfNeeded: value)]
  }
}
