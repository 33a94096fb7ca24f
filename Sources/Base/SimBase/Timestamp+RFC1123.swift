extension Timestamp {
  /// The date as mail, HTTP and Go's errors write it, `Sat, 21 Nov 2026 03:06:55 GMT`, with this word for the zone.
  ///
  /// Source: RFC 1123, 5.2.14; RFC 9110, 5.6.7.
  public func rfc1123(_ zone: String) -> String {
    let c = calendar
    let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    let day = unixNanoseconds / 86_400_000_000_000
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let time = "\(two(c.hour)):\(two(c.minute)):\(two(c.second))"
    return "\(days[Int(day % 7)]), \(two(c.day)) \(months[c.month - 1]) \(c.year) \(time) \(zone)"
  }
}
