/// A moment of virtual time: nanoseconds since the world's zero.
///
/// The world never knows a date; the door that writes an answer turns instants into dates with one epoch.
public struct Instant: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// Nanoseconds since the world began.
  public var nanoseconds: Int64

  /// The moment so many nanoseconds after the world's zero.
  public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  /// The world's zero.
  public static let zero = Instant(nanoseconds: 0)
  /// Later than anything that can happen.
  public static let distantFuture = Instant(nanoseconds: .max)

  /// Earlier moments come first.
  public static func < (a: Instant, b: Instant) -> Bool { a.nanoseconds < b.nanoseconds }
  /// The moment `d` after `a`; a sum past the end of time is `distantFuture`.
  public static func + (a: Instant, d: Duration) -> Instant {
    let (sum, overflow) = a.nanoseconds.addingReportingOverflow(d.nanoseconds)
    return overflow ? .distantFuture : Instant(nanoseconds: sum)
  }
  /// The moment `d` before `a`.
  public static func - (a: Instant, d: Duration) -> Instant { Instant(nanoseconds: a.nanoseconds - d.nanoseconds) }
  /// The time from `b` to `a`.
  public static func - (a: Instant, b: Instant) -> Duration { Duration(nanoseconds: a.nanoseconds - b.nanoseconds) }
  /// Moves the moment on.
  public static func += (a: inout Instant, d: Duration) { a = a + d }

  /// Seconds with nine decimals, as trace lines show it: `12.000050000`.
  public var description: String {
    let fraction = String(nanoseconds % 1_000_000_000)
    return "\(nanoseconds / 1_000_000_000).\(String(repeating: "0", count: max(0, 9 - fraction.count)))\(fraction)"
  }
}

/// The earlier of two deadlines, where nil means "never".
public func earliest(_ a: Instant?, _ b: Instant?) -> Instant? {
  guard let a else { return b }
  guard let b else { return a }
  return a < b ? a : b
}
