import SimBase

/// `sha256sum`.
struct DigestFilter: Filter {
  private var digest = SHA256()
  private var source = "-"

  mutating func begin(_ source: String, _ sink: inout Sink) {
    self.source = source
    digest = SHA256()
  }

  mutating func take(_ bytes: [UInt8], _ sink: inout Sink) { digest.update(bytes) }
  mutating func endSource(_ sink: inout Sink) {
    let whole = digest
    sink.print("\(hexText(whole.finalize()))  \(source)")
  }
}

/// `base64`.
struct Base64Filter: Filter {
  private var decodes = false
  private var width = 76
  private var bytes: [UInt8] = []

  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  static func start(_ call: inout Applet.Call) -> Applet.Start {
    var filter = Base64Filter()
    var reader = OptionReader(call.arguments)
    while let option = reader.next() {
      switch option {
      case "d", "D", "--decode": filter.decodes = true
      case "w": filter.width = reader.value().flatMap { Int($0) } ?? 76
      default: return call.fail("invalid option -- '\(option)'")
      }
    }
    return .filter(filter, reader.operands)
  }

  mutating func take(_ more: [UInt8], _ sink: inout Sink) { bytes += more }

  mutating func finish(_ sink: inout Sink) -> Int {
    if decodes { return decode(&sink) }
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      var word: UInt32 = 0
      for place in 0..<3 { word = word << 8 | UInt32(place < group.count ? group[start + place] : 0) }
      for place in 0..<4 {
        let digit = Base64Filter.alphabet[Int(word >> UInt32(18 - 6 * place)) & 63]
        text.append(place <= group.count ? digit : UInt8(ascii: "="))
      }
    }
    if width == 0 {
      sink.out += text
    } else {
      for start in stride(from: 0, to: text.count, by: width) {
        sink.print(text[start..<min(start + width, text.count)])
      }
    }
    return 0
  }

  private func decode(_ sink: inout Sink) -> Int {
    var word: UInt32 = 0
    var bits = 0
    for byte in bytes where byte != newlineByte {
      if byte == UInt8(ascii: "=") { break }
      guard let digit = Base64Filter.alphabet.firstIndex(of: byte) else {
        sink.complain("base64: invalid input")
        return 1
      }
      word = word << 6 | UInt32(digit)
      bits += 6
      if bits >= 8 {
        bits -= 8
        sink.out.append(UInt8(truncatingIfNeeded: word >> UInt32(bits)))
      }
    }
    return 0
  }
}
