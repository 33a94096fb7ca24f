import SimBase

/// The ports that a swarm publishes for one protocol: which are in use, and which comes next where the user named none.
///
/// Chosen ports come from 30000 to 32767, upward from the last one chosen, wrapping round. A port named by the user is taken
/// exactly; inside that range it is passed over by later choices.
///
/// Source: moby/swarmkit `manager/allocator/portallocator.go`.
public struct PortSpace: Sendable {
  /// Every port that can be published.
  public static let all: ClosedRange<UInt32> = 1...65_535
  /// The ports chosen where the user named none.
  public static let dynamic: ClosedRange<UInt32> = 30_000...32_767

  private var inUse = IDSpace(PortSpace.all)
  private var chosen = IDSpace(PortSpace.dynamic)

  /// All ports free.
  public init() {}

  /// Whether a port is in use.
  public func contains(_ port: UInt32) -> Bool { inUse.contains(port) }

  /// Takes exactly this port.
  public mutating func take(_ port: UInt32) throws(IDSpace.Refusal) {
    try inUse.take(port)
    // The two agree inside the dynamic range, so this cannot refuse what the first one gave.
    if PortSpace.dynamic.contains(port) { try chosen.take(port) }
  }

  /// Takes the next free dynamic port.
  public mutating func takeAny() throws(IDSpace.Refusal) -> UInt32 {
    let port = try chosen.takeAny(isSerial: true)
    try inUse.take(port)
    return port
  }

  /// Gives a port back; nothing happens if it was free.
  public mutating func release(_ port: UInt32) {
    inUse.release(port)
    chosen.release(port)
  }
}
