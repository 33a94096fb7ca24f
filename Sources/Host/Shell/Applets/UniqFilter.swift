import SimBase

/// `uniq`.
struct UniqFilter: LineFilter {
  var rest: [UInt8] = []
  private var counts = false
  private var onlyRepeated = false
  private var onlyUnique = false
  private var ignoresCase = false
  private var skippedFields = 0
  private var current: [UInt8]?
  private var count = 0

  static func start(_ call: inout Applet.Call) -> Applet.Start {
    var filter = UniqFilter()
    var reader = OptionReader(call.arguments)
    while let option = reader.next() {
      switch option {
      case "c": filter.counts = true
      case "d": filter.onlyRepeated = true
      case "u": filter.onlyUnique = true
      case "i": filter.ignoresCase = true
      case "f": filter.skippedFields = reader.value().flatMap { Int($0) } ?? 0
      default: return call.fail("invalid option -- '\(option)'")
      }
    }
    return .filter(filter, Array(reader.operands.prefix(1)))
  }

  mutating func line(_ line: ArraySlice<UInt8>, hasEnd: Bool, _ sink: inout Sink) {
    if let current, key(current[...]) == key(line) {
      count += 1
      return
    }
    show(&sink)
    current = Array(line)
    count = 1
  }

  private func key(_ line: ArraySlice<UInt8>) -> [UInt8] {
    var rest = line
    for _ in 0..<skippedFields {
      rest = rest.drop { $0 == 32 || $0 == 9 }
      rest = rest.drop { $0 != 32 && $0 != 9 }
    }
    return ignoresCase ? rest.map { (65...90).contains($0) ? $0 + 32 : $0 } : Array(rest)
  }

  private func show(_ sink: inout Sink) {
    guard let current, !(onlyRepeated && count < 2), !(onlyUnique && count > 1) else { return }
    if counts { sink.out += Array((padded(count, 7) + " ").utf8) }
    sink.print(current)
  }

  mutating func finish(_ sink: inout Sink) -> Int {
    show(&sink)
    return 0
  }
}
