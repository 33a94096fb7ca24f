/// A number of 256 bits, its limbs from the lowest up.
struct UInt256: Equatable, Sendable {
  var limbs: (UInt64, UInt64, UInt64, UInt64)

  static let zero = UInt256(0, 0, 0, 0)
  static let one = UInt256(1, 0, 0, 0)

  init(_ a: UInt64, _ b: UInt64, _ c: UInt64, _ d: UInt64) { limbs = (a, b, c, d) }

  /// From 32 bytes, the highest first; shorter input counts as its low end.
  init(bigEndian bytes: some Collection<UInt8>) {
    self = .zero
    for byte in bytes {
      limbs.3 = limbs.3 << 8 | limbs.2 >> 56
      limbs.2 = limbs.2 << 8 | limbs.1 >> 56
      limbs.1 = limbs.1 << 8 | limbs.0 >> 56
      limbs.0 = limbs.0 << 8 | UInt64(byte)
    }
  }

  /// The 32 bytes, the highest first.
  var bigEndianBytes: [UInt8] {
    [limbs.3, limbs.2, limbs.1, limbs.0].flatMap { limb in
      stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: limb >> UInt64($0)) }
    }
  }

  static func == (a: UInt256, b: UInt256) -> Bool { a.limbs == b.limbs }

  var isZero: Bool { limbs == (0, 0, 0, 0) }

  func bit(_ place: Int) -> Int {
    let limb =
      switch place >> 6 {
      case 0: limbs.0
      case 1: limbs.1
      case 2: limbs.2
      default: limbs.3
      }
    return Int(truncatingIfNeeded: limb >> UInt64(place & 63) & 1)
  }

  func isBelow(_ other: UInt256) -> Bool { subtracting(other).borrow }

  func adding(_ b: UInt256) -> (sum: UInt256, carry: Bool) {
    let (r0, c0) = limbs.0.addingReportingOverflow(b.limbs.0)
    let (r1, c1) = add(limbs.1, b.limbs.1, c0)
    let (r2, c2) = add(limbs.2, b.limbs.2, c1)
    let (r3, c3) = add(limbs.3, b.limbs.3, c2)
    return (UInt256(r0, r1, r2, r3), c3)
  }

  func subtracting(_ b: UInt256) -> (difference: UInt256, borrow: Bool) {
    let (r0, c0) = limbs.0.subtractingReportingOverflow(b.limbs.0)
    let (r1, c1) = subtract(limbs.1, b.limbs.1, c0)
    let (r2, c2) = subtract(limbs.2, b.limbs.2, c1)
    let (r3, c3) = subtract(limbs.3, b.limbs.3, c2)
    return (UInt256(r0, r1, r2, r3), c3)
  }
}

@inline(__always)
private func add(_ a: UInt64, _ b: UInt64, _ carry: Bool) -> (UInt64, Bool) {
  let (partial, first) = a.addingReportingOverflow(b)
  let (sum, second) = partial.addingReportingOverflow(carry ? 1 : 0)
  return (sum, first || second)
}

@inline(__always)
private func subtract(_ a: UInt64, _ b: UInt64, _ borrow: Bool) -> (UInt64, Bool) {
  let (partial, first) = a.subtractingReportingOverflow(b)
  let (difference, second) = partial.subtractingReportingOverflow(borrow ? 1 : 0)
  return (difference, first || second)
}

/// An odd modulus above 2^255, for arithmetic on residues in Montgomery's form: `x` stands as `x · 2^256 mod m`.
///
/// Source: P. Montgomery, *Modular Multiplication Without Trial Division* (1985); Koç, Acar, Kaliski, *Analyzing and
/// Comparing Montgomery Multiplication Algorithms* (1996), CIOS.
struct Modulus256: Sendable {
  let value: UInt256
  /// One, in Montgomery's form.
  let one: UInt256
  /// -1 / m mod 2^64.
  private let inverse: UInt64
  /// 2^512 mod m, which takes a number into Montgomery's form.
  private let square: UInt256

  init(_ value: UInt256) {
    self.value = value
    // Newton's iteration doubles the right bits of 1/m each time.
    var found = value.limbs.0
    for _ in 0..<6 { found = found &* (2 &- value.limbs.0 &* found) }
    inverse = 0 &- found
    one = UInt256.zero.subtracting(value).difference
    var power = one
    for _ in 0..<256 { power = Modulus256.sum(power, power, value) }
    square = power
  }

  func montgomery(_ x: UInt256) -> UInt256 { product(reduced(x), square) }
  func plain(_ x: UInt256) -> UInt256 { product(x, .one) }

  /// A number below 2^256 modulo m.
  func reduced(_ x: UInt256) -> UInt256 { x.isBelow(value) ? x : x.subtracting(value).difference }

  func sum(_ a: UInt256, _ b: UInt256) -> UInt256 { Modulus256.sum(a, b, value) }

  private static func sum(_ a: UInt256, _ b: UInt256, _ m: UInt256) -> UInt256 {
    let (sum, carry) = a.adding(b)
    let (less, borrow) = sum.subtracting(m)
    return carry || !borrow ? less : sum
  }

  func difference(_ a: UInt256, _ b: UInt256) -> UInt256 {
    let (difference, borrow) = a.subtracting(b)
    return borrow ? difference.adding(value).sum : difference
  }

  /// `a · b / 2^256 mod m`.
  func product(_ a: UInt256, _ b: UInt256) -> UInt256 {
    var t: (UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0)
    accumulate(&t, a, b.limbs.0)
    accumulate(&t, a, b.limbs.1)
    accumulate(&t, a, b.limbs.2)
    accumulate(&t, a, b.limbs.3)
    let result = UInt256(t.0, t.1, t.2, t.3)
    let (less, borrow) = result.subtracting(value)
    return t.4 != 0 || !borrow ? less : result
  }

  /// `t = (t + a · digit + q · m) / 2^64`, with the `q` that makes it whole.
  @inline(__always)
  private func accumulate(_ t: inout (UInt64, UInt64, UInt64, UInt64, UInt64), _ a: UInt256, _ digit: UInt64) {
    var carry: UInt64 = 0
    let t0 = multiplyAdd(a.limbs.0, digit, t.0, &carry)
    let t1 = multiplyAdd(a.limbs.1, digit, t.1, &carry)
    let t2 = multiplyAdd(a.limbs.2, digit, t.2, &carry)
    let t3 = multiplyAdd(a.limbs.3, digit, t.3, &carry)
    let (t4, over) = t.4.addingReportingOverflow(carry)
    let q = t0 &* inverse
    carry = 0
    _ = multiplyAdd(value.limbs.0, q, t0, &carry)
    t.0 = multiplyAdd(value.limbs.1, q, t1, &carry)
    t.1 = multiplyAdd(value.limbs.2, q, t2, &carry)
    t.2 = multiplyAdd(value.limbs.3, q, t3, &carry)
    let (top, second) = t4.addingReportingOverflow(carry)
    t.3 = top
    t.4 = (over ? 1 : 0) &+ (second ? 1 : 0)
  }

  /// The inverse by Fermat's little theorem: the modulus must be prime.
  func inverse(_ x: UInt256) -> UInt256 {
    let exponent = value.subtracting(UInt256(2, 0, 0, 0)).difference
    var result = one
    for place in stride(from: 255, through: 0, by: -1) {
      result = product(result, result)
      if exponent.bit(place) == 1 { result = product(result, x) }
    }
    return result
  }
}

/// The low limb of `a · b + c + carry`; the high one becomes the carry.
@inline(__always)
private func multiplyAdd(_ a: UInt64, _ b: UInt64, _ c: UInt64, _ carry: inout UInt64) -> UInt64 {
  let (high, low) = a.multipliedFullWidth(by: b)
  let (first, c1) = low.addingReportingOverflow(c)
  let (second, c2) = first.addingReportingOverflow(carry)
  carry = high &+ (c1 ? 1 : 0) &+ (c2 ? 1 : 0)
  return second
}
