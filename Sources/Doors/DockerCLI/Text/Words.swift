import EngineTypes
import SimBase

extension String {
  /// The parts between the occurrences of a separator, empty ones included.
  func pieces(separatedBy separator: String) -> [String] {
    var parts: [String] = []
    var rest = self[...]
    while let hit = rest.firstRange(of: separator) {
      parts.append(String(rest[..<hit.lowerBound]))
      rest = rest[hit.upperBound...]
    }
    return parts + [String(rest)]
  }

  /// What stands before and after the first separator; nil where there is none.
  func cut(_ separator: Character) -> (before: String, after: String)? {
    guard let index = firstIndex(of: separator) else { return nil }
    return (String(self[..<index]), String(self[self.index(after: index)...]))
  }
}

/// An ID as lists show it: without its algorithm, twelve characters.
func truncatedID(_ id: String) -> String {
  let bare = id.cut(":")?.after ?? id
  return String(bare.prefix(12))
}

/// A value as `inspect --pretty` words it: first letter upper, the rest lower.
func prettyWord(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst().lowercased() }

/// A date as `inspect --pretty` words it: `2026-11-21 03:05:54.384870186 +0000 utc`.
func prettyDate(_ date: Timestamp?) -> String { goTime(date).lowercased() }

/// `a=b` pairs as a map; a word without `=` has an empty value.
func keyValues(_ words: [String]) -> Table<String, String> {
  Table(words.map { word in word.cut("=").map { ($0.before, $0.after) } ?? (word, "") })
}

/// A text for a URL's path: what a path may hold stays, the rest is `%XX`.
func pathEscaped(_ text: String) -> String {
  var result = ""
  for byte in text.utf8 {
    switch byte {
    case 65...90, 97...122, 48...57: result.unicodeScalars.append(Unicode.Scalar(byte))
    default:
      if "-_.~$&+,/:;=@".utf8.contains(byte) {
        result.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        result += "%" + hexText([byte]).uppercased()
      }
    }
  }
  return result
}

private let base64Digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

/// Bytes in base 64 with padding.
func base64Text(_ bytes: [UInt8], urlSafe: Bool = false) -> String {
  var result: [UInt8] = []
  for start in stride(from: 0, to: bytes.count, by: 3) {
    let group = bytes[start..<min(start + 3, bytes.count)]
    var bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
    bits &= 0xFF_FFFF
    for place in 0..<4 {
      result.append(place <= group.count ? base64Digits[bits >> (18 - 6 * place) & 63] : UInt8(ascii: "="))
    }
  }
  let text = String(decoding: result, as: UTF8.self)
  return urlSafe ? text.replacing("+", with: "-").replacing("/", with: "_") : text
}

/// The bytes of a base 64 text; what is no digit is skipped.
func decodedBase64(_ text: String) -> [UInt8] {
  var result: [UInt8] = []
  var bits = 0
  var count = 0
  for byte in text.utf8 {
    guard let digit = base64Digits.firstIndex(of: byte) else { continue }
    bits = bits << 6 | digit
    count += 6
    if count >= 8 {
      count -= 8
      result.append(UInt8(bits >> count & 0xFF))
    }
  }
  return result
}

/// Words split as a shell would: blanks separate, quotes and backslashes protect. Throws the splitter's complaint.
///
/// Source: google/shlex as docker/cli uses it (`--entrypoint`, `--args`).
func shellWords(_ text: String) throws(FlagTrouble) -> [String] {
  var words: [String] = []
  var word = ""
  var isInWord = false
  var quote: Character?
  var rest = text[...]
  while let character = rest.popFirst() {
    switch (character, quote) {
    case ("\\", "'"): word.append(character)
    case ("\\", _):
      guard let next = rest.popFirst() else { throw FlagTrouble("EOF found after escape character") }
      word.append(next)
      isInWord = true
    case (let character, let open?) where character == open: quote = nil
    case ("'", nil), ("\"", nil):
      quote = character
      isInWord = true
    case (" ", nil), ("\t", nil), ("\n", nil):
      if isInWord { words.append(word) }
      word = ""
      isInWord = false
    default:
      word.append(character)
      isInWord = true
    }
  }
  if quote != nil { throw FlagTrouble("EOF found when expecting closing quote") }
  if isInWord { words.append(word) }
  return words
}

/// The fields of one line of comma-separated values; quotes protect commas and a doubled quote is one.
///
/// Source: Go `encoding/csv`.
func csvFields(_ text: String) throws(FlagTrouble) -> [String] {
  if text.isEmpty { throw FlagTrouble("EOF") }
  var fields: [String] = []
  var field = ""
  var isQuoted = false
  var rest = text[...]
  var isAtStart = true
  var column = 0
  while let character = rest.popFirst() {
    column += 1
    if isQuoted {
      if character == "\"", rest.first == "\"" {
        field.append(character)
        rest.removeFirst()
      } else if character == "\"" {
        isQuoted = false
      } else {
        field.append(character)
      }
    } else if character == "\"", isAtStart {
      isQuoted = true
    } else if character == "\"" {
      throw FlagTrouble("parse error on line 1, column \(column): bare \" in non-quoted-field")
    } else if character == "," {
      fields.append(field)
      field = ""
      isAtStart = true
      continue
    } else {
      field.append(character)
    }
    isAtStart = false
  }
  if isQuoted {
    throw FlagTrouble("parse error on line 1, column \(column + 1): extraneous or missing \" in quoted-field")
  }
  return fields + [field]
}
