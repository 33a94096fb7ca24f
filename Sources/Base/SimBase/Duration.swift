/// A span of virtual time in nanoseconds; may be negative. The range is about ±292 years.
///
/// It stands in for the standard library's `Duration`, whose 128 bits cost the event queue more than they give it.
public struct Duration: Hashable, Comparable, Sendable {
  /// The whole span in nanoseconds.
  public var nanoseconds: Int64

  /// A span of so many nanoseconds.
  public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  /// No time at all.
  public static let zero = Duration(nanoseconds: 0)

  /// A span of `n` nanoseconds.
  public static func nanoseconds(_ n: Int64) -> Duration { Duration(nanoseconds: n) }
  /// A span of `n` microseconds.
  public static func microseconds(_ n: Int64) -> Duration { Duration(nanoseconds: n * 1_000) }
  /// A span of `n` milliseconds.
  public static func milliseconds(_ n: Int64) -> Duration { Duration(nanoseconds: n * 1_000_000) }
  /// A span of `n` seconds.
  public static func seconds(_ n: Int64) -> Duration { Duration(nanoseconds: n * 1_000_000_000) }
  /// A span of `n` minutes.
  public static func minutes(_ n: Int64) -> Duration { .seconds(n * 60) }
  /// A span of `n` hours.
  public static func hours(_ n: Int64) -> Duration { .seconds(n * 3_600) }

  /// The span in whole milliseconds, cut towards zero.
  public var milliseconds: Int64 { nanoseconds / 1_000_000 }
  /// The span in whole seconds, cut towards zero.
  public var seconds: Int64 { nanoseconds / 1_000_000_000 }

  /// Shorter spans come first.
  public static func < (a: Duration, b: Duration) -> Bool { a.nanoseconds < b.nanoseconds }
  /// The two spans one after the other.
  public static func + (a: Duration, b: Duration) -> Duration { Duration(nanoseconds: a.nanoseconds + b.nanoseconds) }
  /// What is left of `a` after `b`.
  public static func - (a: Duration, b: Duration) -> Duration { Duration(nanoseconds: a.nanoseconds - b.nanoseconds) }
  /// The span `n` times over.
  public static func * (a: Duration, n: Int64) -> Duration { Duration(nanoseconds: a.nanoseconds * n) }
  /// The span cut into `n` parts, rounded towards zero.
  public static func / (a: Duration, n: Int64) -> Duration { Duration(nanoseconds: a.nanoseconds / n) }
  /// Lengthens the span.
  public static func += (a: inout Duration, b: Duration) { a.nanoseconds += b.nanoseconds }
  /// Shortens the span.
  public static func -= (a: inout Duration, b: Duration) { a.nanoseconds -= b.nanoseconds }
}

extension Duration: CustomStringConvertible {
  /// The span as Go prints it: `1m30s`, `1.5s`, `250ms`, `0s`. Docker's texts use this form.
  ///
  /// Source: Go `time.Duration.String`.
  public var description: String {
    if nanoseconds == 0 { return "0s" }
    let sign = nanoseconds < 0 ? "-" : ""
    let span = nanoseconds.magnitude
    if span < 1_000 { return "\(sign)\(span)ns" }
    if span < 1_000_000 { return sign + decimal(span, per: 1_000) + "µs" }
    if span < 1_000_000_000 { return sign + decimal(span, per: 1_000_000) + "ms" }
    let minutes = span / 60_000_000_000
    let seconds = decimal(span % 60_000_000_000, per: 1_000_000_000) + "s"
    if minutes == 0 { return sign + seconds }
    if minutes < 60 { return "\(sign)\(minutes)m\(seconds)" }
    return "\(sign)\(minutes / 60)h\(minutes % 60)m\(seconds)"
  }

  private func decimal(_ value: UInt64, per unit: UInt64) -> String {
    var fraction = value % unit
    if fraction == 0 { return String(value / unit) }
    var width = String(unit).count - 1
    while fraction % 10 == 0 {
      fraction /= 10
      width -= 1
    }
    let digits = String(fraction)
    return "\(value / unit).\(String(repeating: "0", count: width - digits.count))\(digits)"
  }

  /// Reads Go's form: `300ms`, `1.5h`, `2h45m`, `-1.5s`, `0`. Nil for anything else.
  ///
  /// Source: Go `time.ParseDuration`.
  public init?(go text: String) {
    var rest = Substring(text)
    var negative = false
    if let sign = rest.first, sign == "-" || sign == "+" {
      negative = sign == "-"
      rest.removeFirst()
    }
    if rest == "0" {
      self = .zero
      return
    }
    if rest.isEmpty { return nil }
    var total: Int64 = 0
    while !rest.isEmpty {
      let whole = rest.prefix { $0.isASCII && $0.isNumber }
      rest = rest.dropFirst(whole.count)
      var fraction: Substring = ""
      if rest.first == "." {
        rest.removeFirst()
        fraction = rest.prefix { $0.isASCII && $0.isNumber }
        rest = rest.dropFirst(fraction.count)
      }
      if whole.isEmpty && fraction.isEmpty { return nil }
      let unit = rest.prefix { $0 != "." && !($0.isASCII && $0.isNumber) }
      rest = rest.dropFirst(unit.count)
      guard let scale = Duration.goUnits[String(unit)], let base = whole.isEmpty ? 0 : Int64(whole) else { return nil }
      let (product, overflow) = base.multipliedReportingOverflow(by: scale)
      if overflow { return nil }
      var part = Int64(0)
      var step = scale
      for digit in fraction {
        step /= 10
        part += Int64(digit.wholeNumberValue ?? 0) * step
      }
      let (sum, tooLong) = total.addingReportingOverflow(product)
      if tooLong { return nil }
      total = sum + part
    }
    self.init(nanoseconds: negative ? -total : total)
  }

  /// Reads a span as people write it: `500ms`, `5s`, `2h45m`, `3d`, `1d12h`, and a bare number as seconds. Nil for
  /// anything else.
  public init?(span text: String) {
    if let seconds = Int64(text), seconds.magnitude < 9_000_000_000 {
      self = .seconds(seconds)
      return
    }
    guard let mark = text.firstIndex(of: "d") else {
      self.init(go: text)
      return
    }
    let rest = String(text[text.index(after: mark)...])
    guard let days = Int64(text[..<mark]), (0...36_500).contains(days),
      let more = rest.isEmpty ? .zero : Duration(go: rest)
    else { return nil }
    self = .hours(24 * days) + more
  }

  private static let goUnits: [String: Int64] = [
    "ns": 1, "us": 1_000, "µs": 1_000, "μs": 1_000, "ms": 1_000_000, "s": 1_000_000_000, "m": 60_000_000_000,
    "h": 3_600_000_000_000,
  ]
}
