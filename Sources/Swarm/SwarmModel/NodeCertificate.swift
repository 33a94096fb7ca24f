import SimBase

/// Which certificate authority a node's certificate comes from.
public struct TrustInfo: Sendable, Equatable, Archivable {
  /// The root certificate's PEM.
  public var trustRoot = ""
  /// The issuer's subject, DER.
  public var issuerSubject: [UInt8] = []
  /// The issuer's public key, DER.
  public var issuerPublicKey: [UInt8] = []

  /// Nothing known.
  public init() {}

  /// What a node tells that trusts one root and has its certificate from an authority, maybe the next root.
  public init(root: String, issuer: RootCA) {
    trustRoot = root
    issuerSubject = issuer.subject
    issuerPublicKey = issuer.publicKey
  }

  /// Whether the certificate comes from this authority.
  public func isIssued(by authority: RootCA) -> Bool {
    issuerSubject == authority.subject && issuerPublicKey == authority.publicKey
  }

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&trustRoot)
    a.field(&issuerSubject)
    a.field(&issuerPublicKey)
  }
}

/// How far a certificate request has come.
public enum IssuanceState: UInt8, Sendable {
  /// Nothing asked.
  case unknown = 0
  /// A known node asks for a new one.
  case renew = 1
  /// A new node asks.
  case pending = 2
  /// Signed.
  case issued = 3
  /// Refused; the error says why.
  case failed = 4
  /// The node is to ask for a new one: the root changes.
  case rotate = 5
}

/// A node's certificate as the store keeps it.
public struct NodeCertificate: Sendable, Equatable, Archivable {
  /// The role that it grants.
  public var role = NodeRole.worker
  /// The request's bytes: a node accepts only a certificate for its own request.
  public var csr: [UInt8] = []
  /// How far it has come.
  public var state = IssuanceState.unknown
  /// Why it failed.
  public var error = ""
  /// The signed certificate.
  public var issued = Certificate()

  /// No certificate.
  public init() {}

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&role)
    a.field(&csr)
    a.field(&state)
    a.field(&error)
    a.field(&issued)
  }
}

/// A certificate as the world sees it: who, what, by whom, how long. Its PEM is made only where a user can see it.
///
/// Source: moby/swarmkit `ca/certificates.go`.
public struct Certificate: Sendable, Equatable, Archivable {
  /// The node's ID, the common name.
  public var node = NodeID(raw: 0)
  /// The role, the organisational unit.
  public var role = NodeRole.worker
  /// The cluster, the organisation.
  public var cluster = ClusterID(raw: 0)
  /// The digest of the root that signed it, hexadecimal.
  public var issuer = ""
  /// Not valid before.
  public var notBefore = Instant.zero
  /// Not valid after.
  public var notAfter = Instant.zero

  /// A blank certificate.
  public init() {}

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&node)
    a.field(&role)
    a.field(&cluster)
    a.field(&issuer)
    a.field(&notBefore)
    a.field(&notAfter)
  }
}
