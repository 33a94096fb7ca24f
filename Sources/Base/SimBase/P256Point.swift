extension P256 {
  /// A point of the curve in Jacobian coordinates, each in Montgomery's form; infinity where `z` is zero.
  ///
  /// Source: Bernstein and Lange, *Explicit-Formulas Database*, `dbl-2001-b`, `add-1998-cmo-2`.
  struct Point: Sendable {
    var x: UInt256
    var y: UInt256
    var z: UInt256

    static let infinity = Point(x: field.one, y: field.one, z: .zero)
    static let generator = Point(
      x: field.montgomery(
        UInt256(0xf4a1_3945_d898_c296, 0x7703_7d81_2deb_33a0, 0xf8bc_e6e5_63a4_40f2, 0x6b17_d1f2_e12c_4247)),
      y: field.montgomery(
        UInt256(0xcbb6_4068_37bf_51f5, 0x2bce_3357_6b31_5ece, 0x8ee7_eb4a_7c0f_9e16, 0x4fe3_42e2_fe1a_7f9b)),
      z: field.one)

    private static let b = field.montgomery(
      UInt256(0x3bce_3c3e_27d2_604b, 0x651d_06b0_cc53_b0f6, 0xb3eb_bd55_7698_86bc, 0x5ac6_35d8_aa3a_93e7))

    init(x: UInt256, y: UInt256, z: UInt256) {
      self.x = x
      self.y = y
      self.z = z
    }

    /// The point of an uncompressed public key; nil if it is none, or not on the curve.
    init?(uncompressed bytes: [UInt8]) {
      guard bytes.count == 65, bytes[0] == 4 else { return nil }
      let (plainX, plainY) = (UInt256(bigEndian: bytes[1..<33]), UInt256(bigEndian: bytes[33...]))
      guard plainX.isBelow(field.value), plainY.isBelow(field.value) else { return nil }
      x = field.montgomery(plainX)
      y = field.montgomery(plainY)
      z = field.one
      // y² = x³ - 3x + b
      let cube = field.product(field.product(x, x), x)
      let right = field.sum(field.difference(cube, field.sum(field.sum(x, x), x)), Point.b)
      if field.product(y, y) != right { return nil }
    }

    var isInfinity: Bool { z.isZero }

    /// The coordinates with `z` one, in Montgomery's form; nil at infinity.
    var affine: (x: UInt256, y: UInt256)? {
      if isInfinity { return nil }
      let inverse = field.inverse(z)
      let square = field.product(inverse, inverse)
      return (field.product(x, square), field.product(y, field.product(square, inverse)))
    }

    /// 4, then both coordinates; of a point that is not infinity.
    var uncompressed: [UInt8] {
      guard let (x, y) = affine else { return [0] }
      return [4] + field.plain(x).bigEndianBytes + field.plain(y).bigEndianBytes
    }

    func doubled() -> Point {
      let delta = field.product(z, z)
      let gamma = field.product(y, y)
      let beta = field.product(x, gamma)
      let slope = field.product(field.difference(x, delta), field.sum(x, delta))
      let alpha = field.sum(field.sum(slope, slope), slope)
      let beta2 = field.sum(beta, beta)
      let beta4 = field.sum(beta2, beta2)
      let newX = field.difference(field.product(alpha, alpha), field.sum(beta4, beta4))
      let yz = field.sum(y, z)
      let newZ = field.difference(field.difference(field.product(yz, yz), gamma), delta)
      let gamma2 = field.sum(gamma, gamma)
      let square = field.product(gamma2, gamma2)
      let newY = field.difference(
        field.product(alpha, field.difference(beta4, newX)), field.sum(square, square))
      return Point(x: newX, y: newY, z: newZ)
    }

    static func + (a: Point, b: Point) -> Point {
      if a.isInfinity { return b }
      if b.isInfinity { return a }
      let (z1z1, z2z2) = (field.product(a.z, a.z), field.product(b.z, b.z))
      let (u1, u2) = (field.product(a.x, z2z2), field.product(b.x, z1z1))
      let s1 = field.product(field.product(a.y, b.z), z2z2)
      let s2 = field.product(field.product(b.y, a.z), z1z1)
      let (h, r) = (field.difference(u2, u1), field.difference(s2, s1))
      if h.isZero { return r.isZero ? a.doubled() : .infinity }
      let hh = field.product(h, h)
      let hhh = field.product(h, hh)
      let v = field.product(u1, hh)
      let newX = field.difference(field.difference(field.product(r, r), hhh), field.sum(v, v))
      let newY = field.difference(field.product(r, field.difference(v, newX)), field.product(s1, hhh))
      return Point(x: newX, y: newY, z: field.product(field.product(a.z, b.z), h))
    }

    /// This point so many times, by doubling and adding.
    func times(_ number: UInt256) -> Point {
      var result = Point.infinity
      for place in stride(from: 255, through: 0, by: -1) {
        result = result.doubled()
        if number.bit(place) == 1 { result = result + self }
      }
      return result
    }

    // MARK: The generator's multiples

    /// The comb: `teeth` bits of the number, `spacing` apart, are worth one addition together.
    private static let teeth = 6
    private static let spacing = 43

    /// Entry `j` is the sum of `2^(spacing · k)` times the generator over the bits `k` of `j`; entry 0 is not used.
    ///
    /// Source: Lim and Lee, *More Flexible Exponentiation with Precomputation* (1994).
    private static let comb: [Point] = {
      var sums = [Point.infinity]
      var tooth = Point.generator
      for _ in 0..<teeth {
        sums += sums.map { $0 + tooth }
        for _ in 0..<spacing { tooth = tooth.doubled() }
      }
      return sums
    }()

    /// The generator so many times.
    static func base(times number: UInt256) -> Point {
      var result = Point.infinity
      for place in stride(from: spacing - 1, through: 0, by: -1) {
        result = result.doubled()
        var entry = 0
        for tooth in 0..<teeth where place + spacing * tooth < 256 {
          entry |= number.bit(place + spacing * tooth) << tooth
        }
        if entry != 0 { result = result + comb[entry] }
      }
      return result
    }
  }
}
