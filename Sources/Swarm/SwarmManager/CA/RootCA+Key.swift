import SimBase
import SwarmModel

extension RootCA {
  /// A fresh authority, named `swarm-ca`, with a key drawn from the dice.
  public init(at now: Instant, dice: inout Dice) {
    self.init()
    let key = P256.PrivateKey(dice: &dice)
    self.key = key.bytes
    var serial = Array(SHA256.digest(key.bytes).prefix(20))
    serial[0] &= 0x7F
    take(AuthorityCertificate.root(key: key, serial: serial, at: now))
  }

  /// The authority of a certificate and a key that were given, as PEM; nil unless the certificate can be read.
  init?(certificate: String, key: String) {
    self.init()
    self.key = Array(key.utf8)
    take(certificate)
    if subject.isEmpty { return nil }
  }

  private mutating func take(_ certificate: String) {
    self.certificate = certificate
    digest = hexText(SHA256.digest(certificate.utf8))
    guard let first = AuthorityCertificate.all(in: certificate)?.first else { return }
    subject = first.subject
    publicKey = first.publicKeyInfo
  }

  /// What it signs with; nil for a key that is not one of P-256.
  var signer: P256.PrivateKey? {
    P256.PrivateKey(key) ?? AuthorityKey(pem: String(decoding: key, as: UTF8.self))?.signer
  }

  /// Another authority's certificate with this one's signature, which lets nodes that trust this one trust what the other
  /// signs; empty where this one's key is of a kind that cannot sign here.
  func crossSigned(_ other: AuthorityCertificate) -> String {
    signer.map { other.signed(by: $0, issuer: subject) } ?? ""
  }

  /// SHA-256 of the certificate.
  var digestBytes: [UInt8] {
    let digits = Array(digest.utf8)
    return stride(from: 0, to: digits.count - 1, by: 2).map { place in
      UInt8(String(decoding: digits[place...place + 1], as: UTF8.self), radix: 16) ?? 0
    }
  }

  /// A join token that leads to this root: its digest, and a fresh secret.
  public func joinToken(dice: inout Dice) -> String { JoinToken(root: self, dice: &dice).text }
}
