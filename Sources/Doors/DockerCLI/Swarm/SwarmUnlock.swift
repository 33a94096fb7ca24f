import EngineTypes
import SimBase

/// `docker swarm unlock`: gives a locked manager its key.
///
/// Source: docker/cli `cli/command/swarm/unlock.go`.
enum SwarmUnlock {
  static let command = Command(use: "unlock", short: "Unlock swarm", need: .manager, run: run)

  private static func run(_ call: Invocation) throws(Failure) {
    let engine = call.session.engine()
    switch try engine.get("/info")["Swarm"]["LocalNodeState"].string {
    case "inactive": throw Failure("Error: This node is not part of a swarm")
    case "locked": break
    default: throw Failure("Error: swarm is not locked")
    }
    if call.session.host.isTerminal(.input) { call.session.write("Enter unlock key: ") }
    let key = call.session.readLine().trimmed()
    if call.session.host.isTerminal(.input) { call.session.write("\n") }
    try engine.post("/swarm/unlock", body: ["UnlockKey": .string(key)])
  }
}
