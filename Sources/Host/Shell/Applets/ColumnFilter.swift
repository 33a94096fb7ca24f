import SimBase

/// `column -t`: fields of all lines under one another; without `-t` lines stay as they are.
///
/// Source: util-linux `column(1)`.
struct ColumnFilter: LineFilter {
  var rest: [UInt8] = []
  private var isTable = false
  /// What parts two fields; nil for any run of blanks.
  private var separators: [UInt8]?
  private var gap: [UInt8] = [32, 32]
  private var rows: [[[UInt8]]] = []

  static func start(_ call: inout Applet.Call) -> Applet.Start {
    var filter = ColumnFilter()
    var reader = OptionReader(call.arguments)
    while let option = reader.next() {
      switch option {
      case "t", "--table": filter.isTable = true
      case "s": filter.separators = Array((reader.value() ?? "").utf8)
      case "o": filter.gap = Array((reader.value() ?? "").utf8)
      default: return call.fail("invalid option -- '\(option)'")
      }
    }
    return .filter(filter, reader.operands)
  }

  mutating func line(_ line: ArraySlice<UInt8>, hasEnd: Bool, _ sink: inout Sink) {
    guard isTable else { return sink.print(line) }
    let fields =
      separators.map { separators in line.split(omittingEmptySubsequences: false) { separators.contains($0) } }
      ?? line.split { $0 == 32 || $0 == 9 }
    if !line.isEmpty { rows.append(fields.map { Array($0) }) }
  }

  mutating func finish(_ sink: inout Sink) -> Int {
    let count = rows.map(\.count).max() ?? 0
    func width(_ field: [UInt8]) -> Int { String(decoding: field, as: UTF8.self).count }
    let widths = (0..<count).map { column in
      rows.map { column < $0.count ? width($0[column]) : 0 }.max() ?? 0
    }
    for row in rows {
      var line: [UInt8] = []
      for (column, field) in row.enumerated() {
        line += field
        if column + 1 == row.count { break }
        line += [UInt8](repeating: 32, count: widths[column] - width(field)) + gap
      }
      sink.print(line)
    }
    return 0
  }
}
