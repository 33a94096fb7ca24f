import EngineTypes
import SimBase

/// `docker service scale`: how many replicas services have.
///
/// Source: docker/cli `cli/command/service/scale.go`.
enum ServiceScale {
  static let command = Command(
    use: "scale SERVICE=REPLICAS [SERVICE=REPLICAS...]", short: "Scale one or multiple replicated services",
    arity: .atLeast(1), options: [SharedOptions.detach], run: run)

  private static func run(_ call: Invocation) throws(Failure) {
    func isPair(_ text: String) -> Bool { text.cut("=").map { !$0.before.isEmpty && !$0.after.isEmpty } ?? false }
    for argument in call.arguments where !isPair(argument) {
      throw Failure(
        "invalid scale specifier '\(argument)'.\nSee '\(call.path) --help'.\n\n"
          + "Usage:  \(call.command.useLine(call.path))"
          + "\n\n\(call.command.short)")
    }
    var failures = Failures()
    var scaled: [String] = []
    for argument in call.arguments {
      guard let (name, count) = argument.cut("=") else { continue }
      do throws(Failure) {
        try scale(name, to: count, call.session)
        scaled.append(name)
      } catch {
        failures.note(Failure("\(name): \(error.message)"))
      }
    }
    if !call.flags.isOn("detach") {
      for name in scaled {
        do throws(Failure) {
          var progress = ServiceProgress(of: name, in: call.session, isQuiet: false)
          try progress.wait()
        } catch {
          failures.note(Failure("\(name): \(error.message)"))
        }
      }
    }
    try failures.raise()
  }

  private static func scale(_ name: String, to text: String, _ session: Session) throws(Failure) {
    let count: UInt64
    do throws(FlagTrouble) {
      count = try goUnsigned(text, bits: 64)
    } catch {
      throw Failure("invalid replicas value \(text): \(error.reason)")
    }
    let engine = session.engine()
    var service = GoValue(
      try engine.get("/services/\(pathEscaped(name))", ["insertDefaults": "false"]), as: "swarm.Service")
    let mode = service["Spec"]["Mode"]
    if mode["Replicated"].isTrue {
      service["Spec"]["Mode"]["Replicated"]["Replicas"] = .uint(count)
    } else if mode["ReplicatedJob"].isTrue {
      service["Spec"]["Mode"]["ReplicatedJob"]["TotalCompletions"] = .uint(count)
    } else {
      throw Failure("scale can only be used with replicated or replicated-job mode")
    }
    let answer = try ServiceUpdate.send(service, to: engine)
    for warning in answer["Warnings"].array ?? [] { session.warn(warning.string ?? "") }
    session.print("\(name) scaled to \(count)")
  }
}
