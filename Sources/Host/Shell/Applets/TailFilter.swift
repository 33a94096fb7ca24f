import SimBase

/// `tail`; with `-f` it stays after the end, looks every second what was added, and ends by a signal only.
struct TailFilter: Filter {
  private var count = 10
  private var countsBytes = false
  private var fromStart = false
  private(set) var follows = false
  /// Whether it waits for files that are not there yet.
  private var retries = false
  private var showsNames = false
  private var hasShown = false
  private var bytes: [UInt8] = []

  static func start(_ call: inout Applet.Call) -> Applet.Start {
    var filter = TailFilter()
    var words = call.arguments
    if let first = words.first, first.hasPrefix("+"), let count = Int(first.dropFirst()) {
      words[0] = "-n+\(count)"
    }
    var reader = OptionReader(words)
    var digits = ""
    while let option = reader.next() {
      switch option {
      case "n", "c":
        filter.countsBytes = option == "c"
        let text = reader.value() ?? ""
        guard let count = Int(text) else { return call.fail("invalid number '\(text)'") }
        filter.fromStart = text.hasPrefix("+")
        filter.count = abs(count)
      case "f", "F":
        filter.follows = true
        if option == "F" { filter.retries = true }
      case "q": break
      default:
        guard Int(option) != nil else { return call.fail("unrecognized option: \(option)") }
        digits += option
      }
    }
    if let count = Int(digits) { filter.count = count }
    filter.showsNames = reader.operands.count > 1
    return .filter(filter, reader.operands)
  }

  mutating func begin(_ source: String, _ sink: inout Sink) {
    bytes = []
    if showsNames {
      sink.print((hasShown ? "\n" : "") + "==> \(source) <==")
      hasShown = true
    }
  }

  func follows(afterOpening opened: Int) -> Bool { follows && (opened > 0 || retries) }

  mutating func more(_ added: [UInt8], of source: String, isNext: Bool, _ sink: inout Sink) {
    if showsNames && isNext { begin(source, &sink) }
    sink.out += added
  }

  mutating func take(_ more: [UInt8], _ sink: inout Sink) { bytes += more }

  mutating func endSource(_ sink: inout Sink) {
    if countsBytes {
      sink.out += fromStart ? bytes.dropFirst(max(0, count - 1)) : bytes.suffix(count)
    } else {
      let lines = splitLines(bytes)
      for line in fromStart ? lines.dropFirst(max(0, count - 1)) : lines.suffix(count) { sink.out += line }
    }
    bytes = []
  }
}
