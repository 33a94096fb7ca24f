import SimBase

/// `a{b,c}d` and `{1..5}`: one word made into several, before anything else in it is looked at.
///
/// Source: GNU bash `braces.c`. busybox's ash has none; a shell that is started as bash does.
enum BraceExpansion {
  private enum Element {
    /// A letter outside of quotes.
    case plain(Character)
    case part(WordPart)

    var character: Character? { if case .plain(let character) = self { character } else { nil } }
  }

  /// The words that a word stands for; itself alone where it has no braces that count.
  static func words(of word: Word) -> [Word] {
    guard word.parts.contains(where: { if case .text(let text, false) = $0 { text.contains("{") } else { false } })
    else { return [word] }
    var elements: [Element] = []
    for part in word.parts {
      if case .text(let text, isQuoted: false) = part {
        elements += text.map { .plain($0) }
      } else {
        elements.append(.part(part))
      }
    }
    return expanded(elements[...]).map(joined)
  }

  private static func expanded(_ elements: ArraySlice<Element>) -> [[Element]] {
    var start = elements.startIndex
    while let open = elements[start...].firstIndex(where: { $0.character == "{" }) {
      if let (close, commas) = extent(of: elements, from: open) {
        let alternatives =
          commas.isEmpty
          ? sequence(elements[(open + 1)..<close])
          : pieces(elements[(open + 1)..<close], at: commas).flatMap(expanded)
        if let alternatives {
          let before = Array(elements[..<open])
          let rest = expanded(elements[(close + 1)...])
          return alternatives.flatMap { middle in rest.map { before + middle + $0 } }
        }
      }
      start = open + 1
    }
    return [Array(elements)]
  }

  /// Where the brace that opens here closes, and the commas between that are its own.
  private static func extent(of elements: ArraySlice<Element>, from open: Int) -> (close: Int, commas: [Int])? {
    var depth = 0
    var commas: [Int] = []
    for place in elements[open...].indices {
      switch elements[place].character {
      case "{": depth += 1
      case "}":
        depth -= 1
        if depth == 0 { return (place, commas) }
      case "," where depth == 1: commas.append(place)
      default: break
      }
    }
    return nil
  }

  private static func pieces(_ elements: ArraySlice<Element>, at commas: [Int]) -> [ArraySlice<Element>] {
    var pieces: [ArraySlice<Element>] = []
    var start = elements.startIndex
    for comma in commas + [elements.endIndex] {
      pieces.append(elements[start..<comma])
      start = min(comma + 1, elements.endIndex)
    }
    return pieces
  }

  /// `1..5`, `05..1`, `a..e`, each perhaps with a step behind; nil for anything else.
  private static func sequence(_ elements: ArraySlice<Element>) -> [[Element]]? {
    var text = ""
    for element in elements {
      guard let character = element.character else { return nil }
      text.append(character)
    }
    // Two dots stand between the parts: between two dots is nothing.
    let split = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard split.count == 3 || split.count == 5,
      stride(from: 1, to: split.count, by: 2).allSatisfy({ split[$0].isEmpty })
    else { return nil }
    let parts = stride(from: 0, to: split.count, by: 2).map { split[$0] }
    let step = parts.count == 3 ? Int64(parts[2]).map { max(1, abs($0)) } : 1
    guard let step else { return nil }
    var texts: [String] = []
    if let from = Int64(parts[0]), let to = Int64(parts[1]), abs(from) < 1 << 40, abs(to) < 1 << 40 {
      let isPadded = parts[0...1].contains { $0.drop { $0 == "-" }.hasPrefix("0") && $0.count > 1 }
      let width = isPadded ? max(parts[0].count, parts[1].count) : 0
      var value = from
      while from <= to ? value <= to : value >= to {
        let digits = String(abs(value))
        let sign = value < 0 ? "-" : ""
        texts.append(sign + String(repeating: "0", count: max(0, width - digits.count - sign.count)) + digits)
        value += from <= to ? step : -step
      }
    } else if let from = letter(parts[0]), let to = letter(parts[1]) {
      var value = Int64(from)
      while from <= to ? value <= Int64(to) : value >= Int64(to) {
        texts.append(String(decoding: [UInt8(value)], as: UTF8.self))
        value += from <= to ? step : -step
      }
    } else {
      return nil
    }
    return texts.map { $0.map { .plain($0) } }
  }

  private static func letter(_ text: String) -> UInt8? {
    guard text.utf8.count == 1, let byte = text.utf8.first, isNameStart(byte) else { return nil }
    return byte
  }

  private static func joined(_ elements: [Element]) -> Word {
    var word = Word()
    var run = ""
    func endRun() {
      if !run.isEmpty { word.parts.append(.text(run, isQuoted: false)) }
      run = ""
    }
    for element in elements {
      switch element {
      case .plain(let character): run.append(character)
      case .part(let part):
        endRun()
        word.parts.append(part)
      }
    }
    endRun()
    return word
  }
}
