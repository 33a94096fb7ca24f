import EngineTypes
import SimBase

/// `docker volume create`: a new volume on the node.
///
/// Source: docker/cli `cli/command/volume/create.go`. **Differs from Docker:** flags about cluster volumes are read and
/// checked, and have no effect.
enum VolumeCreate {
  static let command = Command(
    use: "create [OPTIONS] [VOLUME]", short: "Create a volume", arity: .atMost(1),
    options: [
      Option("driver", "d", default: "local", "Specify volume driver name"),
      Option("opt", "o", .map, shows: "map[]", "Set driver specific options"),
      Option("label", nil, .labels, "Set metadata for a volume"),
      Option("name", nil, hidden: true, "Specify volume name"),
      Option("group", nil, "Cluster Volume group (cluster volumes)"),
      Option("scope", nil, default: "single", "Cluster Volume access scope (\"single\", \"multi\")"),
      Option(
        "sharing", nil, default: "none",
        "Cluster Volume access sharing (\"none\", \"readonly\", \"onewriter\", \"all\")"),
      Option(
        "availability", nil, default: "active", "Cluster Volume availability (\"active\", \"pause\", \"drain\")"),
      Option("type", nil, default: "block", "Cluster Volume access type (\"mount\", \"block\")"),
      Option("secret", nil, .map, shows: "map[]", "Cluster Volume secrets"),
      Option("limit-bytes", nil, .bytes, "Minimum size of the Cluster Volume in bytes"),
      Option("required-bytes", nil, .bytes, "Maximum size of the Cluster Volume in bytes"),
      Option("topology-required", nil, .list, "A topology that the Cluster Volume must be accessible from"),
      Option("topology-preferred", nil, .list, "A topology that the Cluster Volume would be preferred in"),
    ], run: run)

  private static func run(_ call: Invocation) throws(Failure) {
    let flags = call.flags
    if flags.isSet("name"), !call.arguments.isEmpty {
      throw Failure("conflicting options: cannot specify a volume-name through both --name and as a positional arg")
    }
    var request: [JSON.Field] = [.init("Driver", .string(flags.text("driver")))]
    func texts(_ key: String, _ map: Table<String, String>) {
      if !map.isEmpty { request.append(.init(key, GoValue.strings(map).json)) }
    }
    texts("DriverOpts", flags.map("opt"))
    texts("Labels", flags.map("label"))
    let name = call.arguments.first ?? flags.text("name")
    if !name.isEmpty { request.append(.init("Name", .string(name))) }
    let answer = try call.session.engine().post("/volumes/create", body: .object(request))
    call.session.print(answer["Name"].string ?? "")
  }
}
