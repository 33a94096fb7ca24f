/// `docker volume rm`: removes volumes and what they hold.
enum VolumeRemove {
  static let command = Command(
    use: "rm [OPTIONS] VOLUME [VOLUME...]", short: "Remove one or more volumes",
    long: "Remove one or more volumes. You cannot remove a volume that is in use by a container.",
    aliases: ["docker volume rm", "docker volume remove"], otherNames: ["remove"], arity: .atLeast(1),
    options: [Option("force", "f", .bool, "Force the removal of one or more volumes")],
    run: { (call: Invocation) throws(Failure) in
      try call.eachArgument { (name: String) throws(Failure) in
        let query: Query = call.flags.isOn("force") ? ["force": "1"] : [:]
        try call.session.engine().delete("/volumes/\(pathEscaped(name))", query)
        call.session.print(name)
      }
    })
}
