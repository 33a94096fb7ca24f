import EngineTypes
import SimBase

/// `docker service update`: changes a service.
///
/// Source: docker/cli `cli/command/service/update.go`.
enum ServiceUpdate {
  static let command = Command(
    use: "update [OPTIONS] SERVICE", short: "Update a service", arity: .exactly(1),
    options: ServiceOptions.update + ServiceOptions.shared(statesDefaults: false), run: run)

  private static func run(_ call: Invocation) throws(Failure) {
    let (flags, session) = (call.flags, call.session)
    let engine = session.engine()
    let name = call.arguments[0]
    var service = GoValue(
      try engine.get("/services/\(pathEscaped(name))", ["insertDefaults": "false"]), as: "swarm.Service")
    var query = Query()
    if flags.isOn("rollback") {
      if flags.names.contains(where: { !["rollback", "detach", "quiet"].contains($0) }) {
        throw Failure("other flags may not be combined with --rollback")
      }
      query["rollback"] = "previous"
    }
    var change = ServiceChange(flags: flags, session: session)
    try change.apply(to: &service["Spec"])
    var headers: [HTTPHeader] = []
    if flags.isOn("with-registry-auth") {
      let image = service["Spec"]["TaskTemplate"]["ContainerSpec"]["Image"].string ?? ""
      headers = [HTTPHeader("X-Registry-Auth", RegistryLogin(session: session).header(for: image))]
    } else {
      query["registryAuthFrom"] = "spec"
    }
    let warning = ImageResolver.resolve(
      &service["Spec"]["TaskTemplate"], asksRegistry: flags.isSet("image") && !flags.isOn("no-resolve-image"),
      authorization: headers.first?.value, engine)
    let answer = try send(service, to: engine, query, headers: headers)
    for text in answer["Warnings"].array ?? [] { session.warn(text.string ?? "") }
    if let warning { session.warn(warning) }
    session.print(name)
    if flags.isOn("detach") { return }
    var progress = ServiceProgress(of: name, in: session, isQuiet: flags.isOn("quiet"))
    try progress.wait()
  }

  /// Writes a service's spec back over the version that was read.
  @discardableResult
  static func send(
    _ service: GoValue, to engine: Engine, _ query: Query = Query(), headers: [HTTPHeader] = []
  ) throws(Failure) -> JSON {
    var query = query
    query["version"] = String(service["Version"]["Index"].integer ?? 0)
    return try engine.post(
      "/services/\(service["ID"].string ?? "")/update", query, body: service["Spec"].json, headers: headers)
  }
}
