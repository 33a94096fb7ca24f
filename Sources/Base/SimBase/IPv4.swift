/// An IPv4 address as a number.
public struct IPv4Address: Hashable, Comparable, Sendable {
  /// The four octets, the first one highest.
  public var raw: UInt32

  /// The address with this number.
  public init(raw: UInt32) { self.raw = raw }

  /// The address with these octets.
  public init(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8) {
    raw = UInt32(a) << 24 | UInt32(b) << 16 | UInt32(c) << 8 | UInt32(d)
  }

  /// The address written as four decimal numbers; nil for anything else, leading zeros included.
  public init?(_ text: String) {
    var (number, octet) = (UInt32(0), UInt32(0))
    var (digits, dots) = (0, 0)
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "."):
        if digits == 0 { return nil }
        number = number << 8 | octet
        (octet, digits, dots) = (0, 0, dots + 1)
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        if digits > 0 && octet == 0 { return nil }
        octet = octet * 10 + UInt32(byte - UInt8(ascii: "0"))
        digits += 1
        if octet > 255 { return nil }
      default: return nil
      }
    }
    if digits == 0 || dots != 3 { return nil }
    raw = number << 8 | octet
  }

  /// `0.0.0.0`: every address of a host.
  public static let any = IPv4Address(raw: 0)

  /// By number.
  public static func < (a: IPv4Address, b: IPv4Address) -> Bool { a.raw < b.raw }

  /// The four octets.
  public var octets: [UInt8] { [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: raw >> UInt32($0)) } }

  /// `02:42:` and the octets: the hardware address that Docker gives an overlay's endpoint.
  public var macAddress: String {
    (["02", "42"] + octets.map { hexText([$0]) }).joined(separator: ":")
  }
}

extension IPv4Address: CustomStringConvertible {
  /// The usual form: `10.0.1.4`.
  public var description: String { octets.map(String.init).joined(separator: ".") }
}

extension IPv4Address: Archivable {
  /// `0.0.0.0`.
  public init() { raw = 0 }
  /// The number.
  public mutating func archive(_ a: inout Archive) { a.field(&raw) }
}

/// A block of IPv4 addresses: `10.0.1.0/24`.
public struct IPv4Subnet: Hashable, Comparable, Sendable {
  /// The block's first address. Invariant: the bits beyond the prefix are zero.
  public private(set) var base: IPv4Address
  /// How many bits all addresses of the block share, 0 to 32.
  public private(set) var prefixLength: Int

  /// The block of this length that holds the address.
  public init(containing address: IPv4Address, prefixLength: Int) {
    precondition((0...32).contains(prefixLength), "a prefix of \(prefixLength) bits")
    self.prefixLength = prefixLength
    base = IPv4Address(raw: prefixLength == 0 ? 0 : address.raw & (~UInt32(0) << UInt32(32 - prefixLength)))
  }

  /// Reads `address/length` and keeps the address as it was written; nil if it is not of that form.
  public static func parse(_ text: String) -> (address: IPv4Address, subnet: IPv4Subnet)? {
    guard let slash = text.firstIndex(of: "/"), let address = IPv4Address(String(text[..<slash])),
      let length = Int(text[text.index(after: slash)...]), (0...32).contains(length)
    else { return nil }
    return (address, IPv4Subnet(containing: address, prefixLength: length))
  }

  /// The block written as `address/length`; nil if it is not, or if bits beyond the prefix are set.
  public init?(_ text: String) {
    guard let (address, subnet) = IPv4Subnet.parse(text), address == subnet.base else { return nil }
    self = subnet
  }

  /// By base, the larger block first.
  public static func < (a: IPv4Subnet, b: IPv4Subnet) -> Bool {
    (a.base.raw, a.prefixLength) < (b.base.raw, b.prefixLength)
  }

  /// How many addresses there are.
  public var count: UInt64 { 1 << UInt64(32 - prefixLength) }
  /// The block's last address.
  public var last: IPv4Address { IPv4Address(raw: base.raw | (prefixLength == 0 ? .max : ~(~UInt32(0) << hostBits))) }

  private var hostBits: UInt32 { UInt32(32 - prefixLength) }

  /// Whether the address lies in the block.
  public func contains(_ address: IPv4Address) -> Bool { base <= address && address <= last }
  /// Whether the whole other block lies in this one.
  public func contains(_ other: IPv4Subnet) -> Bool { contains(other.base) && contains(other.last) }
  /// Whether the blocks share an address.
  public func overlaps(_ other: IPv4Subnet) -> Bool { contains(other.base) || other.contains(base) }
  /// The address so many places after the base. Precondition: it is in the block.
  public func address(at offset: UInt32) -> IPv4Address {
    precondition(UInt64(offset) < count, "address \(offset) of a block of \(count)")
    return IPv4Address(raw: base.raw + offset)
  }
}

extension IPv4Subnet: CustomStringConvertible {
  /// The usual form: `10.0.1.0/24`.
  public var description: String { "\(base)/\(prefixLength)" }
}

extension IPv4Subnet: Archivable {
  /// `0.0.0.0/0`.
  public init() { self.init(containing: .any, prefixLength: 0) }
  /// The base and the length.
  public mutating func archive(_ a: inout Archive) {
    a.field(&base)
    a.field(&prefixLength)
    if !(0...32).contains(prefixLength) {
      a.markBroken()
      prefixLength = 0
    }
    base = IPv4Subnet(containing: base, prefixLength: prefixLength).base
  }
}
