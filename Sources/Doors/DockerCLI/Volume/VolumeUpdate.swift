import EngineTypes

/// `docker volume update`: changes whether tasks may use a cluster volume.
///
/// Source: docker/cli `cli/command/volume/update.go`.
enum VolumeUpdate {
  static let command = Command(
    use: "update [OPTIONS] [VOLUME]", short: "Update a volume (cluster volumes only)", arity: .exactly(1),
    options: [
      Option(
        "availability", nil, default: "active", "Cluster Volume availability (\"active\", \"pause\", \"drain\")"
      ).needing(.manager)
    ],
    need: .manager,
    run: { (call: Invocation) throws(Failure) in
      let name = call.arguments[0]
      let volume = try call.session.engine().get("/volumes/\(pathEscaped(name))")["ClusterVolume"]
      if volume.isNull { throw Failure("can only update cluster volumes") }
      var spec = volume["Spec"].fields ?? []
      if call.flags.isSet("availability") {
        spec.removeAll { $0.key == "Availability" }
        spec.append(.init("Availability", .string(call.flags.text("availability"))))
      }
      let id = pathEscaped(volume["ID"].string ?? "")
      let version = String(volume["Version"]["Index"].int ?? 0)
      try call.session.engine().send(
        "PUT", "/volumes/\(id)", ["version": version], body: ["Spec": .object(spec)])
    })
}
