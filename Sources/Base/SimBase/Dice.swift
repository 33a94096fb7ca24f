/// Counter-based randomness: draw `n` of stream `s` is a hash of (seed, s, n).
///
/// So a stream may skip ahead, a fork may differ from its original in one stream alone, and one more draw here moves
/// nothing there. The algorithm is ours (SplitMix64's finaliser over the counter), because the standard library may
/// change the order of its own draws between versions.
public struct Dice: Hashable, Sendable {
  /// What tells this stream from the others of its seed.
  public let stream: UInt64
  /// How many draws have been made.
  public private(set) var drawn: UInt64 = 0

  /// The stream with this seed and label. Labels are for people: `network`, `raft/m3`.
  public init(seed: UInt64, label: String) {
    stream = Dice.mix(seed ^ Dice.mix(FNV.hash(label)))
  }

  private init(stream: UInt64) { self.stream = stream }

  /// An independent stream below this one; the parent is not touched.
  public func forked(_ label: String) -> Dice { Dice(stream: Dice.mix(stream &+ FNV.hash(label))) }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    drawn &+= 1
    return Dice.mix(stream &+ drawn &* 0x9E37_79B9_7F4A_7C15)
  }

  /// A whole number in `0 ..< bound`, without bias. Precondition: `bound > 0`.
  public mutating func below(_ bound: UInt64) -> UInt64 {
    precondition(bound > 0, "Dice.below(0) has no answer")
    // Lemire's method: the high word of a product, rejecting the few low words that would favour small results.
    var product = next().multipliedFullWidth(by: bound)
    if product.low < bound {
      let threshold = (0 &- bound) % bound
      while product.low < threshold { product = next().multipliedFullWidth(by: bound) }
    }
    return product.high
  }

  /// A whole number in `range`. Precondition: the range is not empty.
  public mutating func int(in range: Range<Int>) -> Int {
    range.lowerBound + Int(below(UInt64(range.upperBound - range.lowerBound)))
  }

  /// A span in `range`, to the nanosecond. An empty range gives its lower bound.
  public mutating func duration(in range: Range<Duration>) -> Duration {
    let width = (range.upperBound - range.lowerBound).nanoseconds
    if width <= 0 { return range.lowerBound }
    return range.lowerBound + .nanoseconds(Int64(below(UInt64(width))))
  }

  /// True `numerator` times in `denominator`, on average.
  public mutating func chance(_ numerator: UInt64, in denominator: UInt64) -> Bool {
    numerator > 0 && below(denominator) < numerator
  }

  /// `count` random bytes.
  public mutating func bytes(_ count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count)
    while bytes.count < count {
      var word = next()
      for _ in 0..<min(8, count - bytes.count) {
        bytes.append(UInt8(truncatingIfNeeded: word))
        word >>= 8
      }
    }
    return bytes
  }

  /// One of the elements, or nil if there are none.
  public mutating func pick<C: RandomAccessCollection>(_ elements: C) -> C.Element? {
    if elements.isEmpty { return nil }
    return elements[elements.index(elements.startIndex, offsetBy: int(in: 0..<elements.count))]
  }

  /// The elements in a random order (Fisher and Yates).
  public mutating func shuffle<T>(_ elements: inout [T]) {
    if elements.count < 2 { return }
    for last in stride(from: elements.count - 1, to: 0, by: -1) {
      elements.swapAt(last, int(in: 0..<last + 1))
    }
  }

  private static func mix(_ word: UInt64) -> UInt64 {
    var z = word
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
