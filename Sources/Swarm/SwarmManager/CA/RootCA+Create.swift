import SimBase
import SwarmModel

extension RootCA {
  /// A fresh authority, named `swarm-ca`, with a key drawn from the dice.
  ///
  /// **Differs from Docker:** nodes check each other's certificates as values, so the certificate's DER holds a real
  /// subject, validity and public key field but a signature that is only a digest: nothing in the world verifies it.
  public init(dice: inout Dice) {
    self.init()
    key = dice.bytes(32)
    subject = DER.sequence(DER.set(DER.sequence(DER.commonName, DER.utf8("swarm-ca"))))
    publicKey = DER.sequence(
      DER.sequence(DER.ecPublicKey, DER.prime256v1), DER.bitString([4] + SHA256.digest(key) + SHA256.digest(key + [1])))
    let body = DER.sequence(
      DER.integer(SHA256.digest(key + [2]).prefix(20).map { $0 & 0x7F }), DER.sequence(DER.ecdsaWithSHA256), subject,
      DER.sequence(DER.utcTime("251231000000Z"), DER.utcTime("451226000000Z")), subject, publicKey)
    let signature = DER.sequence(
      DER.integer(SHA256.digest(key + body).map { $0 & 0x7F }), DER.integer(SHA256.digest(body + key).map { $0 & 0x7F })
    )
    let der = DER.sequence(body, DER.sequence(DER.ecdsaWithSHA256), DER.bitString(signature))
    certificate = PEM.text("CERTIFICATE", der)
    digest = hexText(SHA256.digest(certificate.utf8))
  }
}

/// The few forms of ASN.1's distinguished encoding that a certificate needs. Source: ITU-T X.690.
enum DER {
  static let commonName: [UInt8] = [0x06, 3, 0x55, 4, 3]
  static let ecPublicKey: [UInt8] = [0x06, 7, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1]
  static let prime256v1: [UInt8] = [0x06, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 1, 7]
  static let ecdsaWithSHA256: [UInt8] = [0x06, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 2]

  static func sequence(_ parts: [UInt8]...) -> [UInt8] { tagged(0x30, parts.flatMap { $0 }) }
  static func set(_ parts: [UInt8]...) -> [UInt8] { tagged(0x31, parts.flatMap { $0 }) }
  static func utf8(_ text: String) -> [UInt8] { tagged(0x13, Array(text.utf8)) }
  static func utcTime(_ text: String) -> [UInt8] { tagged(0x17, Array(text.utf8)) }
  static func bitString(_ bytes: [UInt8]) -> [UInt8] { tagged(0x03, [0] + bytes) }
  /// A number from its big-endian bytes, which must not have the top bit set.
  static func integer(_ bytes: [UInt8]) -> [UInt8] {
    let digits = bytes.drop { $0 == 0 }
    return tagged(0x02, digits.isEmpty ? [0] : Array(digits))
  }

  private static func tagged(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
    let length: [UInt8]
    switch content.count {
    case ..<128: length = [UInt8(content.count)]
    case ..<256: length = [0x81, UInt8(content.count)]
    default: length = [0x82, UInt8(content.count >> 8), UInt8(content.count & 255)]
    }
    return [tag] + length + content
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
}
