import SimBase

/// Why a text is not JSON, in the words of Go's decoder.
public enum JSONError: Error, Sendable, Equatable {
  /// The text ends inside a value.
  case unexpectedEnd
  /// A character that cannot stand where it does, and where the parser looked.
  case invalidCharacter(String, context: String)
  /// Something follows the first value.
  case trailing

  /// Go's words.
  public var message: String {
    switch self {
    case .unexpectedEnd: "unexpected EOF"
    case .invalidCharacter("'", let context): "invalid character '\\'' \(context)"
    case .invalidCharacter("\\\"", let context): "invalid character '\"' \(context)"
    case .invalidCharacter(let character, let context): "invalid character '\(character)' \(context)"
    case .trailing: "unexpected content after JSON"
    }
  }
}

extension JSON {
  /// Reads one document; white space around it is allowed, anything else after it is not.
  public static func parse(_ bytes: [UInt8]) throws(JSONError) -> JSON {
    var parser = JSONParser(bytes: bytes)
    let value = try parser.value()
    parser.skipBlanks()
    if !parser.isAtEnd { throw .trailing }
    return value
  }

  /// Reads one document from text.
  public static func parse(_ text: String) throws(JSONError) -> JSON { try parse(Array(text.utf8)) }

  /// Reads the documents of a stream, one after the other; stops at the first that is not whole.
  public static func parseStream(_ bytes: [UInt8]) -> [JSON] {
    var parser = JSONParser(bytes: bytes)
    var values: [JSON] = []
    while true {
      parser.skipBlanks()
      guard !parser.isAtEnd, let value = try? parser.value() else { return values }
      values.append(value)
    }
  }
}

/// A recursive-descent parser over bytes; at most 512 levels deep, so that a hostile body cannot end the process.
private struct JSONParser {
  let bytes: [UInt8]
  var offset = 0
  var depth = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { offset >= bytes.count }

  mutating func skipBlanks() {
    while offset < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[offset]) { offset += 1 }
  }

  mutating func value() throws(JSONError) -> JSON {
    skipBlanks()
    guard offset < bytes.count else { throw .unexpectedEnd }
    depth += 1
    defer { depth -= 1 }
    if depth > 512 { throw .invalidCharacter(character, context: "exceeded max depth") }
    switch bytes[offset] {
    case UInt8(ascii: "{"): return try object()
    case UInt8(ascii: "["): return try list()
    case UInt8(ascii: "\""): return .string(try text())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    default: throw .invalidCharacter(character, context: "looking for beginning of value")
    }
  }

  /// The character at hand, as Go writes it between single quotes.
  private var character: String {
    let rest = String(decoding: bytes[offset...].prefix(4), as: UTF8.self)
    return String(rest.unicodeScalars.first.map { String($0) }?.goQuoted.dropFirst().dropLast() ?? "")
  }

  private mutating func word(_ word: String, _ value: JSON) throws(JSONError) -> JSON {
    for byte in word.utf8 {
      guard offset < bytes.count else { throw .unexpectedEnd }
      if bytes[offset] != byte {
        let wanted = String(decoding: [byte], as: UTF8.self)
        throw .invalidCharacter(character, context: "in literal \(word) (expecting '\(wanted)')")
      }
      offset += 1
    }
    return value
  }

  private mutating func object() throws(JSONError) -> JSON {
    offset += 1
    var fields: [JSON.Field] = []
    skipBlanks()
    if offset < bytes.count, bytes[offset] == UInt8(ascii: "}") {
      offset += 1
      return .object([])
    }
    while true {
      skipBlanks()
      guard offset < bytes.count else { throw .unexpectedEnd }
      guard bytes[offset] == UInt8(ascii: "\"") else {
        throw .invalidCharacter(character, context: "looking for beginning of object key string")
      }
      let key = try text()
      skipBlanks()
      guard offset < bytes.count else { throw .unexpectedEnd }
      guard bytes[offset] == UInt8(ascii: ":") else {
        throw .invalidCharacter(character, context: "after object key")
      }
      offset += 1
      fields.append(JSON.Field(key, try value()))
      if try !more(closing: UInt8(ascii: "}"), context: "after object key:value pair") { return .object(fields) }
    }
  }

  private mutating func list() throws(JSONError) -> JSON {
    offset += 1
    var elements: [JSON] = []
    skipBlanks()
    if offset < bytes.count, bytes[offset] == UInt8(ascii: "]") {
      offset += 1
      return .array([])
    }
    while true {
      elements.append(try value())
      if try !more(closing: UInt8(ascii: "]"), context: "after array element") { return .array(elements) }
    }
  }

  /// Steps over a comma (true) or the closing bracket (false).
  private mutating func more(closing: UInt8, context: String) throws(JSONError) -> Bool {
    skipBlanks()
    guard offset < bytes.count else { throw .unexpectedEnd }
    defer { offset += 1 }
    if bytes[offset] == UInt8(ascii: ",") { return true }
    if bytes[offset] == closing { return false }
    throw .invalidCharacter(character, context: context)
  }

  private mutating func number() throws(JSONError) -> JSON {
    let start = offset
    while offset < bytes.count, "+-.eE0123456789".utf8.contains(bytes[offset]) { offset += 1 }
    let digits = String(decoding: bytes[start..<offset], as: UTF8.self)
    if let whole = Int64(digits) { return .int(whole) }
    if let fraction = Double(digits) { return .double(fraction) }
    if offset == bytes.count { throw .unexpectedEnd }
    throw .invalidCharacter(character, context: "in numeric literal")
  }

  private mutating func text() throws(JSONError) -> String {
    offset += 1
    var raw: [UInt8] = []
    // Most texts have no escape: they are read where they stand.
    var plain = offset
    while offset < bytes.count {
      let byte = bytes[offset]
      switch byte {
      case UInt8(ascii: "\""):
        let rest = bytes[plain..<offset]
        offset += 1
        return String(decoding: raw.isEmpty ? rest : raw + rest, as: UTF8.self)
      case UInt8(ascii: "\\"):
        raw += bytes[plain..<offset]
        offset += 1
        try escape(into: &raw)
        plain = offset
      case 0..<0x20: throw .invalidCharacter("\\x\(hexText([byte]))", context: "in string literal")
      default: offset += 1
      }
    }
    throw .unexpectedEnd
  }

  private mutating func escape(into raw: inout [UInt8]) throws(JSONError) {
    guard offset < bytes.count else { throw .unexpectedEnd }
    let byte = bytes[offset]
    offset += 1
    switch byte {
    case UInt8(ascii: "n"): raw.append(0x0A)
    case UInt8(ascii: "t"): raw.append(0x09)
    case UInt8(ascii: "r"): raw.append(0x0D)
    case UInt8(ascii: "b"): raw.append(0x08)
    case UInt8(ascii: "f"): raw.append(0x0C)
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): raw.append(byte)
    case UInt8(ascii: "u"):
      var code = try hexadecimal()
      if (0xD800..<0xDC00).contains(code), offset + 1 < bytes.count, bytes[offset] == UInt8(ascii: "\\"),
        bytes[offset + 1] == UInt8(ascii: "u")
      {
        offset += 2
        let low = try hexadecimal()
        code = 0x10000 + (code - 0xD800) << 10 + (low &- 0xDC00) & 0x3FF
      }
      raw.append(contentsOf: String(Unicode.Scalar(code) ?? "\u{FFFD}").utf8)
    default:
      offset -= 1
      throw .invalidCharacter(character, context: "in string escape code")
    }
  }

  private mutating func hexadecimal() throws(JSONError) -> UInt32 {
    guard offset + 4 <= bytes.count else { throw .unexpectedEnd }
    let digits = String(decoding: bytes[offset..<offset + 4], as: UTF8.self)
    guard let code = UInt32(digits, radix: 16) else {
      throw .invalidCharacter(character, context: "in \\u hexadecimal character escape")
    }
    offset += 4
    return code
  }
}
