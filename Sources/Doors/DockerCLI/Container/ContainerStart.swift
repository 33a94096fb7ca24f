import EngineTypes

/// `docker start`: starts containers that have stopped.
///
/// Source: docker/cli `cli/command/container/start.go`.
enum ContainerStart {
  static let command = Command(
    use: "start [OPTIONS] CONTAINER [CONTAINER...]", short: "Start one or more stopped containers",
    aliases: ["docker container start", "docker start"], arity: .atLeast(1),
    options: [
      Option("attach", "a", .bool, "Attach STDOUT/STDERR and forward signals"),
      Option("interactive", "i", .bool, "Attach container's STDIN"), ContainerExec.detachKeys,
      Option("checkpoint", nil, hidden: true, "Restore from this checkpoint"),
      Option("checkpoint-dir", nil, hidden: true, "Use a custom checkpoint storage directory"),
    ], run: run)

  private static func run(_ call: Invocation) throws(Failure) {
    for flag in ["checkpoint", "checkpoint-dir"] where call.flags.isSet(flag) {
      throw Failure("\"--\(flag)\" is only supported on a Docker daemon with experimental features enabled")
    }
    let engine = call.session.engine()
    if call.flags.isOn("attach") || call.flags.isOn("interactive") {
      if call.arguments.count > 1 { throw Failure("you cannot start and attach multiple containers at once") }
      return try attached(call, engine)
    }
    var failed: [String] = []
    for name in call.arguments {
      do throws(Failure) {
        try engine.post("/containers/\(pathEscaped(name))/start")
        call.session.print(name)
      } catch {
        call.session.warn(error.message)
        failed.append(name)
      }
    }
    if !failed.isEmpty { throw Failure("Error: failed to start containers: \(failed.joined(separator: ", "))") }
  }

  private static func attached(_ call: Invocation, _ engine: Engine) throws(Failure) {
    let container = try engine.get("/containers/\(pathEscaped(call.arguments[0]))/json")
    let config = container["Config"]
    let attachment = Attachment(
      id: container["Id"].string ?? "", hasInput: call.flags.isOn("interactive") && config["OpenStdin"].bool == true,
      hasOutput: true, hasErrors: true, isTerminal: config["Tty"].bool == true)
    let removesItself = container["HostConfig"]["AutoRemove"].bool == true
    let status = try attachment.run(waitingFor: removesItself ? "removed" : "next-exit", in: call.session) {
      () throws(Failure) in try engine.post("/containers/\(attachment.id)/start")
    }
    if status != 0 { throw Failure("", status: status) }
  }
}
