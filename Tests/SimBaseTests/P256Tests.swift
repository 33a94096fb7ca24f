import SimBase
import Testing

/// Source: RFC 6979, A.2.5.
@Suite struct P256Tests {
  private static let key = bytes("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721")

  @Test("a private key gives RFC 6979's public key") func publicKey() throws {
    let key = try #require(P256.PrivateKey(P256Tests.key))
    #expect(
      hexText(key.publicKey) == "04"
        + "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
        + "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299")
  }

  @Test(
    "signatures are RFC 6979's, and only of their own message",
    arguments: [
      (
        "sample", "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
        "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"
      ),
      (
        "test", "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367",
        "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083"
      ),
    ])
  func signatures(message: String, r: String, s: String) throws {
    let key = try #require(P256.PrivateKey(P256Tests.key))
    let digest = SHA256.digest(message.utf8)
    let signature = key.signature(ofDigest: digest)
    #expect(hexText(signature.r) == r && hexText(signature.s) == s)
    #expect(P256.isValid(r: signature.r, s: signature.s, ofDigest: digest, by: key.publicKey))
    let other = SHA256.digest("\(message).".utf8)
    #expect(!P256.isValid(r: signature.r, s: signature.s, ofDigest: other, by: key.publicKey))
  }

  @Test("what any key signs can be verified with its public key, and not with another's") func anyKey() {
    var dice = Dice(seed: 256, label: "keys")
    let (key, other) = (P256.PrivateKey(dice: &dice), P256.PrivateKey(dice: &dice))
    let digest = dice.bytes(32)
    let (r, s) = key.signature(ofDigest: digest)
    #expect(P256.isValid(r: r, s: s, ofDigest: digest, by: key.publicKey))
    #expect(!P256.isValid(r: r, s: s, ofDigest: digest, by: other.publicKey))
  }

  @Test("zero and the order of the group are no private keys") func badKeys() {
    #expect(P256.PrivateKey([UInt8](repeating: 0, count: 32)) == nil)
    let order = bytes("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")
    #expect(P256.PrivateKey(order) == nil)
  }
}

private func bytes(_ hex: String) -> [UInt8] {
  let digits = Array(hex)
  return stride(from: 0, to: digits.count, by: 2).compactMap { UInt8(String(digits[$0...$0 + 1]), radix: 16) }
}
