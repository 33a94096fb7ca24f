import SimBase

/// A `printf` format taken apart; `awk` uses it too.
struct Format: Sendable {
  enum Piece: Sendable {
    case text([UInt8])
    case conversion(Conversion)
    /// `\c`: nothing after it counts.
    case cut
  }

  struct Conversion: Sendable {
    var isLeft = false
    var hasPlus = false
    var hasBlank = false
    var isAlternate = false
    var hasZeros = false
    var width = 0
    var precision: Int?
    var widthIsWord = false
    var precisionIsWord = false
    var letter: Character = "s"
  }

  private(set) var pieces: [Piece] = []

  /// Takes a format apart; `awk` has resolved the escapes already.
  init(_ text: String, resolvesEscapes: Bool = true) {
    let bytes = Array(text.utf8)
    var at = 0
    var plain: [UInt8] = []
    func endPlain() -> (bytes: [UInt8], isCut: Bool) {
      resolvesEscapes ? Escapes.resolved(plain) : (plain, false)
    }
    while at < bytes.count {
      guard bytes[at] == UInt8(ascii: "%"), at + 1 < bytes.count else {
        // A backslash keeps the next byte from being read as a conversion.
        if resolvesEscapes, bytes[at] == UInt8(ascii: "\\"), at + 1 < bytes.count {
          plain += [bytes[at], bytes[at + 1]]
          at += 2
        } else {
          plain.append(bytes[at])
          at += 1
        }
        continue
      }
      if bytes[at + 1] == UInt8(ascii: "%") {
        plain.append(bytes[at])
        at += 2
        continue
      }
      let end = endPlain()
      pieces.append(.text(end.bytes))
      if end.isCut {
        pieces.append(.cut)
        return
      }
      plain = []
      at += 1
      pieces.append(.conversion(Format.conversion(bytes, &at)))
    }
    let end = endPlain()
    pieces.append(.text(end.bytes))
    if end.isCut { pieces.append(.cut) }
  }

  private static func conversion(_ bytes: [UInt8], _ at: inout Int) -> Conversion {
    var spec = Conversion()
    flags: while at < bytes.count {
      switch bytes[at] {
      case UInt8(ascii: "-"): spec.isLeft = true
      case UInt8(ascii: "+"): spec.hasPlus = true
      case UInt8(ascii: " "): spec.hasBlank = true
      case UInt8(ascii: "#"): spec.isAlternate = true
      case UInt8(ascii: "0"): spec.hasZeros = true
      default: break flags
      }
      at += 1
    }
    func number() -> Int? {
      var value: Int?
      while at < bytes.count, isDigit(bytes[at]) {
        value = min((value ?? 0) * 10 + Int(bytes[at] - 48), 10_000)
        at += 1
      }
      return value
    }
    if at < bytes.count, bytes[at] == UInt8(ascii: "*") {
      spec.widthIsWord = true
      at += 1
    } else {
      spec.width = number() ?? 0
    }
    if at < bytes.count, bytes[at] == UInt8(ascii: ".") {
      at += 1
      if at < bytes.count, bytes[at] == UInt8(ascii: "*") {
        spec.precisionIsWord = true
        at += 1
      } else {
        spec.precision = number() ?? 0
      }
    }
    while at < bytes.count, Array("lhLqjzt".utf8).contains(bytes[at]), bytes[at] != UInt8(ascii: "q") { at += 1 }
    if at < bytes.count {
      spec.letter = Character(UnicodeScalar(bytes[at]))
      at += 1
    }
    return spec
  }
}

extension Format.Conversion {
  mutating func setWidth(_ value: Int) {
    width = min(abs(value), 10_000)
    if value < 0 { isLeft = true }
  }

  func padded(_ bytes: [UInt8]) -> [UInt8] {
    // The width counts characters, so that columns of names line up.
    let count = bytes.reduce(0) { $0 + ($1 & 0xC0 != 0x80 ? 1 : 0) }
    let blanks = [UInt8](repeating: 32, count: max(0, width - count))
    return isLeft ? bytes + blanks : blanks + bytes
  }

  func text(_ text: String) -> [UInt8] {
    padded(Array((precision.map { String(text.unicodeScalars.prefix($0)) } ?? text).utf8))
  }

  func integer(_ value: Int64) -> [UInt8] {
    var digits: String
    var sign = ""
    switch letter {
    case "d", "i":
      digits = String(value.magnitude)
      sign = value < 0 ? "-" : hasPlus ? "+" : hasBlank ? " " : ""
    case "u": digits = String(UInt64(bitPattern: value))
    case "o":
      digits = String(UInt64(bitPattern: value), radix: 8)
      if isAlternate { sign = "0" }
    default:
      digits = String(UInt64(bitPattern: value), radix: 16, uppercase: letter == "X")
      if isAlternate && value != 0 { sign = letter == "X" ? "0X" : "0x" }
    }
    if let precision { digits = String(repeating: "0", count: max(0, precision - digits.count)) + digits }
    return signed(sign, digits, allowsZeros: precision == nil)
  }

  private func signed(_ sign: String, _ digits: String, allowsZeros: Bool) -> [UInt8] {
    if hasZeros && !isLeft && allowsZeros {
      let zeros = String(repeating: "0", count: max(0, width - sign.count - digits.count))
      return Array((sign + zeros + digits).utf8)
    }
    return padded(Array((sign + digits).utf8))
  }

  /// `%f`, `%e` and `%g`.
  func fraction(_ value: Double) -> [UInt8] {
    let sign = value.sign == .minus && !value.isNaN ? "-" : hasPlus ? "+" : hasBlank ? " " : ""
    if value.isNaN { return padded(Array("nan".utf8)) }
    if value.isInfinite { return padded(Array((sign + "inf").utf8)) }
    let magnitude = value.magnitude
    let digits: String
    switch letter {
    case "e", "E": digits = Decimals.scientific(magnitude, precision ?? 6)
    case "g", "G": digits = Decimals.general(magnitude, max(1, precision ?? 6))
    default: digits = Decimals.fixed(magnitude, precision ?? 6)
    }
    return signed(sign, letter == "E" || letter == "G" ? digits.uppercased() : digits, allowsZeros: true)
  }
}
