import EngineTypes
import SimBase

/// Turns what a compose file says of a stack into the specs that requests carry.
///
/// Source: docker/cli `cli/compose/convert` (`service.go`, `compose.go`, `volume.go`).
struct StackConverter {
  let namespace: StackNamespace
  let file: ComposeFile
  let session: Session

  /// A service's spec.
  func service(_ name: String, _ service: JSON) throws(Failure) -> GoValue {
    let deploy = service["deploy"]
    var spec = GoValue.zero("swarm.ServiceSpec")
    var labels = namespace.labels(deploy["labels"])
    labels[StackNamespace.imageLabel] = service["image"].string ?? ""
    spec["Name"] = .string(namespace.scoped(name))
    spec["Labels"] = .strings(labels)
    spec["Mode"] = try mode(deploy)
    var task = GoValue.zero("swarm.TaskSpec")
    task["ContainerSpec"] = try container(name, service)
    task["Resources"] = try resources(deploy["resources"])
    if let policy = try restartPolicy(service) { task["RestartPolicy"] = policy }
    task["Placement"] = placement(deploy["placement"])
    task["Networks"] = try networks(name, service["networks"])
    let logging = service["logging"]
    if !logging.isNull {
      task["LogDriver"]["Name"] = .string(logging["driver"].string ?? "")
      task["LogDriver"]["Options"] = .strings(ComposeForms.map(logging["options"]))
    }
    spec["TaskTemplate"] = task
    if let config = updateConfig(deploy["update_config"]) { spec["UpdateConfig"] = config }
    if let config = updateConfig(deploy["rollback_config"]) { spec["RollbackConfig"] = config }
    spec["EndpointSpec"] = .zero("swarm.EndpointSpec")
    spec["EndpointSpec"]["Mode"] = .string(deploy["endpoint_mode"].string ?? "")
    spec["EndpointSpec"]["Ports"].elements = try ports(service["ports"])
    return spec
  }

  private func mode(_ deploy: JSON) throws(Failure) -> GoValue {
    var mode = GoValue.zero("swarm.ServiceMode")
    let replicas = deploy["replicas"].int.map { GoValue.uint(UInt64(clamping: $0)) }
    let word = deploy["mode"].string ?? ""
    switch word {
    case "global", "global-job":
      if replicas != nil { throw Failure("replicas can only be used with replicated or replicated-job mode") }
      mode[word == "global" ? "Global" : "GlobalJob"] = .zero(
        word == "global" ? "swarm.GlobalService" : "swarm.GlobalJob")
    case "replicated-job":
      mode["ReplicatedJob"] = .zero("swarm.ReplicatedJob")
      if let replicas {
        mode["ReplicatedJob"]["MaxConcurrent"] = replicas
        mode["ReplicatedJob"]["TotalCompletions"] = replicas
      }
    case "", "replicated":
      mode["Replicated"] = .zero("swarm.ReplicatedService")
      if let replicas { mode["Replicated"]["Replicas"] = replicas }
    default: throw Failure("Unknown mode: \(word)")
    }
    return mode
  }

  private func container(_ name: String, _ service: JSON) throws(Failure) -> GoValue {
    var spec = GoValue.zero("swarm.ContainerSpec")
    func text(_ key: String, _ field: String) { spec[field] = .string(service[key].string ?? "") }
    func truth(_ key: String, _ field: String) { spec[field] = .bool(service[key].bool ?? false) }
    func optional(_ texts: [String]) -> GoValue { .strings(texts.isEmpty ? nil : texts) }
    text("image", "Image")
    spec["Labels"] = .strings(namespace.labels(service["labels"]))
    spec["Command"] = optional(ComposeForms.words(service["entrypoint"]))
    spec["Args"] = optional(ComposeForms.words(service["command"]))
    text("hostname", "Hostname")
    spec["Env"] = optional(try environment(service))
    text("working_dir", "Dir")
    text("user", "User")
    spec["Privileges"] = .zero("swarm.Privileges")
    if let credential = credentialSpec(service["credential_spec"]) { spec["Privileges"]["CredentialSpec"] = credential }
    if let isInit = service["init"].bool { spec["Init"] = .bool(isInit) }
    text("stop_signal", "StopSignal")
    truth("tty", "TTY")
    truth("stdin_open", "OpenStdin")
    truth("read_only", "ReadOnly")
    spec["Mounts"].elements = try mounts(service["volumes"])
    if let grace = duration(service["stop_grace_period"]) { spec["StopGracePeriod"] = .duration(grace) }
    if let health = healthcheck(service["healthcheck"]) { spec["Healthcheck"] = health }
    spec["Hosts"] = optional(hosts(service["extra_hosts"]))
    let (dns, search) = (ComposeForms.texts(service["dns"]), ComposeForms.texts(service["dns_search"]))
    if !dns.isEmpty || !search.isEmpty {
      spec["DNSConfig"]["Nameservers"] = optional(dns)
      spec["DNSConfig"]["Search"] = optional(search)
    }
    text("isolation", "Isolation")
    spec["Sysctls"] = .strings(ComposeForms.map(service["sysctls"]))
    let capabilities = settledCapabilities(
      add: ComposeForms.texts(service["cap_add"]), drop: ComposeForms.texts(service["cap_drop"]))
    spec["CapabilityAdd"] = optional(capabilities.add)
    spec["CapabilityDrop"] = optional(capabilities.drop)
    spec["Ulimits"].elements = ulimits(service["ulimits"])
    spec["OomScoreAdj"] = .int(service["oom_score_adj"].int ?? 0)
    spec["Secrets"] = try references(service["secrets"], kind: "secret", file.secrets)
    spec["Configs"] = try references(service["configs"], kind: "config", file.configs)
    return spec
  }

  /// Variables by name: those of files, then the service's own; one without a value takes the caller's.
  func environment(_ service: JSON) throws(Failure) -> [String] {
    var variables = Table<String, String?>()
    for path in ComposeForms.texts(service["env_file"]) {
      let whole = path.hasPrefix("/") ? path : file.folder + "/" + path
      for line in try Environment.read(whole, in: session.host) {
        let (name, value) = line.cut("=") ?? (line, "")
        variables[name] = .some(settled(value.isEmpty && !line.contains("=") ? nil : value, named: name))
      }
    }
    for field in ComposeForms.dictionary(service["environment"]).fields ?? [] {
      let value = field.value.isNull ? nil : ComposeForms.scalar(field.value)
      variables[field.key] = .some(settled(value, named: field.key))
    }
    return variables.map { name, value in value.map { name + "=" + $0 } ?? name }
  }

  /// A variable without a value, or with an empty one, takes the caller's where that is set.
  private func settled(_ value: String?, named name: String) -> String? {
    value?.isEmpty ?? true ? session.host.environment(name) ?? value : value
  }

  private func credentialSpec(_ json: JSON) -> GoValue? {
    if json.isNull { return nil }
    var spec = GoValue.zero("swarm.CredentialSpec")
    for (key, field) in [("config", "Config"), ("file", "File"), ("registry", "Registry")] {
      spec[field] = .string(json[key].string ?? "")
    }
    return spec
  }

  private func duration(_ json: JSON) -> Duration? { json.string.flatMap { Duration(go: $0) } }

  private func healthcheck(_ json: JSON) -> GoValue? {
    if json.isNull { return nil }
    var health = GoValue.zero("container.HealthConfig")
    if json["disable"].bool == true {
      health["Test"] = .strings(["NONE"])
      return health
    }
    if let command = json["test"].string {
      health["Test"] = .strings(["CMD-SHELL", command])
    } else if json["test"].array != nil {
      health["Test"] = .strings(ComposeForms.texts(json["test"]))
    }
    for (key, field) in [
      ("interval", "Interval"), ("timeout", "Timeout"), ("start_period", "StartPeriod"),
      ("start_interval", "StartInterval"),
    ] { health[field] = .duration(duration(json[key]) ?? .zero) }
    health["Retries"] = .int(json["retries"].int ?? 0)
    return health
  }

  private func hosts(_ json: JSON) -> [String] {
    ComposeForms.hosts(json).compactMap(hostAddress).map { "\($0.address) \($0.name)" }
  }

  private func ulimits(_ json: JSON) -> [GoValue] {
    let type = GoType.structure(engineStructs["units.Ulimit"])
    return (json.fields ?? []).sorted { $0.key < $1.key }.map { field in
      var limit = type.zero
      limit["Name"] = .string(field.key)
      limit["Soft"] = .int(field.value.int ?? field.value["soft"].int ?? 0)
      limit["Hard"] = .int(field.value.int ?? field.value["hard"].int ?? 0)
      return .pointer(type, limit)
    }
  }

  private func resources(_ json: JSON) throws(Failure) -> GoValue {
    var resources = GoValue.zero("swarm.ResourceRequirements")
    func amounts(_ json: JSON, _ type: String) throws(Failure) -> GoValue {
      var value = GoValue.zero(type)
      do throws(FlagTrouble) {
        if let cpus = json["cpus"].string { value["NanoCPUs"] = .int(try parsedCPUs(cpus)) }
        if let memory = json["memory"].string { value["MemoryBytes"] = .int(try parsedSize(memory)) }
      } catch {
        throw error.failure
      }
      return value
    }
    if !json["limits"].isNull {
      resources["Limits"] = try amounts(json["limits"], "swarm.Limit")
      resources["Limits"]["Pids"] = .int(json["limits"]["pids"].int ?? 0)
    }
    if !json["reservations"].isNull {
      var reserved = try amounts(json["reservations"], "swarm.Resources")
      let generic = (json["reservations"]["generic_resources"].array ?? []).map { entry in
        let discrete = entry["discrete_resource_spec"]
        return "\(discrete["kind"].string ?? "")=\(discrete["value"].int ?? 0)"
      }
      reserved["GenericResources"] = try ServiceSettings.genericResources(generic)
      resources["Reservations"] = reserved
    }
    return resources
  }

  private func restartPolicy(_ service: JSON) throws(Failure) -> GoValue? {
    let json = service["deploy"]["restart_policy"]
    var policy = GoValue.zero("swarm.RestartPolicy")
    if !json.isNull {
      policy["Condition"] = .string(json["condition"].string ?? "")
      if let delay = duration(json["delay"]) { policy["Delay"] = .duration(delay) }
      if let attempts = json["max_attempts"].int { policy["MaxAttempts"] = .uint(UInt64(clamping: attempts)) }
      if let window = duration(json["window"]) { policy["Window"] = .duration(window) }
      return policy
    }
    let restart = service["restart"].string ?? ""
    let (name, count) = restart.cut(":") ?? (restart, "0")
    switch name {
    case "", "no": return nil
    case "always", "unless-stopped": policy["Condition"] = "any"
    case "on-failure":
      policy["Condition"] = "on-failure"
      policy["MaxAttempts"] = .uint(UInt64(count) ?? 0)
    default: throw Failure("unknown restart policy: \(restart)")
    }
    return policy
  }

  private func placement(_ json: JSON) -> GoValue {
    var placement = GoValue.zero("swarm.Placement")
    placement["Constraints"] = .strings(ComposeForms.texts(json["constraints"]))
    placement["Preferences"] = ServiceSettings.preferences(
      (json["preferences"].array ?? []).compactMap { $0["spread"].string }.map { "spread=" + $0 })
    placement["MaxReplicas"] = .uint(UInt64(clamping: json["max_replicas_per_node"].int ?? 0))
    return placement
  }

  private func updateConfig(_ json: JSON) -> GoValue? {
    if json.isNull { return nil }
    var config = GoValue.zero("swarm.UpdateConfig")
    config["Parallelism"] = .uint(UInt64(clamping: json["parallelism"].int ?? 1))
    config["Delay"] = .duration(duration(json["delay"]) ?? .zero)
    config["FailureAction"] = .string(json["failure_action"].string ?? "")
    config["Monitor"] = .duration(duration(json["monitor"]) ?? .zero)
    config["MaxFailureRatio"] = .float(json["max_failure_ratio"].double ?? 0)
    config["Order"] = .string(json["order"].string ?? "")
    return config
  }

  private func networks(_ service: String, _ json: JSON) throws(Failure) -> GoValue {
    var wanted = ComposeForms.dictionary(json).fields ?? []
    if wanted.isEmpty { wanted = [.init("default", .null)] }
    let type = GoType.structure(engineStructs["swarm.NetworkAttachmentConfig"])
    var attachments: [GoValue] = []
    for network in wanted {
      let declared = file.networks[network.key]
      if declared == nil, network.key != "default" { throw Failure("undefined network \(network.key.goQuoted)") }
      let target = declared.flatMap { ComposeObject(network.key, $0).fixedName } ?? namespace.scoped(network.key)
      var aliases = ComposeForms.texts(network.value["aliases"])
      if !["host", "none", "bridge", "default"].contains(target) { aliases.append(service) }
      var attachment = type.zero
      attachment["Target"] = .string(target)
      attachment["Aliases"] = .strings(aliases.isEmpty ? nil : aliases)
      attachment["DriverOpts"] = .strings(ComposeForms.map(network.value["driver_opts"]))
      attachments.append(attachment)
    }
    return .slice(type, attachments.sorted { ($0["Target"].string ?? "") < ($1["Target"].string ?? "") })
  }

  private func ports(_ json: JSON) throws(Failure) -> [GoValue] {
    var ports: [GoValue] = []
    for port in json.array ?? [] {
      if port.fields != nil {
        ports.append(
          PublishedPorts.config(
            target: UInt64(clamping: port["target"].int ?? 0), published: UInt64(clamping: port["published"].int ?? 0),
            transport: port["protocol"].string ?? "", mode: port["mode"].string ?? ""))
        continue
      }
      do throws(FlagTrouble) {
        let mapping = try PortMapping(ComposeForms.scalar(port))
        ports += mapping.pairs.map {
          PublishedPorts.config(
            target: UInt64($0.target), published: UInt64($0.published), transport: mapping.transport, mode: "ingress")
        }
      } catch {
        throw error.failure
      }
    }
    let keyed = ports.enumerated().map { ($0.element["PublishedPort"].integer ?? 0, $0.offset, $0.element) }
    return keyed.sorted { ($0.0, $0.1) < ($1.0, $1.1) }.map(\.2)
  }

  private func mounts(_ json: JSON) throws(Failure) -> [GoValue] {
    var mounts: [GoValue] = []
    for entry in json.array ?? [] {
      mounts.append(try mount(ComposeVolume(entry, in: file, host: session.host)))
    }
    return mounts
  }

  private func mount(_ volume: ComposeVolume) throws(Failure) -> GoValue {
    var mount = GoValue.zero("mount.Mount")
    mount["Type"] = .string(volume.type)
    mount["Target"] = .string(volume.target)
    mount["ReadOnly"] = .bool(volume.isReadOnly)
    mount["Consistency"] = .string(volume.consistency)
    mount["Source"] = .string(volume.source)
    if !volume.propagation.isEmpty { mount["BindOptions"]["Propagation"] = .string(volume.propagation) }
    if volume.tmpfsSize > 0 { mount["TmpfsOptions"]["SizeBytes"] = .int(volume.tmpfsSize) }
    guard volume.type == "volume", !volume.source.isEmpty else { return mount }
    guard let declared = file.volumes[volume.source] else {
      throw Failure("undefined volume \(volume.source.goQuoted)")
    }
    let object = ComposeObject(volume.source, declared)
    mount["Source"] = .string(object.fixedName ?? namespace.scoped(volume.source))
    mount["VolumeOptions"] = .zero("mount.VolumeOptions")
    mount["VolumeOptions"]["NoCopy"] = .bool(volume.hasNoCopy)
    mount["VolumeOptions"]["Subpath"] = .string(volume.subpath)
    if object.isExternal { return mount }
    mount["VolumeOptions"]["Labels"] = .strings(namespace.labels(declared["labels"]))
    if !declared["driver"].isNull || !declared["driver_opts"].isNull {
      mount["VolumeOptions"]["DriverConfig"]["Name"] = .string(declared["driver"].string ?? "")
      mount["VolumeOptions"]["DriverConfig"]["Options"] = .strings(ComposeForms.map(declared["driver_opts"]))
    }
    return mount
  }

  /// A service's secrets or configs by their IDs; asks the engine.
  private func references(_ json: JSON, kind: String, _ declared: Table<String, JSON>) throws(Failure) -> GoValue {
    var values: [FileReferenceValue] = []
    for entry in json.array ?? [] {
      let source = entry.string ?? entry["source"].string ?? ""
      guard let object = declared[source] else { throw Failure("undefined \(kind) \(source.goQuoted)") }
      var value = FileReferenceValue(source: source)
      value.target = entry["target"].string ?? source
      value.uid = entry["uid"].string ?? "0"
      value.gid = entry["gid"].string ?? "0"
      value.mode = entry["mode"].int.map { UInt64(clamping: $0) } ?? 0o444
      value.source = ComposeObject(source, object).fixedName ?? namespace.scoped(source)
      values.append(value)
    }
    let found = try ServiceSettings.resolve(values, kind: kind, in: session)
    let name = kind == "secret" ? "SecretName" : "ConfigName"
    return ServiceSettings.referenceList(
      found.sorted { ($0[name].string ?? "") < ($1[name].string ?? "") }, kind: kind)
  }
}

/// An entry of a section beside the services.
struct ComposeObject {
  let name: String
  let json: JSON

  init(_ name: String, _ json: JSON) {
    self.name = name
    self.json = json
  }

  /// Whether somebody else made it.
  var isExternal: Bool { json["external"].bool == true || json["external"].fields != nil }

  /// The name it has whatever the stack is called; nil where it takes the stack's.
  var fixedName: String? {
    if let given = json["name"].string, !given.isEmpty { return given }
    if let old = json["external"]["name"].string, !old.isEmpty { return old }
    return isExternal ? name : nil
  }
}

/// What a service mounts, from either form.
///
/// Source: docker/cli `cli/compose/loader/volume.go`.
struct ComposeVolume {
  var type = "volume"
  var source = ""
  var target = ""
  var isReadOnly = false
  var consistency = ""
  var propagation = ""
  var hasNoCopy = false
  var subpath = ""
  var tmpfsSize: Int64 = 0
  var hasTmpfsOptions = false

  init(_ json: JSON, in file: ComposeFile, host: any CLIHost) throws(Failure) {
    if let text = json.string {
      try readShort(text)
    } else {
      type = json["type"].string ?? ""
      source = json["source"].string ?? ""
      target = json["target"].string ?? ""
      isReadOnly = json["read_only"].bool ?? false
      consistency = json["consistency"].string ?? ""
      propagation = json["bind"]["propagation"].string ?? ""
      hasNoCopy = json["volume"]["nocopy"].bool ?? false
      subpath = json["volume"]["subpath"].string ?? ""
      tmpfsSize = json["tmpfs"]["size"].int ?? 0
      hasTmpfsOptions = !json["tmpfs"].isNull
    }
    if type == "bind" {
      if source.isEmpty { throw Failure("invalid mount config for type \"bind\": field Source must not be empty") }
      if source.hasPrefix("~") { source = (host.environment("HOME") ?? "") + source.dropFirst() }
      let isAbsolute = source.hasPrefix("/") || Self.isWindowsPath(source)
      source = isAbsolute ? source : cleanPath(file.folder + "/" + source)
    }
  }

  /// `C:\\data` and `\\\\host\\share` lead nowhere from a folder. Source: docker/cli `cli/compose/loader/windows_path.go`.
  private static func isWindowsPath(_ text: String) -> Bool {
    let letters = Array(text.prefix(3))
    if letters.count == 3, letters[0].isASCII, letters[0].isLetter, letters[1] == ":" {
      return letters[2] == "\\" || letters[2] == "/"
    }
    return text.hasPrefix("\\\\")
  }

  private mutating func readShort(_ text: String) throws(Failure) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    // A single letter before a colon is a drive of Windows, so there is no source here.
    if parts.count == 1 || parts.count == 2 && parts[0].count == 1 && parts[0].first?.isLetter == true {
      target = text
      return
    }
    if parts.contains("") { throw Failure("invalid spec: \(text): empty section between colons") }
    if parts.count > 3 { throw Failure("invalid spec: \(text): too many colons") }
    (source, target) = (parts[0], parts[1])
    if source.hasPrefix(".") || source.hasPrefix("/") || source.hasPrefix("~") { type = "bind" }
    for option in parts.count > 2 ? parts[2].split(separator: ",").map(String.init) : [] {
      switch option {
      case "ro": isReadOnly = true
      case "nocopy": hasNoCopy = true
      case "consistent", "cached", "delegated": consistency = option
      case "rprivate", "private", "rshared", "shared", "rslave", "slave": propagation = option
      default: break
      }
    }
  }
}
