import SimBase

/// `printf`: formats its words, over and over while words are left.
enum Printf {
  static func start(_ call: inout Applet.Call) -> Applet.Start {
    var words = call.arguments[...]
    if words.first == "--" { words.removeFirst() }
    guard let format = words.popFirst() else {
      call.sink.complain("usage: printf FORMAT [ARG]...")
      return .done(2)
    }
    var status = 0
    let pieces = Format(format)
    repeat {
      let before = words.count
      for piece in pieces.pieces {
        switch piece {
        case .text(let bytes): call.sink.out += bytes
        case .cut: return .done(status)
        case .conversion(let conversion):
          guard show(conversion, &words, &call, &status) else { return .done(status) }
        }
      }
      // A format that takes no words is written once.
      if words.count == before { break }
    } while !words.isEmpty
    return .done(status)
  }

  /// Writes one conversion; false when `\c` in a `%b` ends it all.
  private static func show(
    _ conversion: Format.Conversion, _ words: inout ArraySlice<String>, _ call: inout Applet.Call, _ status: inout Int
  ) -> Bool {
    var spec = conversion
    if spec.widthIsWord { spec.setWidth(words.popFirst().flatMap { Int($0) } ?? 0) }
    if spec.precisionIsWord { spec.precision = words.popFirst().flatMap { Int($0) } ?? 0 }
    switch spec.letter {
    case "b":
      let resolved = Escapes.resolved(Array((words.popFirst() ?? "").utf8), octalNeedsZero: true)
      call.sink.out += spec.padded(resolved.bytes)
      return !resolved.isCut
    case "s": call.sink.out += spec.text(words.popFirst() ?? "")
    case "q": call.sink.out += spec.text(shellQuoted(words.popFirst() ?? ""))
    case "c": call.sink.out += spec.padded(Array(String((words.popFirst() ?? "").prefix(1)).utf8))
    case "d", "i", "u", "o", "x", "X":
      let word = words.popFirst() ?? "0"
      var value = number(word)
      if value == nil {
        call.sink.complain("sh: \(word): invalid number")
        status = 1
        value = 0
      }
      call.sink.out += spec.integer(value ?? 0)
    default:
      let word = words.popFirst() ?? "0"
      if Double(word) == nil && !word.isEmpty {
        call.sink.complain("sh: \(word): invalid number")
        status = 1
      }
      call.sink.out += spec.fraction(Double(word) ?? 0)
    }
    return true
  }

  private static func number(_ word: String) -> Int64? {
    let text = word.trimmed()
    if text.isEmpty { return 0 }
    if let quote = text.first, quote == "'" || quote == "\"" {
      return text.dropFirst().unicodeScalars.first.map { Int64($0.value) } ?? 0
    }
    if text.hasPrefix("-") { return Arithmetic.literal(String(text.dropFirst())).map { -$0 } }
    return Arithmetic.literal(text.hasPrefix("+") ? String(text.dropFirst()) : text)
  }
}
