/// The name that swarm gives an object: 25 characters of `[0-9a-z]`, as a typed 128-bit value.
///
/// IDs order as their texts do. The tag only tells kinds apart: a `NodeID` is not a `TaskID`.
///
/// Source: `control-plane.md` §1.1 (moby/swarmkit `identity/randomid.go`). **Differs from Docker:** the last character is
/// one of `0…e`, so that an ID fits 128 bits; nothing reads meaning into it.
public struct ID<Tag>: Hashable, Comparable, Sendable {
  /// The text read as a number in base 36, its last digit in base 15.
  public let raw: UInt128

  /// The ID with this number; for decoding.
  public init(raw: UInt128) { self.raw = raw }

  /// A fresh ID.
  public init(drawnFrom dice: inout Dice) {
    var number: UInt128 = 0
    for _ in 0..<24 { number = number * 36 + UInt128(dice.below(36)) }
    raw = number * 15 + UInt128(dice.below(15))
  }

  /// The ID with this text; nil unless it is one that could have been drawn here.
  public init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count == 25 else { return nil }
    var number: UInt128 = 0
    for (place, byte) in bytes.enumerated() {
      let digit: UInt8
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "z"): digit = byte - UInt8(ascii: "a") + 10
      default: return nil
      }
      if place == 24 && digit >= 15 { return nil }
      number = number * (place == 24 ? 15 : 36) + UInt128(digit)
    }
    raw = number
  }

  /// The least ID whose text could begin like this; nil where none can. For prefix scans of a table.
  public init?(leastWithPrefix prefix: String) {
    let missing = 25 - prefix.utf8.count
    guard missing >= 0 else { return nil }
    self.init(prefix + String(repeating: "0", count: missing))
  }

  /// By number, which is the order of the texts.
  public static func < (a: ID, b: ID) -> Bool { a.raw < b.raw }
}

extension ID: CustomStringConvertible {
  /// The 25 characters.
  public var description: String {
    // Two 64-bit halves of twelve digits each: 128-bit division is slow, and lists print many IDs.
    let twelve: UInt128 = 4_738_381_338_321_616_896  // 36^12
    let (digits, last) = raw.quotientAndRemainder(dividingBy: 15)
    let halves = digits.quotientAndRemainder(dividingBy: twelve)
    var (upper, lower) = (UInt64(halves.quotient), UInt64(halves.remainder))
    return String(unsafeUninitializedCapacity: 25) { text in
      for place in stride(from: 11, through: 0, by: -1) {
        text[place] = base36Digits[Int(upper % 36)]
        text[place + 12] = base36Digits[Int(lower % 36)]
        upper /= 36
        lower /= 36
      }
      text[24] = base36Digits[Int(last)]
      return 25
    }
  }

  /// The first twelve characters, as lists show them.
  public var short: String { String(description.prefix(12)) }
}
