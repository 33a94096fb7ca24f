extension String {
  /// What a Go literal's inside means, its escapes resolved; nil where one of them is none.
  ///
  /// Source: Go `strconv` (`UnquoteChar`).
  static func goUnquoted(_ content: Substring, quote: Unicode.Scalar) -> String? {
    var bytes: [UInt8] = []
    var rest = Substring(content).unicodeScalars
    func append(_ scalar: Unicode.Scalar) { bytes += Array(String(Character(scalar)).utf8) }
    func number(digits: Int, radix: UInt32) -> UInt32? {
      guard rest.count >= digits else { return nil }
      var text = String.UnicodeScalarView()
      text.append(contentsOf: rest.prefix(digits))
      rest = rest.dropFirst(digits)
      return UInt32(String(text), radix: Int(radix))
    }
    while let scalar = rest.popFirst() {
      guard scalar == "\\" else {
        if scalar == quote { return nil }
        append(scalar)
        continue
      }
      guard let kind = rest.popFirst() else { return nil }
      switch kind {
      case "a": bytes.append(7)
      case "b": bytes.append(8)
      case "f": bytes.append(12)
      case "n": bytes.append(10)
      case "r": bytes.append(13)
      case "t": bytes.append(9)
      case "v": bytes.append(11)
      case "\\": bytes.append(UInt8(ascii: "\\"))
      case "'", "\"":
        guard kind == quote else { return nil }
        append(kind)
      case "x":
        guard let value = number(digits: 2, radix: 16) else { return nil }
        bytes.append(UInt8(truncatingIfNeeded: value))
      case "u", "U":
        guard let value = number(digits: kind == "u" ? 4 : 8, radix: 16), let scalar = Unicode.Scalar(value) else {
          return nil
        }
        append(scalar)
      case "0"..."7":
        guard let value = number(digits: 2, radix: 8) else { return nil }
        let first = kind.value - 48
        guard first * 64 + value < 256 else { return nil }
        bytes.append(UInt8(first * 64 + value))
      default: return nil
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
