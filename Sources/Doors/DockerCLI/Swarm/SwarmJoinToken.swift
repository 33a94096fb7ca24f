import EngineTypes
import SimBase

/// `docker swarm join-token`: shows, or renews, what a node needs to join.
///
/// Source: docker/cli `cli/command/swarm/join_token.go`.
enum SwarmJoinToken {
  static let command = Command(
    use: "join-token [OPTIONS] (worker|manager)", short: "Manage join tokens", arity: .exactly(1),
    options: [
      Option("rotate", nil, .bool, "Rotate join token"), Option("quiet", "q", .bool, "Only display token"),
    ], need: .manager, run: run)

  private static func run(_ call: Invocation) throws(Failure) {
    guard let role = JoinCommand.Role(rawValue: call.arguments[0]) else {
      throw Failure("unknown role \(call.arguments[0])")
    }
    let engine = call.session.engine()
    let isQuiet = call.flags.isOn("quiet")
    if call.flags.isOn("rotate") {
      let cluster = GoValue(try engine.get("/swarm"), as: "swarm.Swarm")
      try engine.post(
        "/swarm/update",
        [
          "version": String(cluster["Version"]["Index"].integer ?? 0),
          "rotateWorkerToken": String(role == .worker), "rotateManagerToken": String(role == .manager),
          "rotateManagerUnlockKey": "false",
        ], body: cluster["Spec"].json)
      if !isQuiet { call.session.print("Successfully rotated \(role.rawValue) join token.\n") }
    }
    let cluster = try engine.get("/swarm")
    if isQuiet { return call.session.print(cluster["JoinTokens"][role == .worker ? "Worker" : "Manager"].string ?? "") }
    let node = try engine.get("/info")["Swarm"]["NodeID"].string ?? ""
    try JoinCommand.print(node: node, roles: [role], in: call.session)
  }
}

/// The lines that tell how to join.
enum JoinCommand {
  enum Role: String { case worker, manager }

  /// Prints them for each role; `node` is this manager, whose address the others are to use.
  static func print(node: String, roles: [Role], in session: Session) throws(Failure) {
    let engine = session.engine()
    let address = try engine.get("/nodes/\(node)")["ManagerStatus"]["Addr"].string
    let cluster = try engine.get("/swarm")
    guard let address else { return }
    for role in roles {
      let token = cluster["JoinTokens"][role == .worker ? "Worker" : "Manager"].string ?? ""
      session.print("To add a \(role.rawValue) to this swarm, run the following command:\n")
      session.print("    docker swarm join --token \(token) \(address)\n")
    }
  }
}
