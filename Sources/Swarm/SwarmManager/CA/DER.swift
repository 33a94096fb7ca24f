import SimBase

/// The few forms of ASN.1's distinguished encoding that certificates and keys need. Source: ITU-T X.690; RFC 5280.
enum DER {
  static let commonName = oid(0x55, 4, 3)
  static let keyUsage = oid(0x55, 0x1D, 15)
  static let basicConstraints = oid(0x55, 0x1D, 19)
  static let subjectKeyIdentifier = oid(0x55, 0x1D, 14)
  static let ecPublicKey = oid(0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1)
  static let prime256v1 = oid(0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 1, 7)
  static let ecdsaWithSHA256 = oid(0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 2)

  static func oid(_ bytes: UInt8...) -> [UInt8] { [0x06, UInt8(bytes.count)] + bytes }
  static func sequence(_ parts: [UInt8]...) -> [UInt8] { tagged(0x30, parts.flatMap { $0 }) }
  static func set(_ parts: [UInt8]...) -> [UInt8] { tagged(0x31, parts.flatMap { $0 }) }
  static func printable(_ text: String) -> [UInt8] { tagged(0x13, Array(text.utf8)) }
  static func octets(_ bytes: [UInt8]) -> [UInt8] { tagged(0x04, bytes) }
  static let yes: [UInt8] = [0x01, 1, 0xFF]
  static func bitString(_ bytes: [UInt8], unusedBits: UInt8 = 0) -> [UInt8] { tagged(0x03, [unusedBits] + bytes) }

  /// A number that is not negative, from its big-endian bytes.
  static func integer(_ bytes: [UInt8]) -> [UInt8] {
    let digits = Array(bytes.drop { $0 == 0 })
    let needsSign = digits.first.map { $0 > 0x7F } ?? true
    return tagged(0x02, (needsSign ? [0] : []) + digits)
  }

  /// A date as certificates hold it: with two digits of the year before 2050, with four after.
  static func time(_ date: Timestamp) -> [UInt8] {
    let text = date.dateAndTime("").filter { $0 != "-" && $0 != ":" } + "Z"
    return date.calendar.year < 2050
      ? tagged(0x17, Array(text.utf8.dropFirst(2))) : tagged(0x18, Array(text.utf8))
  }

  static func tagged(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
    let length: [UInt8]
    switch content.count {
    case ..<128: length = [UInt8(content.count)]
    case ..<256: length = [0x81, UInt8(content.count)]
    default: length = [0x82, UInt8(content.count >> 8), UInt8(content.count & 255)]
    }
    return [tag] + length + content
  }
}

/// One value of a distinguished encoding.
struct DERValue {
  let tag: UInt8
  let content: ArraySlice<UInt8>
  /// The value with its tag and length.
  let encoding: ArraySlice<UInt8>

  /// The values that a sequence, a set or a tagged value holds; those before the first that is broken.
  var parts: [DERValue] {
    var rest = content
    var parts: [DERValue] = []
    while let value = DERValue(takingFrom: &rest) { parts.append(value) }
    return parts
  }

  /// The first value of some bytes; nil if they hold none.
  init?(_ bytes: [UInt8]) {
    var rest = bytes[...]
    self.init(takingFrom: &rest)
  }

  private init?(takingFrom rest: inout ArraySlice<UInt8>) {
    let start = rest.startIndex
    guard rest.count >= 2 else { return nil }
    tag = rest[start]
    var length = Int(rest[start + 1])
    var place = start + 2
    if length > 0x80 {
      let digits = length - 0x80
      guard digits <= 3, rest.endIndex - place >= digits else { return nil }
      length = rest[place..<place + digits].reduce(0) { $0 << 8 | Int($1) }
      place += digits
    }
    guard rest.endIndex - place >= length else { return nil }
    content = rest[place..<place + length]
    encoding = rest[start..<place + length]
    rest = rest[(place + length)...]
  }

  /// A date as certificates hold it; nil if it is none.
  var time: Timestamp? {
    var text = String(decoding: content, as: UTF8.self)
    if tag == 0x17, let year = Int(text.prefix(2)) { text = (year < 50 ? "20" : "19") + text }
    let digits = Array(text.utf8)
    guard digits.count == 15, digits[14] == UInt8(ascii: "Z") else { return nil }
    func number(_ from: Int, _ count: Int) -> Int {
      Int(String(decoding: digits[from..<from + count], as: UTF8.self)) ?? 0
    }
    return Timestamp(
      year: number(0, 4), month: number(4, 2), day: number(6, 2), hour: number(8, 2), minute: number(10, 2),
      second: number(12, 2))
  }
}

/// Bytes as text between dashes. Source: RFC 7468.
enum PEM {
  static func text(_ label: String, _ bytes: [UInt8]) -> String {
    var lines = ["-----BEGIN \(label)-----"]
    var rest = Base64.text(bytes)[...]
    while !rest.isEmpty {
      lines.append(String(rest.prefix(64)))
      rest = rest.dropFirst(64)
    }
    lines.append("-----END \(label)-----")
    return lines.joined(separator: "\n") + "\n"
  }

  /// The blocks in a text, in order; what is between them is passed over.
  static func blocks(in text: String) -> [(label: String, bytes: [UInt8])] {
    var found: [(label: String, bytes: [UInt8])] = []
    var open: (label: String, body: String)?
    for line in text.split(whereSeparator: \.isNewline) {
      let line = String(line).trimmed()
      if let label = line.enclosed("-----BEGIN ", "-----") {
        open = (label, "")
      } else if let (label, body) = open, line.enclosed("-----END ", "-----") == label {
        if let bytes = Base64.bytes(body) { found.append((label, bytes)) }
        open = nil
      } else if !line.includes(":") {
        open?.body += line
      }
    }
    return found
  }

  /// The certificates of a text, written as the swarm keeps them: nothing before, between or behind.
  ///
  /// Source: moby/swarmkit `ca/certificates.go` (`NormalizePEMs`).
  static func normalized(_ text: String) -> String {
    blocks(in: text).map { PEM.text($0.label, $0.bytes) }.joined()
  }
}

extension String {
  /// What stands between two given ends; nil if the text does not have them.
  fileprivate func enclosed(_ prefix: String, _ suffix: String) -> String? {
    guard hasPrefix(prefix), hasSuffix(suffix), count >= prefix.count + suffix.count else { return nil }
    return String(dropFirst(prefix.count).dropLast(suffix.count))
  }
}
