import SimBase

/// Reads a `sed` script.
struct SedReader {
  struct Failure: Error { var message: String }

  private let bytes: [UInt8]
  private var at = 0
  private let isExtended: Bool
  private let directory: String

  init(_ text: String, isExtended: Bool, directory: String) {
    bytes = Array(text.utf8)
    self.isExtended = isExtended
    self.directory = directory
  }

  mutating func commands() throws(Failure) -> [Sed.Command] {
    var commands: [Sed.Command] = []
    var depth = 0
    while true {
      skip { $0 == 32 || (9...13).contains($0) || $0 == UInt8(ascii: ";") }
      guard at < bytes.count else { break }
      if bytes[at] == UInt8(ascii: "#") {
        skip { $0 != newlineByte }
        continue
      }
      let command = try command()
      if case .open = command.action { depth += 1 }
      if case .close = command.action { depth -= 1 }
      if depth < 0 { throw Failure(message: "unexpected '}'") }
      commands.append(command)
    }
    if depth > 0 { throw Failure(message: "unmatched '{'") }
    return commands
  }

  private mutating func command() throws(Failure) -> Sed.Command {
    var first = try address()
    var second: Sed.Address?
    // `0,/re/` is the range that may end on the first line; starting at line 1 differs only if that line matches.
    if case .line(0)? = first { first = .line(1) }
    if first != nil, peek == UInt8(ascii: ",") {
      at += 1
      skipBlanks()
      if peek == UInt8(ascii: "+") {
        at += 1
        second = .following(number() ?? 0)
      } else {
        second = try address()
        if second == nil { throw Failure(message: "unexpected ','") }
      }
    }
    skipBlanks()
    var isNegated = false
    while peek == UInt8(ascii: "!") {
      isNegated = true
      at += 1
      skipBlanks()
    }
    guard let letter = peek else { throw Failure(message: "missing command") }
    at += 1
    return Sed.Command(first: first, second: second, isNegated: isNegated, action: try action(letter))
  }

  private mutating func address() throws(Failure) -> Sed.Address? {
    skipBlanks()
    switch peek {
    case UInt8(ascii: "$"):
      at += 1
      return .last
    case UInt8(ascii: "/"), UInt8(ascii: "\\"):
      if peek == UInt8(ascii: "\\") { at += 1 }
      let delimiter = bytes[min(at, bytes.count - 1)]
      at += 1
      let text = try delimited(delimiter, isRegex: true)
      let ignoresCase = peek == UInt8(ascii: "I")
      if ignoresCase { at += 1 }
      return .regex(text.isEmpty ? nil : try regex(text, ignoresCase: ignoresCase))
    default:
      guard let line = number() else { return nil }
      if peek == UInt8(ascii: "~") {
        at += 1
        return .step(first: line, by: number() ?? 0)
      }
      return .line(line)
    }
  }

  private mutating func action(_ letter: UInt8) throws(Failure) -> Sed.Action {
    switch Character(UnicodeScalar(letter)) {
    case "{": return .open
    case "}": return .close
    case "s": return .substitute(try substitution())
    case "y": return .translate(try translation())
    case "d": return .delete
    case "D": return .deleteFirst
    case "p": return .print
    case "P": return .printFirst
    case "=": return .printNumber
    case "q", "Q":
      skipBlanks()
      return .quit(number() ?? 0, prints: letter == UInt8(ascii: "q"))
    case "a": return .append(text())
    case "i": return .insert(text())
    case "c": return .change(text())
    case "n": return .next
    case "N": return .appendNext
    case "h": return .hold
    case "H": return .holdAppend
    case "g": return .get
    case "G": return .getAppend
    case "x": return .exchange
    case ":": return .label(label())
    case "b": return .branch(label())
    case "t": return .branchIfChanged(label())
    case "w": return .write(FileTree.absolute(label(), from: directory))
    default: throw Failure(message: "unsupported command \(Character(UnicodeScalar(letter)))")
    }
  }

  // MARK: Pieces

  private var peek: UInt8? { at < bytes.count ? bytes[at] : nil }

  private mutating func skip(_ takes: (UInt8) -> Bool) { while let byte = peek, takes(byte) { at += 1 } }
  private mutating func skipBlanks() { skip { $0 == 32 || $0 == 9 } }

  private mutating func number() -> Int? {
    let start = at
    skip(isDigit)
    return Int(String(decoding: bytes[start..<at], as: UTF8.self))
  }

  private mutating func label() -> String {
    skipBlanks()
    let start = at
    skip { $0 != newlineByte && $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: "}") }
    return String(decoding: bytes[start..<at], as: UTF8.self).trimmed()
  }

  /// The text of `a`, `i` and `c`: on the same line, or on the lines after a backslash.
  private mutating func text() -> String {
    skipBlanks()
    if peek == UInt8(ascii: "\\") {
      at += 1
      skipBlanks()
      if peek == newlineByte { at += 1 }
    }
    var text: [UInt8] = []
    while let byte = peek, byte != newlineByte {
      if byte == UInt8(ascii: "\\"), at + 1 < bytes.count { at += 1 }
      text.append(bytes[at])
      at += 1
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The bytes up to the delimiter, which is taken. A backslash before the delimiter is dropped.
  private mutating func delimited(_ delimiter: UInt8, isRegex: Bool) throws(Failure) -> [UInt8] {
    var text: [UInt8] = []
    var isInBracket = false
    while let byte = peek, byte != delimiter || isInBracket {
      at += 1
      if byte == UInt8(ascii: "\\"), let next = peek {
        at += 1
        if next == delimiter { text.append(next) } else { text += [byte, next] }
        continue
      }
      if isRegex && byte == UInt8(ascii: "[") && !isInBracket {
        isInBracket = true
        text.append(byte)
        // A bracket that opens the list, or follows its `^`, is a member.
        if peek == UInt8(ascii: "^") { _ = (text.append(bytes[at]), at += 1) }
        if peek == UInt8(ascii: "]") { _ = (text.append(bytes[at]), at += 1) }
        continue
      }
      if byte == UInt8(ascii: "]") { isInBracket = false }
      text.append(byte)
    }
    guard at < bytes.count else { throw Failure(message: "unmatched '\(Character(UnicodeScalar(delimiter)))'") }
    at += 1
    return text
  }

  private func regex(_ text: [UInt8], ignoresCase: Bool) throws(Failure) -> PosixRegex {
    do throws(PosixRegex.Failure) {
      return try PosixRegex(String(decoding: text, as: UTF8.self), isExtended: isExtended, ignoresCase: ignoresCase)
    } catch {
      throw Failure(message: "bad regex '\(String(decoding: text, as: UTF8.self))': \(error.message)")
    }
  }

  private mutating func substitution() throws(Failure) -> Sed.Substitution {
    guard let delimiter = peek else { throw Failure(message: "bad option in substitution expression") }
    at += 1
    let pattern = try delimited(delimiter, isRegex: true)
    let replacement = try delimited(delimiter, isRegex: false)
    var substitution = Sed.Substitution(regex: nil, replacement: SedReader.pieces(replacement))
    var ignoresCase = false
    flags: while let byte = peek {
      switch byte {
      case UInt8(ascii: "g"): substitution.isGlobal = true
      case UInt8(ascii: "p"): substitution.prints = true
      case UInt8(ascii: "i"), UInt8(ascii: "I"): ignoresCase = true
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        substitution.occurrence = max(1, number() ?? 1)
        continue flags
      case UInt8(ascii: "w"):
        at += 1
        substitution.file = FileTree.absolute(label(), from: directory)
        break flags
      case newlineByte, 32, 9, UInt8(ascii: ";"), UInt8(ascii: "}"), UInt8(ascii: "#"): break flags
      default: throw Failure(message: "bad option in substitution expression")
      }
      at += 1
    }
    if !pattern.isEmpty { substitution.regex = try regex(pattern, ignoresCase: ignoresCase) }
    return substitution
  }

  /// A replacement: `&`, `\1`, `\n` and the case changes of GNU.
  static func pieces(_ bytes: [UInt8]) -> [Sed.ReplacementPiece] {
    var pieces: [Sed.ReplacementPiece] = []
    var plain: [UInt8] = []
    func flush() {
      if !plain.isEmpty { pieces.append(.text(plain)) }
      plain = []
    }
    var at = 0
    while at < bytes.count {
      let byte = bytes[at]
      at += 1
      if byte == UInt8(ascii: "&") {
        flush()
        pieces.append(.group(0))
      } else if byte == UInt8(ascii: "\\"), at < bytes.count {
        let next = bytes[at]
        at += 1
        switch next {
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
          flush()
          pieces.append(.group(Int(next - 48)))
        case UInt8(ascii: "n"): plain.append(newlineByte)
        case UInt8(ascii: "t"): plain.append(9)
        case UInt8(ascii: "U"): _ = (flush(), pieces.append(.change(.upper)))
        case UInt8(ascii: "L"): _ = (flush(), pieces.append(.change(.lower)))
        case UInt8(ascii: "u"): _ = (flush(), pieces.append(.change(.upperNext)))
        case UInt8(ascii: "l"): _ = (flush(), pieces.append(.change(.lowerNext)))
        case UInt8(ascii: "E"): _ = (flush(), pieces.append(.change(.end)))
        default: plain.append(next)
        }
      } else {
        plain.append(byte)
      }
    }
    flush()
    return pieces
  }

  private mutating func translation() throws(Failure) -> [UInt8: [UInt8]] {
    guard let delimiter = peek else { throw Failure(message: "strings for y command are different lengths") }
    at += 1
    let from = Array(String(decoding: try delimited(delimiter, isRegex: false), as: UTF8.self).unicodeScalars)
    let to = Array(String(decoding: try delimited(delimiter, isRegex: false), as: UTF8.self).unicodeScalars)
    guard from.count == to.count, from.allSatisfy(\.isASCII) else {
      throw Failure(message: "strings for y command are different lengths")
    }
    var map: [UInt8: [UInt8]] = [:]
    for (one, other) in zip(from, to) where map[UInt8(one.value)] == nil {
      map[UInt8(one.value)] = Array(String(Character(other)).utf8)
    }
    return map
  }
}
