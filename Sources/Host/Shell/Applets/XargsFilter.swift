import SimBase

/// `xargs`: gathers words, then runs commands with them.
struct XargsFilter: Filter {
  private var bytes: [UInt8] = []
  private var command: [String] = ["echo"]
  private var most = Int.max
  private var placeholder: String?
  private var skipsEmpty = false
  private var isNullSeparated = false
  private(set) var commands: [[String]] = []

  static func start(_ call: inout Applet.Call) -> Applet.Start {
    var filter = XargsFilter()
    var reader = OptionReader(call.arguments, permutes: false)
    while let option = reader.next() {
      switch option {
      case "n", "L": filter.most = max(1, reader.value().flatMap { Int($0) } ?? 1)
      case "I": filter.placeholder = reader.value() ?? "{}"
      case "r": filter.skipsEmpty = true
      case "0": filter.isNullSeparated = true
      case "t", "x": break
      case "P": _ = reader.value()
      default: return call.fail("invalid option -- '\(option)'")
      }
    }
    if !reader.operands.isEmpty { filter.command = reader.operands }
    return .filter(filter, [])
  }

  mutating func take(_ more: [UInt8], _ sink: inout Sink) { bytes += more }

  mutating func finish(_ sink: inout Sink) -> Int {
    if let placeholder {
      let lines = splitLines(bytes).map { String(decoding: $0, as: UTF8.self).trimmed() }.filter { !$0.isEmpty }
      commands = lines.map { line in command.map { $0.replacing(placeholder, with: line) } }
      return 0
    }
    let words = isNullSeparated ? bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) } : quotedWords()
    if words.isEmpty {
      commands = skipsEmpty ? [] : [command]
      return 0
    }
    let share = min(most, words.count)
    commands = stride(from: 0, to: words.count, by: share).map { start in
      command + words[start..<min(start + share, words.count)]
    }
    return 0
  }

  /// Words as `xargs` sees them: quotes and backslashes keep blanks together.
  private func quotedWords() -> [String] {
    var words: [String] = []
    var current: [UInt8]?
    var quote: UInt8?
    var isEscaped = false
    for byte in bytes {
      if isEscaped {
        current = (current ?? []) + [byte]
        isEscaped = false
      } else if let open = quote {
        if byte == open { quote = nil } else { current = (current ?? []) + [byte] }
      } else if byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
        quote = byte
        current = current ?? []
      } else if byte == 32 || (9...13).contains(byte) {
        if let word = current { words.append(String(decoding: word, as: UTF8.self)) }
        current = nil
      } else {
        current = (current ?? []) + [byte]
      }
    }
    if let word = current { words.append(String(decoding: word, as: UTF8.self)) }
    return words
  }
}
