import SimBase
import SwarmModel

/// What an update of the cluster's spec does to its root: nothing, a new key for it, or the beginning of a rotation.
///
/// A rotation begins when `forceRotate` has changed, or when a certificate is given that is not the root's. The next root
/// signs from then on, with a certificate that the present root has signed too, so that nodes can change over one by one.
/// A later wish replaces a rotation under way; giving the present root's own certificate ends it.
///
/// **Differs from Docker:** there is no external authority that could be reached, so a certificate without its key is
/// refused as if none answered.
///
/// Source: moby/swarmkit `manager/controlapi/ca_rotation.go`.
enum RootRotation {
  static let shortestLife = Duration.hours(365 * 24)

  /// Puts what the spec asks for into the cluster, or refuses before anything is changed.
  static func apply(to cluster: inout Cluster, at now: Instant, dice: inout Dice) throws(ControlError) {
    let spec = cluster.spec
    let certificate = PEM.normalized(spec.signingCACert)
    if !spec.signingCAKey.isEmpty && certificate.isEmpty { throw .signingCertMissing }
    if certificate.isEmpty {
      if cluster.lastForcedRotation != spec.forceRotate {
        begin(RootCA(at: now, dice: &dice), in: &cluster)
      }
      return
    }
    let next = try authority(certificate, key: spec.signingCAKey, at: now)
    if certificate == cluster.rootCA.certificate {
      cluster.rootCA.key = next.key
      cluster.nextRootCA = nil
      cluster.crossSigned = ""
    } else if certificate == cluster.nextRootCA?.certificate {
      cluster.nextRootCA?.key = next.key
    } else {
      guard AuthorityCertificate.all(in: certificate)?.first?.mayIssue == true else { throw .notCrossSigned }
      begin(next, in: &cluster)
    }
    cluster.lastForcedRotation = spec.forceRotate
  }

  private static func begin(_ next: RootCA, in cluster: inout Cluster) {
    cluster.nextRootCA = next
    cluster.crossSigned =
      AuthorityCertificate.all(in: next.certificate)?.first.map { cluster.rootCA.crossSigned($0) } ?? ""
    cluster.lastForcedRotation = cluster.spec.forceRotate
  }

  /// The authority that was given, if certificate and key are fit for one.
  private static func authority(
    _ certificate: String, key: String, at now: Instant
  ) throws(ControlError) -> RootCA {
    guard let bundle = AuthorityCertificate.all(in: certificate), let first = bundle.first,
      let authority = RootCA(certificate: certificate, key: key)
    else { throw .unreadableRoot }
    let today = Epoch.fixed.date(now)
    for certificate in bundle {
      if let name = certificate.unsupportedAlgorithm { throw .unsupportedAlgorithm(name) }
      if certificate.notAfter < today { throw .expiredRoot(until: certificate.notAfter, now: today) }
    }
    if !key.isEmpty {
      guard let key = AuthorityKey(pem: key) else { throw .malformedKey }
      guard key.publicKeyBits == first.publicKeyBits else { throw .keyMismatch }
    }
    if bundle.count > 1 { throw .severalRoots }
    if first.notAfter < today + shortestLife { throw .rootExpiresTooSoon }
    if key.isEmpty { throw .noExternalAuthority("desired") }
    return authority
  }
}

extension ControlError {
  private static func invalid(_ text: String) -> ControlError { ControlError(.invalidArgument, text) }

  /// A key without its certificate.
  static let signingCertMissing = invalid(
    "if a signing CA key is provided, the signing CA cert must also be provided")
  /// A certificate that cannot be read. The text is cfssl's, whose errors print themselves as JSON.
  static let unreadableRoot = invalid(
    "invalid root certificates: {\"code\":1003,\"message\":\"Failed to parse certificate\"}")
  /// A certificate signed in a way that the swarm does not take.
  static func unsupportedAlgorithm(_ name: String) -> ControlError {
    invalid("unsupported signature algorithm: \(name)")
  }
  /// A certificate that is past its time.
  static func expiredRoot(until end: Timestamp, now: Timestamp) -> ControlError {
    invalid(
      "error while validating Root CA Certificate: x509: certificate has expired or is not yet valid: "
        + "current time \(now.rfc3339) is after \(end.rfc3339)")
  }
  /// A key that is none, or of a form that nobody knows.
  static let malformedKey = invalid(
    "malformed private key: {\"code\":2003,\"message\":\"Failed to parse private key\"}")
  /// A key that belongs to another certificate.
  static let keyMismatch = invalid("certificate key mismatch")
  /// A bundle instead of one certificate.
  static let severalRoots = invalid("the desired CA certificate cannot contain multiple certificates")
  /// Less than a year to live.
  static let rootExpiresTooSoon = invalid("CA certificate expires too soon")
  /// The present root cannot certify the next one.
  static let notCrossSigned = ControlError(
    .internal, "unable to generate a cross-signed certificate for root rotation")
  /// A certificate without a key needs an external authority, and none can be reached.
  static func noExternalAuthority(_ which: String) -> ControlError {
    invalid(
      "there must be at least one valid, reachable external CA corresponding to the \(which) CA certificate")
  }
}
