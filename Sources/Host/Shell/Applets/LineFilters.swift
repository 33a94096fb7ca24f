import SimBase

/// `cat`.
struct CatFilter: LineFilter {
  var rest: [UInt8] = []
  private var isNumbered = false
  private var number = 0

  static func start(_ call: inout Applet.Call) -> Applet.Start {
    var filter = CatFilter()
    var reader = OptionReader(call.arguments)
    while let option = reader.next() { if option == "n" { filter.isNumbered = true } }
    return .filter(filter, reader.operands)
  }

  mutating func take(_ bytes: [UInt8], _ sink: inout Sink) {
    if !isNumbered {
      sink.out += bytes
      return
    }
    var text = rest + bytes
    while let end = text.firstIndex(of: newlineByte) {
      line(text[..<end], hasEnd: true, &sink)
      text.removeSubrange(...end)
    }
    rest = text
  }

  mutating func line(_ line: ArraySlice<UInt8>, hasEnd: Bool, _ sink: inout Sink) {
    number += 1
    sink.out += Array((padded(number, 6) + "\t").utf8) + line
    if hasEnd { sink.out.append(newlineByte) }
  }
}

/// A number right-aligned in a column.
func padded(_ number: Int, _ width: Int) -> String {
  let text = String(number)
  return String(repeating: " ", count: max(0, width - text.count)) + text
}

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

/// `tail`; `-f` on a file that nothing writes to would wait for ever, so it shows the end and stays.
struct TailFilter: Filter {
  private var count = 10
  private var countsBytes = false
  private var fromStart = false
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
      case "f", "F", "q": break
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

/// `grep`, `egrep` and `fgrep`.
struct GrepFilter: LineFilter {
  var rest: [UInt8] = []
  private var patterns: [PosixRegex] = []
  private var inverts = false
  private var counts = false
  private var isQuiet = false
  private var onlyMatches = false
  private var numbers = false
  private var listsNames = false
  private var showsName = false
  private var wholeLine = false
  private var wholeWord = false
  private var most: Int?
  private var before = 0
  private var after = 0
  private var source = ""
  private var number = 0
  private var hits = 0
  private var hasMatched = false
  /// Lines that may yet be shown before a match, and how many are still to be shown after one.
  private var waiting: [(number: Int, bytes: [UInt8])] = []
  private var trailing = 0
  private var lastShown = 0

  static func start(_ call: inout Applet.Call) -> Applet.Start {
    var filter = GrepFilter()
    var texts: [String] = []
    var isExtended = call.name == "egrep"
    var isFixed = call.name == "fgrep"
    var ignoresCase = false
    var isRecursive = false
    var names: Bool?
    var reader = OptionReader(call.arguments)
    while let option = reader.next() {
      switch option {
      case "v": filter.inverts = true
      case "c": filter.counts = true
      case "i", "y": ignoresCase = true
      case "q": filter.isQuiet = true
      case "E": isExtended = true
      case "F": isFixed = true
      case "G", "s", "a": break
      case "o": filter.onlyMatches = true
      case "n": filter.numbers = true
      case "l": filter.listsNames = true
      case "h": names = false
      case "H": names = true
      case "x": filter.wholeLine = true
      case "w": filter.wholeWord = true
      case "r", "R": isRecursive = true
      case "e":
        texts += (reader.value() ?? "").split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      case "m": filter.most = reader.value().flatMap { Int($0) }
      case "A": filter.after = reader.value().flatMap { Int($0) } ?? 0
      case "B": filter.before = reader.value().flatMap { Int($0) } ?? 0
      case "C":
        filter.after = reader.value().flatMap { Int($0) } ?? 0
        filter.before = filter.after
      default:
        if option.hasPrefix("--color") { continue }
        return call.fail("unrecognized option: \(option)", 2)
      }
    }
    var operands = reader.operands
    if texts.isEmpty {
      if operands.isEmpty { return call.fail("missing pattern", 2) }
      texts = operands.removeFirst().split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }
    do throws(PosixRegex.Failure) {
      for text in texts {
        filter.patterns.append(
          isFixed
            ? PosixRegex(literal: text, ignoresCase: ignoresCase)
            : try PosixRegex(text, isExtended: isExtended, ignoresCase: ignoresCase))
      }
    } catch {
      return call.fail("bad regex '\(texts.joined(separator: "\n"))': \(error.message)", 2)
    }
    if isRecursive {
      operands = (operands.isEmpty ? ["."] : operands).flatMap { call.files.filesBelow($0, from: call.directory) }
    }
    filter.showsName = names ?? (isRecursive || operands.count > 1)
    if isRecursive && operands.isEmpty { return .done(1) }
    return .filter(filter, operands)
  }

  var isSatisfied: Bool {
    (isQuiet && hasMatched) || (most.map { hits >= $0 } ?? false && trailing == 0 && !counts && !listsNames)
  }

  mutating func begin(_ source: String, _ sink: inout Sink) {
    self.source = source == "-" ? "(standard input)" : source
    number = 0
    hits = 0
    waiting = []
    trailing = 0
    lastShown = 0
  }

  mutating func line(_ line: ArraySlice<UInt8>, hasEnd: Bool, _ sink: inout Sink) {
    number += 1
    let bytes = Array(line)
    let found = matches(bytes)
    guard found.isEmpty == inverts, most.map({ hits < $0 }) ?? true else {
      if trailing > 0 {
        trailing -= 1
        show(number, bytes, "-", &sink)
      } else if before > 0 {
        waiting.append((number, bytes))
        if waiting.count > before { waiting.removeFirst() }
      }
      return
    }
    hits += 1
    hasMatched = true
    if isQuiet || counts || listsNames { return }
    if onlyMatches {
      if !inverts { for range in found where !range.isEmpty { show(number, Array(bytes[range]), ":", &sink) } }
      return
    }
    for (number, bytes) in waiting { show(number, bytes, "-", &sink) }
    waiting = []
    trailing = after
    show(number, bytes, ":", &sink)
  }

  /// Where a line fits; one empty range stands for a match whose place nobody asks for.
  private func matches(_ bytes: [UInt8]) -> [Range<Int>] {
    var found: [Range<Int>] = []
    for pattern in patterns {
      if !onlyMatches && !wholeLine && !wholeWord {
        if pattern.matches(bytes) { return [0..<0] }
        continue
      }
      for match in pattern.allMatches(in: bytes) {
        if wholeLine && match.range != 0..<bytes.count { continue }
        if wholeWord && (isWord(bytes, match.range.lowerBound - 1) || isWord(bytes, match.range.upperBound)) {
          continue
        }
        found.append(match.range)
      }
    }
    return found.sorted { $0.lowerBound < $1.lowerBound }
  }

  private func isWord(_ bytes: [UInt8], _ at: Int) -> Bool { bytes.indices.contains(at) && isNameByte(bytes[at]) }

  private mutating func show(_ number: Int, _ bytes: [UInt8], _ sign: String, _ sink: inout Sink) {
    if before + after > 0, lastShown > 0, number > lastShown + 1 { sink.print("--") }
    lastShown = number
    let head = (showsName ? source + sign : "") + (numbers ? "\(number)\(sign)" : "")
    sink.out += Array(head.utf8)
    sink.print(bytes)
  }

  mutating func endSource(_ sink: inout Sink) {
    if !rest.isEmpty {
      let last = rest
      rest = []
      line(last[...], hasEnd: false, &sink)
    }
    if isQuiet { return }
    if listsNames {
      if hits > 0 { sink.print(source) }
    } else if counts {
      sink.print((showsName ? source + ":" : "") + String(hits))
    }
  }

  mutating func finish(_ sink: inout Sink) -> Int { hasMatched ? 0 : 1 }
}
