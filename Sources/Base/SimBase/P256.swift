/// The elliptic curve P-256 and its signatures, for the certificates that users see.
///
/// Nonces come from the key and the message (RFC 6979), so that a signature is a function of the two and draws no dice.
/// Nothing here takes care to run in constant time: the keys come out of a lab's seed and guard nothing.
///
/// Source: FIPS 186-4, D.1.2.3; RFC 6979; held to RFC 6979's vectors (A.2.5) in the tests.
public enum P256 {
  /// A private key, and the point that is its public one.
  public struct PrivateKey: Sendable, Equatable {
    /// The number, 32 bytes, the highest first.
    public let bytes: [UInt8]
    /// The public key, uncompressed: 4, then both coordinates.
    public let publicKey: [UInt8]
    private let number: UInt256

    /// The key of this number; nil unless it is one from 1 to below the group's order, in 32 bytes.
    public init?(_ bytes: [UInt8]) {
      let number = UInt256(bigEndian: bytes)
      guard bytes.count == 32, !number.isZero, number.isBelow(order.value) else { return nil }
      self.bytes = bytes
      self.number = number
      publicKey = Point.base(times: number).uncompressed
    }

    /// A key drawn from the dice.
    public init(dice: inout Dice) {
      while true {
        if let key = PrivateKey(dice.bytes(32)) {
          self = key
          return
        }
      }
    }

    /// The signature of a message by its digest of 32 bytes: both numbers in 32 bytes.
    public func signature(ofDigest digest: [UInt8]) -> (r: [UInt8], s: [UInt8]) {
      let message = order.reduced(UInt256(bigEndian: digest))
      var nonces = NonceSource(key: bytes, digest: message.bigEndianBytes)
      while true {
        let nonce = UInt256(bigEndian: nonces.next())
        guard !nonce.isZero, nonce.isBelow(order.value) else { continue }
        guard let x = Point.base(times: nonce).affine?.x else { continue }
        let r = order.reduced(field.plain(x))
        let sum = order.sum(order.montgomery(message), order.product(order.montgomery(r), order.montgomery(number)))
        let s = order.plain(order.product(order.inverse(order.montgomery(nonce)), sum))
        if !r.isZero && !s.isZero { return (r.bigEndianBytes, s.bigEndianBytes) }
      }
    }
  }

  /// Whether a signature is of this digest and by the holder of this uncompressed public key.
  public static func isValid(
    r rBytes: [UInt8], s sBytes: [UInt8], ofDigest digest: [UInt8], by publicKey: [UInt8]
  ) -> Bool {
    let (r, s) = (UInt256(bigEndian: rBytes), UInt256(bigEndian: sBytes))
    guard rBytes.count <= 32, sBytes.count <= 32, !r.isZero, !s.isZero, r.isBelow(order.value), s.isBelow(order.value),
      let key = Point(uncompressed: publicKey)
    else { return false }
    let inverse = order.inverse(order.montgomery(s))
    let message = order.montgomery(UInt256(bigEndian: digest))
    let u1 = order.plain(order.product(message, inverse))
    let u2 = order.plain(order.product(order.montgomery(r), inverse))
    guard let x = (Point.base(times: u1) + key.times(u2)).affine?.x else { return false }
    return order.reduced(field.plain(x)) == r
  }

  static let field = Modulus256(
    UInt256(0xffff_ffff_ffff_ffff, 0x0000_0000_ffff_ffff, 0, 0xffff_ffff_0000_0001))
  static let order = Modulus256(
    UInt256(0xf3b9_cac2_fc63_2551, 0xbce6_faad_a717_9e84, 0xffff_ffff_ffff_ffff, 0xffff_ffff_0000_0000))
}

/// Nonces for signatures: HMAC-DRBG over the key and the message's digest. Source: RFC 6979, 3.2.
private struct NonceSource {
  private var k = [UInt8](repeating: 0, count: 32)
  private var v = [UInt8](repeating: 1, count: 32)

  init(key: [UInt8], digest: [UInt8]) {
    for mark: UInt8 in [0, 1] {
      k = SHA256.hmac(v + [mark] + key + digest, key: k)
      v = SHA256.hmac(v, key: k)
    }
  }

  mutating func next() -> [UInt8] {
    v = SHA256.hmac(v, key: k)
    let found = v
    // What follows is for the next call, which comes only if this number is of no use.
    k = SHA256.hmac(v + [0], key: k)
    v = SHA256.hmac(v, key: k)
    return found
  }
}

extension SHA256 {
  /// The message authentication code of a message under a key of at most 64 bytes. Source: RFC 2104.
  static func hmac(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
    precondition(key.count <= 64, "a key of \(key.count) bytes would have to be hashed first")
    let padded = key + [UInt8](repeating: 0, count: 64 - key.count)
    var (inner, outer) = (SHA256(), SHA256())
    inner.update(padded.lazy.map { $0 ^ 0x36 })
    inner.update(message)
    outer.update(padded.lazy.map { $0 ^ 0x5C })
    outer.update(inner.finalize())
    return outer.finalize()
  }
}
