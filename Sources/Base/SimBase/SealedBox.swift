/// Bytes that only who holds the key can read, and that nobody else can change unnoticed.
///
/// An HMAC over the bytes seals them, and its first half is the nonce of the stream of SHA-256 blocks, over key, nonce and counter, that
/// hides them. So sealing draws no dice, and the same bytes look the same each time.
///
/// **Differs from Docker:** there NaCl's secretbox does it (XSalsa20 and Poly1305). What is the same: without the key
/// nothing can be read, and another key is told apart from the right one.
///
/// Source: moby/swarmkit `manager/encryption/nacl.go` for what is sealed; FIPS 198-1 for the HMAC; RFC 5297 for a seal
/// that makes the nonce.
public enum SealedBox {
  private static let sealSize = SHA256.size
  /// With key and counter it fits into one block of SHA-256.
  private static let nonceSize = 16

  /// The bytes under a key.
  public static func seal(_ bytes: [UInt8], key: [UInt8]) -> [UInt8] {
    let seal = SHA256.hmac(bytes, key: key + [2])
    return seal + masked(bytes[...], key, seal.prefix(nonceSize))
  }

  /// What was sealed under this key; nil under any other one, or if a byte was changed.
  public static func open(_ sealed: [UInt8], key: [UInt8]) -> [UInt8]? {
    guard sealed.count >= sealSize else { return nil }
    let bytes = masked(sealed[sealSize...], key, sealed.prefix(nonceSize))
    return SHA256.hmac(bytes, key: key + [2])[...] == sealed[..<sealSize] ? bytes : nil
  }

  private static func masked(_ bytes: ArraySlice<UInt8>, _ key: [UInt8], _ nonce: ArraySlice<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    // What all blocks have in common is taken in once.
    var head = SHA256()
    head.update(key)
    head.update(CollectionOfOne(1))
    head.update(nonce)
    var counter: UInt32 = 0
    var rest = bytes
    while !rest.isEmpty {
      var block = head
      for shift in stride(from: UInt32(24), through: 0, by: -8) {
        block.update(CollectionOfOne(UInt8(truncatingIfNeeded: counter >> shift)))
      }
      for (byte, mask) in zip(rest, block.finalize()) { result.append(byte ^ mask) }
      rest = rest.dropFirst(SHA256.size)
      counter += 1
    }
    return result
  }
}
