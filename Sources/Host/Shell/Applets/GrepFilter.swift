import SimBase

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
