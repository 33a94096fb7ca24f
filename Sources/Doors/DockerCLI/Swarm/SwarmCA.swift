import EngineTypes
import SimBase

/// `docker swarm ca`: shows, or replaces, the certificate authority.
///
/// Source: docker/cli `cli/command/swarm/ca.go`, `progress/root_rotation.go`.
enum SwarmCA {
  private static let pemFile = Option.Kind.custom("pem-file", .once) { (path, host) throws(FlagTrouble) in
    let text: String
    do throws(FileTrouble) {
      text = String(decoding: try host.readFile(host.absolute(path)), as: UTF8.self)
    } catch {
      throw FlagTrouble("open \(path): \(error.reason)")
    }
    if !text.includes("-----BEGIN ") || !text.includes("-----END ") {
      throw FlagTrouble("file contents must be in PEM format")
    }
  }

  static let command = Command(
    use: "ca [OPTIONS]", short: "Display and rotate the root CA",
    options: [
      Option(
        "rotate", nil, .bool,
        "Rotate the swarm CA - if no certificate or key are provided, new ones will be generated"),
      Option("ca-cert", nil, pemFile, "Path to the PEM-formatted root CA certificate to use for the new cluster"),
      Option("ca-key", nil, pemFile, "Path to the PEM-formatted root CA key to use for the new cluster"),
      Option("detach", "d", .bool, "Exit immediately instead of waiting for the root rotation to converge"),
      Option("quiet", "q", .bool, "Suppress progress output"), SwarmOptions.certExpiry, SwarmOptions.externalCA,
    ], need: .manager, run: run)

  private static func run(_ call: Invocation) throws(Failure) {
    let engine = call.session.engine()
    let flags = call.flags
    var cluster = GoValue(try engine.get("/swarm"), as: "swarm.Swarm")
    guard flags.isOn("rotate") else {
      for name in ["ca-cert", "ca-key", "cert-expiry", "external-ca"] where flags.isSet(name) {
        throw Failure("`--\(name)` flag requires the `--rotate` flag to update the CA")
      }
      return try show(cluster, in: call.session)
    }
    if flags.isSet("external-ca"), !flags.isSet("ca-cert") {
      throw Failure(
        "rotating to an external CA requires the `--ca-cert` flag to specify the external CA's cert - "
          + "to add an external CA with the current root CA certificate, use the `update` command instead")
    }
    if flags.isSet("ca-cert"), !flags.isSet("ca-key"), !flags.isSet("external-ca") {
      throw Failure("the --ca-cert flag requires that a --ca-key flag and/or --external-ca flag be provided as well")
    }
    let certificate = flags.isSet("ca-cert") ? try contents(flags.text("ca-cert"), in: call.session) : ""
    let key = flags.isSet("ca-key") ? try contents(flags.text("ca-key"), in: call.session) : ""
    SwarmOptions.applyCA(flags, to: &cluster["Spec"], root: certificate, in: call.session.host)
    cluster["Spec"]["CAConfig"]["SigningCACert"] = .string(certificate)
    cluster["Spec"]["CAConfig"]["SigningCAKey"] = .string(key)
    if certificate.isEmpty && key.isEmpty {
      let rotations = cluster["Spec"]["CAConfig"]["ForceRotate"].integer ?? 0
      cluster["Spec"]["CAConfig"]["ForceRotate"] = .uint(UInt64(rotations) + 1)
    }
    try SwarmUpdate.send(cluster, to: engine)
    if flags.isOn("detach") { return }
    try waitForRotation(in: call.session, isQuiet: flags.isOn("quiet"))
    try show(GoValue(try engine.get("/swarm"), as: "swarm.Swarm"), in: call.session)
  }

  private static func show(_ cluster: GoValue, in session: Session) throws(Failure) {
    let root = cluster["TLSInfo"]["TrustRoot"].string ?? ""
    if root.isEmpty { throw Failure("No CA information available") }
    session.print(root.trimmed())
  }

  private static func contents(_ path: String, in session: Session) throws(Failure) -> String {
    do throws(FileTrouble) {
      return String(decoding: try session.host.readFile(session.host.absolute(path)), as: UTF8.self)
    } catch {
      throw Failure("open \(path): \(error.reason)")
    }
  }

  private static func waitForRotation(in session: Session, isQuiet: Bool) throws(Failure) {
    let engine = session.engine()
    var progress = ProgressPrinter(session: session, isQuiet: isQuiet)
    let (digest, tls, ca) = ("desired root digest", "  rotated TLS certificates", "  rotated CA certificates")
    for id in [digest, tls, ca] { progress.show(id, id == ca ? " " : "") }
    var isDone = false
    while !session.host.isInterrupted {
      let cluster = GoValue(try engine.get("/swarm"), as: "swarm.Swarm")
      if isDone { return }
      let nodes = try engine.get("/nodes").array ?? []
      let root = cluster["TLSInfo"]["TrustRoot"].string ?? ""
      progress.show(digest, "sha256:" + SHA256.hex(root))
      let (issuer, subject) = (cluster["TLSInfo"]["CertIssuerPublicKey"], cluster["TLSInfo"]["CertIssuerSubject"])
      let issued = nodes.count {
        let trust = $0["Description"]["TLSInfo"]
        return trust["CertIssuerPublicKey"].string == issuer.json.string
          && trust["CertIssuerSubject"].string == subject.json.string
      }
      let trusting = nodes.count { $0["Description"]["TLSInfo"]["TrustRoot"].string == root }
      progress.show(tls, "", current: issued, total: nodes.count, units: "nodes")
      // Nodes change roots only once all of them have certificates of the new one.
      let isIssued = issued == nodes.count && !cluster["RootRotationInProgress"].isTrue
      progress.show(ca, " ", current: isIssued ? trusting : 0, total: nodes.count, units: "nodes")
      isDone = isIssued && trusting == nodes.count
      engine.sleep(.milliseconds(200))
    }
  }
}
