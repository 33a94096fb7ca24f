import EngineTypes
import SimBase

/// `docker service rollback`: back to the spec before the last change.
///
/// Source: docker/cli `cli/command/service/rollback.go`.
enum ServiceRollback {
  static let command = Command(
    use: "rollback [OPTIONS] SERVICE", short: "Revert changes to a service's configuration", arity: .exactly(1),
    options: [SharedOptions.quietProgress, SharedOptions.detach], run: run)

  private static func run(_ call: Invocation) throws(Failure) {
    let engine = call.session.engine()
    let name = call.arguments[0]
    let service = GoValue(
      try engine.get("/services/\(pathEscaped(name))", ["insertDefaults": "false"]), as: "swarm.Service")
    let answer = try ServiceUpdate.send(service, to: engine, ["rollback": "previous"])
    for warning in answer["Warnings"].array ?? [] { call.session.warn(warning.string ?? "") }
    call.session.print(name)
    if call.flags.isOn("detach") { return }
    var progress = ServiceProgress(of: name, in: call.session, isQuiet: call.flags.isOn("quiet"))
    try progress.wait()
  }
}
