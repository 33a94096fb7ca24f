import EngineTypes

/// `docker attach`: a running container's streams.
///
/// Source: docker/cli `cli/command/container/attach.go`.
enum ContainerAttach {
  static let command = Command(
    use: "attach [OPTIONS] CONTAINER",
    short: "Attach local standard input, output, and error streams to a running container",
    aliases: ["docker container attach", "docker attach"], arity: .exactly(1),
    options: [
      Option("no-stdin", nil, .bool, "Do not attach STDIN"),
      Option("sig-proxy", nil, .bool, default: "true", "Proxy all received signals to the process"),
      ContainerExec.detachKeys,
    ], run: run)

  private static func run(_ call: Invocation) throws(Failure) {
    let engine = call.session.engine()
    let name = call.arguments[0]
    let wait = try engine.open("POST", "/containers/\(pathEscaped(name))/wait")
    let container = try engine.get("/containers/\(pathEscaped(name))/json")
    if container["State"]["Running"].bool != true {
      throw Failure("You cannot attach to a stopped container, start it first")
    }
    if container["State"]["Paused"].bool == true {
      throw Failure("You cannot attach to a paused container, unpause it first")
    }
    if container["State"]["Restarting"].bool == true {
      throw Failure("You cannot attach to a restarting container, wait until it is running")
    }
    let config = container["Config"]
    let attachment = Attachment(
      id: container["Id"].string ?? "", hasInput: !call.flags.isOn("no-stdin") && config["OpenStdin"].bool == true,
      hasOutput: true, hasErrors: true, isTerminal: config["Tty"].bool == true)
    try attachment.copy(try attachment.open(in: call.session), in: call.session)
    let status = try Attachment.status(wait)
    if status != 0 { throw Failure("", status: status) }
  }
}
