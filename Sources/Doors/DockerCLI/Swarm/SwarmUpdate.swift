import EngineTypes
import SimBase

/// `docker swarm update`: changes the cluster's settings.
///
/// Source: docker/cli `cli/command/swarm/update.go`.
enum SwarmUpdate {
  static let command = Command(
    use: "update [OPTIONS]", short: "Update the swarm",
    options: SwarmOptions.spec + [Option("autolock", nil, .bool, "Change manager autolocking setting (true|false)")],
    need: .manager, run: run)

  private static func run(_ call: Invocation) throws(Failure) {
    if call.flags.names.isEmpty {
      return call.session.write(call.session.help(on: call.command, path: call.path))
    }
    let engine = call.session.engine()
    var cluster = GoValue(try engine.get("/swarm"), as: "swarm.Swarm")
    let wasLocking = cluster["Spec"]["EncryptionConfig"]["AutoLockManagers"].isTrue
    let root = cluster["TLSInfo"]["TrustRoot"].string ?? ""
    SwarmOptions.apply(call.flags, to: &cluster["Spec"], root: root, in: call.session.host)
    if call.flags.isSet("autolock") {
      cluster["Spec"]["EncryptionConfig"]["AutoLockManagers"] = .bool(call.flags.isOn("autolock"))
    }
    try SwarmUpdate.send(cluster, to: engine)
    call.session.print("Swarm updated.")
    if !wasLocking, cluster["Spec"]["EncryptionConfig"]["AutoLockManagers"].isTrue {
      UnlockKeyText.print(try engine.get("/swarm/unlockkey")["UnlockKey"].string ?? "", in: call.session)
    }
  }

  /// Writes a cluster's spec back over the version that was read.
  static func send(_ cluster: GoValue, to engine: Engine, rotatingUnlockKey: Bool = false) throws(Failure) {
    try engine.post(
      "/swarm/update",
      [
        "version": String(cluster["Version"]["Index"].integer ?? 0), "rotateWorkerToken": "false",
        "rotateManagerToken": "false", "rotateManagerUnlockKey": String(rotatingUnlockKey),
      ], body: cluster["Spec"].json)
  }
}
