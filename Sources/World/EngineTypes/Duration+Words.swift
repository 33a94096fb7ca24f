import SimBase

extension Duration {
  /// A span in Docker's words: `5 seconds`, `About a minute`, `3 days`. Source: docker/go-units `duration.go`.
  public var humanText: String {
    if seconds < 1 { return "Less than a second" }
    if seconds == 1 { return "1 second" }
    if seconds < 60 { return "\(seconds) seconds" }
    let minutes = seconds / 60
    if minutes == 1 { return "About a minute" }
    if minutes < 60 { return "\(minutes) minutes" }
    // Half an hour rounds up, in nanoseconds: 1 h 29 m 59.9 s is still about an hour.
    let (whole, rest) = nanoseconds.quotientAndRemainder(dividingBy: 3_600_000_000_000)
    let hours = rest >= 1_800_000_000_000 ? whole + 1 : whole
    if hours == 1 { return "About an hour" }
    if hours < 48 { return "\(hours) hours" }
    if hours < 24 * 7 * 2 { return "\(hours / 24) days" }
    if hours < 24 * 30 * 2 { return "\(hours / 24 / 7) weeks" }
    if hours < 24 * 365 * 2 { return "\(hours / 24 / 30) months" }
    return "\(nanoseconds / 3_600_000_000_000 / 24 / 365) years"
  }
}
