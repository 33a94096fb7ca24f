import EngineTypes
import SimBase

/// What the containers of a service are to be.
extension StackConverter {
  func container(_ name: String, _ service: JSON) throws(Failure) -> GoValue {
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
