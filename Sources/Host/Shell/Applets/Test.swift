import SimBase

/// `test` and `[`: conditions on texts, numbers and files.
///
/// Source: POSIX.1-2017, `test`; the words of the errors are busybox's.
struct Test {
  private struct Failure: Error { var message: String }

  private let words: [String]
  private var at = 0
  private let call: Applet.Call

  static func start(_ call: inout Applet.Call) -> Applet.Start {
    var words = call.arguments
    if call.name == "[" {
      guard words.last == "]" else { return call.fail("missing ]", 2) }
      words.removeLast()
    }
    if words.isEmpty { return .done(1) }
    var test = Test(words: words, call: call)
    do throws(Failure) {
      let holds = try test.either()
      if test.at < words.count { throw Failure(message: "\(words[test.at]): unknown operand") }
      return .done(holds ? 0 : 1)
    } catch {
      call.sink.complain("sh: \(error.message)")
      return .done(2)
    }
  }

  private init(words: [String], call: Applet.Call) {
    self.words = words
    self.call = call
  }

  private mutating func either() throws(Failure) -> Bool {
    var holds = try both()
    while at < words.count, words[at] == "-o" {
      at += 1
      let other = try both()
      holds = holds || other
    }
    return holds
  }

  private mutating func both() throws(Failure) -> Bool {
    var holds = try not()
    while at < words.count, words[at] == "-a" {
      at += 1
      let other = try not()
      holds = holds && other
    }
    return holds
  }

  private mutating func not() throws(Failure) -> Bool {
    // A lone `!`, or one before an operator, is a text.
    if at + 1 < words.count, words[at] == "!",
      !(at + 2 < words.count && isBinary(words[at + 1]) && at + 3 == words.count)
    {
      at += 1
      return try !not()
    }
    return try primary()
  }

  private mutating func primary() throws(Failure) -> Bool {
    guard at < words.count else { throw Failure(message: "argument expected") }
    if at + 2 < words.count, isBinary(words[at + 1]) {
      defer { at += 3 }
      return try compare(words[at], words[at + 1], words[at + 2])
    }
    if words[at] == "(", at + 1 < words.count {
      at += 1
      let holds = try either()
      guard at < words.count, words[at] == ")" else { throw Failure(message: "closing paren expected") }
      at += 1
      return holds
    }
    if words[at].count == 2, words[at].hasPrefix("-"), let letter = words[at].last, at + 1 < words.count {
      if let holds = unary(letter, words[at + 1]) {
        at += 2
        return holds
      }
      throw Failure(message: "\(words[at]): unknown operand")
    }
    defer { at += 1 }
    return !words[at].isEmpty
  }

  private func unary(_ letter: Character, _ word: String) -> Bool? {
    let entry = call.files.entry(call.absolute(word))
    switch letter {
    case "n": return !word.isEmpty
    case "z": return word.isEmpty
    case "e": return entry != nil || isDevice(word)
    case "f": return entry.map { !$0.isDirectory } ?? false
    case "d": return entry?.isDirectory ?? false
    case "s": return entry.map { $0.size > 0 } ?? false
    case "r", "w": return entry != nil || isDevice(word)
    case "x": return entry.map { $0.isDirectory || $0.mode & 0o111 != 0 } ?? false
    case "h", "L": return call.files.linkEntry(call.absolute(word))?.isLink ?? false
    case "c": return isDevice(word)
    case "t": return Int(word).map(call.terminals.contains) ?? false
    case "b", "p", "S", "g", "u", "k": return false
    default: return nil
    }
  }

  private func isDevice(_ path: String) -> Bool {
    ["/dev/null", "/dev/zero", "/dev/random", "/dev/urandom", "/dev/tty"].contains(path)
  }

  private func isBinary(_ word: String) -> Bool {
    ["=", "==", "!=", "<", ">", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef"].contains(word)
  }

  private func compare(_ a: String, _ sign: String, _ b: String) throws(Failure) -> Bool {
    switch sign {
    case "=", "==": return a == b
    case "!=": return a != b
    case "<": return a.utf8.lexicographicallyPrecedes(b.utf8)
    case ">": return b.utf8.lexicographicallyPrecedes(a.utf8)
    case "-nt", "-ot", "-ef":
      let one = call.files.entry(call.absolute(a))?.modified
      let other = call.files.entry(call.absolute(b))?.modified
      if sign == "-ef" { return call.files.realPath(call.absolute(a)) == call.files.realPath(call.absolute(b)) }
      guard let one else { return sign == "-ot" && other != nil }
      guard let other else { return sign == "-nt" }
      return sign == "-nt" ? one > other : one < other
    default:
      let left = try number(a)
      let right = try number(b)
      switch sign {
      case "-eq": return left == right
      case "-ne": return left != right
      case "-lt": return left < right
      case "-le": return left <= right
      case "-gt": return left > right
      default: return left >= right
      }
    }
  }

  private func number(_ text: String) throws(Failure) -> Int64 {
    guard let value = Int64(text.trimmed()) else { throw Failure(message: "\(text): bad number") }
    return value
  }
}
