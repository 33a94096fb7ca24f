/// Base 64 as RFC 4648 has it.
public enum Base64 {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  /// The bytes as text; with `padded` off, without the equal signs at its end.
  public static func text(_ bytes: [UInt8], padded: Bool = true) -> String {
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let chunk = bytes[start..<min(start + 3, bytes.count)]
      var word: UInt32 = 0
      for (place, byte) in chunk.enumerated() { word |= UInt32(byte) << UInt32(16 - 8 * place) }
      for place in 0...chunk.count { text.append(alphabet[Int(word >> UInt32(18 - 6 * place)) & 63]) }
      if padded { text += repeatElement(UInt8(ascii: "="), count: 3 - chunk.count) }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The bytes of a text, in the standard or the URL alphabet, padded or not; nil if it is neither.
  public static func bytes(_ text: String) -> [UInt8]? {
    var digits: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): digits.append(byte - 65)
      case UInt8(ascii: "a")...UInt8(ascii: "z"): digits.append(byte - 71)
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digits.append(byte + 4)
      case UInt8(ascii: "+"), UInt8(ascii: "-"): digits.append(62)
      case UInt8(ascii: "/"), UInt8(ascii: "_"): digits.append(63)
      case UInt8(ascii: "="), UInt8(ascii: "\n"), UInt8(ascii: "\r"): continue
      default: return nil
      }
    }
    if digits.count % 4 == 1 { return nil }
    var bytes: [UInt8] = []
    for start in stride(from: 0, to: digits.count, by: 4) {
      let chunk = digits[start..<min(start + 4, digits.count)]
      var word: UInt32 = 0
      for (place, digit) in chunk.enumerated() { word |= UInt32(digit) << UInt32(18 - 6 * place) }
      for place in 0..<chunk.count - 1 { bytes.append(UInt8(truncatingIfNeeded: word >> UInt32(16 - 8 * place))) }
    }
    return bytes
  }
}
