import SimBase

/// A shell pattern: `*`, `?`, `[…]`, where quoted characters stand for themselves.
///
/// Source: POSIX.1-2017, Shell & Utilities, §2.13.
struct GlobPattern: Sendable {
  private enum Piece: Sendable {
    case exactly(UInt8)
    case any
    case many
    case oneOf(ranges: [ClosedRange<UInt8>], isNegated: Bool)
  }

  private var pieces: [Piece] = []

  /// A pattern of texts, some of them quoted.
  init(_ texts: [(text: String, isQuoted: Bool)]) {
    for (text, isQuoted) in texts {
      let bytes = Array(text.utf8)
      if isQuoted { pieces += bytes.map(Piece.exactly) } else { read(bytes) }
    }
  }

  /// A pattern that nothing in is quoted.
  init(_ text: String) { self.init([(text, false)]) }

  /// Whether an unquoted text could be a pattern at all.
  static func isPattern(_ text: String) -> Bool { text.utf8.contains { $0 == 42 || $0 == 63 || $0 == 91 } }

  /// Whether the whole text fits.
  func matches(_ text: String) -> Bool { matches(Array(text.utf8)[...]) }

  /// Whether all of these bytes fit.
  func matches(_ bytes: ArraySlice<UInt8>) -> Bool {
    // The classic walk: only the last star may need another try.
    var piece = 0
    var at = bytes.startIndex
    var star: (piece: Int, at: Int)?
    while at < bytes.endIndex || piece < pieces.count {
      if piece < pieces.count {
        if case .many = pieces[piece] {
          star = (piece, at)
          piece += 1
          continue
        }
        if at < bytes.endIndex, let width = width(of: pieces[piece], bytes, at) {
          at += width
          piece += 1
          continue
        }
      }
      guard let last = star, last.at < bytes.endIndex else { return false }
      star = (last.piece, last.at + 1)
      piece = last.piece + 1
      at = last.at + 1
    }
    return true
  }

  /// How many bytes the piece takes at this place; nil if it does not fit.
  private func width(of piece: Piece, _ bytes: ArraySlice<UInt8>, _ at: Int) -> Int? {
    switch piece {
    case .exactly(let byte): return bytes[at] == byte ? 1 : nil
    case .any: return characterWidth(bytes, at)
    case .oneOf(let ranges, let isNegated):
      let isIn = ranges.contains { $0.contains(bytes[at]) }
      return isIn != isNegated ? (isNegated ? characterWidth(bytes, at) : 1) : nil
    case .many: return nil
    }
  }

  private mutating func read(_ bytes: [UInt8]) {
    var at = 0
    while at < bytes.count {
      let byte = bytes[at]
      at += 1
      switch byte {
      case UInt8(ascii: "*"): pieces.append(.many)
      case UInt8(ascii: "?"): pieces.append(.any)
      case UInt8(ascii: "["):
        if let bracket = ByteClass.bracket(bytes, &at, negation: [UInt8(ascii: "!"), UInt8(ascii: "^")]) {
          pieces.append(.oneOf(ranges: bracket.ranges, isNegated: bracket.isNegated))
        } else {
          pieces.append(.exactly(byte))
        }
      default: pieces.append(.exactly(byte))
      }
    }
  }
}

/// How many bytes the UTF-8 character at this place has.
func characterWidth(_ bytes: ArraySlice<UInt8>, _ at: Int) -> Int {
  var end = at + 1
  if bytes[at] >= 0xC0 { while end < bytes.endIndex, bytes[end] & 0xC0 == 0x80 { end += 1 } }
  return end - at
}

/// Bracket expressions, as patterns and regular expressions share them.
enum ByteClass {
  /// Reads `…]` after its `[`; nil, and nothing taken, where no `]` follows.
  static func bracket(
    _ bytes: [UInt8], _ at: inout Int, negation: [UInt8]
  ) -> (ranges: [ClosedRange<UInt8>], isNegated: Bool)? {
    var place = at
    var ranges: [ClosedRange<UInt8>] = []
    let isNegated = place < bytes.count && negation.contains(bytes[place])
    if isNegated { place += 1 }
    let start = place
    while place < bytes.count, bytes[place] != UInt8(ascii: "]") || place == start {
      if bytes[place] == UInt8(ascii: "["), place + 1 < bytes.count, bytes[place + 1] == UInt8(ascii: ":"),
        let end = bytes[place...].firstRange(of: Array(":]".utf8))
      {
        ranges += named(String(decoding: bytes[place + 2..<end.lowerBound], as: UTF8.self))
        place = end.upperBound
      } else if place + 2 < bytes.count, bytes[place + 1] == UInt8(ascii: "-"),
        bytes[place + 2] != UInt8(ascii: "]")
      {
        if bytes[place] <= bytes[place + 2] { ranges.append(bytes[place]...bytes[place + 2]) }
        place += 3
      } else {
        ranges.append(bytes[place]...bytes[place])
        place += 1
      }
    }
    if place >= bytes.count { return nil }
    at = place + 1
    return (ranges, isNegated)
  }

  /// The bytes of a named class, `alpha` and its like.
  static func named(_ name: String) -> [ClosedRange<UInt8>] {
    switch name {
    case "alpha": [65...90, 97...122]
    case "digit": [48...57]
    case "alnum": [48...57, 65...90, 97...122]
    case "upper": [65...90]
    case "lower": [97...122]
    case "space": [9...13, 32...32]
    case "blank": [9...9, 32...32]
    case "punct": [33...47, 58...64, 91...96, 123...126]
    case "xdigit": [48...57, 65...70, 97...102]
    case "cntrl": [0...31, 127...127]
    case "print": [32...126]
    case "graph": [33...126]
    default: []
    }
  }
}

extension ArraySlice<UInt8> {
  func firstRange(of needle: [UInt8]) -> Range<Int>? {
    guard let first = needle.first, count >= needle.count else { return nil }
    for start in startIndex...(endIndex - needle.count)
    where self[start] == first && self[start..<start + needle.count].elementsEqual(needle) {
      return start..<start + needle.count
    }
    return nil
  }
}
