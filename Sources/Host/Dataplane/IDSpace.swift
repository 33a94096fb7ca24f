import SimBase

/// A range of numbers, each free or in use: ports, VXLAN ids, the addresses of a subnet.
///
/// Numbers in use are the bits of a sparse set of words, so a space of sixteen million costs nothing while it is empty.
/// A number picked freely moves the cursor behind it, and a serial pick goes on from the cursor, wrapping round; a number
/// asked for by name does not move it. That is why an address is not given out again at once, and why a new leader, who
/// asks for everything recorded by name, begins at the bottom.
///
/// Source: moby/swarmkit `internal/idm/idm.go`, moby/moby `daemon/libnetwork/bitmap/sequence.go`.
public struct IDSpace: Sendable {
  /// Why a number could not be had.
  public enum Refusal: Error, Sendable, Equatable {
    /// All are in use.
    case exhausted
    /// This one is in use.
    case taken(UInt32)
    /// This one is not of the space.
    case outside(UInt32)
  }

  /// The first and the last number.
  public let range: ClosedRange<UInt32>
  /// How many numbers are in use.
  public private(set) var count = 0

  /// Bits in use by word. Invariant: no word is zero.
  private var words = Table<UInt32, UInt64>()
  private var cursor: UInt32?

  /// A space with all numbers free.
  public init(_ range: ClosedRange<UInt32>) { self.range = range }

  /// Whether a number is in use.
  public func contains(_ number: UInt32) -> Bool {
    guard range.contains(number) else { return false }
    return (words[number >> 6] ?? 0) & (1 << UInt64(number & 63)) != 0
  }

  /// Takes exactly this number. The cursor stays where it is.
  public mutating func take(_ number: UInt32) throws(Refusal) {
    if !range.contains(number) { throw .outside(number) }
    if contains(number) { throw .taken(number) }
    mark(number)
  }

  /// Takes a free number of `part`, or of all: the lowest, or if `isSerial` the next from the cursor on, wrapping round.
  public mutating func takeAny(in part: ClosedRange<UInt32>? = nil, isSerial: Bool) throws(Refusal) -> UInt32 {
    let part = (part ?? range).clamped(to: range)
    var free: UInt32?
    if isSerial, let cursor, part.contains(cursor) { free = firstFree(in: cursor...part.upperBound) }
    guard let number = free ?? firstFree(in: part) else { throw .exhausted }
    mark(number)
    cursor = number == .max ? nil : number + 1
    return number
  }

  /// Gives a number back; nothing happens if it was free.
  public mutating func release(_ number: UInt32) {
    if !contains(number) { return }
    let word = words[existing: number >> 6] & ~(1 << UInt64(number & 63))
    words[number >> 6] = word == 0 ? nil : word
    count -= 1
  }

  private mutating func mark(_ number: UInt32) {
    words[number >> 6, default: 0] |= 1 << UInt64(number & 63)
    count += 1
  }

  private func firstFree(in part: ClosedRange<UInt32>) -> UInt32? {
    var start = part.lowerBound
    while true {
      let index = start >> 6
      let free = ~(words[index] ?? 0) & (~0 << UInt64(start & 63))
      if free != 0 {
        let number = index << 6 | UInt32(free.trailingZeroBitCount)
        return number <= part.upperBound ? number : nil
      }
      if index == part.upperBound >> 6 { return nil }
      start = (index + 1) << 6
    }
  }
}

extension IDSpace.Refusal: CustomStringConvertible {
  /// The original's words, as a manager logs them.
  public var description: String {
    switch self {
    case .exhausted: "no bit available"
    case .taken: "requested bit is already allocated"
    case .outside: "requested id does not belong to the set"
    }
  }
}
