import EngineTypes
import SimBase

/// The commands that tell containers to stop, go on, wait: a request for each, the name echoed.
///
/// Source: docker/cli `cli/command/container` (`stop.go`, `restart.go`, `kill.go`, `pause.go`, `unpause.go`, `wait.go`,
/// `rename.go`).
enum ContainerControl {
  private static let signal = Option("signal", "s", "Signal to send to the container")
  private static let timeout = Option("timeout", "t", .int, "Seconds to wait before killing the container")
  /// The flag's name of old.
  private static let time = Option("time", nil, .int, hidden: true, "Seconds to wait before killing the container")

  static let stop = make(
    "stop", options: "[OPTIONS] ", "Stop one or more running containers", [signal, timeout, time])
  static let restart = make(
    "restart", options: "[OPTIONS] ", "Restart one or more containers", [signal, timeout, time])
  static let kill = make("kill", options: "[OPTIONS] ", "Kill one or more running containers", [signal])
  static let pause = make("pause", "Pause all processes within one or more containers")
  static let unpause = make("unpause", "Unpause all processes within one or more containers")

  static let wait = Command(
    use: "wait CONTAINER [CONTAINER...]", short: "Block until one or more containers stop, then print their exit codes",
    aliases: ["docker container wait", "docker wait"], arity: .atLeast(1),
    run: { (call: Invocation) throws(Failure) in
      try call.eachArgument { (name: String) throws(Failure) in
        let answer = try call.session.engine().post("/containers/\(pathEscaped(name))/wait")
        call.session.print(String(answer["StatusCode"].int ?? 0))
      }
    })

  static let rename = Command(
    use: "rename CONTAINER NEW_NAME", short: "Rename a container",
    aliases: ["docker container rename", "docker rename"], arity: .exactly(2),
    run: { (call: Invocation) throws(Failure) in
      let (old, new) = (call.arguments[0].trimmed(), call.arguments[1].trimmed())
      if old.isEmpty || new.isEmpty { throw Failure("Error: Neither old nor new names may be empty") }
      do throws(Failure) {
        try call.session.engine().post("/containers/\(pathEscaped(old))/rename", ["name": new])
      } catch {
        call.session.warn(error.message)
        throw Failure("Error: failed to rename container named \(old)")
      }
    })

  private static func make(
    _ verb: String, options hint: String = "", _ short: String, _ options: [Option] = []
  ) -> Command {
    Command(
      use: "\(verb) \(hint)CONTAINER [CONTAINER...]", short: short,
      aliases: ["docker container \(verb)", "docker \(verb)"], arity: .atLeast(1), options: options,
      run: { (call: Invocation) throws(Failure) in
        var query = Query()
        if let signal = options.isEmpty ? nil : call.flags.given("signal") { query["signal"] = signal }
        if options.count > 1 {
          query["t"] = call.flags.given("timeout") ?? call.flags.given("time")
        }
        try call.eachArgument { (name: String) throws(Failure) in
          try call.session.engine().post("/containers/\(pathEscaped(name))/\(verb)", query)
          call.session.print(name)
        }
      })
  }
}
