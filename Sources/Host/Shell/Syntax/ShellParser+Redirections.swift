import SimBase

/// Redirections, here-documents among them.
///
/// Source: POSIX.1-2017, Shell & Utilities, §2.7.
extension ShellParser {
  mutating func redirection() throws(SyntaxError) -> Redirection? {
    skipBlanks()
    let start = at
    var number: Int?
    while let digit = peek, isDigit(digit), at - start < 3 {
      number = (number ?? 0) * 10 + Int(digit - UInt8(ascii: "0"))
      at += 1
    }
    let next = peek(1)
    switch (peek, next) {
    case (UInt8(ascii: "&"), UInt8(ascii: ">")) where number == nil:
      at += 2
      let append = peek == UInt8(ascii: ">")
      if append { at += 1 }
      return Redirection(descriptor: 1, kind: .both(append: append), target: try target())
    case (UInt8(ascii: "<"), UInt8(ascii: "<")) where peek(2) == UInt8(ascii: "<"):
      at += 3
      return Redirection(descriptor: number ?? 0, kind: .hereString, target: try target())
    case (UInt8(ascii: "<"), UInt8(ascii: "<")):
      at += 2
      return Redirection(descriptor: number ?? 0, kind: .here, target: try hereDocument())
    case (UInt8(ascii: "<"), UInt8(ascii: ">")):
      at += 2
      return Redirection(descriptor: number ?? 0, kind: .readWrite, target: try target())
    case (UInt8(ascii: "<"), UInt8(ascii: "&")), (UInt8(ascii: ">"), UInt8(ascii: "&")):
      let isInput = peek == UInt8(ascii: "<")
      at += 2
      return Redirection(descriptor: number ?? (isInput ? 0 : 1), kind: .duplicate, target: try target())
    case (UInt8(ascii: "<"), _):
      at += 1
      return Redirection(descriptor: number ?? 0, kind: .read, target: try target())
    case (UInt8(ascii: ">"), UInt8(ascii: ">")):
      at += 2
      return Redirection(descriptor: number ?? 1, kind: .append, target: try target())
    case (UInt8(ascii: ">"), _):
      at += next == UInt8(ascii: "|") ? 2 : 1
      return Redirection(descriptor: number ?? 1, kind: .write, target: try target())
    default:
      at = start
      return nil
    }
  }

  private mutating func target() throws(SyntaxError) -> Word {
    guard let word = try word() else { throw unexpected() }
    return word
  }

  private mutating func hereDocument() throws(SyntaxError) -> Word {
    var stripsTabs = false
    if peek == UInt8(ascii: "-") {
      stripsTabs = true
      at += 1
    }
    let delimiter = try target()
    let isLiteral = delimiter.bareText == nil
    let end = delimiter.parts.map { if case .text(let text, _) = $0 { text } else { "" } }.joined()
    var line = resumeAfterLine ?? (bytes[at...].firstIndex(of: newlineByte).map { $0 + 1 } ?? bytes.count)
    var body: [UInt8] = []
    while true {
      if line >= bytes.count {
        // A document that the end of the text cuts off is accepted, as by ash, except where more lines may come.
        resumeAfterLine = bytes.count
        return try hereBody(body, isLiteral: isLiteral, isCutOff: true)
      }
      let next = bytes[line...].firstIndex(of: newlineByte) ?? bytes.count
      var text = bytes[line..<next]
      if stripsTabs { text = text.drop { $0 == UInt8(ascii: "\t") } }
      line = min(next + 1, bytes.count)
      if text.elementsEqual(end.utf8) { break }
      body.append(contentsOf: text)
      body.append(newlineByte)
    }
    resumeAfterLine = line
    return try hereBody(body, isLiteral: isLiteral, isCutOff: false)
  }

  private mutating func hereBody(
    _ body: [UInt8], isLiteral: Bool, isCutOff: Bool
  ) throws(SyntaxError) -> Word {
    if isCutOff { hasOpenHereDocument = true }
    if isLiteral { return Word(parts: [.text(String(decoding: body, as: UTF8.self), isQuoted: true)]) }
    var inner = ShellParser(body)
    return Word(parts: try inner.quotedParts(until: nil))
  }
}
