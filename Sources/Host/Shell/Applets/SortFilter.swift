import SimBase

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
      case "m": break
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
