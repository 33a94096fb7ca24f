/// Bytes that only who holds the key can read, and that nobody else can change unnoticed.
///
/// A stream of SHA-256 blocks over key, nonce and counter hides the bytes; an HMAC over nonce and hidden bytes seals them.
/// The nonce follows from key and bytes, so that sealing draws no dice, and the same bytes look the same each time.
///
/// **Differs from Docker:** there NaCl's secretbox does it (XSalsa20 and Poly1305). What is the same: without the key
/// nothing can be read, and another key is told apart from the right one.
///
/// Source: moby/swarmkit `manager/encryption/nacl.go` for what is sealed; FIPS 198-1 for the HMAC; RFC 5297 for a nonce
/// that follows from what it hides.
public enum SealedBox {
  private static let nonceSize = 16
  private static let sealSize = 32

  /// The bytes under a key.
  public static func seal(_ bytes: [UInt8], key: [UInt8]) -> [UInt8] {
    let nonce = Array(SHA256.hmac(bytes, key: key + [3]).prefix(nonceSize))
    let hidden = nonce + masked(bytes[...], key, nonce)
    return SHA256.hmac(hidden, key: key + [2]) + hidden
  }

  /// What was sealed under this key; nil under any other one, or if a byte was changed.
  public static func open(_ sealed: [UInt8], key: [UInt8]) -> [UInt8]? {
    guard sealed.count >= sealSize + nonceSize else { return nil }
    let hidden = Array(sealed[sealSize...])
    guard SHA256.hmac(hidden, key: key + [2]) == Array(sealed[..<sealSize]) else { return nil }
    return masked(hidden[nonceSize...], key, Array(hidden[..<nonceSize]))
  }

  private static func masked(_ bytes: ArraySlice<UInt8>, _ key: [UInt8], _ nonce: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var counter: UInt32 = 0
    var rest = bytes
    while !rest.isEmpty {
      let place = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: counter >> UInt32($0)) }
      let block = SHA256.digest(key + [1] + nonce + place)
      for (byte, mask) in zip(rest, block) { result.append(byte ^ mask) }
      rest = rest.dropFirst(block.count)
      counter += 1
    }
    return result
  }
}
