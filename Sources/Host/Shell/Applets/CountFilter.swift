import SimBase

/// `wc`.
struct CountFilter: Filter {
  private struct Counts: Sendable {
    var lines = 0
    var words = 0
    var characters = 0
    var bytes = 0
    var longest = 0
  }

  private var columns: [String] = []
  private var total = Counts()
  private var current = Counts()
  private var source = "-"
  private var rows: [(counts: Counts, name: String)] = []
  private var isInWord = false
  private var width = 0

  static func start(_ call: inout Applet.Call) -> Applet.Start {
    var filter = CountFilter()
    var letters: [String] = []
    var reader = OptionReader(call.arguments)
    while let option = reader.next() {
      if !["l", "w", "c", "m", "L"].contains(option) { return call.fail("invalid option -- '\(option)'") }
      letters.append(option)
    }
    filter.columns = letters.isEmpty ? ["l", "w", "c"] : ["l", "w", "m", "c", "L"].filter(letters.contains)
    return .filter(filter, reader.operands)
  }

  mutating func begin(_ source: String, _ sink: inout Sink) {
    self.source = source
    current = Counts()
    isInWord = false
  }

  mutating func take(_ bytes: [UInt8], _ sink: inout Sink) {
    current.bytes += bytes.count
    for byte in bytes {
      if byte == newlineByte { current.lines += 1 }
      if byte & 0xC0 != 0x80 { current.characters += 1 }
      let isBlank = byte == 32 || (9...13).contains(byte)
      if !isBlank && !isInWord { current.words += 1 }
      isInWord = !isBlank
    }
  }

  mutating func endSource(_ sink: inout Sink) {
    rows.append((current, source))
    total.lines += current.lines
    total.words += current.words
    total.characters += current.characters
    total.bytes += current.bytes
  }

  /// As GNU: columns as wide as the largest number, seven where standard input is among the sources.
  mutating func finish(_ sink: inout Sink) -> Int {
    if rows.count > 1 { rows.append((total, "total")) }
    let isBare = columns.count == 1 && rows.count == 1
    let widest = rows.contains { $0.name == "-" } ? 7 : String(total.bytes).count
    for (counts, name) in rows {
      let numbers = columns.map { column in
        let number =
          switch column {
          case "l": counts.lines
          case "w": counts.words
          case "m": counts.characters
          case "L": counts.longest
          default: counts.bytes
          }
        return isBare ? String(number) : padded(number, widest)
      }
      sink.print(numbers.joined(separator: " ") + (name == "-" ? "" : " " + name))
    }
    return 0
  }
}
