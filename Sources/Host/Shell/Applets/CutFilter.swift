import SimBase

/// `cut`.
struct CutFilter: LineFilter {
  private enum Unit { case bytes, fields }

  var rest: [UInt8] = []
  private var unit = Unit.fields
  private var ranges: [ClosedRange<Int>] = []
  private var delimiter = UInt8(ascii: "\t")
  private var outputDelimiter: [UInt8]?
  private var onlyDelimited = false

  static func start(_ call: inout Applet.Call) -> Applet.Start {
    var filter = CutFilter()
    var reader = OptionReader(call.arguments)
    while let option = reader.next() {
      switch option {
      case "c", "b", "f":
        filter.unit = option == "f" ? .fields : .bytes
        guard let ranges = CutFilter.ranges(reader.value() ?? "") else {
          return call.fail("invalid range")
        }
        filter.ranges = ranges
      case "d": filter.delimiter = reader.value()?.utf8.first ?? 0
      case "s": filter.onlyDelimited = true
      default:
        guard option.hasPrefix("--output-delimiter=") else { return call.fail("invalid option -- '\(option)'") }
        filter.outputDelimiter = Array(option.dropFirst("--output-delimiter=".count).utf8)
      }
    }
    if filter.ranges.isEmpty { return call.fail("expected a list of bytes, characters, or fields") }
    return .filter(filter, reader.operands)
  }

  private static func ranges(_ text: String) -> [ClosedRange<Int>]? {
    var ranges: [ClosedRange<Int>] = []
    for part in text.split(separator: ",") {
      let ends = part.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
      let first = ends[0].isEmpty ? 1 : Int(ends[0])
      let last = ends.count == 1 ? first : ends[1].isEmpty ? Int.max : Int(ends[1])
      guard let first, let last, first >= 1, first <= last else { return nil }
      ranges.append(first...last)
    }
    return ranges.isEmpty ? nil : ranges
  }

  private func takes(_ place: Int) -> Bool { ranges.contains { $0.contains(place) } }

  mutating func line(_ line: ArraySlice<UInt8>, hasEnd: Bool, _ sink: inout Sink) {
    switch unit {
    case .bytes: sink.print(line.enumerated().filter { takes($0.offset + 1) }.map(\.element))
    case .fields:
      let fields = line.split(separator: delimiter, omittingEmptySubsequences: false)
      if fields.count < 2 {
        if !onlyDelimited { sink.print(line) }
        return
      }
      let chosen = fields.enumerated().filter { takes($0.offset + 1) }.map(\.element)
      sink.print(chosen.joined(separator: outputDelimiter ?? [delimiter]))
    }
  }
}
