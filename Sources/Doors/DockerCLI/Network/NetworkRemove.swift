import EngineTypes

/// `docker network rm`: removes networks; the ingress network only when asked twice.
///
/// Source: docker/cli `cli/command/network/remove.go`.
enum NetworkRemove {
  static let command = Command(
    use: "rm NETWORK [NETWORK...]", short: "Remove one or more networks",
    aliases: ["docker network rm", "docker network remove"], otherNames: ["remove"], arity: .atLeast(1),
    options: [Option("force", "f", .bool, "Do not error if the network does not exist")], run: run)

  private static let warning =
    "WARNING! Before removing the routing-mesh network, make sure all the nodes in your swarm run the same docker"
    + " engine version. Otherwise, removal may not be effective and functionality of newly create ingress networks"
    + " will be impaired.\nAre you sure you want to continue?"

  private static func run(_ call: Invocation) throws(Failure) {
    let engine = call.session.engine()
    var hasFailed = false
    for name in call.arguments {
      let path = "/networks/\(pathEscaped(name))"
      let isIngress = (try? engine.get(path))?["Ingress"].bool ?? false
      if isIngress, !call.session.confirms(warning) { continue }
      do throws(Failure) {
        try engine.delete(path)
        call.session.print(name)
      } catch {
        if call.flags.isOn("force"), error.isNotFound { continue }
        call.session.warn(error.message)
        hasFailed = true
      }
    }
    if hasFailed { throw Failure("exit status 1") }
  }
}
