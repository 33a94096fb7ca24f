import SimBase
import SwarmModel

/// An authority's certificate, as far as the swarm reads it: who, which key, how long, and whether it may sign others.
///
/// Source: RFC 5280, 4.1.
struct AuthorityCertificate {
  /// The subject, DER.
  let subject: [UInt8]
  /// The public key with its algorithm, DER.
  let publicKeyInfo: [UInt8]
  let notAfter: Timestamp
  let mayIssue: Bool
  /// What is signed, piece by piece: version, serial number, algorithm, issuer, validity, subject, key, extensions.
  private let signed: [[UInt8]]

  /// Reads a certificate from its DER; nil if it is none of version 3.
  init?(der: [UInt8]) {
    guard let body = DERValue(der)?.parts.first else { return nil }
    let fields = body.parts
    guard fields.count >= 7, fields[0].tag == 0xA0 else { return nil }
    signed = fields.map { Array($0.encoding) }
    subject = signed[5]
    publicKeyInfo = signed[6]
    guard let notAfter = fields[4].parts.last?.time else { return nil }
    self.notAfter = notAfter
    let extensions = fields.last { $0.tag == 0xA3 }?.parts.first?.parts ?? []
    let constraints = extensions.first { $0.parts.first.map { Array($0.encoding) } == DER.basicConstraints }
    mayIssue = constraints?.parts.last.flatMap { DERValue(Array($0.content)) }?.parts.first?.tag == 0x01
  }

  /// The certificates of a PEM bundle; nil if one of them cannot be read.
  static func all(in pem: String) -> [AuthorityCertificate]? {
    var found: [AuthorityCertificate] = []
    for block in PEM.blocks(in: pem) {
      guard let certificate = AuthorityCertificate(der: block.bytes) else { return nil }
      found.append(certificate)
    }
    return found
  }

  /// The name of the signature's algorithm, if it is not ECDSA or RSA with SHA-2.
  ///
  /// Source: moby/swarmkit `ca/certificates.go` (`validateSignatureAlgorithm`).
  var unsupportedAlgorithm: String? {
    guard let oid = DERValue(signed[2])?.parts.first.map({ Array($0.encoding) }) else { return "0" }
    let (rsa, ecdsa): ([UInt8], [UInt8]) = (
      [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1], [0x2A, 0x86, 0x48, 0xCE, 0x3D, 4]
    )
    switch Array(oid.dropFirst(2)) {
    case rsa + [11], rsa + [12], rsa + [13], ecdsa + [3, 2], ecdsa + [3, 3], ecdsa + [3, 4]: return nil
    case rsa + [5]: return "SHA1-RSA"
    case ecdsa + [1]: return "ECDSA-SHA1"
    case [0x2B, 0x65, 0x70]: return "Ed25519"
    default: return "0"
    }
  }

  /// The public key without its algorithm.
  var publicKeyBits: [UInt8]? { DERValue(publicKeyInfo)?.parts.last.map { Array($0.content.dropFirst()) } }

  /// The same certificate, signed by another authority: who trusts that one trusts whom this one certifies.
  ///
  /// Source: moby/swarmkit `ca/certificates.go` (`CrossSignCACertificate`).
  func signed(by key: P256.PrivateKey, issuer: [UInt8]) -> String {
    var pieces = signed
    pieces[2] = DER.sequence(DER.ecdsaWithSHA256)
    pieces[3] = issuer
    return AuthorityCertificate.pem(DER.sequence(pieces.flatMap { $0 }), signedBy: key)
  }

  /// A self-signed certificate named `swarm-ca`, good for 20 years.
  ///
  /// Source: cloudflare/cfssl `initca/initca.go`; moby/swarmkit `ca/certificates.go` (`CreateRootCA`).
  static func root(key: P256.PrivateKey, serial: [UInt8], at now: Instant) -> String {
    let name = DER.sequence(DER.set(DER.sequence(DER.commonName, DER.printable("swarm-ca"))))
    let keyInfo = DER.sequence(
      DER.sequence(DER.ecPublicKey, DER.prime256v1), DER.bitString(key.publicKey))
    let minutes = (now.nanoseconds + 30_000_000_000) / 60_000_000_000
    let start = Epoch.fixed.date(.zero + .minutes(minutes) - .minutes(5))
    // Certificate Sign, CRL Sign.
    let usage = DER.bitString([0x06], unusedBits: 1)
    let extensions = DER.sequence(
      DER.sequence(DER.keyUsage, DER.yes, DER.octets(usage)),
      DER.sequence(DER.basicConstraints, DER.yes, DER.octets(DER.sequence(DER.yes))),
      // RFC 7093, method 1, in the place of a digest that is long broken.
      DER.sequence(
        DER.subjectKeyIdentifier, DER.octets(DER.octets(Array(SHA256.digest(key.publicKey).prefix(20))))))
    let body = DER.sequence(
      DER.tagged(0xA0, DER.integer([2])), DER.integer(serial), DER.sequence(DER.ecdsaWithSHA256), name,
      DER.sequence(DER.time(start), DER.time(start + .seconds(630_720_000))), name, keyInfo,
      DER.tagged(0xA3, extensions))
    return pem(body, signedBy: key)
  }

  private static func pem(_ body: [UInt8], signedBy key: P256.PrivateKey) -> String {
    let (r, s) = key.signature(ofDigest: SHA256.digest(body))
    let signature = DER.sequence(DER.integer(r), DER.integer(s))
    return PEM.text(
      "CERTIFICATE", DER.sequence(body, DER.sequence(DER.ecdsaWithSHA256), DER.bitString(signature)))
  }
}

/// The private key of an authority, as far as the swarm can use it: a key of another kind than P-256 is kept and held
/// against its certificate, but signs nothing.
///
/// Source: RFC 5915, RFC 5208, RFC 8017 A.1.2.
struct AuthorityKey {
  /// The public key that belongs to it, as a certificate holds it.
  let publicKeyBits: [UInt8]
  /// The key itself, if it is one of P-256.
  let signer: P256.PrivateKey?

  /// Reads a key from PEM; nil if it is none that can be read.
  init?(pem: String) {
    guard let block = PEM.blocks(in: pem).first(where: { $0.label != "EC PARAMETERS" }),
      block.label.hasSuffix("PRIVATE KEY"), let fields = DERValue(block.bytes)?.parts
    else { return nil }
    if block.label == "PRIVATE KEY", fields.count >= 3 {
      let isElliptic = fields[1].parts.first.map { Array($0.encoding) } == DER.ecPublicKey
      let inner = DERValue(Array(fields[2].content))?.parts ?? []
      self.init(inner, isElliptic: isElliptic)
    } else {
      self.init(fields, isElliptic: block.label == "EC PRIVATE KEY")
    }
  }

  private init?(_ fields: [DERValue], isElliptic: Bool) {
    guard isElliptic else {
      guard fields.count >= 3 else { return nil }
      signer = nil
      publicKeyBits = DER.sequence(Array(fields[1].encoding), Array(fields[2].encoding))
      return
    }
    guard fields.count >= 2 else { return nil }
    signer = P256.PrivateKey(Array(fields[1].content))
    let named = fields.first { $0.tag == 0xA1 }?.parts.first.map { Array($0.content.dropFirst()) }
    guard let bits = signer?.publicKey ?? named else { return nil }
    publicKeyBits = bits
  }
}
