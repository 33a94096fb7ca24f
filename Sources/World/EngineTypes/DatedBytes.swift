import SimBase

/// Bytes of an answer in which the dates are still instants of the world.
///
/// The world knows no dates, so what it answers has holes; the door fills them with its epoch. The trace hash takes the
/// instants themselves, so one history has one hash whatever the date of its zero.
public struct DatedBytes: Sendable, Equatable {
  /// How a date is written.
  public enum Form: UInt8, Sendable {
    /// RFC 3339, trailing zeros cut, in quotes: JSON.
    case quoted
    /// RFC 3339 with nine decimals: log lines.
    case plain
    /// Whole seconds since 1970.
    case unixSeconds
    /// Nanoseconds since 1970.
    case unixNanoseconds
    /// RFC 3339 without decimals, in quotes.
    case quotedSeconds
    /// Hour and minute, in quotes: `"10:29"`.
    case quotedClock
    /// As Go prints a date in UTC, in quotes: `"2026-11-21 03:06:55.18226918 +0000 UTC"`.
    case quotedGo
  }

  private struct Hole: Sendable, Equatable {
    var offset: Int
    var instant: Instant
    var form: Form
  }

  /// The bytes around the holes.
  public private(set) var bytes: [UInt8] = []
  private var holes: [Hole] = []

  /// Nothing yet.
  public init() {}
  /// Bytes without dates.
  public init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }
  /// Text without dates.
  public init(_ text: String) { self.init(text.utf8) }

  /// Whether there is nothing at all.
  public var isEmpty: Bool { bytes.isEmpty && holes.isEmpty }

  /// Adds bytes.
  public mutating func append(_ more: some Sequence<UInt8>) { bytes.append(contentsOf: more) }
  /// Adds a byte.
  public mutating func append(_ byte: UInt8) { bytes.append(byte) }
  /// Adds a date.
  public mutating func append(_ instant: Instant, as form: Form) {
    holes.append(Hole(offset: bytes.count, instant: instant, form: form))
  }
  /// Adds bytes with their dates.
  public mutating func append(_ other: DatedBytes) {
    for hole in other.holes {
      holes.append(Hole(offset: hole.offset + bytes.count, instant: hole.instant, form: hole.form))
    }
    bytes.append(contentsOf: other.bytes)
  }

  /// The bytes as they go out, with the dates of this epoch.
  public func rendered(with epoch: Epoch) -> [UInt8] {
    if holes.isEmpty { return bytes }
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count + holes.count * 32)
    var done = 0
    for hole in holes {
      result.append(contentsOf: bytes[done..<hole.offset])
      done = hole.offset
      let date = epoch.date(hole.instant)
      switch hole.form {
      case .quoted:
        result.append(UInt8(ascii: "\""))
        date.write("T", .shortest, to: &result)
        result.append(contentsOf: "Z\"".utf8)
      case .plain: result.append(contentsOf: date.rfc3339Nano.utf8)
      case .unixSeconds: result.append(contentsOf: String(date.unixNanoseconds / 1_000_000_000).utf8)
      case .unixNanoseconds: result.append(contentsOf: String(date.unixNanoseconds).utf8)
      case .quotedSeconds: result.append(contentsOf: "\"\(date.dateAndTime("T"))Z\"".utf8)
      case .quotedClock: result.append(contentsOf: "\"\(date.dateAndTime("T").dropFirst(11).prefix(5))\"".utf8)
      case .quotedGo: result.append(contentsOf: "\"\(date.goText)\"".utf8)
      }
    }
    result.append(contentsOf: bytes[done...])
    return result
  }

  /// Mixes bytes and instants into a history's hash.
  public func mix(into hasher: inout TraceHasher) {
    hasher.mix(bytes)
    for hole in holes {
      hasher.mix(UInt64(hole.offset))
      hasher.mix(UInt64(bitPattern: hole.instant.nanoseconds))
    }
  }
}
