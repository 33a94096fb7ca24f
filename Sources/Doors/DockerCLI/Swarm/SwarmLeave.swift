import EngineTypes

/// `docker swarm leave`: the node forgets its swarm.
enum SwarmLeave {
  static let command = Command(
    use: "leave [OPTIONS]", short: "Leave the swarm",
    options: [Option("force", "f", .bool, "Force this node to leave the swarm, ignoring warnings")], need: .member,
    run: { (call: Invocation) throws(Failure) in
      try call.session.engine().post("/swarm/leave", call.flags.isOn("force") ? ["force": "1"] : [:])
      call.session.print("Node left the swarm.")
    })
}
