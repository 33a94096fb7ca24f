/// Unpacks what `gzip` has packed: layers, contexts and archives often come so.
///
/// Source: RFC 1951 (deflate), RFC 1952 (gzip).
public enum Gzip {
  /// Whether bytes begin as a gzip file does.
  public static func isPacked(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0x1F, 0x8B, 8]) }

  /// The unpacked bytes; nil if they are broken.
  public static func unpacked(_ bytes: [UInt8]) -> [UInt8]? {
    guard isPacked(bytes), bytes.count > 18, let start = end(ofHeader: bytes) else { return nil }
    var reader = Inflater(bytes, from: start)
    return reader.inflate()
  }

  /// Where the packed bytes begin, after what the header says of the file.
  private static func end(ofHeader bytes: [UInt8]) -> Int? {
    let flags = bytes[3]
    var place = 10
    if flags & 4 != 0 {
      if place + 2 > bytes.count { return nil }
      place += 2 + Int(bytes[place]) + Int(bytes[place + 1]) << 8
    }
    // A name and a comment end with a zero each.
    for flag in [8, 16] as [UInt8] where flags & flag != 0 {
      while place < bytes.count, bytes[place] != 0 { place += 1 }
      place += 1
    }
    if flags & 2 != 0 { place += 2 }
    return place < bytes.count ? place : nil
  }
}

/// Reads a deflate stream.
private struct Inflater {
  private let bytes: [UInt8]
  private var place: Int
  private var held: UInt32 = 0
  private var heldCount = 0
  private var out: [UInt8] = []

  init(_ bytes: [UInt8], from place: Int) {
    self.bytes = bytes
    self.place = place
  }

  mutating func inflate() -> [UInt8]? {
    while true {
      guard let isLast = bits(1), let kind = bits(2) else { return nil }
      let isWhole: Bool
      switch kind {
      case 0: isWhole = stored()
      case 1: isWhole = block(Inflater.fixedLiterals, Inflater.fixedDistances)
      case 2: isWhole = dynamic()
      default: return nil
      }
      if !isWhole { return nil }
      if isLast == 1 { return out }
    }
  }

  /// The next bits, the lowest first; nil at the end.
  private mutating func bits(_ count: Int) -> Int? {
    while heldCount < count {
      if place >= bytes.count { return nil }
      held |= UInt32(bytes[place]) << UInt32(heldCount)
      place += 1
      heldCount += 8
    }
    let value = held & ((1 << UInt32(count)) - 1)
    held >>= UInt32(count)
    heldCount -= count
    return Int(value)
  }

  private mutating func stored() -> Bool {
    (held, heldCount) = (0, 0)
    if place + 4 > bytes.count { return false }
    let count = Int(bytes[place]) | Int(bytes[place + 1]) << 8
    place += 4
    if place + count > bytes.count { return false }
    out += bytes[place..<place + count]
    place += count
    return true
  }

  private mutating func dynamic() -> Bool {
    guard let literals = bits(5), let distances = bits(5), let lengths = bits(4) else { return false }
    var widths = [Int](repeating: 0, count: 19)
    for index in 0..<(lengths + 4) {
      guard let width = bits(3) else { return false }
      widths[Inflater.widthOrder[index]] = width
    }
    let code = Code(widths)
    var all: [Int] = []
    let count = literals + 257 + distances + 1
    while all.count < count {
      guard let symbol = symbol(code) else { return false }
      switch symbol {
      case 0...15: all.append(symbol)
      case 16:
        guard let last = all.last, let more = bits(2) else { return false }
        all += [Int](repeating: last, count: more + 3)
      case 17:
        guard let more = bits(3) else { return false }
        all += [Int](repeating: 0, count: more + 3)
      default:
        guard let more = bits(7) else { return false }
        all += [Int](repeating: 0, count: more + 11)
      }
    }
    if all.count != count { return false }
    return block(Code(Array(all[..<(literals + 257)])), Code(Array(all[(literals + 257)...])))
  }

  private mutating func block(_ literals: Code, _ distances: Code) -> Bool {
    while let symbol = symbol(literals) {
      if symbol < 256 {
        out.append(UInt8(symbol))
        continue
      }
      if symbol == 256 { return true }
      guard symbol < 286, let extra = bits(Inflater.lengthBits[symbol - 257]), let far = self.symbol(distances),
        far < 30, let more = bits(far < 4 ? 0 : far / 2 - 1)
      else { return false }
      let length = Inflater.lengths[symbol - 257] + extra
      let distance = (far < 4 ? far + 1 : (2 + far % 2) << (far / 2 - 1) + 1) + more
      if distance > out.count { return false }
      for _ in 0..<length { out.append(out[out.count - distance]) }
    }
    return false
  }

  private mutating func symbol(_ code: Code) -> Int? {
    var value = 0
    var first = 0
    var index = 0
    for width in 1...15 {
      guard let bit = bits(1) else { return nil }
      value |= bit
      let count = code.counts[width]
      if value - count < first { return code.symbols[index + value - first] }
      index += count
      first = (first + count) << 1
      value <<= 1
    }
    return nil
  }

  /// A canonical Huffman code: how many symbols have each width, and the symbols in order.
  private struct Code {
    var counts = [Int](repeating: 0, count: 16)
    var symbols: [Int]

    init(_ widths: [Int]) {
      for width in widths { counts[width] += 1 }
      counts[0] = 0
      symbols = widths.indices.filter { widths[$0] > 0 }.sorted { (widths[$0], $0) < (widths[$1], $1) }
    }
  }

  private static let widthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
  private static let lengthBits = [
    0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
  ]
  private static let lengths = [
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
  ]
  private static let fixedLiterals = Code(
    [Int](repeating: 8, count: 144) + [Int](repeating: 9, count: 112) + [Int](repeating: 7, count: 24)
      + [Int](repeating: 8, count: 8))
  private static let fixedDistances = Code([Int](repeating: 5, count: 30))
}
