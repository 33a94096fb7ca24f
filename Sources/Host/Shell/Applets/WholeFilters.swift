import SimBase

/// `wc`.
struct CountFilter: Filter {
  private struct Counts: Sendable {
    var lines = 0
    var words = 0
    var characters = 0
    var bytes = 0
    var longest = 0
  }

  private var columns: [String] = []
  private var total = Counts()
  private var current = Counts()
  private var source = "-"
  private var rows: [(counts: Counts, name: String)] = []
  private var isInWord = false
  private var width = 0

  static func start(_ call: inout Applet.Call) -> Applet.Start {
    var filter = CountFilter()
    var letters: [String] = []
    var reader = OptionReader(call.arguments)
    while let option = reader.next() {
      if !["l", "w", "c", "m", "L"].contains(option) { return call.fail("invalid option -- '\(option)'") }
      letters.append(option)
    }
    filter.columns = letters.isEmpty ? ["l", "w", "c"] : ["l", "w", "m", "c", "L"].filter(letters.contains)
    return .filter(filter, reader.operands)
  }

  mutating func begin(_ source: String, _ sink: inout Sink) {
    self.source = source
    current = Counts()
    isInWord = false
  }

  mutating func take(_ bytes: [UInt8], _ sink: inout Sink) {
    current.bytes += bytes.count
    for byte in bytes {
      if byte == newlineByte { current.lines += 1 }
      if byte & 0xC0 != 0x80 { current.characters += 1 }
      let isBlank = byte == 32 || (9...13).contains(byte)
      if !isBlank && !isInWord { current.words += 1 }
      isInWord = !isBlank
    }
  }

  mutating func endSource(_ sink: inout Sink) {
    rows.append((current, source))
    total.lines += current.lines
    total.words += current.words
    total.characters += current.characters
    total.bytes += current.bytes
  }

  /// As GNU: columns as wide as the largest number, seven where standard input is among the sources.
  mutating func finish(_ sink: inout Sink) -> Int {
    if rows.count > 1 { rows.append((total, "total")) }
    let isBare = columns.count == 1 && rows.count == 1
    let widest = rows.contains { $0.name == "-" } ? 7 : String(total.bytes).count
    for (counts, name) in rows {
      let numbers = columns.map { column in
        let number =
          switch column {
          case "l": counts.lines
          case "w": counts.words
          case "m": counts.characters
          case "L": counts.longest
          default: counts.bytes
          }
        return isBare ? String(number) : padded(number, widest)
      }
      sink.print(numbers.joined(separator: " ") + (name == "-" ? "" : " " + name))
    }
    return 0
  }
}

/// `sort`.
struct SortFilter: LineFilter {
  private struct Key: Sendable {
    var first = 1
    var firstCharacter = 1
    var last: Int?
    var order = Order()
  }

  private struct Order: Sendable {
    var isNumeric = false
    var isHuman = false
    var isVersion = false
    var isReversed = false
    var ignoresCase = false
    var skipsBlanks = false
    var isSet = false

    /// Takes a letter that says how to compare; false for one that does not.
    mutating func take(_ letter: String) -> Bool {
      switch letter {
      case "n", "g": isNumeric = true
      case "h": isHuman = true
      case "V": isVersion = true
      case "r": isReversed = true
      case "f": ignoresCase = true
      case "b": skipsBlanks = true
      case "d", "i": break
      default: return false
      }
      isSet = true
      return true
    }
  }

  var rest: [UInt8] = []
  private var lines: [[UInt8]] = []
  private var keys: [Key] = []
  private var order = Order()
  private var isUnique = false
  private var isStable = false
  private var onlyChecks = false
  private var separator: UInt8?
  private var target: String?

  static func start(_ call: inout Applet.Call) -> Applet.Start {
    var filter = SortFilter()
    var reader = OptionReader(call.arguments)
    while let option = reader.next() {
      switch option {
      case "u": filter.isUnique = true
      case "s": filter.isStable = true
      case "c": filter.onlyChecks = true
      case "k":
        guard let key = SortFilter.key(reader.value() ?? "") else { return call.fail("bad field specification", 2) }
        filter.keys.append(key)
      case "t":
        let text = reader.value() ?? ""
        filter.separator = text == "\\t" ? 9 : text.utf8.first
      case "o": filter.target = reader.value().map(call.absolute)
      default:
        if !filter.order.take(option) { return call.fail("invalid option -- '\(option)'", 2) }
      }
    }
    return .filter(filter, reader.operands)
  }

  private static func key(_ text: String) -> Key? {
    var key = Key()
    let ends = text.split(separator: ",", maxSplits: 1)
    for (place, end) in ends.enumerated() {
      let digits = end.prefix { $0.isNumber || $0 == "." }
      let numbers = digits.split(separator: ".").map { Int($0) }
      guard let field = numbers.first ?? nil, field >= 1 || place == 1 else { return nil }
      if place == 0 {
        key.first = field
        if numbers.count > 1, let character = numbers[1] { key.firstCharacter = max(1, character) }
      } else {
        key.last = field
      }
      for letter in end.dropFirst(digits.count) where !key.order.take(String(letter)) { return nil }
    }
    return ends.isEmpty ? nil : key
  }

  mutating func line(_ line: ArraySlice<UInt8>, hasEnd: Bool, _ sink: inout Sink) { lines.append(Array(line)) }

  mutating func finish(_ sink: inout Sink) -> Int {
    if onlyChecks {
      for place in lines.indices.dropFirst() where compare(lines[place - 1], lines[place]) > 0 {
        sink.complain("sort: -:\(place + 1): disorder: \(String(decoding: lines[place], as: UTF8.self))")
        return 1
      }
      return 0
    }
    // Places break ties, so that the order is the same everywhere.
    var sorted = lines.enumerated().sorted { a, b in
      let order = compare(a.element, b.element)
      return order != 0 ? order < 0 : a.offset < b.offset
    }
    .map(\.element)
    if isUnique {
      var kept: [[UInt8]] = []
      for line in sorted where kept.last.map({ compareKeys($0, line) != 0 }) ?? true { kept.append(line) }
      sorted = kept
    }
    var out: [UInt8] = []
    for line in sorted { out += line + [newlineByte] }
    if let target {
      sink.additions.append(FileAddition(path: target, bytes: out, empties: true))
    } else {
      sink.out += out
    }
    return 0
  }

  private func compare(_ a: [UInt8], _ b: [UInt8]) -> Int {
    let order = compareKeys(a, b)
    // The last resort of `sort`: the whole lines, unless equal keys are to be equal.
    if order != 0 || isUnique || isStable { return order }
    let whole = bytewise(a[...], b[...])
    return self.order.isReversed ? -whole : whole
  }

  private func compareKeys(_ a: [UInt8], _ b: [UInt8]) -> Int {
    if keys.isEmpty { return compare(a[...], b[...], order) }
    for key in keys {
      let result = compare(slice(a, key), slice(b, key), key.order.isSet ? key.order : order)
      if result != 0 { return result }
    }
    return 0
  }

  private func compare(_ a: ArraySlice<UInt8>, _ b: ArraySlice<UInt8>, _ order: Order) -> Int {
    var result: Int
    if order.isNumeric || order.isHuman {
      let one = number(a, order)
      let other = number(b, order)
      result = one < other ? -1 : one == other ? 0 : 1
    } else if order.isVersion {
      result = versionwise(a, b)
    } else {
      let blanks = order.skipsBlanks
      func tidy(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let cut = blanks ? text.drop { $0 == 32 || $0 == 9 } : text
        return order.ignoresCase ? cut.map { (97...122).contains($0) ? $0 - 32 : $0 }[...] : cut
      }
      result = bytewise(tidy(a), tidy(b))
    }
    if order.isReversed { result = -result }
    return result
  }

  private func bytewise(_ a: ArraySlice<UInt8>, _ b: ArraySlice<UInt8>) -> Int {
    a.elementsEqual(b) ? 0 : a.lexicographicallyPrecedes(b) ? -1 : 1
  }

  /// Runs of digits compare by value, the rest by bytes.
  private func versionwise(_ a: ArraySlice<UInt8>, _ b: ArraySlice<UInt8>) -> Int {
    var one = a
    var other = b
    while !one.isEmpty && !other.isEmpty {
      let (x, y) = (one.prefix(while: isDigit), other.prefix(while: isDigit))
      if !x.isEmpty && !y.isEmpty {
        let (m, n) = (x.drop { $0 == 48 }, y.drop { $0 == 48 })
        if m.count != n.count { return m.count < n.count ? -1 : 1 }
        let order = bytewise(m, n)
        if order != 0 { return order }
        one = one.dropFirst(x.count)
        other = other.dropFirst(y.count)
      } else {
        if one.first != other.first { return bytewise(one.prefix(1), other.prefix(1)) }
        one = one.dropFirst()
        other = other.dropFirst()
      }
    }
    return one.isEmpty ? (other.isEmpty ? 0 : -1) : 1
  }

  private func number(_ text: ArraySlice<UInt8>, _ order: Order) -> Double {
    let bare = text.drop { $0 == 32 || $0 == 9 }
    let digits = bare.prefix { isDigit($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }
    var value = Double(String(decoding: digits, as: UTF8.self)) ?? 0
    if order.isHuman, let unit = bare.dropFirst(digits.count).first,
      let power = Array("KMGTP".utf8).firstIndex(of: unit & 0xDF)
    {
      for _ in 0...power { value *= 1024 }
    }
    return value
  }

  private func slice(_ line: [UInt8], _ key: Key) -> ArraySlice<UInt8> {
    var bounds: [Range<Int>] = []
    if let separator {
      bounds = line.split(separator: separator, omittingEmptySubsequences: false).map { $0.startIndex..<$0.endIndex }
    } else {
      // Without a separator, a field begins with the blanks before it.
      var start = 0
      while start < line.count {
        var end = start
        while end < line.count, line[end] == 32 || line[end] == 9 { end += 1 }
        while end < line.count, line[end] != 32 && line[end] != 9 { end += 1 }
        bounds.append(start..<end)
        start = end
      }
    }
    guard key.first <= bounds.count else { return [] }
    let start = min(bounds[key.first - 1].lowerBound + key.firstCharacter - 1, line.count)
    let end = key.last.map { $0 <= bounds.count ? bounds[max(0, $0 - 1)].upperBound : line.count } ?? line.count
    return start <= end ? line[start..<end] : []
  }
}

/// `tr`: bytes by bytes.
struct TranslateFilter: Filter {
  private var map: [UInt8] = Array(0...255)
  private var deleted: [Bool] = Array(repeating: false, count: 256)
  private var squeezed: [Bool] = Array(repeating: false, count: 256)
  private var last: UInt8?

  static func start(_ call: inout Applet.Call) -> Applet.Start {
    var filter = TranslateFilter()
    var (deletes, squeezes, complements) = (false, false, false)
    var reader = OptionReader(call.arguments, permutes: false)
    while let option = reader.next() {
      switch option {
      case "d": deletes = true
      case "s": squeezes = true
      case "c", "C": complements = true
      default: return call.fail("invalid option -- '\(option)'")
      }
    }
    let sets = reader.operands
    guard let first = sets.first else { return call.fail("missing operand") }
    var from = TranslateFilter.members(first)
    if complements {
      let listed = from
      from = (0...255).filter { !listed.contains($0) }
    }
    let to = sets.count > 1 ? TranslateFilter.members(sets[1]) : []
    if deletes {
      for byte in from { filter.deleted[Int(byte)] = true }
    } else if let end = to.last {
      for (place, byte) in from.enumerated() { filter.map[Int(byte)] = place < to.count ? to[place] : end }
    } else if !squeezes {
      return call.fail("missing operand")
    }
    if squeezes { for byte in to.isEmpty ? from : to { filter.squeezed[Int(byte)] = true } }
    return .filter(filter, [])
  }

  /// The bytes of a set: ranges, classes and escapes written out.
  private static func members(_ text: String) -> [UInt8] {
    let bytes = Escapes.resolved(Array(text.utf8)).bytes
    var members: [UInt8] = []
    var at = 0
    while at < bytes.count {
      if bytes[at] == UInt8(ascii: "["), at + 1 < bytes.count, bytes[at + 1] == UInt8(ascii: ":"),
        let end = bytes[at...].firstRange(of: Array(":]".utf8))
      {
        for range in ByteClass.named(String(decoding: bytes[at + 2..<end.lowerBound], as: UTF8.self)) {
          members += Array(range)
        }
        at = end.upperBound
      } else if at + 2 < bytes.count, bytes[at + 1] == UInt8(ascii: "-"), bytes[at] <= bytes[at + 2] {
        members += Array(bytes[at]...bytes[at + 2])
        at += 3
      } else {
        members.append(bytes[at])
        at += 1
      }
    }
    return members
  }

  mutating func take(_ bytes: [UInt8], _ sink: inout Sink) {
    for byte in bytes where !deleted[Int(byte)] {
      let out = map[Int(byte)]
      if squeezed[Int(out)] && out == last { continue }
      sink.out.append(out)
      last = out
    }
  }
}

/// `tee`.
struct TeeFilter: Filter {
  private var paths: [String] = []

  static func start(_ call: inout Applet.Call) -> Applet.Start {
    var filter = TeeFilter()
    var appends = false
    var reader = OptionReader(call.arguments)
    while let option = reader.next() { if option == "a" { appends = true } }
    for word in reader.operands {
      let path = call.absolute(word)
      do throws(FileError) {
        if !appends || !call.files.exists(path) { try call.files.write(path, [], at: call.now) }
        filter.paths.append(path)
      } catch {
        call.sink.complain("tee: \(word): \(error.sentence)")
      }
    }
    return .filter(filter, [])
  }

  mutating func take(_ bytes: [UInt8], _ sink: inout Sink) {
    sink.out += bytes
    for path in paths { sink.additions.append(FileAddition(path: path, bytes: bytes)) }
  }
}

/// `rev`.
struct ReverseFilter: LineFilter {
  var rest: [UInt8] = []

  mutating func line(_ line: ArraySlice<UInt8>, hasEnd: Bool, _ sink: inout Sink) {
    sink.out += Array(String(String(decoding: line, as: UTF8.self).reversed()).utf8)
    if hasEnd { sink.out.append(newlineByte) }
  }
}

/// `tac`.
struct TacFilter: LineFilter {
  var rest: [UInt8] = []
  private var lines: [ArraySlice<UInt8>] = []

  mutating func line(_ line: ArraySlice<UInt8>, hasEnd: Bool, _ sink: inout Sink) { lines.append(line) }

  mutating func finish(_ sink: inout Sink) -> Int {
    for line in lines.reversed() { sink.print(line) }
    return 0
  }
}

/// `nl`: numbers the lines that are not empty, or with `-ba` all.
struct NumberFilter: LineFilter {
  var rest: [UInt8] = []
  private var countsAll = false
  private var number = 0

  static func start(_ call: inout Applet.Call) -> Applet.Start {
    var filter = NumberFilter()
    var reader = OptionReader(call.arguments)
    while let option = reader.next() { if option == "b" { filter.countsAll = reader.value() == "a" } }
    return .filter(filter, reader.operands)
  }

  mutating func line(_ line: ArraySlice<UInt8>, hasEnd: Bool, _ sink: inout Sink) {
    if line.isEmpty && !countsAll {
      sink.print("       ")
      return
    }
    number += 1
    sink.print(Array((padded(number, 6) + "\t").utf8) + line)
  }
}

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

/// `sha256sum`.
struct DigestFilter: Filter {
  private var digest = SHA256()
  private var source = "-"

  mutating func begin(_ source: String, _ sink: inout Sink) {
    self.source = source
    digest = SHA256()
  }

  mutating func take(_ bytes: [UInt8], _ sink: inout Sink) { digest.update(bytes) }
  mutating func endSource(_ sink: inout Sink) {
    let whole = digest
    sink.print("\(hexText(whole.finalize()))  \(source)")
  }
}

/// `base64`.
struct Base64Filter: Filter {
  private var decodes = false
  private var width = 76
  private var bytes: [UInt8] = []

  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  static func start(_ call: inout Applet.Call) -> Applet.Start {
    var filter = Base64Filter()
    var reader = OptionReader(call.arguments)
    while let option = reader.next() {
      switch option {
      case "d", "D", "--decode": filter.decodes = true
      case "w": filter.width = reader.value().flatMap { Int($0) } ?? 76
      default: return call.fail("invalid option -- '\(option)'")
      }
    }
    return .filter(filter, reader.operands)
  }

  mutating func take(_ more: [UInt8], _ sink: inout Sink) { bytes += more }

  mutating func finish(_ sink: inout Sink) -> Int {
    if decodes { return decode(&sink) }
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      var word: UInt32 = 0
      for place in 0..<3 { word = word << 8 | UInt32(place < group.count ? group[start + place] : 0) }
      for place in 0..<4 {
        let digit = Base64Filter.alphabet[Int(word >> UInt32(18 - 6 * place)) & 63]
        text.append(place <= group.count ? digit : UInt8(ascii: "="))
      }
    }
    if width == 0 {
      sink.out += text
    } else {
      for start in stride(from: 0, to: text.count, by: width) {
        sink.print(text[start..<min(start + width, text.count)])
      }
    }
    return 0
  }

  private func decode(_ sink: inout Sink) -> Int {
    var word: UInt32 = 0
    var bits = 0
    for byte in bytes where byte != newlineByte {
      if byte == UInt8(ascii: "=") { break }
      guard let digit = Base64Filter.alphabet.firstIndex(of: byte) else {
        sink.complain("base64: invalid input")
        return 1
      }
      word = word << 6 | UInt32(digit)
      bits += 6
      if bits >= 8 {
        bits -= 8
        sink.out.append(UInt8(truncatingIfNeeded: word >> UInt32(bits)))
      }
    }
    return 0
  }
}

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
