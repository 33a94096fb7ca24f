/// An IP address of either family, as Go compares them: 128 bits, IPv4 in its mapped form.
///
/// Source: Go `net.ParseIP`, which takes `::ffff:10.0.0.1` and `10.0.0.1` for the same address.
public struct NetworkAddress: Equatable, Sendable {
  /// The address; an IPv4 one below `::ffff:0:0/96`.
  public let bits: UInt128
  /// Whether it was written in dots alone.
  public let isDotted: Bool

  /// Reads an IPv4 or IPv6 address; nil for anything else, zones included.
  public init?(_ text: String) {
    if let four = NetworkAddress.dotted(text) {
      bits = NetworkAddress.mappedPrefix | UInt128(four)
      isDotted = true
    } else if let six = NetworkAddress.coloned(text) {
      bits = six
      isDotted = false
    } else {
      return nil
    }
  }

  /// By the address alone, however it was written.
  public static func == (a: NetworkAddress, b: NetworkAddress) -> Bool { a.bits == b.bits }

  /// Whether it stands for an IPv4 address.
  public var isMapped: Bool { bits >> 32 == NetworkAddress.mappedPrefix >> 32 }

  /// The first address of its subnet with so many host bits.
  func masked(_ hostBits: Int) -> NetworkAddress {
    NetworkAddress(bits: hostBits == 128 ? 0 : (bits >> hostBits) << hostBits, isDotted: isDotted)
  }

  private init(bits: UInt128, isDotted: Bool) {
    self.bits = bits
    self.isDotted = isDotted
  }

  private static let mappedPrefix: UInt128 = 0xFFFF_0000_0000

  private static func dotted(_ text: String) -> UInt32? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var address: UInt32 = 0
    for part in parts {
      // Leading zeros once meant octal, so Go refuses them.
      guard let byte = number(part, radix: 10, digits: 3), byte < 256, part.count == 1 || part.first != "0" else {
        return nil
      }
      address = address << 8 | byte
    }
    return address
  }

  private static func coloned(_ text: String) -> UInt128? {
    guard let gap = gap(in: text) else {
      guard let groups = groups(text), groups.count == 8 else { return nil }
      return join(groups)
    }
    guard let left = groups(String(text[..<gap.lowerBound])), let right = groups(String(text[gap.upperBound...])),
      left.count + right.count < 8
    else { return nil }
    return join(left + Array(repeating: 0, count: 8 - left.count - right.count) + right)
  }

  /// The place of `::`.
  private static func gap(in text: String) -> Range<String.Index>? {
    var last: String.Index?
    for index in text.indices {
      if text[index] == ":", let last { return last..<text.index(after: index) }
      last = text[index] == ":" ? index : nil
    }
    return nil
  }

  /// 16-bit groups, of which the last two may be written in dots. Empty text is no group.
  private static func groups(_ text: String) -> [UInt32]? {
    if text.isEmpty { return [] }
    var parts = text.split(separator: ":", omittingEmptySubsequences: false)
    var tail: [UInt32] = []
    if let last = parts.last, last.contains(".") {
      guard let four = dotted(String(last)) else { return nil }
      tail = [four >> 16, four & 0xFFFF]
      parts.removeLast()
    }
    var groups: [UInt32] = []
    for part in parts {
      guard let group = number(part, radix: 16, digits: 4) else { return nil }
      groups.append(group)
    }
    return groups + tail
  }

  private static func number(_ text: Substring, radix: Int, digits: Int) -> UInt32? {
    guard (1...digits).contains(text.utf8.count), text.first != "+" else { return nil }
    return UInt32(text, radix: radix)
  }

  private static func join(_ groups: [UInt32]) -> UInt128 { groups.reduce(0) { $0 << 16 | UInt128($1) } }
}

/// A subnet in CIDR form.
///
/// Source: Go `net.ParseCIDR`, `net.IPNet.Contains`.
public struct NetworkPrefix: Sendable {
  private let base: NetworkAddress
  private let hostBits: Int

  /// Reads `address/length`; nil for anything else.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let address = NetworkAddress(String(parts[0])), parts[1].utf8.count <= 3,
      parts[1].utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let length = Int(parts[1])
    else { return nil }
    let width = address.isDotted ? 32 : 128
    if length > width { return nil }
    hostBits = width - length
    base = address.masked(hostBits)
  }

  /// Whether the address lies in the subnet: IPv4 addresses only in subnets whose own first address is one.
  public func contains(_ address: NetworkAddress) -> Bool {
    address.isMapped == base.isMapped && address.masked(hostBits) == base
  }

  /// Whether the subnets share an address.
  public func overlaps(_ other: NetworkPrefix) -> Bool { contains(other.base) || other.contains(base) }
}
