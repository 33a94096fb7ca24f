import SimBase

/// A moment as a calendar shows it: proleptic Gregorian, UTC.
struct Calendar: Sendable {
  let unixSeconds: Int64
  let nanosecond: Int
  let year: Int
  let month: Int
  let day: Int
  let dayOfYear: Int
  /// 0 is Sunday.
  let weekday: Int
  let hour: Int
  let minute: Int
  let second: Int

  /// Source: Hinnant, "chrono-compatible low-level date algorithms".
  init(unixSeconds: Int64, nanosecond: Int) {
    self.unixSeconds = unixSeconds
    self.nanosecond = nanosecond
    let days = Int((Double(unixSeconds) / 86_400).rounded(.down))
    let rest = Int(unixSeconds) - days * 86_400
    (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60)
    weekday = ((days + 4) % 7 + 7) % 7
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let marchDay = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * marchDay + 2) / 153
    day = marchDay - (153 * marchMonth + 2) / 5 + 1
    month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334][month - 1]
    dayOfYear = before + day + (isLeap && month > 2 ? 1 : 0)
  }

  private static let days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
  private static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
  ]

  /// The moment in the form that `strftime` would give it.
  func formatted(_ format: String) -> String {
    var text = ""
    var rest = format[...]
    while let character = rest.popFirst() {
      guard character == "%", let mark = rest.popFirst() else {
        text.append(character)
        continue
      }
      text += field(mark)
    }
    return text
  }

  private func field(_ mark: Character) -> String {
    func zeros(_ number: Int, _ width: Int) -> String {
      let digits = String(number)
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    switch mark {
    case "Y": return String(year)
    case "y": return zeros(year % 100, 2)
    case "C": return zeros(year / 100, 2)
    case "m": return zeros(month, 2)
    case "d": return zeros(day, 2)
    case "e": return padded(day, 2)
    case "j": return zeros(dayOfYear, 3)
    case "H": return zeros(hour, 2)
    case "I": return zeros((hour + 11) % 12 + 1, 2)
    case "M": return zeros(minute, 2)
    case "S": return zeros(second, 2)
    case "N": return zeros(nanosecond, 9)
    case "p": return hour < 12 ? "AM" : "PM"
    case "s": return String(unixSeconds)
    case "a": return String(Calendar.days[weekday].prefix(3))
    case "A": return Calendar.days[weekday]
    case "b", "h": return String(Calendar.months[month - 1].prefix(3))
    case "B": return Calendar.months[month - 1]
    case "u": return String(weekday == 0 ? 7 : weekday)
    case "w": return String(weekday)
    case "F": return formatted("%Y-%m-%d")
    case "T": return formatted("%H:%M:%S")
    case "R": return formatted("%H:%M")
    case "D": return formatted("%m/%d/%y")
    case "c": return formatted("%a %b %e %H:%M:%S %Y")
    case "x": return formatted("%m/%d/%y")
    case "X": return formatted("%H:%M:%S")
    case "Z": return "UTC"
    case "z": return "+0000"
    case "n": return "\n"
    case "t": return "\t"
    case "%": return "%"
    default: return "%\(mark)"
    }
  }
}

/// `date`.
enum DateApplet {
  static func start(_ call: inout Applet.Call) -> Applet.Start {
    var format = "%a %b %e %H:%M:%S %Z %Y"
    var moment = call.zeroSeconds * 1_000_000_000 + call.now.nanoseconds
    var reader = OptionReader(call.arguments)
    while let option = reader.next() {
      switch option {
      case "u", "--utc": break
      case "I":
        let kind = reader.value() ?? ""
        format = kind.hasPrefix("s") ? "%Y-%m-%dT%H:%M:%S+00:00" : "%Y-%m-%d"
      case "--iso-8601", "--rfc-3339=date": format = "%Y-%m-%d"
      case "R": format = "%a, %d %b %Y %H:%M:%S +0000"
      case "d":
        let text = reader.value() ?? ""
        guard text.hasPrefix("@"), let seconds = Int64(text.dropFirst()) else {
          return call.fail("invalid date '\(text)'")
        }
        moment = seconds * 1_000_000_000
      default: return call.fail("unrecognized option: \(option)")
      }
    }
    if let word = reader.operands.first {
      guard word.hasPrefix("+") else { return call.fail("invalid date '\(word)'") }
      format = String(word.dropFirst())
    }
    let seconds = moment >= 0 ? moment / 1_000_000_000 : (moment - 999_999_999) / 1_000_000_000
    let calendar = Calendar(unixSeconds: seconds, nanosecond: Int(moment - seconds * 1_000_000_000))
    call.sink.print(calendar.formatted(format))
    return .done(0)
  }
}
