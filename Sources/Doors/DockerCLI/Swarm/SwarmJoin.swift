import EngineTypes
import SimBase

/// `docker swarm join`: the node joins a swarm in the role of its token.
///
/// Source: docker/cli `cli/command/swarm/join.go`.
enum SwarmJoin {
  static let command = Command(
    use: "join [OPTIONS] HOST:PORT", short: "Join a swarm as a node and/or manager", arity: .exactly(1),
    options: [
      SwarmOptions.listenAddress, SwarmOptions.advertiseAddress, SwarmOptions.dataPathAddress,
      Option("token", nil, "Token for entry into the swarm"), SwarmOptions.availability,
    ], run: run)

  private static func run(_ call: Invocation) throws(Failure) {
    let engine = call.session.engine()
    let request: JSON = [
      "ListenAddr": .string(SwarmOptions.listenAddress(call.flags)),
      "AdvertiseAddr": .string(call.flags.text("advertise-addr")),
      "DataPathAddr": .string(call.flags.text("data-path-addr")),
      "RemoteAddrs": [.string(call.arguments[0])],
      "JoinToken": .string(call.flags.text("token")),
      "Availability": .string(try SwarmOptions.availability(call.flags)),
    ]
    try engine.post("/swarm/join", body: request)
    let isManager = try engine.get("/info")["Swarm"]["ControlAvailable"].bool ?? false
    call.session.print("This node joined a swarm as a \(isManager ? "manager" : "worker").")
  }
}
