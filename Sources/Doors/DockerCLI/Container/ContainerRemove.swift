import EngineTypes
import SimBase

/// `docker rm`: removes containers.
///
/// Source: docker/cli `cli/command/container/rm.go`.
enum ContainerRemove {
  static let command = Command(
    use: "rm [OPTIONS] CONTAINER [CONTAINER...]", short: "Remove one or more containers",
    aliases: ["docker container rm", "docker container remove", "docker rm"], otherNames: ["remove"],
    arity: .atLeast(1),
    options: [
      Option("volumes", "v", .bool, "Remove anonymous volumes associated with the container"),
      Option("link", "l", .bool, "Remove the specified link"),
      Option("force", "f", .bool, "Force the removal of a running container (uses SIGKILL)"),
    ], run: run)

  private static func run(_ call: Invocation) throws(Failure) {
    var query = Query()
    for (flag, key) in [("volumes", "v"), ("link", "link"), ("force", "force")] where call.flags.isOn(flag) {
      query[key] = "1"
    }
    var failures = Failures()
    for argument in call.arguments {
      let name = String(argument.drop { $0 == "/" })
      if name.isEmpty {
        failures.note(Failure("Container name cannot be empty"))
        continue
      }
      do throws(Failure) {
        try call.session.engine().delete("/containers/\(pathEscaped(name))", query)
        call.session.print(argument)
      } catch {
        // With force a container that is gone already is as good as removed.
        if call.flags.isOn("force"), error.isNotFound {
          call.session.warn(error.message)
        } else {
          failures.note(error)
        }
      }
    }
    try failures.raise()
  }
}
