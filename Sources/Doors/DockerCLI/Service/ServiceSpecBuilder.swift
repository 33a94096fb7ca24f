import EngineTypes
import SimBase

/// Makes the spec that `service create` sends.
///
/// Source: docker/cli `cli/command/service/opts.go` (`ToService`).
struct ServiceSpecBuilder {
  let flags: Flags
  let session: Session
  let image: String
  let arguments: [String]

  /// The spec; asks the engine what the names of networks stand for.
  func spec() throws(Failure) -> GoValue {
    var spec = GoValue.zero("swarm.ServiceSpec")
    spec["Name"] = .string(flags.text("name"))
    spec["Labels"] = .strings(flags.map("label"))
    spec["Mode"] = try mode()
    var task = GoValue.zero("swarm.TaskSpec")
    task["ContainerSpec"] = try container()
    task["Resources"]["Limits"] = limits()
    task["Resources"]["Reservations"] = try reservations()
    if let policy = ServiceSettings.restartPolicy(flags, over: nil) { task["RestartPolicy"] = policy }
    task["Placement"] = placement()
    task["Networks"] = try networks()
    if flags.isSet("log-driver"), !flags.text("log-driver").isEmpty {
      task["LogDriver"]["Name"] = .string(flags.text("log-driver"))
      task["LogDriver"]["Options"] = .strings(flags.map("log-opt"))
    }
    spec["TaskTemplate"] = task
    let changes = ["update", "rollback"].map { ServiceSettings.updateConfig(flags, prefix: $0, over: nil) }
    if flags.text("mode").hasSuffix("-job"), changes.contains(where: { $0 != nil }) {
      throw Failure("update and rollback configuration is not supported for jobs")
    }
    if let config = changes[0] { spec["UpdateConfig"] = config }
    if let config = changes[1] { spec["RollbackConfig"] = config }
    spec["EndpointSpec"]["Mode"] = .string(
      flags.isSet("endpoint-mode") ? flags.text("endpoint-mode").lowercased() : "vip")
    let ports = flags.list("publish").flatMap { (try? PublishedPorts.parse($0)) ?? [] }
    spec["EndpointSpec"]["Ports"] = .slice(.structure(engineStructs["swarm.PortConfig"]), ports.isEmpty ? nil : ports)
    return spec
  }

  private func mode() throws(Failure) -> GoValue {
    var mode = GoValue.zero("swarm.ServiceMode")
    let replicas: GoValue? = flags.isSet("replicas") ? .uint(flags.uint("replicas")) : nil
    let concurrent: GoValue? = flags.isSet("max-concurrent") ? .uint(flags.uint("max-concurrent")) : nil
    let word = flags.text("mode")
    func refuse(_ isGiven: Bool, _ flag: String, _ modes: String) throws(Failure) {
      if isGiven { throw Failure("\(flag) can only be used with \(modes) mode") }
    }
    switch word {
    case "global", "global-job":
      try refuse(replicas != nil, "replicas", "replicated or replicated-job")
      try refuse(flags.uint("replicas-max-per-node") > 0, "replicas-max-per-node", "replicated or replicated-job")
      try refuse(concurrent != nil, "max-concurrent", "replicated-job")
      mode[word == "global" ? "Global" : "GlobalJob"] = .zero(
        word == "global" ? "swarm.GlobalService" : "swarm.GlobalJob")
    case "replicated":
      try refuse(concurrent != nil, "max-concurrent", "replicated-job")
      mode["Replicated"] = .zero("swarm.ReplicatedService")
      if let replicas { mode["Replicated"]["Replicas"] = replicas }
    case "replicated-job":
      mode["ReplicatedJob"] = .zero("swarm.ReplicatedJob")
      if let count = concurrent ?? replicas { mode["ReplicatedJob"]["MaxConcurrent"] = count }
      if let replicas { mode["ReplicatedJob"]["TotalCompletions"] = replicas }
    default: throw Failure("Unknown mode: \(word), only replicated and global supported")
    }
    return mode
  }

  private func container() throws(Failure) -> GoValue {
    var spec = GoValue.zero("swarm.ContainerSpec")
    func list(_ field: String, _ texts: [String]) { spec[field] = .strings(texts.isEmpty ? nil : texts) }
    spec["Image"] = .string(image)
    list("Args", arguments)
    list("Command", (try? shellWords(flags.text("entrypoint"))) ?? [])
    list("Env", try environment())
    spec["Hostname"] = .string(flags.text("hostname"))
    spec["Labels"] = .strings(flags.map("container-label"))
    spec["Dir"] = .string(flags.text("workdir"))
    spec["User"] = .string(flags.text("user"))
    list("Groups", flags.list("group"))
    spec["StopSignal"] = .string(flags.text("stop-signal"))
    spec["TTY"] = .bool(flags.isOn("tty"))
    spec["ReadOnly"] = .bool(flags.isOn("read-only"))
    spec["Mounts"] = .slice(
      .structure(engineStructs["mount.Mount"]),
      flags.list("mount").compactMap { try? MountValue.parse($0, session.host) })
    spec["DNSConfig"] = .zero("swarm.DNSConfig")
    spec["DNSConfig"]["Nameservers"] = .strings(flags.list("dns"))
    spec["DNSConfig"]["Search"] = .strings(flags.list("dns-search"))
    spec["DNSConfig"]["Options"] = .strings(flags.list("dns-option"))
    list("Hosts", flags.list("host").compactMap(hostAddress).map { "\($0.address) \($0.name)" })
    if flags.isSet("stop-grace-period") { spec["StopGracePeriod"] = .duration(flags.duration("stop-grace-period")) }
    if let health = try ServiceSettings.healthcheck(flags) { spec["Healthcheck"] = health }
    spec["Isolation"] = .string(flags.text("isolation"))
    spec["Sysctls"] = .strings(flags.map("sysctl"))
    let capabilities = settledCapabilities(add: flags.list("cap-add"), drop: flags.list("cap-drop"))
    list("CapabilityAdd", capabilities.add)
    list("CapabilityDrop", capabilities.drop)
    let limits = flags.list("ulimit").compactMap { try? parsedUlimit($0) }
    spec["Ulimits"] = .slice(
      .pointer(.structure(engineStructs["units.Ulimit"])),
      limits.sorted { ($0["Name"].string ?? "") < ($1["Name"].string ?? "") })
    spec["OomScoreAdj"] = .int(flags.int("oom-score-adj"))
    spec["Init"] = .bool(flags.isOn("init"))
    if let credential = ServiceSettings.credentialSpec(flags) { spec["Privileges"]["CredentialSpec"] = credential }
    return spec
  }

  /// Variables in order; a second value of a name moves to the end.
  private func environment() throws(Failure) -> [String] {
    let given = try Environment.variables(files: flags.list("env-file"), flags: flags.list("env"), in: session.host)
    var result: [String] = []
    for variable in given {
      let name = variable.cut("=")?.before ?? variable
      result.removeAll { $0 != variable && $0.hasPrefix(name + "=") }
      result.append(variable)
    }
    return result
  }

  private func limits() -> GoValue {
    var limits = GoValue.zero("swarm.Limit")
    limits["NanoCPUs"] = .int((try? parsedCPUs(flags.text("limit-cpu"))) ?? 0)
    limits["MemoryBytes"] = .int(flags.size("limit-memory"))
    limits["Pids"] = .int(flags.int("limit-pids"))
    return limits
  }

  private func reservations() throws(Failure) -> GoValue {
    var reservations = GoValue.zero("swarm.Resources")
    reservations["NanoCPUs"] = .int((try? parsedCPUs(flags.text("reserve-cpu"))) ?? 0)
    reservations["MemoryBytes"] = .int(flags.size("reserve-memory"))
    reservations["GenericResources"] = try ServiceSettings.genericResources(flags.list("generic-resource"))
    return reservations
  }

  private func placement() -> GoValue {
    var placement = GoValue.zero("swarm.Placement")
    placement["Constraints"] = .strings(flags.list("constraint"))
    placement["Preferences"] = ServiceSettings.preferences(flags.list("placement-pref"))
    placement["MaxReplicas"] = .uint(flags.uint("replicas-max-per-node"))
    return placement
  }

  private func networks() throws(Failure) -> GoValue {
    var attachments: [GoValue] = []
    for text in flags.list("network") {
      attachments.append(try ServiceSettings.attachment(text, in: session))
    }
    attachments.sort { ($0["Target"].string ?? "") < ($1["Target"].string ?? "") }
    return .slice(.structure(engineStructs["swarm.NetworkAttachmentConfig"]), attachments)
  }
}
