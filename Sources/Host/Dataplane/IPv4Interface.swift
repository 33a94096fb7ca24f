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
    guard let (address, subnet) = IPv4Subnet.parse(text) else { return nil }
    self.init(address, prefixLength: subnet.prefixLength)
  }

  /// The subnet that the address is in.
  public var subnet: IPv4Subnet { IPv4Subnet(containing: address, prefixLength: prefixLength) }
  /// `10.0.1.2/24`.
  public var description: String { "\(address)/\(prefixLength)" }
}

extension IPv4Subnet {
  /// Its addresses as numbers.
  var range: ClosedRange<UInt32> { base.raw...last.raw }
}
