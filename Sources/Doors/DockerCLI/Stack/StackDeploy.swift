import EngineTypes
import SimBase

/// `docker stack deploy`: makes, or brings up to date, all that compose files say.
///
/// Networks first, then secrets and configs, then services, each in the order of the names.
/// Source: docker/cli `cli/command/stack/deploy.go`, `deploy_composefile.go`.
enum StackDeploy {
  static let composeFile = Option("compose-file", "c", .strings, "Path to a Compose file, or \"-\" to read from stdin")

  static let command = Command(
    use: "deploy [OPTIONS] STACK", short: "Deploy a new stack or update an existing stack",
    aliases: ["docker stack deploy", "docker stack up"], otherNames: ["up"], arity: .exactly(1),
    options: [
      composeFile, Option("with-registry-auth", nil, .bool, "Send registry authentication details to Swarm agents"),
      Option("prune", nil, .bool, "Prune services that are no longer referenced"),
      Option(
        "resolve-image", nil, default: "always",
        "Query the registry to resolve image digest and supported platforms (\"always\", \"changed\", \"never\")"),
      Option(
        "detach", "d", .bool, default: "true",
        "Exit immediately instead of waiting for the stack services to converge"),
      SharedOptions.quietProgress,
    ], run: run)

  private static func run(_ call: Invocation) throws(Failure) {
    let session = call.session
    let namespace = try StackNamespace(call.arguments[0])
    let file = try ComposeFile.load(call.flags.list("compose-file"), in: session)
    for warning in ComposeWarnings.lines(file) { session.warn(warning) }
    try file.checkImages()
    let policy = call.flags.text("resolve-image")
    guard ["always", "changed", "never"].contains(policy) else {
      throw Failure("Invalid option \(policy) for flag --resolve-image")
    }
    if !call.flags.isSet("detach") {
      session.warn(
        "Since --detach=false was not specified, tasks will be created in the background.\n"
          + "In a future release, --detach=false will become the default.")
    }
    let engine = session.engine()
    guard try engine.get("/info")["Swarm"]["ControlAvailable"].bool == true else {
      throw Failure(
        "this node is not a swarm manager. Use \"docker swarm init\" or \"docker swarm join\" to connect this node to"
          + " swarm and try again")
    }
    if call.flags.isOn("prune") { try prune(namespace, file, session) }
    let deployment = StackDeployment(namespace: namespace, file: file, session: session, call: call)
    try deployment.checkExternalNetworks()
    try deployment.makeNetworks()
    try deployment.makeObjects("secret", file.secrets)
    try deployment.makeObjects("config", file.configs)
    let services = try deployment.makeServices()
    if call.flags.isOn("detach") { return }
    var failures = Failures()
    for id in services {
      do throws(Failure) {
        var progress = ServiceProgress(of: id, in: session, isQuiet: call.flags.isOn("quiet"))
        try progress.wait()
      } catch {
        failures.note(Failure("\(id): \(error.message)"))
      }
    }
    try failures.raise()
  }

  private static func prune(_ namespace: StackNamespace, _ file: ComposeFile, _ session: Session) throws(Failure) {
    let services = try session.engine().get("/services", namespace.filters.query).array ?? []
    let gone = services.filter { !file.services.contains(namespace.descoped($0["Spec"]["Name"].string ?? "")) }
    _ = StackRemove.removeServices(gone, session)
  }
}

/// One deployment of a stack, step by step.
private struct StackDeployment {
  let namespace: StackNamespace
  let file: ComposeFile
  let session: Session
  let call: Invocation

  private var engine: Engine { session.engine() }

  /// The networks that services are on, `default` where one names none.
  private var usedNetworks: [String] {
    var names = Set<String>()
    for (_, service) in file.services {
      let wanted = ComposeForms.dictionary(service["networks"]).fields ?? []
      if wanted.isEmpty { names.insert("default") }
      for network in wanted { names.insert(network.key) }
    }
    return names.sorted()
  }

  func checkExternalNetworks() throws(Failure) {
    for name in usedNetworks {
      guard let json = file.networks[name] else { continue }
      let object = ComposeObject(name, json)
      guard object.isExternal, let full = object.fixedName, !["host", "bridge", "none", "default"].contains(full) else {
        continue
      }
      let network: JSON
      do throws(Failure) {
        network = try engine.get("/networks/\(pathEscaped(full))")
      } catch {
        if !error.isNotFound { throw error }
        throw Failure(
          "network \(full.goQuoted) is declared as external, but could not be found. You need to create a swarm-scoped"
            + " network before the stack is deployed")
      }
      let scope = network["Scope"].string ?? ""
      if scope != "swarm" {
        throw Failure(
          "network \(full.goQuoted) is declared as external, but it is not in the right scope: \(scope.goQuoted)"
            + " instead of \"swarm\"")
      }
    }
  }

  func makeNetworks() throws(Failure) {
    let existing = try engine.get("/networks", namespace.filters.query).array ?? []
    for name in usedNetworks {
      // A network that nobody declared is made all the same; the service that names it is then refused.
      let json = file.networks[name] ?? .object([])
      let object = ComposeObject(name, json)
      if object.isExternal { continue }
      let full = object.fixedName ?? namespace.scoped(name)
      if existing.contains(where: { $0["Name"].string == full }) { continue }
      session.print("Creating network \(full)")
      do throws(Failure) {
        try engine.post("/networks/create", body: network(json, named: full))
      } catch {
        throw Failure("failed to create network \(full): \(error.message)")
      }
    }
  }

  private func network(_ json: JSON, named name: String) -> JSON {
    var request = GoValue.zero("network.CreateRequest")
    request["Name"] = .string(name)
    request["Driver"] = .string(json["driver"].string ?? "overlay")
    request["Labels"] = .strings(namespace.labels(json["labels"]))
    if !json["driver_opts"].isNull { request["Options"] = .strings(ComposeForms.map(json["driver_opts"])) }
    request["Internal"] = .bool(json["internal"].bool ?? false)
    request["Attachable"] = .bool(json["attachable"].bool ?? false)
    let ipam = json["ipam"]
    let subnets = (ipam["config"].array ?? []).compactMap { $0["subnet"].string }
    if ipam["driver"].string != nil || !subnets.isEmpty {
      request["IPAM"]["Driver"] = .string(ipam["driver"].string ?? "")
      let type = GoType.structure(engineStructs["network.IPAMConfig"])
      request["IPAM"]["Config"] = .slice(
        type,
        subnets.map { subnet in
          var config = type.zero
          config["Subnet"] = .string(subnet)
          return config
        })
    }
    return request.json
  }

  /// Secrets or configs: new ones are made, others are sent again over their version.
  func makeObjects(_ kind: String, _ objects: Table<String, JSON>) throws(Failure) {
    for (name, json) in objects {
      let object = ComposeObject(name, json)
      if object.isExternal { continue }
      let full = object.fixedName ?? namespace.scoped(name)
      var spec = GoValue.zero(kind == "secret" ? "swarm.SecretSpec" : "swarm.ConfigSpec")
      spec["Name"] = .string(full)
      spec["Labels"] = .strings(namespace.labels(json["labels"]))
      if let driver = json["driver"].string, kind == "secret" {
        spec["Driver"]["Name"] = .string(driver)
        spec["Driver"]["Options"] = .strings(ComposeForms.map(json["driver_opts"]))
      } else {
        let whole = json["file"].string ?? file.folder
        do throws(FileTrouble) { spec["Data"] = .bytes(try session.host.readFile(whole)) } catch {
          throw Failure("open \(whole): \(error.reason)")
        }
      }
      if let template = json["template_driver"].string { spec["Templating"]["Name"] = .string(template) }
      try send(kind, full, spec)
    }
  }

  private func send(_ kind: String, _ name: String, _ spec: GoValue) throws(Failure) {
    var known: JSON?
    do throws(Failure) { known = try engine.get("/\(kind)s/\(pathEscaped(name))") } catch  where error.isNotFound {
      known = nil
    }
    if let known {
      let version = String(known["Version"]["Index"].int ?? 0)
      do throws(Failure) {
        try engine.post("/\(kind)s/\(known["ID"].string ?? "")/update", ["version": version], body: spec.json)
      } catch {
        throw Failure("failed to update \(kind) \(name): \(error.message)")
      }
      return
    }
    session.print("Creating \(kind) \(name)")
    do throws(Failure) {
      try engine.post("/\(kind)s/create", body: spec.json)
    } catch {
      throw Failure("failed to create \(kind) \(name): \(error.message)")
    }
  }

  /// Makes and updates the services; their IDs.
  func makeServices() throws(Failure) -> [String] {
    let converter = StackConverter(namespace: namespace, file: file, session: session)
    var specs: [(name: String, spec: GoValue)] = []
    for (name, service) in file.services {
      do throws(Failure) { specs.append((name, try converter.service(name, service))) } catch {
        throw Failure("service \(name): \(error.message)")
      }
    }
    let existing = try engine.get("/services", namespace.filters.query).array ?? []
    var ids: [String] = []
    for (name, spec) in specs {
      let full = namespace.scoped(name)
      let image = spec["TaskTemplate"]["ContainerSpec"]["Image"].string ?? ""
      let login =
        call.flags.isOn("with-registry-auth") ? RegistryLogin(session: session).header(for: image) : nil
      if let old = existing.first(where: { $0["Spec"]["Name"].string == full }) {
        ids.append(try update(old, with: spec, login))
      } else {
        session.print("Creating service \(full)")
        var spec = spec
        let asksRegistry = call.flags.text("resolve-image") != "never"
        _ = ImageResolver.resolve(
          &spec["TaskTemplate"], asksRegistry: asksRegistry, authorization: login, engine)
        do throws(Failure) {
          ids.append(try engine.post("/services/create", body: spec.json, headers: headers(login))["ID"].string ?? "")
        } catch {
          throw Failure("failed to create service \(full): \(error.message)")
        }
      }
    }
    return ids
  }

  private func headers(_ login: String?) -> [HTTPHeader] { login.map { [HTTPHeader("X-Registry-Auth", $0)] } ?? [] }

  private func update(_ old: JSON, with spec: GoValue, _ login: String?) throws(Failure) -> String {
    var service = GoValue(old, as: "swarm.Service")
    let id = service["ID"].string ?? ""
    let name = spec["Name"].string ?? ""
    session.print("Updating service \(name) (id: \(id))")
    let image = spec["TaskTemplate"]["ContainerSpec"]["Image"].string ?? ""
    let isSameImage = service["Spec"]["Labels"].textMap[StackNamespace.imageLabel] == image
    let policy = call.flags.text("resolve-image")
    let asksRegistry = policy == "always" || policy == "changed" && !isSameImage
    let (stored, forced) = (
      service["Spec"]["TaskTemplate"]["ContainerSpec"]["Image"], service["Spec"]["TaskTemplate"]["ForceUpdate"]
    )
    service["Spec"] = spec
    // An image that is not asked about again keeps the digest it was pinned to.
    if !asksRegistry, isSameImage { service["Spec"]["TaskTemplate"]["ContainerSpec"]["Image"] = stored }
    // Or every deployment would undo a forced update.
    service["Spec"]["TaskTemplate"]["ForceUpdate"] = forced
    let warning = ImageResolver.resolve(
      &service["Spec"]["TaskTemplate"], asksRegistry: asksRegistry, authorization: login, engine)
    do throws(Failure) {
      let answer = try ServiceUpdate.send(service, to: engine, headers: headers(login))
      for text in answer["Warnings"].array ?? [] { session.warn(text.string ?? "") }
      if let warning { session.warn(warning) }
    } catch {
      throw Failure("failed to update service \(name): \(error.message)")
    }
    return id
  }
}

/// What a stack reads in compose files and does not heed.
enum ComposeWarnings {
  private static let unsupported: Set<String> = [
    "build", "cgroupns_mode", "cgroup_parent", "devices", "domainname", "external_links", "ipc", "links", "mac_address",
    "network_mode", "pid", "privileged", "restart", "security_opt", "shm_size", "userns_mode",
  ]
  private static let deprecated = [
    "container_name": "Setting the container name is not supported.",
    "expose":
      "Exposing ports is unnecessary - services on the same network can access each other's containers on any port.",
  ]

  /// The lines for standard error.
  static func lines(_ file: ComposeFile) -> [String] {
    var (ignored, old) = (Set<String>(), Set<String>())
    for (_, service) in file.services {
      for field in service.fields ?? [] {
        if unsupported.contains(field.key) { ignored.insert(field.key) }
        if deprecated[field.key] != nil { old.insert(field.key) }
      }
    }
    var lines: [String] = []
    if !ignored.isEmpty { lines.append("Ignoring unsupported options: \(ignored.sorted().joined(separator: ", "))\n") }
    if !old.isEmpty {
      let entries = old.sorted().map { "\($0): \(deprecated[$0] ?? "")" }
      lines.append("Ignoring deprecated options:\n\n\(entries.joined(separator: "\n\n"))\n")
    }
    return lines
  }
}
