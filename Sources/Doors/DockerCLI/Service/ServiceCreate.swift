import EngineTypes
import SimBase

/// `docker service create`: a new service.
///
/// Source: docker/cli `cli/command/service/create.go`.
enum ServiceCreate {
  static let command = Command(
    use: "create [OPTIONS] IMAGE [COMMAND] [ARG...]", short: "Create a new service", arity: .atLeast(1),
    options: ServiceOptions.create + ServiceOptions.shared(statesDefaults: true), endsFlagsAtArgument: true, run: run)

  private static func run(_ call: Invocation) throws(Failure) {
    let (flags, session) = (call.flags, call.session)
    let builder = ServiceSpecBuilder(
      flags: flags, session: session, image: call.arguments[0], arguments: Array(call.arguments.dropFirst()))
    var spec = try builder.spec()
    for (flag, field) in [("secret", "Secrets"), ("config", "Configs")] {
      let references = try ServiceSettings.fileReferences(flags.list(flag), kind: flag, in: session)
      spec["TaskTemplate"]["ContainerSpec"][field] = ServiceSettings.referenceList(references, kind: flag)
    }
    try ServiceSettings.settleCredentialSpec(flags, &spec["TaskTemplate"]["ContainerSpec"], in: session)
    let id = try send(spec, flags, in: session)
    session.print(id)
    if flags.isOn("detach") { return }
    var progress = ServiceProgress(of: id, in: session, isQuiet: flags.isOn("quiet"))
    try progress.wait()
  }

  private static func send(_ spec: GoValue, _ flags: Flags, in session: Session) throws(Failure) -> String {
    var spec = spec
    let engine = session.engine()
    let image = spec["TaskTemplate"]["ContainerSpec"]["Image"].string ?? ""
    let authorization = flags.isOn("with-registry-auth") ? RegistryLogin(session: session).header(for: image) : nil
    let warning = ImageResolver.resolve(
      &spec["TaskTemplate"], asksRegistry: !flags.isOn("no-resolve-image"), authorization: authorization, engine)
    let headers = authorization.map { [HTTPHeader("X-Registry-Auth", $0)] } ?? []
    let answer = try engine.post("/services/create", body: spec.json, headers: headers)
    for text in answer["Warnings"].array ?? [] { session.warn(text.string ?? "") }
    if let warning { session.warn(warning) }
    return answer["ID"].string ?? ""
  }
}
