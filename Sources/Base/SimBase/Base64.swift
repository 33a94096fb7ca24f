/// Bytes as text in 64 characters. Source: RFC 4648.
public enum Base64 {
  private static let standard = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  /// The bytes in the standard alphabet, with `=` at the end unless told otherwise.
  public static func text(_ bytes: some Collection<UInt8>, padded: Bool = true) -> String {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    var (word, bits): (UInt32, UInt32) = (0, 0)
    for byte in bytes {
      word = word << 8 | UInt32(byte)
      bits += 8
      while bits >= 6 {
        bits -= 6
        text.append(standard[Int(word >> bits & 63)])
      }
    }
    if bits > 0 { text.append(standard[Int(word << (6 - bits) & 63)]) }
    while padded && text.count % 4 != 0 { text.append(UInt8(ascii: "=")) }
    return String(decoding: text, as: UTF8.self)
  }

  /// What a text stands for; nil where it is not base64. Takes both alphabets, padded or not.
  public static func bytes(_ text: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    var (word, bits): (UInt32, UInt32) = (0, 0)
    var digits = text.utf8[...]
    while digits.last == UInt8(ascii: "=") { digits.removeLast() }
    if digits.count % 4 == 1 { return nil }
    for digit in digits {
      guard let value = value(of: digit) else { return nil }
      word = word << 6 | UInt32(value)
      bits += 6
      if bits >= 8 {
        bits -= 8
        bytes.append(UInt8(truncatingIfNeeded: word >> bits))
      }
    }
    return bytes
  }

  /// Where a text ceases to be base64.
  public struct Corruption: Error, Equatable {
    /// How many bytes were well before it.
    public let place: Int
  }

  /// What a padded text in the standard alphabet alone stands for. Line breaks are passed over; what is too short is refused
  /// at the beginning of its last group of four.
  ///
  /// Source: Go `encoding/base64` (`decodeQuantum`).
  public static func strictBytes(_ text: String) throws(Corruption) -> [UInt8] {
    let isBreak = { (byte: UInt8) in byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") }
    let (text, pad) = (Array(text.utf8), UInt8(ascii: "="))
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count / 4 * 3)
    var (word, held, next) = (UInt32(0), 0, 0)
    while next < text.count {
      let digit = text[next]
      next += 1
      if isBreak(digit) { continue }
      if let value = value(of: digit), digit != UInt8(ascii: "-"), digit != UInt8(ascii: "_") {
        word = word << 6 | UInt32(value)
        held += 1
        if held == 4 {
          for shift in [UInt32(16), 8, 0] { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) }
          (word, held) = (0, 0)
        }
        continue
      }
      guard digit == pad, held >= 2 else { throw Corruption(place: next - 1) }
      if held == 2 {
        while next < text.count, isBreak(text[next]) { next += 1 }
        if next == text.count { throw Corruption(place: next) }
        if text[next] != pad { throw Corruption(place: next - 1) }
        next += 1
      }
      while next < text.count, isBreak(text[next]) { next += 1 }
      if next < text.count { throw Corruption(place: next) }
      bytes.append(UInt8(truncatingIfNeeded: held == 2 ? word >> 4 : word >> 10))
      if held == 3 { bytes.append(UInt8(truncatingIfNeeded: word >> 2)) }
      return bytes
    }
    if held > 0 { throw Corruption(place: next - held) }
    return bytes
  }

  private static func value(of digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): digit - UInt8(ascii: "A")
    case UInt8(ascii: "a")...UInt8(ascii: "z"): digit - UInt8(ascii: "a") + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0") + 52
    case UInt8(ascii: "+"), UInt8(ascii: "-"): 62
    case UInt8(ascii: "/"), UInt8(ascii: "_"): 63
    default: nil
    }
  }
}
