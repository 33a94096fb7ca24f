import EngineTypes
import SimBase

/// `docker swarm unlock-key`: shows, or renews, what a locked manager needs.
///
/// Source: docker/cli `cli/command/swarm/unlock_key.go`.
enum SwarmUnlockKey {
  static let command = Command(
    use: "unlock-key [OPTIONS]", short: "Manage the unlock key",
    options: [
      Option("rotate", nil, .bool, "Rotate unlock key"), Option("quiet", "q", .bool, "Only display token"),
    ], need: .manager, run: run)

  private static func run(_ call: Invocation) throws(Failure) {
    let engine = call.session.engine()
    let isQuiet = call.flags.isOn("quiet")
    if call.flags.isOn("rotate") {
      let cluster = GoValue(try engine.get("/swarm"), as: "swarm.Swarm")
      guard cluster["Spec"]["EncryptionConfig"]["AutoLockManagers"].isTrue else {
        throw Failure("cannot rotate because autolock is not turned on")
      }
      try SwarmUpdate.send(cluster, to: engine, rotatingUnlockKey: true)
      if !isQuiet { call.session.print("Successfully rotated manager unlock key.") }
    }
    let key: String
    do throws(Failure) {
      key = try engine.get("/swarm/unlockkey")["UnlockKey"].string ?? ""
    } catch {
      throw Failure("could not fetch unlock key: \(error.message)")
    }
    if key.isEmpty { throw Failure("no unlock key is set") }
    if isQuiet { call.session.print(key) } else { UnlockKeyText.print(key, in: call.session) }
  }
}

/// The lines that hand out an unlock key.
enum UnlockKeyText {
  static func print(_ key: String, in session: Session) {
    if key.isEmpty { return }
    session.print(
      """
      To unlock a swarm manager after it restarts, run the `docker swarm unlock`
      command and provide the following key:

          \(key)

      Remember to store this key in a password manager, since without it you
      will not be able to restart the manager.
      """)
  }
}
