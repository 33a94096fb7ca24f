import EngineTypes
import SimBase

/// `docker inspect`: whatever has this name.
///
/// Kinds are tried one after the other; "no such object", and that a name can be none of a kind's, goes on to the next.
/// Source: docker/cli `cli/command/system/inspect.go`.
enum InspectAny {
  static let command = Command(
    use: "inspect [OPTIONS] NAME|ID [NAME|ID...]", short: "Return low-level information on Docker objects",
    arity: .atLeast(1),
    options: [
      Inspector.formatOption, Option("type", nil, "Only inspect objects of the given type"),
      Option("size", "s", .bool, "Display total file sizes if the type is container"),
    ], run: run)

  /// A kind of object: where it is found, what templates see it as, and whether only a manager knows it.
  private struct Kind {
    var name: String
    var path: String
    var suffix = ""
    var type: String?
    var isOfSwarm = false
  }

  private static let kinds = [
    Kind(name: "container", path: "/containers/", suffix: "/json"),
    Kind(name: "image", path: "/images/", suffix: "/json"),
    Kind(name: "network", path: "/networks/", type: "network.Inspect"),
    Kind(name: "volume", path: "/volumes/", type: "volume.Volume"),
    Kind(name: "service", path: "/services/", type: "swarm.Service", isOfSwarm: true),
    Kind(name: "task", path: "/tasks/", type: "swarm.Task", isOfSwarm: true),
    Kind(name: "node", path: "/nodes/", type: "swarm.Node", isOfSwarm: true),
    Kind(name: "plugin", path: "/plugins/", suffix: "/json"),
    Kind(name: "secret", path: "/secrets/", type: "swarm.Secret", isOfSwarm: true),
    Kind(name: "config", path: "/configs/", type: "swarm.Config", isOfSwarm: true),
  ]

  private static func run(_ call: Invocation) throws(Failure) {
    let wanted = call.flags.text("type")
    if !wanted.isEmpty, !kinds.contains(where: { $0.name == wanted }) {
      let list = kinds.map(\.name).sorted().map(\.goQuoted).joined(separator: ", ")
      throw Failure("unknown type: \(wanted.goQuoted): must be one of \(list)")
    }
    let format = call.flags.text("format")
    try Inspector.run(call.arguments, format: format, badFormatStatus: 64, in: call.session) {
      (name: String) throws(Failure) in
      try find(name, wanted, call)
    }
  }

  private static func find(_ name: String, _ wanted: String, _ call: Invocation) throws(Failure) -> Inspector.Element {
    let engine = call.session.engine()
    var isManager: Bool?
    for kind in kinds where wanted.isEmpty || kind.name == wanted {
      if wanted.isEmpty, kind.isOfSwarm {
        if isManager == nil { isManager = try engine.get("/info")["Swarm"]["ControlAvailable"].bool ?? false }
        if isManager != true { continue }
      }
      var query = Query()
      if kind.name == "service" { query["insertDefaults"] = "true" }
      if kind.name == "container", call.flags.isOn("size") { query["size"] = "1" }
      do throws(Failure) {
        let document = try engine.raw(kind.path + pathEscaped(name) + kind.suffix, query)
        if call.flags.isOn("size"), kind.name != "container" {
          call.session.warn("WARNING: --size ignored for \(kind.name)")
        }
        guard let type = kind.type else { return Inspector.Element(ordered: document, named: kind.name) }
        return Inspector.Element(document: document, as: type)
      } catch {
        let isSkippable =
          error.isNotFound || error.message.includes("not supported")
          || error.message.includes("invalid reference format")
        if isSkippable, wanted.isEmpty { continue }
        throw error
      }
    }
    throw Failure("Error: No such object: \(name)")
  }
}
