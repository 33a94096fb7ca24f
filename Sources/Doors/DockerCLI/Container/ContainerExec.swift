import EngineTypes
import SimBase

/// `docker exec`: a command in a running container.
///
/// Source: docker/cli `cli/command/container/exec.go`.
enum ContainerExec {
  static let detachKeys = Option(
    "detach-keys", nil, "Override the key sequence for detaching a container")

  static let command = Command(
    use: "exec [OPTIONS] CONTAINER COMMAND [ARG...]", short: "Execute a command in a running container",
    aliases: ["docker container exec", "docker exec"], arity: .atLeast(2),
    options: [
      detachKeys, Option("interactive", "i", .bool, "Keep STDIN open even if not attached"),
      Option("tty", "t", .bool, "Allocate a pseudo-TTY"),
      Option("detach", "d", .bool, "Detached mode: run command in the background"),
      Option("user", "u", "Username or UID (format: \"<name|uid>[:<group|gid>]\")"),
      Option("privileged", nil, .bool, "Give extended privileges to the command"),
      Option("env", "e", .variables, "Set environment variables"),
      Option("env-file", nil, .list, "Read in a file of environment variables"),
      Option("workdir", "w", "Working directory inside the container"),
    ], endsFlagsAtArgument: true, run: run)

  private static func run(_ call: Invocation) throws(Failure) {
    let (flags, session) = (call.flags, call.session)
    let engine = session.engine()
    let path = "/containers/\(pathEscaped(call.arguments[0]))"
    let (isDetached, isTerminal) = (flags.isOn("detach"), flags.isOn("tty"))
    let hasInput = flags.isOn("interactive") && !isDetached
    let environment = try Environment.variables(
      files: flags.list("env-file"), flags: flags.list("env"), in: session.host)
    _ = try engine.get("\(path)/json")
    if hasInput, isTerminal, !session.host.isTerminal(.input) { throw Failure("the input device is not a TTY") }
    let size = isTerminal && !isDetached ? session.host.terminalSize : nil
    func request(_ fields: [JSON.Field?]) -> JSON { .object(fields.compactMap { $0 }) }
    let consoleSize = size.map { JSON.Field("ConsoleSize", [.int(Int64($0.rows)), .int(Int64($0.columns))]) }
    let created = try engine.post(
      "\(path)/exec",
      body: request([
        .init("User", .string(flags.text("user"))), .init("Privileged", .bool(flags.isOn("privileged"))),
        .init("Tty", .bool(isTerminal)), consoleSize, .init("AttachStdin", .bool(hasInput)),
        .init("AttachStderr", .bool(!isDetached)), .init("AttachStdout", .bool(!isDetached)),
        .init("Detach", .bool(isDetached)), .init("DetachKeys", .string(flags.text("detach-keys"))),
        .init("Env", GoValue.strings(environment.isEmpty ? nil : environment).json),
        .init("WorkingDir", .string(flags.text("workdir"))),
        .init("Cmd", .array(call.arguments.dropFirst().map { .string($0) })),
      ]))
    let id = created["Id"].string ?? ""
    if id.isEmpty { throw Failure("exec ID empty") }
    let start = request([.init("Detach", .bool(isDetached)), .init("Tty", .bool(isTerminal)), consoleSize])
    if isDetached {
      try engine.send("POST", "/exec/\(id)/start", body: start)
      return
    }
    let headers = [HTTPHeader("Connection", "Upgrade"), HTTPHeader("Upgrade", "tcp")]
    let stream = try engine.open("POST", "/exec/\(id)/start", body: start, headers: headers)
    try Attachment(id: id, hasInput: hasInput, hasOutput: true, hasErrors: true, isTerminal: isTerminal)
      .copy(stream, in: session)
    let status = try engine.get("/exec/\(id)/json")["ExitCode"].int ?? 0
    if status != 0 { throw Failure("", status: Int32(truncatingIfNeeded: status)) }
  }
}
