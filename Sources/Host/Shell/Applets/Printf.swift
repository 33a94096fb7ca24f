import SimBase

/// `printf`: formats its words, over and over while words are left.
enum Printf {
  static func start(_ call: inout Applet.Call) -> Applet.Start {
    var words = call.arguments[...]
    if words.first == "--" { words.removeFirst() }
    guard let format = words.popFirst() else {
      call.sink.complain("usage: printf FORMAT [ARG]...")
      return .done(2)
    }
    var status = 0
    let pieces = Format(format)
    repeat {
      let before = words.count
      for piece in pieces.pieces {
        switch piece {
        case .text(let bytes): call.sink.out += bytes
        case .cut: return .done(status)
        case .conversion(let conversion):
          guard show(conversion, &words, &call, &status) else { return .done(status) }
        }
      }
      // A format that takes no words is written once.
      if words.count == before { break }
    } while !words.isEmpty
    return .done(status)
  }

  /// Writes one conversion; false when `\c` in a `%b` ends it all.
  private static func show(
    _ conversion: Format.Conversion, _ words: inout ArraySlice<String>, _ call: inout Applet.Call, _ status: inout Int
  ) -> Bool {
    var spec = conversion
    if spec.widthIsWord { spec.setWidth(words.popFirst().flatMap { Int($0) } ?? 0) }
    if spec.precisionIsWord { spec.precision = words.popFirst().flatMap { Int($0) } ?? 0 }
    switch spec.letter {
    case "b":
      let resolved = Escapes.resolved(Array((words.popFirst() ?? "").utf8), octalNeedsZero: true)
      call.sink.out += spec.padded(resolved.bytes)
      return !resolved.isCut
    case "s": call.sink.out += spec.text(words.popFirst() ?? "")
    case "q": call.sink.out += spec.text(shellQuoted(words.popFirst() ?? ""))
    case "c": call.sink.out += spec.padded(Array(String((words.popFirst() ?? "").prefix(1)).utf8))
    case "d", "i", "u", "o", "x", "X":
      let word = words.popFirst() ?? "0"
      var value = number(word)
      if value == nil {
        call.sink.complain("sh: \(word): invalid number")
        status = 1
        value = 0
      }
      call.sink.out += spec.integer(value ?? 0)
    default:
      let word = words.popFirst() ?? "0"
      if Double(word) == nil && !word.isEmpty {
        call.sink.complain("sh: \(word): invalid number")
        status = 1
      }
      call.sink.out += spec.fraction(Double(word) ?? 0)
    }
    return true
  }

  private static func number(_ word: String) -> Int64? {
    let text = word.trimmed()
    if text.isEmpty { return 0 }
    if let quote = text.first, quote == "'" || quote == "\"" {
      return text.dropFirst().unicodeScalars.first.map { Int64($0.value) } ?? 0
    }
    if text.hasPrefix("-") { return Arithmetic.literal(String(text.dropFirst())).map { -$0 } }
    return Arithmetic.literal(text.hasPrefix("+") ? String(text.dropFirst()) : text)
  }
}

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

/// Decimal forms of binary fractions, exact and rounded half to even on the true value, as the C library prints them.
enum Decimals {
  /// The exact decimal digits of a number from 0 up: those before the point and those after it.
  private static func exact(_ value: Double) -> (whole: [UInt8], fraction: [UInt8]) {
    if value == 0 { return ([0], []) }
    var digits: [UInt8] = []  // least significant first
    var mantissa = value.significandBitPattern | (value.isNormal ? 1 << 52 : 0)
    while mantissa > 0 {
      digits.append(UInt8(mantissa % 10))
      mantissa /= 10
    }
    let exponent = (value.isNormal ? Int(value.exponentBitPattern) - 1023 : -1022) - 52
    var point = 0
    if exponent >= 0 {
      for _ in 0..<exponent { multiply(&digits, by: 2) }
    } else {
      // m / 2^k = m × 5^k / 10^k.
      for _ in 0..<(-exponent) { multiply(&digits, by: 5) }
      point = -exponent
    }
    while digits.count <= point { digits.append(0) }
    return (Array(digits[point...].reversed()), Array(digits[..<point].reversed()))
  }

  private static func multiply(_ digits: inout [UInt8], by factor: Int) {
    var carry = 0
    for place in digits.indices {
      let product = Int(digits[place]) * factor + carry
      digits[place] = UInt8(product % 10)
      carry = product / 10
    }
    while carry > 0 {
      digits.append(UInt8(carry % 10))
      carry /= 10
    }
  }

  /// Cuts digits after `count`, rounding half to even; true when a one has to be carried out at the front.
  private static func round(_ digits: inout [UInt8], to count: Int) -> Bool {
    if digits.count <= count {
      digits += [UInt8](repeating: 0, count: count - digits.count)
      return false
    }
    let rest = digits[count...]
    let isTie = rest.first == 5 && rest.dropFirst().allSatisfy { $0 == 0 }
    let isUp = (rest.first ?? 0) > 5 || (rest.first == 5 && (!isTie || (count > 0 && digits[count - 1] % 2 == 1)))
    digits.removeSubrange(count...)
    if !isUp { return false }
    for place in digits.indices.reversed() {
      if digits[place] < 9 {
        digits[place] += 1
        return false
      }
      digits[place] = 0
    }
    return true
  }

  private static func text(_ digits: some Sequence<UInt8>) -> String {
    String(decoding: digits.map { $0 + 48 }, as: UTF8.self)
  }

  static func fixed(_ value: Double, _ precision: Int) -> String {
    let (whole, fraction) = exact(value)
    var digits = whole + fraction
    let carries = round(&digits, to: whole.count + precision)
    let split = whole.count + (carries ? 1 : 0)
    if carries { digits.insert(1, at: 0) }
    return text(digits[..<split]) + (precision > 0 ? "." + text(digits[split...]) : "")
  }

  /// The first digits that matter and the power of ten of the first one.
  private static func leading(_ value: Double, _ count: Int) -> (digits: [UInt8], exponent: Int) {
    let (whole, fraction) = exact(value)
    let all = whole + fraction
    let zeros = all.prefix { $0 == 0 }.count
    if zeros == all.count { return ([UInt8](repeating: 0, count: count), 0) }
    var digits = Array(all[zeros...])
    var exponent = whole.count - 1 - zeros
    if round(&digits, to: count) {
      digits.insert(1, at: 0)
      digits.removeLast()
      exponent += 1
    }
    return (digits, exponent)
  }

  static func scientific(_ value: Double, _ precision: Int) -> String {
    let (digits, exponent) = leading(value, precision + 1)
    let mantissa = text(digits.prefix(1)) + (precision > 0 ? "." + text(digits.dropFirst()) : "")
    let power = String(exponent.magnitude)
    return mantissa + (exponent < 0 ? "e-" : "e+") + (power.count < 2 ? "0" : "") + power
  }

  /// `%g`: the shorter of the two forms, without trailing zeros.
  static func general(_ value: Double, _ precision: Int) -> String {
    func trimmed(_ text: String) -> String {
      guard text.contains(".") else { return text }
      var rest = text
      while rest.hasSuffix("0") { rest.removeLast() }
      if rest.hasSuffix(".") { rest.removeLast() }
      return rest
    }
    let exponent = leading(value, precision).exponent
    if exponent < -4 || exponent >= precision {
      let parts = scientific(value, precision - 1).split(separator: "e").map(String.init)
      return trimmed(parts[0]) + "e" + parts[1]
    }
    return trimmed(fixed(value, max(0, precision - 1 - exponent)))
  }
}
