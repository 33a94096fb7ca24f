/// The tokens of an `awk` program, one ahead. A slash is a sign; who expects a value there asks for the regular expression.
///
/// A copy of it is a place to come back to.
///
/// Source: POSIX.1-2017, `awk`, lexical conventions.
struct AwkLexer {
  typealias Failure = AwkReader.Failure

  enum Token: Equatable {
    case number(Double)
    case text(String)
    case name(String)
    /// A name with `(` right behind it: a call.
    case callName(String)
    case sign(String)
    case newline
    case end
  }

  private let bytes: [UInt8]
  private var at = 0
  private(set) var token = Token.newline

  init(_ text: String) { bytes = Array(text.utf8) }

  /// Reads the next token.
  mutating func advance() throws(Failure) {
    while at < bytes.count {
      if bytes[at] == 32 || bytes[at] == 9 || bytes[at] == 13 {
        at += 1
      } else if bytes[at] == UInt8(ascii: "\\"), at + 1 < bytes.count, bytes[at + 1] == newlineByte {
        at += 2
      } else if bytes[at] == UInt8(ascii: "#") {
        while at < bytes.count, bytes[at] != newlineByte { at += 1 }
      } else {
        break
      }
    }
    guard at < bytes.count else {
      token = .end
      return
    }
    let byte = bytes[at]
    if byte == newlineByte {
      at += 1
      token = .newline
    } else if byte == UInt8(ascii: "\"") {
      token = .text(try string())
    } else if isDigit(byte) || (byte == UInt8(ascii: ".") && at + 1 < bytes.count && isDigit(bytes[at + 1])) {
      token = .number(number())
    } else if isNameStart(byte) {
      let start = at
      while at < bytes.count, isNameByte(bytes[at]) { at += 1 }
      let name = String(decoding: bytes[start..<at], as: UTF8.self)
      token = at < bytes.count && bytes[at] == UInt8(ascii: "(") ? .callName(name) : .name(name)
    } else {
      token = .sign(try sign())
    }
  }

  private mutating func sign() throws(Failure) -> String {
    let signs = [
      "&&", "||", "!~", "==", "<=", ">=", "!=", "++", "--", "+=", "-=", "*=", "/=", "%=", "^=", ">>", "{", "}", "(",
      ")",
      "[", "]", ";", ",", "+", "-", "*", "/", "%", "^", "!", ">", "<", "|", "?", ":", "~", "$", "=",
    ]
    for sign in signs where bytes[at...].starts(with: sign.utf8) {
      at += sign.utf8.count
      return sign
    }
    throw Failure(message: "Unexpected token")
  }

  private mutating func number() -> Double {
    let start = at
    while at < bytes.count, isDigit(bytes[at]) || bytes[at] == UInt8(ascii: ".") { at += 1 }
    if at < bytes.count, bytes[at] | 0x20 == UInt8(ascii: "e") {
      var end = at + 1
      if end < bytes.count, bytes[end] == UInt8(ascii: "-") || bytes[end] == UInt8(ascii: "+") { end += 1 }
      if end < bytes.count, isDigit(bytes[end]) {
        at = end
        while at < bytes.count, isDigit(bytes[at]) { at += 1 }
      }
    }
    return Double(String(decoding: bytes[start..<at], as: UTF8.self)) ?? 0
  }

  private mutating func string() throws(Failure) -> String {
    at += 1
    var text: [UInt8] = []
    while at < bytes.count, bytes[at] != UInt8(ascii: "\"") {
      if bytes[at] == UInt8(ascii: "\\"), at + 1 < bytes.count {
        if bytes[at + 1] == UInt8(ascii: "/") {
          text.append(UInt8(ascii: "/"))
        } else {
          text += [bytes[at], bytes[at + 1]]
        }
        at += 2
      } else {
        text.append(bytes[at])
        at += 1
      }
    }
    guard at < bytes.count else { throw Failure(message: "Unexpected end of string") }
    at += 1
    return String(decoding: Escapes.resolved(text).bytes, as: UTF8.self)
  }

  /// A regular expression, whose opening slash has been read as a sign.
  mutating func regex() throws(Failure) -> PosixRegex {
    if token == .sign("/=") { at -= 1 }
    var text: [UInt8] = []
    var isInBracket = false
    while at < bytes.count, bytes[at] != UInt8(ascii: "/") || isInBracket {
      if bytes[at] == UInt8(ascii: "\\"), at + 1 < bytes.count {
        if bytes[at + 1] != UInt8(ascii: "/") { text.append(bytes[at]) }
        at += 1
      } else if bytes[at] == UInt8(ascii: "[") {
        isInBracket = true
      } else if bytes[at] == UInt8(ascii: "]") {
        isInBracket = false
      }
      text.append(bytes[at])
      at += 1
    }
    guard at < bytes.count else { throw Failure(message: "Unexpected end of input in regex") }
    at += 1
    try advance()
    do throws(PosixRegex.Failure) {
      return try PosixRegex(String(decoding: text, as: UTF8.self), isExtended: true)
    } catch {
      throw Failure(message: "bad regex: \(error.message)")
    }
  }
}
