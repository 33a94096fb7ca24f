import SimBase

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
