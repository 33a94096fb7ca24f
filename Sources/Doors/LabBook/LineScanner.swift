import SimBase

/// A piece of a line: plain text, or a name that a swarm has drawn.
enum LinePiece: Equatable, Sendable {
  case text(String)
  case variable(String)
}

/// Finds the names that a swarm draws: tokens, keys, digests, IDs long and short.
enum Variables {
  /// The line taken apart, left to right.
  static func pieces(of line: String) -> [LinePiece] {
    let scalars = Array(line.unicodeScalars)
    var pieces: [LinePiece] = []
    var plain = 0
    var at = 0
    while at < scalars.count {
      guard let length = length(scalars, at) else {
        at += 1
        continue
      }
      if at > plain { pieces.append(.text(text(scalars[plain..<at]))) }
      pieces.append(.variable(text(scalars[at..<at + length])))
      at += length
      plain = at
    }
    if plain < scalars.count { pieces.append(.text(text(scalars[plain...]))) }
    return pieces
  }

  private static func text(_ scalars: ArraySlice<UnicodeScalar>) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
  }

  /// How long the name is that begins here; nil if none does.
  private static func length(_ scalars: [UnicodeScalar], _ at: Int) -> Int? {
    if scalars[at] == "S" { return tokenLength(scalars, at) }
    guard isLowerOrDigit(scalars[at]) else { return nil }
    // A digest may begin anywhere, even within a longer word.
    if run(scalars, at, 64, isHexadecimal) { return 64 }
    let before = at > 0 ? scalars[at - 1] : nil
    func isFree(after end: Int, _ others: [UnicodeScalar]) -> Bool {
      end >= scalars.count || !(isWord(scalars[end]) || others.contains(scalars[end]))
    }
    if run(scalars, at, 25, isLowerOrDigit), isFree(after: at + 25, ["-"]),
      before.map({ $0 == "." || !(isWord($0) || $0 == "-") }) ?? true
    {
      return 25
    }
    guard run(scalars, at, 12, isLowerOrDigit) else { return nil }
    let end = at + 12
    let next = end < scalars.count ? scalars[end] : nil
    // A task's suffix in a log line: `web.1.d906vtyizxy9@node3`.
    if before == ".", at > 1, isDigit(scalars[at - 2]), next == "@" { return 12 }
    // A short ID in a table's first column.
    if before == nil || before == "\n", next == " ", end + 1 < scalars.count, scalars[end + 1] == " " { return 12 }
    guard before.map({ !(isWord($0) || "./:-".unicodeScalars.contains($0)) }) ?? true, isFree(after: end, [".", "-"]),
      scalars[at..<end].contains(where: isDigit)
    else { return nil }
    return 12
  }

  private static func tokenLength(_ scalars: [UnicodeScalar], _ at: Int) -> Int? {
    if starts(scalars, at, "SWMTKN-1-"), run(scalars, at + 9, 50, isLowerOrDigit), at + 59 < scalars.count,
      scalars[at + 59] == "-", run(scalars, at + 60, 25, isLowerOrDigit)
    {
      return 85
    }
    let isKeyScalar: (UnicodeScalar) -> Bool = {
      isLowerOrDigit($0) || ("A"..."Z").contains($0) || $0 == "+" || $0 == "/"
    }
    return starts(scalars, at, "SWMKEY-1-") && run(scalars, at + 9, 43, isKeyScalar) ? 52 : nil
  }

  static func starts(_ scalars: [UnicodeScalar], _ at: Int, _ text: String) -> Bool {
    scalars[at...].starts(with: text.unicodeScalars)
  }

  private static func run(_ scalars: [UnicodeScalar], _ at: Int, _ count: Int, _ fits: (UnicodeScalar) -> Bool) -> Bool
  {
    at + count <= scalars.count && scalars[at..<at + count].allSatisfy(fits)
  }

  private static func isLowerOrDigit(_ scalar: UnicodeScalar) -> Bool {
    ("a"..."z").contains(scalar) || isDigit(scalar)
  }
  private static func isHexadecimal(_ scalar: UnicodeScalar) -> Bool { ("a"..."f").contains(scalar) || isDigit(scalar) }
  static func isDigit(_ scalar: UnicodeScalar) -> Bool { ("0"..."9").contains(scalar) }
  private static func isWord(_ scalar: UnicodeScalar) -> Bool {
    scalar == "_" || scalar.properties.isAlphabetic || scalar.properties.numericType != nil
  }
}

/// Looks at a line for what does not count: progress, ages, times, the width of gaps.
enum LineScanner {
  /// What a packaged engine adds to its version.
  private static let packageMark = "+dfsg4"

  /// Whether a line shows progress, or nothing.
  static func isProgress(_ line: String) -> Bool {
    for beginning in [
      "overall progress:", "active tasks:", "job progress:", "verify: Waiting", "verify: Detected", "1/1:",
    ]
    where line.hasPrefix(beginning) {
      return true
    }
    if line.hasPrefix("image "), line.dropFirst(6).includes(" could not be accessed") { return true }
    let scalars = Array(line.unicodeScalars)
    if scalars.allSatisfy(\.properties.isWhitespace) { return true }
    return isCount(scalars) || isTaskState(scalars)
  }

  /// `3/5: running`.
  private static func isCount(_ scalars: [UnicodeScalar]) -> Bool {
    let first = scalars.prefix(while: Variables.isDigit).count
    guard first > 0, first < scalars.count, scalars[first] == "/" else { return false }
    let second = scalars[(first + 1)...].prefix(while: Variables.isDigit).count
    return second > 0 && Variables.starts(scalars, first + 1 + second, ": ")
  }

  /// `w9jbv1owdt78: preparing`, a task's or a layer's, but not an error with that name before it.
  private static func isTaskState(_ scalars: [UnicodeScalar]) -> Bool {
    let name = scalars.prefix { ("a"..."z").contains($0) || Variables.isDigit($0) }.count
    return (10...25).contains(name) && Variables.starts(scalars, name, ": ")
      && !Variables.starts(scalars, name, ": error")
  }

  /// The line with ages, times and gaps made equal.
  static func tidy(_ line: String) -> String {
    var scalars = Array(line.replacing(packageMark, with: "").unicodeScalars)
    scalars = replaced(scalars, "<age>", ageLength)
    scalars = replaced(scalars, "<time>", timeLength)
    var view = String.UnicodeScalarView()
    var gap: [UnicodeScalar] = []
    for scalar in scalars {
      if scalar.properties.isWhitespace {
        gap.append(scalar)
        continue
      }
      view.append(contentsOf: gap.count > 1 ? [" ", " "] : gap)
      gap = []
      view.append(scalar)
    }
    return String(view)
  }

  private static func replaced(
    _ scalars: [UnicodeScalar], _ mark: String, _ length: ([UnicodeScalar], Int) -> Int?
  ) -> [UnicodeScalar] {
    var result: [UnicodeScalar] = []
    var at = 0
    while at < scalars.count {
      if let taken = length(scalars, at) {
        result += Array(mark.unicodeScalars)
        at += taken
      } else {
        result.append(scalars[at])
        at += 1
      }
    }
    return result
  }

  private static let wordyAges = ["less than a second", "about a minute", "about an hour"]
  private static let units = ["second", "minute", "hour", "day", "week", "month", "year"]

  /// `5 seconds ago`, `About a minute`, in any case.
  private static func ageLength(_ scalars: [UnicodeScalar], _ at: Int) -> Int? {
    func starts(_ text: String, _ place: Int) -> Bool {
      let wanted = Array(text.unicodeScalars)
      guard place + wanted.count <= scalars.count else { return false }
      return zip(scalars[place...], wanted).allSatisfy {
        $0 == $1 || $0.properties.lowercaseMapping == String(Character($1))
      }
    }
    var end: Int?
    if let words = wordyAges.first(where: { starts($0, at) }) {
      end = at + words.count
    } else {
      let digits = scalars[at...].prefix(while: Variables.isDigit).count
      if digits > 0, at + digits < scalars.count, scalars[at + digits] == " ",
        let unit = units.first(where: { starts($0, at + digits + 1) })
      {
        let stop = at + digits + 1 + unit.count
        end = starts("s", stop) ? stop + 1 : stop
      }
    }
    return end.map { starts(" ago", $0) ? $0 + 4 - at : $0 - at }
  }

  /// `2026-11-21T03:40:53.726339361Z`, `2026-11-21 03:40:53 +0000 UTC`.
  private static func timeLength(_ scalars: [UnicodeScalar], _ at: Int) -> Int? {
    func fits(_ pattern: String, _ place: Int) -> Int? {
      var place = place
      for mark in pattern.unicodeScalars {
        guard place < scalars.count else { return nil }
        let scalar = scalars[place]
        let isFit =
          switch mark {
          case "0": Variables.isDigit(scalar)
          case "T": scalar == "T" || scalar == " "
          case "±": scalar == "+" || scalar == "-"
          default: scalar == mark
          }
        if !isFit { return nil }
        place += 1
      }
      return place
    }
    guard var end = fits("0000-00-00T00:00:00", at) else { return nil }
    if end < scalars.count, scalars[end] == "." {
      let digits = scalars[(end + 1)...].prefix(while: Variables.isDigit).count
      if digits > 0 { end += 1 + digits }
    }
    if end < scalars.count, scalars[end] == "Z" { return end + 1 - at }
    for zone in ["±00:00", "±0000", " ±00:00", " ±0000"] {
      guard let stop = fits(zone, end) else { continue }
      return (Variables.starts(scalars, min(stop, scalars.count), " UTC") ? stop + 4 : stop) - at
    }
    return end - at
  }
}
