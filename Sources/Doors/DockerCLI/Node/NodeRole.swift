import EngineTypes

/// `docker node promote` and `demote`: makes managers and workers of nodes.
///
/// Source: docker/cli `cli/command/node/promote.go`, `demote.go`.
enum NodeRole {
  static let promote = Command(
    use: "promote NODE [NODE...]", short: "Promote one or more nodes to manager in the swarm", arity: .atLeast(1),
    run: { (call: Invocation) throws(Failure) in
      try set("manager", call) { "Node \($0) promoted to a manager in the swarm." }
    })

  static let demote = Command(
    use: "demote NODE [NODE...]", short: "Demote one or more nodes from manager in the swarm", arity: .atLeast(1),
    run: { (call: Invocation) throws(Failure) in
      try set("worker", call) { "Manager \($0) demoted in the swarm." }
    })

  private static func set(_ role: String, _ call: Invocation, _ news: (String) -> String) throws(Failure) {
    let engine = call.session.engine()
    for name in call.arguments {
      var node = GoValue(try engine.get("/nodes/\(pathEscaped(name))"), as: "swarm.Node")
      if node["Spec"]["Role"].string == role {
        call.session.print("Node \(node["ID"].string ?? "") is already a \(role).")
        continue
      }
      node["Spec"]["Role"] = .string(role)
      try NodeUpdate.send(node, to: engine)
      call.session.print(news(name))
    }
  }
}
