/// A machine on the network, by its number in the world.
public struct HostID: Hashable, Comparable, BitwiseCopyable, Sendable {
  /// Its number, from 0.
  public var number: UInt32
  /// The host with this number.
  public init(_ number: Int) { self.number = UInt32(number) }
  /// Its number as an index.
  public var index: Int { Int(number) }
  /// By number.
  public static func < (a: HostID, b: HostID) -> Bool { a.number < b.number }
}

/// A connection, by a number that is never used again.
public struct ConnectionID: Hashable, Comparable, BitwiseCopyable, Sendable {
  /// Its number, from 1.
  public var number: UInt64
  /// The connection with this number.
  public init(number: UInt64) { self.number = number }
  /// By number.
  public static func < (a: ConnectionID, b: ConnectionID) -> Bool { a.number < b.number }
}

/// Where something listens: an address and a port. Two hosts may share an address and differ by port.
public struct NetAddress: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// `10.99.0.11`.
  public var ip: String
  /// 1 to 65535.
  public var port: UInt16

  /// An address and a port.
  public init(ip: String, port: UInt16) {
    self.ip = ip
    self.port = port
  }

  /// Reads `10.99.0.11:2377`; without a port, `defaultPort`. Nil if the port is no port.
  public init?(_ text: String, defaultPort: UInt16) {
    guard let colon = text.lastIndex(of: ":") else {
      self.init(ip: text, port: defaultPort)
      return
    }
    guard let port = UInt16(text[text.index(after: colon)...]) else { return nil }
    self.init(ip: String(text[..<colon]), port: port)
  }

  /// `10.99.0.11:2377`.
  public var description: String { "\(ip):\(port)" }

  /// By address as text, then by port.
  public static func < (a: NetAddress, b: NetAddress) -> Bool { a.ip != b.ip ? a.ip < b.ip : a.port < b.port }
}
