import SimBase

/// `paste -s` and `paste`, of one source or several files.
struct PasteFilter: LineFilter {
  var rest: [UInt8] = []
  private var isSerial = false
  private var delimiters: [UInt8] = [9]
  private var columns: [[ArraySlice<UInt8>]] = []
  /// How many columns one source is dealt into: `paste - -`.
  private var dealt = 1

  static func start(_ call: inout Applet.Call) -> Applet.Start {
    var filter = PasteFilter()
    var reader = OptionReader(call.arguments)
    while let option = reader.next() {
      switch option {
      case "s": filter.isSerial = true
      case "d": filter.delimiters = Escapes.resolved(Array((reader.value() ?? "\t").utf8)).bytes
      default: return call.fail("invalid option -- '\(option)'")
      }
    }
    let sources = reader.operands
    if sources.count > 1 && sources.allSatisfy({ $0 == "-" }) {
      filter.dealt = sources.count
      return .filter(filter, ["-"])
    }
    return .filter(filter, sources)
  }

  mutating func begin(_ source: String, _ sink: inout Sink) { columns.append([]) }

  mutating func line(_ line: ArraySlice<UInt8>, hasEnd: Bool, _ sink: inout Sink) {
    columns[columns.count - 1].append(line)
  }

  mutating func finish(_ sink: inout Sink) -> Int {
    var rows = columns
    if dealt > 1, let lines = columns.first {
      rows = stride(from: 0, to: lines.count, by: dealt).map { start in
        (0..<dealt).map { start + $0 < lines.count ? lines[start + $0] : [] }
      }
    } else if !isSerial {
      let longest = columns.map(\.count).max() ?? 0
      rows = (0..<longest).map { row in columns.map { row < $0.count ? $0[row] : [] } }
    }
    for row in rows {
      var line: [UInt8] = []
      for (place, field) in row.enumerated() {
        if place > 0 && !delimiters.isEmpty { line.append(delimiters[(place - 1) % delimiters.count]) }
        line += field
      }
      sink.print(line)
    }
    return 0
  }
}
