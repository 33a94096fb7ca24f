import EngineTypes
import SimBase

/// `docker volume create`: a new volume on the node, or with a flag about cluster volumes one of the swarm.
///
/// Source: docker/cli `cli/command/volume/create.go`.
enum VolumeCreate {
  static let command = Command(
    use: "create [OPTIONS] [VOLUME]", short: "Create a volume", arity: .atMost(1),
    options: [
      Option("driver", "d", default: "local", "Specify volume driver name"),
      Option("opt", "o", .map, shows: "map[]", "Set driver specific options"),
      Option("label", nil, .labels, "Set metadata for a volume"),
      Option("name", nil, hidden: true, "Specify volume name"),
    ] + clusterOptions.map { $0.needing(.manager) }, run: run)

  /// The flags of cluster volumes.
  private static let clusterOptions = [
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
  ]

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
    // `--secret` and the topologies alone make no cluster volume.
    let clusterFlags = ["group", "scope", "sharing", "availability", "type", "limit-bytes", "required-bytes"]
    if clusterFlags.contains(where: flags.isSet) { request.append(.init("ClusterVolumeSpec", clusterSpec(flags))) }
    let answer = try call.session.engine().post("/volumes/create", body: .object(request))
    call.session.print(answer["Name"].string ?? "")
  }

  private static func clusterSpec(_ flags: Flags) -> JSON {
    var mode: [JSON.Field] = [
      .init("Scope", .string(flags.text("scope"))), .init("Sharing", .string(flags.text("sharing"))),
    ]
    switch flags.text("type") {
    case "mount": mode.append(.init("MountVolume", .object([])))
    case "block": mode.append(.init("BlockVolume", .object([])))
    default: break
    }
    var spec: [JSON.Field] = []
    if !flags.text("group").isEmpty { spec.append(.init("Group", .string(flags.text("group")))) }
    spec.append(.init("AccessMode", .object(mode)))
    spec.append(
      .init(
        "AccessibilityRequirements",
        .object(
          topology("Requisite", flags.list("topology-required"))
            + topology("Preferred", flags.list("topology-preferred")))))
    let (least, most) = (flags.size("required-bytes"), flags.size("limit-bytes"))
    spec.append(.init("CapacityRange", ["RequiredBytes": .int(least), "LimitBytes": .int(most)]))
    let secrets = flags.map("secret").map { key, secret in
      JSON.object([.init("Key", .string(key)), .init("Secret", .string(secret))])
    }
    if !secrets.isEmpty { spec.append(.init("Secrets", .array(secrets))) }
    spec.append(.init("Availability", .string(flags.text("availability"))))
    return .object(spec)
  }

  /// Places of the form `region=R1,zone=Z1`.
  private static func topology(_ key: String, _ places: [String]) -> [JSON.Field] {
    if places.isEmpty { return [] }
    let topologies = places.map { place in
      var segments = Table<String, String>()
      for segment in place.split(separator: ",", omittingEmptySubsequences: false) {
        let parts = segment.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        segments[String(parts[0])] = parts.count > 1 ? String(parts[1]) : ""
      }
      return JSON.object([.init("Segments", GoValue.strings(segments).json)])
    }
    return [.init(key, .array(topologies))]
  }
}
