import SimBase

/// `head`.
struct HeadFilter: Filter {
  private var count = 10
  private var countsBytes = false
  private var left = 0
  private var showsNames = false
  private var hasShown = false

  static func start(_ call: inout Applet.Call) -> Applet.Start {
    var filter = HeadFilter()
    var reader = OptionReader(call.arguments)
    var isQuiet = false
    var digits = ""
    while let option = reader.next() {
      switch option {
      case "n", "c":
        filter.countsBytes = option == "c"
        guard let text = reader.value(), let count = Int(text) else { return call.fail("invalid number") }
        if count < 0 {
          return .filter(AllButFilter(count: -count, countsBytes: option == "c"), reader.operandsLeft())
        }
        filter.count = count
      case "q": isQuiet = true
      default:
        guard Int(option) != nil else { return call.fail("unrecognized option: \(option)") }
        digits += option
      }
    }
    if let count = Int(digits) { filter.count = count }
    filter.showsNames = !isQuiet && reader.operands.count > 1
    filter.left = filter.count
    return .filter(filter, reader.operands)
  }

  // With several files each has its own head, so only a single source may end the reading.
  var isSatisfied: Bool { left <= 0 && !showsNames && !hasSeveral }
  private var hasSeveral = false

  mutating func begin(_ source: String, _ sink: inout Sink) {
    left = count
    if showsNames {
      sink.print((hasShown ? "\n" : "") + "==> \(source == "-" ? "standard input" : source) <==")
      hasShown = true
    }
  }

  mutating func take(_ bytes: [UInt8], _ sink: inout Sink) {
    var start = 0
    if countsBytes {
      sink.out += bytes.prefix(left)
      left -= min(left, bytes.count)
      return
    }
    while left > 0, start < bytes.count {
      let end = bytes[start...].firstIndex(of: newlineByte).map { $0 + 1 } ?? bytes.count
      sink.out += bytes[start..<end]
      if bytes[end - 1] == newlineByte { left -= 1 }
      start = end
    }
  }
}

extension OptionReader {
  /// The operands, with the options that still stand between them skipped.
  mutating func operandsLeft() -> [String] {
    while next() != nil {}
    return operands
  }
}

/// `head -n -3`: all but the last lines.
struct AllButFilter: Filter {
  let count: Int
  let countsBytes: Bool
  private var bytes: [UInt8] = []

  init(count: Int, countsBytes: Bool) {
    self.count = count
    self.countsBytes = countsBytes
  }

  mutating func take(_ more: [UInt8], _ sink: inout Sink) { bytes += more }

  mutating func finish(_ sink: inout Sink) -> Int {
    if countsBytes {
      sink.out += bytes.dropLast(count)
    } else {
      let lines = splitLines(bytes)
      for line in lines.dropLast(count) { sink.out += line }
    }
    return 0
  }
}

/// The lines with their ends; the last may lack one.
func splitLines(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
  var lines: [ArraySlice<UInt8>] = []
  var start = 0
  while start < bytes.count {
    let end = bytes[start...].firstIndex(of: newlineByte).map { $0 + 1 } ?? bytes.count
    lines.append(bytes[start..<end])
    start = end
  }
  return lines
}
