import SimBase

/// What a container's health checks have found.
public struct Health: Equatable, Sendable {
  /// The three states; a container without a check has none.
  public enum Status: UInt8, Hashable, Sendable {
    /// No probe has succeeded yet, and not enough have failed.
    case starting
    /// The last probe that counts succeeded.
    case healthy
    /// Too many failed in a row.
    case unhealthy

    /// Docker's word for it.
    public var text: String {
      switch self {
      case .starting: "starting"
      case .healthy: "healthy"
      case .unhealthy: "unhealthy"
      }
    }
  }

  /// One probe.
  public struct Result: Hashable, Sendable {
    /// When it began.
    public var start: Instant
    /// When it ended.
    public var end: Instant
    /// Its exit code; -1 for a probe that took too long.
    public var exitCode: Int32
    /// What it printed, at most 4096 bytes and an ellipsis.
    public var output: String
  }

  /// The state.
  public internal(set) var status = Status.starting
  /// How many probes have failed in a row.
  public internal(set) var failingStreak = 0
  /// The last five probes, oldest first.
  public internal(set) var log: [Result] = []

  /// Nothing known.
  public init() {}
}

extension Health: Archivable {
  /// All fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&status)
    a.field(&failingStreak)
    a.list(&log, Result(start: .zero, end: .zero, exitCode: 0, output: "")) { archive, result in
      archive.field(&result.start)
      archive.field(&result.end)
      var code = Int64(result.exitCode)
      archive.field(&code)
      result.exitCode = Int32(truncatingIfNeeded: code)
      archive.field(&result.output)
    }
  }
}
