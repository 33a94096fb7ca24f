import EngineTypes
import SimBase

/// `docker service inspect`: all about services.
///
/// Source: docker/cli `cli/command/service/inspect.go`.
enum ServiceInspect {
  static let command = Command(
    use: "inspect [OPTIONS] SERVICE [SERVICE...]", short: "Display detailed information on one or more services",
    arity: .atLeast(1), options: [Inspector.formatOption, SharedOptions.pretty], run: run)

  private static func run(_ call: Invocation) throws(Failure) {
    let engine = call.session.engine()
    let isPretty = call.flags.isOn("pretty")
    let format = call.flags.text("format")
    if isPretty, !format.isEmpty { throw Failure("--format is incompatible with human friendly format") }
    func find(_ name: String) throws(Failure) -> Inspector.Element {
      do throws(Failure) {
        let service = try engine.get("/services/\(pathEscaped(name))", ["insertDefaults": "true"])
        return Inspector.Element(typed: GoValue(service, as: "swarm.Service"), raw: nil)
      } catch {
        throw error.isNotFound ? Failure("Error: no such service: \(name)") : error
      }
    }
    let now = call.session.now
    let pretty = { (service: GoValue) throws(Failure) in
      ServicePretty(service: service, networks: networkNames(of: service, engine), now: now).text
    }
    try PrettyInspector.run(call, format: isPretty ? "pretty" : format, find: find, pretty: pretty)
  }

  private static func networkNames(of service: GoValue, _ engine: Engine) -> [String] {
    let networks = service["Spec"]["TaskTemplate"]["Networks"].elements + service["Spec"]["Networks"].elements
    return networks.map { network in
      let id = network["Target"].string ?? ""
      let found = try? engine.get("/networks/\(pathEscaped(id))", ["scope": "swarm"])
      return found?["Name"].string ?? id
    }
  }
}
