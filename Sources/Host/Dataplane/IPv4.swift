import SimBase

/// An IPv4 address.
public struct IPv4Address: Hashable, Comparable, Sendable {
  /// The four bytes, first byte highest.
  public var raw: UInt32

  /// The address with these four bytes, first byte highest.
  public init(raw: UInt32) { self.raw = raw }

  /// The address of a dotted text; nil for anything else. Leading zeros are refused, as Go does.
  public init?(_ text: some StringProtocol) {
    var raw: UInt32 = 0
    var part: UInt32 = 0
    var digits = 0
    var dots = 0
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "."):
        if digits == 0 || dots == 3 { return nil }
        raw = raw << 8 | part
        (part, digits) = (0, 0)
        dots += 1
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        if digits > 0 && part == 0 { return nil }
        part = part * 10 + UInt32(byte - UInt8(ascii: "0"))
        digits += 1
        if part > 255 { return nil }
      default: return nil
      }
    }
    if dots != 3 || digits == 0 { return nil }
    self.raw = raw << 8 | part
  }

  /// By number.
  public static func < (a: IPv4Address, b: IPv4Address) -> Bool { a.raw < b.raw }
}

extension IPv4Address: CustomStringConvertible {
  /// The dotted text.
  public var description: String {
    "\(raw >> 24).\(raw >> 16 & 255).\(raw >> 8 & 255).\(raw & 255)"
  }
}

/// An IPv4 subnet: all addresses that share their first bits. Its address has no bits beyond them.
public struct IPv4Subnet: Hashable, Sendable {
  /// The first address.
  public let base: IPv4Address
  /// How many bits its addresses share, 0 to 32.
  public let prefixLength: Int

  /// The subnet of this size around an address. Precondition: the length is 0 to 32.
  public init(around address: IPv4Address, prefixLength: Int) {
    precondition((0...32).contains(prefixLength), "an IPv4 prefix has 0 to 32 bits, not \(prefixLength)")
    self.prefixLength = prefixLength
    base = IPv4Address(raw: address.raw & IPv4Subnet.mask(prefixLength))
  }

  /// The subnet of a text like `10.0.1.0/24`, further bits of the address ignored; nil for anything else.
  public init?(_ text: some StringProtocol) {
    guard let cidr = IPv4Interface(text) else { return nil }
    self = cidr.subnet
  }

  /// The shared bits set, the others clear.
  static func mask(_ length: Int) -> UInt32 { length == 0 ? 0 : ~0 << UInt32(32 - length) }

  /// The last address.
  public var last: IPv4Address { IPv4Address(raw: base.raw | ~IPv4Subnet.mask(prefixLength)) }
  /// The first and last address as numbers.
  public var range: ClosedRange<UInt32> { base.raw...last.raw }
  /// How many addresses there are.
  public var count: UInt64 { 1 << UInt64(32 - prefixLength) }
  /// Whether an address is inside.
  public func contains(_ address: IPv4Address) -> Bool { range.contains(address.raw) }
  /// Whether all addresses of another subnet are inside.
  public func contains(_ other: IPv4Subnet) -> Bool {
    prefixLength <= other.prefixLength && contains(other.base)
  }
  /// Whether the two share an address: one contains the other.
  public func overlaps(_ other: IPv4Subnet) -> Bool { contains(other) || other.contains(self) }
}

extension IPv4Subnet: Comparable {
  /// By first address; of two that begin together the larger one first.
  ///
  /// Source: moby/moby `daemon/internal/netiputil` (`PrefixCompare`).
  public static func < (a: IPv4Subnet, b: IPv4Subnet) -> Bool {
    a.base != b.base ? a.base < b.base : a.prefixLength < b.prefixLength
  }
}

extension IPv4Subnet: CustomStringConvertible {
  /// `10.0.1.0/24`.
  public var description: String { "\(base)/\(prefixLength)" }
}

/// An address with its subnet's size, as swarm records what it gives out: `10.0.1.2/24`.
public struct IPv4Interface: Hashable, Sendable, CustomStringConvertible {
  /// The address.
  public var address: IPv4Address
  /// The size of its subnet, 0 to 32.
  public var prefixLength: Int

  /// An address in a subnet of this size.
  public init(_ address: IPv4Address, prefixLength: Int) {
    self.address = address
    self.prefixLength = prefixLength
  }

  /// The address and size of a text like `10.0.1.2/24`; nil for anything else.
  public init?(_ text: some StringProtocol) {
    guard let slash = text.firstIndex(of: "/"), let address = IPv4Address(text[..<slash]) else { return nil }
    let digits = text[text.index(after: slash)...]
    guard digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let length = Int(digits),
      length <= 32
    else { return nil }
    self.init(address, prefixLength: length)
  }

  /// The subnet that the address is in.
  public var subnet: IPv4Subnet { IPv4Subnet(around: address, prefixLength: prefixLength) }
  /// `10.0.1.2/24`.
  public var description: String { "\(address)/\(prefixLength)" }
}
