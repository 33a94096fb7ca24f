import EngineTypes
import SimBase

/// `docker node update`: a node's role, availability and labels.
///
/// Source: docker/cli `cli/command/node/update.go`.
enum NodeUpdate {
  static let command = Command(
    use: "update [OPTIONS] NODE", short: "Update a node", arity: .exactly(1),
    options: [
      Option("role", nil, "Role of the node (\"worker\", \"manager\")"),
      Option("availability", nil, "Availability of the node (\"active\", \"pause\", \"drain\")"),
      Option("label-add", nil, .list, "Add or update a node label (\"key=value\")"),
      Option("label-rm", nil, .list, "Remove a node label if exists"),
    ], run: run)

  private static func run(_ call: Invocation) throws(Failure) {
    let flags = call.flags
    let engine = call.session.engine()
    let name = call.arguments[0]
    var node = GoValue(try engine.get("/nodes/\(pathEscaped(name))"), as: "swarm.Node")
    if flags.isSet("role") { node["Spec"]["Role"] = .string(flags.text("role")) }
    if flags.isSet("availability") { node["Spec"]["Availability"] = .string(flags.text("availability")) }
    var labels = node["Spec"]["Labels"].textMap
    for (key, value) in flags.map("label-add") { labels[key] = value }
    for key in flags.list("label-rm") {
      if labels.removeValue(key) == nil { throw Failure("key \(key) doesn't exist in node's labels") }
    }
    if flags.isAnySet("label-add", "label-rm") { node["Spec"]["Labels"] = .strings(labels) }
    try send(node, to: engine)
    call.session.print(name)
  }

  /// Writes a node's spec back over the version that was read.
  static func send(_ node: GoValue, to engine: Engine) throws(Failure) {
    let version = String(node["Version"]["Index"].integer ?? 0)
    try engine.post("/nodes/\(node["ID"].string ?? "")/update", ["version": version], body: node["Spec"].json)
  }
}
