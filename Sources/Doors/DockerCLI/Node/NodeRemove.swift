import EngineTypes

/// `docker node rm`: forgets nodes that are gone.
enum NodeRemove {
  static let command = Command(
    use: "rm [OPTIONS] NODE [NODE...]", short: "Remove one or more nodes from the swarm",
    aliases: ["docker node rm", "docker node remove"], otherNames: ["remove"], arity: .atLeast(1),
    options: [Option("force", "f", .bool, "Force remove a node from the swarm")],
    run: { (call: Invocation) throws(Failure) in
      try call.eachArgument { (name: String) throws(Failure) in
        try call.session.engine().delete("/nodes/\(pathEscaped(name))", call.flags.isOn("force") ? ["force": "1"] : [:])
        call.session.print(name)
      }
    })
}

extension Invocation {
  /// Does something with each argument; throws what went wrong with any after all are done.
  func eachArgument(_ body: (String) throws(Failure) -> Void) throws(Failure) {
    var failures = Failures()
    for name in arguments {
      do throws(Failure) { try body(name) } catch { failures.note(error) }
    }
    try failures.raise()
  }
}
