/// The name that an engine gives an object of its own: 64 hexadecimal digits, as a typed 256-bit value.
///
/// Containers, local networks, endpoints, execs and images have one. They order as their texts do. The tag only tells kinds
/// apart.
public struct HexID<Tag>: Hashable, Comparable, Sendable {
  private var a: UInt64
  private var b: UInt64
  private var c: UInt64
  private var d: UInt64

  private init(_ a: UInt64, _ b: UInt64, _ c: UInt64, _ d: UInt64) {
    self.a = a
    self.b = b
    self.c = c
    self.d = d
  }

  /// All zeros; for archives to fill.
  public init() { self.init(0, 0, 0, 0) }

  /// A fresh ID.
  public init(drawnFrom dice: inout Dice) { self.init(dice.next(), dice.next(), dice.next(), dice.next()) }

  /// The ID whose 32 bytes these are. Precondition: there are 32.
  public init(bytes: [UInt8]) {
    precondition(bytes.count == 32, "an ID has 32 bytes, not \(bytes.count)")
    func word(_ start: Int) -> UInt64 { bytes[start..<start + 8].reduce(0) { $0 << 8 | UInt64($1) } }
    self.init(word(0), word(8), word(16), word(24))
  }

  /// The SHA-256 of a text: an ID that is the same wherever the text is.
  public init(hashOf text: String) { self.init(bytes: SHA256.digest(text.utf8)) }

  /// The ID with this text; nil unless it is 64 lower-case hexadecimal digits.
  public init?(_ text: String) {
    guard text.utf8.count == 64 else { return nil }
    var words: [UInt64] = []
    for start in [0, 16, 32, 48] {
      let part = text.utf8.dropFirst(start).prefix(16)
      if part.contains(where: { !(48...57 ~= $0 || 97...102 ~= $0) }) { return nil }
      guard let word = UInt64(String(decoding: part, as: UTF8.self), radix: 16) else { return nil }
      words.append(word)
    }
    self.init(words[0], words[1], words[2], words[3])
  }

  /// The least ID whose text begins with these digits, for prefix scans; nil if they are no such digits.
  public init?(lowestWithPrefix digits: String) {
    let count = digits.utf8.count
    if count > 64 { return nil }
    self.init(digits + String(repeating: "0", count: 64 - count))
  }

  /// By number, which is the order of the texts.
  public static func < (x: HexID, y: HexID) -> Bool {
    if x.a != y.a { return x.a < y.a }
    if x.b != y.b { return x.b < y.b }
    return x.c != y.c ? x.c < y.c : x.d < y.d
  }

  /// An ID that follows from this one, a number and nothing else: for what need not be kept.
  public func derived<Other>(_ number: UInt64) -> HexID<Other> {
    var dice = Dice(seed: a ^ d ^ number, label: "derived")
    return HexID<Other>(drawnFrom: &dice)
  }

  /// The first twelve digits, as lists show them.
  public var short: String { String(description.prefix(12)) }
}

extension HexID: CustomStringConvertible {
  /// The 64 digits.
  public var description: String {
    String(unsafeUninitializedCapacity: 64) { text in
      for (place, word) in [a, b, c, d].enumerated() {
        for digit in 0..<16 { text[16 * place + digit] = hexDigits[Int(word >> UInt64(60 - 4 * digit) & 15)] }
      }
      return 64
    }
  }
}

extension HexID: Archivable {
  /// The four words.
  public mutating func archive(_ archive: inout Archive) {
    archive.field(&a)
    archive.field(&b)
    archive.field(&c)
    archive.field(&d)
  }
}
