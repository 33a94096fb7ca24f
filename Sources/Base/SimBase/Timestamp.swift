/// A date as the Engine API writes it: nanoseconds since 1970-01-01T00:00:00Z. Proleptic Gregorian, UTC, no leap seconds.
public struct Timestamp: Hashable, Comparable, Sendable {
  /// Nanoseconds since 1970.
  public var unixNanoseconds: Int64

  /// The date so many nanoseconds after 1970 began.
  public init(unixNanoseconds: Int64) { self.unixNanoseconds = unixNanoseconds }

  /// Earlier dates come first.
  public static func < (a: Timestamp, b: Timestamp) -> Bool { a.unixNanoseconds < b.unixNanoseconds }
  /// The date `d` after `a`.
  public static func + (a: Timestamp, d: Duration) -> Timestamp {
    Timestamp(unixNanoseconds: a.unixNanoseconds + d.nanoseconds)
  }
  /// The time from `b` to `a`.
  public static func - (a: Timestamp, b: Timestamp) -> Duration {
    .nanoseconds(a.unixNanoseconds - b.unixNanoseconds)
  }

  /// The calendar's view: year, month (1–12), day (1–31), hour, minute, second, nanosecond.
  public var calendar: (year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int, nanosecond: Int) {
    let seconds = unixNanoseconds.flooredQuotient(1_000_000_000)
    let nanosecond = Int(unixNanoseconds - seconds * 1_000_000_000)
    let days = seconds.flooredQuotient(86_400)
    let second = Int(seconds - days * 86_400)
    // Days since 0000-03-01, in eras of 400 years: Hinnant, "chrono-compatible low-level date algorithms".
    let shifted = days + 719_468
    let era = shifted.flooredQuotient(146_097)
    let dayOfEra = Int(shifted - era * 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let month = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * month + 2) / 5 + 1
    let civilMonth = month < 10 ? month + 3 : month - 9
    let year = yearOfEra + Int(era) * 400 + (civilMonth <= 2 ? 1 : 0)
    return (year, civilMonth, day, second / 3_600, second / 60 % 60, second % 60, nanosecond)
  }

  /// The date of a calendar's fields in UTC.
  public init(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0, nanosecond: Int = 0) {
    let y = Int64(month <= 2 ? year - 1 : year)
    let era = y.flooredQuotient(400)
    let yearOfEra = Int(y - era * 400)
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    let days = era * 146_097 + Int64(dayOfEra) - 719_468
    let seconds = days * 86_400 + Int64(hour * 3_600 + minute * 60 + second)
    unixNanoseconds = seconds * 1_000_000_000 + Int64(nanosecond)
  }

  /// RFC 3339 in UTC with up to nine decimals, trailing zeros cut: `2026-11-21T03:06:55.18226918Z`.
  public var rfc3339: String { text("T", .shortest) + "Z" }

  /// As Go prints a date in UTC: `2026-11-21 03:06:55.18226918 +0000 UTC`.
  public var goText: String { text(" ", .shortest) + " +0000 UTC" }

  /// RFC 3339 in UTC with exactly nine decimals, as log lines and `docker events` show it.
  public var rfc3339Nano: String { text("T", .nine) + "Z" }

  /// `2026-11-21 03:06:55` with the given separator.
  public func dateAndTime(_ separator: String) -> String { text(separator, .none) }

  /// How many decimals of a second are written.
  public enum Decimals: Sendable {
    /// None, and no point.
    case none
    /// As many as there are, trailing zeros cut; no point in a whole second.
    case shortest
    /// Always nine.
    case nine
  }

  private func text(_ separator: String, _ decimals: Decimals) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(32)
    write(separator, decimals, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Adds `2026-11-21 03:06:55.18226918` with the given separator to bytes: answers have many dates.
  public func write(_ separator: String, _ decimals: Decimals, to bytes: inout [UInt8]) {
    let c = calendar
    bytes.append(number: c.year, digits: 4)
    for part in [c.month, c.day] {
      bytes.append(UInt8(ascii: "-"))
      bytes.append(number: part, digits: 2)
    }
    bytes.append(contentsOf: separator.utf8)
    bytes.append(number: c.hour, digits: 2)
    for part in [c.minute, c.second] {
      bytes.append(UInt8(ascii: ":"))
      bytes.append(number: part, digits: 2)
    }
    if decimals == .none || (decimals == .shortest && c.nanosecond == 0) { return }
    bytes.append(UInt8(ascii: "."))
    bytes.append(number: c.nanosecond, digits: 9)
    while decimals == .shortest, bytes.last == UInt8(ascii: "0") { bytes.removeLast() }
  }

  /// Reads RFC 3339, with `Z` or an offset; nil for anything else.
  public init?(rfc3339 text: String) {
    let bytes = Array(text.utf8)
    func number(_ from: Int, _ count: Int) -> Int? {
      from + count <= bytes.count ? Int(String(decoding: bytes[from..<from + count], as: UTF8.self)) : nil
    }
    guard bytes.count >= 20, let year = number(0, 4), let month = number(5, 2), let day = number(8, 2),
      let hour = number(11, 2), let minute = number(14, 2), let second = number(17, 2),
      (1...12).contains(month), (1...31).contains(day)
    else { return nil }
    var place = 19
    var nanosecond = 0
    if bytes[place] == UInt8(ascii: ".") {
      place += 1
      var scale = 100_000_000
      while place < bytes.count, (48...57).contains(bytes[place]) {
        nanosecond += Int(bytes[place] - 48) * scale
        scale /= 10
        place += 1
      }
    }
    guard place < bytes.count else { return nil }
    var offsetMinutes = 0
    if bytes[place] != UInt8(ascii: "Z") {
      guard let hours = number(place + 1, 2), let minutes = number(place + 4, 2) else { return nil }
      offsetMinutes = (hours * 60 + minutes) * (bytes[place] == UInt8(ascii: "-") ? -1 : 1)
    }
    self.init(year: year, month: month, day: day, hour: hour, minute: minute, second: second, nanosecond: nanosecond)
    unixNanoseconds -= Int64(offsetMinutes) * 60_000_000_000
  }
}

/// What turns the world's instants into dates: the date of its zero.
public struct Epoch: Hashable, Sendable {
  /// The date of the world's zero.
  public var zero: Timestamp

  /// An epoch that begins on this date.
  public init(zero: Timestamp) { self.zero = zero }

  /// The epoch of everything that runs in process: 2026-01-01T00:00:00Z.
  public static let fixed = Epoch(zero: Timestamp(year: 2026, month: 1, day: 1))

  /// The date of an instant.
  public func date(_ instant: Instant) -> Timestamp { zero + .nanoseconds(instant.nanoseconds) }
  /// The instant of a date.
  public func instant(_ date: Timestamp) -> Instant { .zero + (date - zero) }
}

extension [UInt8] {
  /// Adds a number from 0 up with so many decimal digits at least.
  fileprivate mutating func append(number: Int, digits: Int) {
    let start = count
    var rest = number
    while rest > 0 || count - start < digits {
      append(UInt8(ascii: "0") + UInt8(rest % 10))
      rest /= 10
    }
    self[start...].reverse()
  }
}

extension Int64 {
  fileprivate func flooredQuotient(_ divisor: Int64) -> Int64 {
    self >= 0 ? self / divisor : -((-self + divisor - 1) / divisor)
  }
}
