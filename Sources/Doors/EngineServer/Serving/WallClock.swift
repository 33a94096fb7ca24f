import SimBase

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The two clocks of the laptop. A value, so that a test can hand in its own.
public struct WallClock: Sendable {
  /// Nanoseconds since some moment, standing still while the machine sleeps.
  public var monotonic: @Sendable () -> Int64
  /// The date.
  public var date: @Sendable () -> Timestamp

  /// Clocks of one's own.
  public init(monotonic: @escaping @Sendable () -> Int64, date: @escaping @Sendable () -> Timestamp) {
    self.monotonic = monotonic
    self.date = date
  }

  /// The system's clocks.
  public static let system = WallClock(
    monotonic: {
      #if canImport(Darwin)
        read(CLOCK_UPTIME_RAW)
      #else
        read(CLOCK_MONOTONIC)
      #endif
    },
    date: { Timestamp(unixNanoseconds: read(CLOCK_REALTIME)) })

  private static func read(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
