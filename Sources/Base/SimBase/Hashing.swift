/// Fowler, Noll and Vo's 64-bit hash (FNV-1a): for labels, where a stable and simple hash is wanted.
///
/// The standard library's `Hasher` is salted in every process, so nothing that decides may use it.
public enum FNV {
  /// The hash of the text's UTF-8 bytes.
  public static func hash(_ text: String) -> UInt64 { hash(text.utf8) }

  /// The hash of no bytes.
  public static let start: UInt64 = 0xCBF2_9CE4_8422_2325

  /// The hash of the bytes, after those whose hash is given.
  public static func hash(_ bytes: some Sequence<UInt8>, after start: UInt64 = start) -> UInt64 {
    var hash = start
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    return hash
  }
}

/// A running hash over a history: equal digests mean equal words in equal order.
///
/// Not cryptographic. It mixes one word at a time, cheap enough for every event of a run.
public struct TraceHasher: Hashable, Sendable {
  private var state: UInt64 = 0x243F_6A88_85A3_08D3
  /// How many words have been mixed in.
  public private(set) var count: UInt64 = 0

  /// An empty history.
  public init() {}

  /// Mixes one word in.
  public mutating func mix(_ word: UInt64) {
    count &+= 1
    state = (state ^ word) &* 0x9FB2_1C65_1E98_DF25
    state ^= state >> 32
  }

  /// Mixes the bytes and their number in.
  public mutating func mix(_ bytes: some Collection<UInt8>) {
    mix(UInt64(bytes.count))
    mix(FNV.hash(bytes))
  }

  /// The digest so far.
  public var digest: UInt64 { state ^ (count &* 0x9E37_79B9_7F4A_7C15) }

  /// The digest as sixteen hexadecimal digits.
  public var hex: String {
    let text = String(digest, radix: 16)
    return String(repeating: "0", count: 16 - text.count) + text
  }
}
