import SimBase

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
  public init?(_ text: String) {
    // One walk over the bytes: an allocator reads a million of these, and lists of parts would cost ten times as much.
    var (raw, part): (UInt32, UInt32) = (0, 0)
    var (digits, dots, slashes) = (0, 0, 0)
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        if digits > 0 && part == 0 { return nil }
        part = part * 10 + UInt32(byte - UInt8(ascii: "0"))
        digits += 1
        if part > 255 { return nil }
      case UInt8(ascii: "."), UInt8(ascii: "/"):
        let isDot = byte == UInt8(ascii: ".")
        if digits == 0 || slashes > 0 || isDot != (dots < 3) { return nil }
        raw = raw << 8 | part
        (part, digits) = (0, 0)
        if isDot { dots += 1 } else { slashes += 1 }
      default: return nil
      }
    }
    guard slashes == 1, digits > 0, part <= 32 else { return nil }
    self.init(IPv4Address(raw: raw), prefixLength: Int(part))
  }

  /// The subnet that the address is in.
  public var subnet: IPv4Subnet { IPv4Subnet(containing: address, prefixLength: prefixLength) }
  /// `10.0.1.2/24`.
  public var description: String {
    let raw = address.raw
    return "\(raw >> 24).\(raw >> 16 & 255).\(raw >> 8 & 255).\(raw & 255)/\(prefixLength)"
  }
}

extension IPv4Subnet {
  /// Its addresses as numbers.
  var range: ClosedRange<UInt32> { base.raw...last.raw }
}
