/// Aligns cells that tabs end: Go's elastic tab stops.
///
/// A column is a run of consecutive lines that have a cell there; it is as wide as its widest cell and the padding, at
/// least `minimum`. What follows a line's last tab is no cell and is not padded.
///
/// Source: Go `text/tabwriter`.
struct TabWriter {
  var minimum = 10
  var padding = 3

  /// The text with its tabs turned into blanks.
  func aligned(_ text: String) -> String {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    }
    let endsWithNewline = lines.last == [""]
    if endsWithNewline { lines.removeLast() }
    var widths: [[Int]] = lines.map { Array(repeating: 0, count: $0.count - 1) }
    let columns = widths.map(\.count).max() ?? 0
    for column in 0..<columns {
      var start = 0
      while start < lines.count {
        guard widths[start].count > column else {
          start += 1
          continue
        }
        var end = start
        while end < lines.count, widths[end].count > column { end += 1 }
        let cells = lines[start..<end].map { displayWidth($0[column]) }
        let width = max(minimum, (cells.max() ?? 0) + padding)
        for line in start..<end { widths[line][column] = width }
        start = end
      }
    }
    let result = zip(lines, widths).map { cells, widths in
      var line = ""
      for (cell, width) in zip(cells, widths) {
        line += cell + String(repeating: " ", count: max(0, width - displayWidth(cell)))
      }
      return line + (cells.last ?? "")
    }
    return result.joined(separator: "\n") + (endsWithNewline ? "\n" : "")
  }
}

/// How many columns of a terminal a text takes: wide East Asian characters take two.
func displayWidth(_ text: String) -> Int { text.unicodeScalars.reduce(0) { $0 + displayWidth($1) } }

private func displayWidth(_ scalar: Unicode.Scalar) -> Int {
  switch scalar.value {
  case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF,
    0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F,
    0x1F900...0x1F9FF, 0x20000...0x3FFFD:
    return 2
  case 0x0300...0x036F, 0x200B...0x200F, 0xFE00...0xFE0F: return 0
  default: return 1
  }
}

/// The text cut to `columns` columns, the last of them `…` where something was cut.
func ellipsis(_ text: String, _ columns: Int) -> String {
  if displayWidth(text) <= columns { return text }
  if columns <= 1 { return String(text.prefix(columns)) }
  var result = String.UnicodeScalarView()
  var width = 0
  for scalar in text.unicodeScalars {
    if width + displayWidth(scalar) > columns - 1 { break }
    width += displayWidth(scalar)
    result.append(scalar)
  }
  return String(result) + "…"
}
