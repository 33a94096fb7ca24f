import EngineTypes
import SimBase

/// What the flags of `service update` do to a spec: each list is read, changed by key, and ordered again.
///
/// Source: docker/cli `cli/command/service/update.go` (`updateService`). **Differs from Docker:** variables keep their
/// order, which the real CLI loses to a map.
struct ServiceChange {
  let flags: Flags
  let session: Session

  /// Applies every flag that was given.
  mutating func apply(to spec: inout GoValue) throws(Failure) {
    changeMap("label", &spec["Labels"])
    try changeContainer(&spec["TaskTemplate"]["ContainerSpec"])
    try changeTask(&spec["TaskTemplate"])
    if flags.isAnySet("network-add", "network-rm") { try changeNetworks(&spec) }
    if flags.isSet("replicas") {
      guard spec["Mode"]["Replicated"].isTrue else {
        throw Failure("replicas can only be used with replicated mode")
      }
      spec["Mode"]["Replicated"]["Replicas"] = .uint(flags.uint("replicas"))
    }
    for (prefix, field) in [("update", "UpdateConfig"), ("rollback", "RollbackConfig")] {
      if let config = ServiceSettings.updateConfig(flags, prefix: prefix, over: present(spec[field])) {
        spec[field] = config
      }
    }
    if flags.isSet("endpoint-mode") { spec["EndpointSpec"]["Mode"] = .string(flags.text("endpoint-mode")) }
    if flags.isAnySet("publish-add", "publish-rm") { changePorts(&spec["EndpointSpec"]) }
    for (kind, field) in [("secret", "Secrets"), ("config", "Configs")] {
      let current = spec["TaskTemplate"]["ContainerSpec"][field]
      spec["TaskTemplate"]["ContainerSpec"][field] = try changedReferences(current, kind: kind)
    }
    try ServiceSettings.settleCredentialSpec(flags, &spec["TaskTemplate"]["ContainerSpec"], in: session)
  }

  /// What a pointer points to; nil for a nil one.
  private func present(_ value: GoValue) -> GoValue? {
    if case .pointer(_, let target) = value { target } else { value.isTrue ? value : nil }
  }

  private func changeContainer(_ spec: inout GoValue) throws(Failure) {
    changeMap("container-label", &spec["Labels"])
    for (flag, field) in [
      ("image", "Image"), ("workdir", "Dir"), ("user", "User"), ("hostname", "Hostname"), ("isolation", "Isolation"),
      ("stop-signal", "StopSignal"),
    ] where flags.isSet(flag) { spec[field] = .string(flags.text(flag)) }
    for (flag, field) in [("args", "Args"), ("entrypoint", "Command")] where flags.isSet(flag) {
      spec[field] = .strings((try? shellWords(flags.text(flag))) ?? [])
    }
    for (flag, field) in [("tty", "TTY"), ("read-only", "ReadOnly"), ("init", "Init")] where flags.isSet(flag) {
      spec[field] = .bool(flags.isOn(flag))
    }
    try changeEnvironment(&spec)
    try changeMounts(&spec)
    changeMap("sysctl", &spec["Sysctls"])
    if flags.isAnySet("ulimit-add", "ulimit-rm") { changeUlimits(&spec) }
    if flags.isSet("oom-score-adj") { spec["OomScoreAdj"] = .int(flags.int("oom-score-adj")) }
    if flags.isSet("stop-grace-period") { spec["StopGracePeriod"] = .duration(flags.duration("stop-grace-period")) }
    changeList("group", &spec["Groups"])
    for (flag, field) in [("dns", "Nameservers"), ("dns-option", "Options"), ("dns-search", "Search")]
    where flags.isAnySet(flag + "-add", flag + "-rm") { changeList(flag, &spec["DNSConfig"][field]) }
    if flags.isAnySet("host-add", "host-rm") { changeHosts(&spec) }
    if ServiceSettings.touchesHealth(flags) { try changeHealth(&spec) }
    if flags.isAnySet("cap-add", "cap-drop") { changeCapabilities(&spec) }
    if let credential = ServiceSettings.credentialSpec(flags) { spec["Privileges"]["CredentialSpec"] = credential }
  }

  private func changeTask(_ task: inout GoValue) throws(Failure) {
    if flags.isSet("limit-cpu") { task["Resources"]["Limits"]["NanoCPUs"] = cpus("limit-cpu") }
    if flags.isSet("limit-memory") { task["Resources"]["Limits"]["MemoryBytes"] = .int(flags.size("limit-memory")) }
    if flags.isSet("limit-pids") { task["Resources"]["Limits"]["Pids"] = .int(flags.int("limit-pids")) }
    if flags.isSet("reserve-cpu") { task["Resources"]["Reservations"]["NanoCPUs"] = cpus("reserve-cpu") }
    if flags.isSet("reserve-memory") {
      task["Resources"]["Reservations"]["MemoryBytes"] = .int(flags.size("reserve-memory"))
    }
    if flags.isAnySet("generic-resource-add", "generic-resource-rm") { try changeGenericResources(&task) }
    if let policy = ServiceSettings.restartPolicy(flags, over: present(task["RestartPolicy"])) {
      task["RestartPolicy"] = policy
    }
    if flags.isAnySet("constraint-add", "constraint-rm") { changeList("constraint", &task["Placement"]["Constraints"]) }
    if flags.isAnySet("placement-pref-add", "placement-pref-rm") { changePreferences(&task) }
    if flags.isSet("replicas-max-per-node") {
      task["Placement"]["MaxReplicas"] = .uint(flags.uint("replicas-max-per-node"))
    }
    if flags.isSet("log-driver"), !flags.text("log-driver").isEmpty {
      var driver = GoValue.zero("swarm.Driver")
      driver["Name"] = .string(flags.text("log-driver"))
      driver["Options"] = .strings(flags.map("log-opt"))
      task["LogDriver"] = driver
    }
    if flags.isOn("force") { task["ForceUpdate"] = .uint(UInt64(task["ForceUpdate"].integer ?? 0) + 1) }
  }

  private func cpus(_ flag: String) -> GoValue { .int((try? parsedCPUs(flags.text(flag))) ?? 0) }

  /// Labels and the like: keys removed, then pairs added.
  private func changeMap(_ flag: String, _ field: inout GoValue) {
    guard flags.isAnySet(flag + "-add", flag + "-rm") else { return }
    var entries = field.textMap
    for key in flags.list(flag + "-rm") { entries.removeValue(key) }
    for (key, value) in flags.map(flag + "-add") { entries[key] = value }
    field = .strings(entries)
  }

  /// Plain texts: removed, added, each once, sorted.
  private func changeList(_ flag: String, _ field: inout GoValue) {
    guard flags.isAnySet(flag + "-add", flag + "-rm") else { return }
    let removed = flags.list(flag + "-rm")
    let texts = (field.texts + flags.list(flag + "-add")).filter { !removed.contains($0) }
    field = .strings(Set(texts).sorted())
  }

  private func changeEnvironment(_ spec: inout GoValue) throws(Failure) {
    guard flags.isAnySet("env-add", "env-rm") else { return }
    func name(_ variable: String) -> String { variable.cut("=")?.before ?? variable }
    let removed = flags.list("env-rm")
    var variables = spec["Env"].texts.filter { !removed.contains(name($0)) }
    for variable in try Environment.variables(files: [], flags: flags.list("env-add"), in: session.host) {
      if let place = variables.firstIndex(where: { name($0) == name(variable) }) {
        variables[place] = variable
      } else {
        variables.append(variable)
      }
    }
    spec["Env"] = .strings(variables)
  }

  private func changeMounts(_ spec: inout GoValue) throws(Failure) {
    guard flags.isAnySet("mount-add", "mount-rm") || !spec["Mounts"].elements.isEmpty else { return }
    var mounts: [GoValue] = []
    for text in flags.list("mount-add") {
      guard let mount = try? MountValue.parse(text, session.host) else { continue }
      if mounts.contains(where: { $0["Target"].string == mount["Target"].string }) {
        throw Failure("duplicate mount target")
      }
      mounts.append(mount)
    }
    let replaced = mounts.map { $0["Target"].string }
    mounts += spec["Mounts"].elements.filter { !replaced.contains($0["Target"].string) }
    let removed = flags.list("mount-rm")
    mounts.removeAll { removed.contains($0["Target"].string ?? "") }
    spec["Mounts"].elements = mounts.sorted { a, b in
      let (x, y) = (a["Source"].string ?? "", b["Source"].string ?? "")
      return x == y ? (a["Target"].string ?? "") < (b["Target"].string ?? "") : x < y
    }
  }

  private func changeUlimits(_ spec: inout GoValue) {
    let removed = flags.list("ulimit-rm")
    var limits = Table<String, GoValue>()
    for limit in spec["Ulimits"].elements where !removed.contains(limit["Name"].string ?? "") {
      limits[limit["Name"].string ?? ""] = limit
    }
    for limit in flags.list("ulimit-add").compactMap({ try? parsedUlimit($0) }) {
      limits[limit["Name"].string ?? ""] = limit
    }
    spec["Ulimits"].elements = limits.values
  }

  /// Takes names off, or the names of one address, `host:ip`; an address keeps those of its names that stay.
  private func changeHosts(_ spec: inout GoValue) {
    let removed = flags.list("host-rm").map { $0.cut(":") ?? (before: $0, after: "") }
    var hosts: [String] = []
    for entry in spec["Hosts"].texts {
      let words = entry.split(separator: " ").map(String.init)
      guard let address = words.first else { continue }
      let names = words.dropFirst().filter { name in
        !removed.contains { $0.before == name && ["", address].contains($0.after) }
      }
      if !names.isEmpty { hosts.append(([address] + names).joined(separator: " ")) }
    }
    hosts += flags.list("host-add").compactMap(hostAddress).map { "\($0.address) \($0.name)" }
    var distinct: [String] = []
    for entry in hosts where !distinct.contains(entry) { distinct.append(entry) }
    spec["Hosts"] = .strings(distinct)
  }

  private func changeHealth(_ spec: inout GoValue) throws(Failure) {
    if flags.isOn("no-healthcheck") {
      if let none = try ServiceSettings.healthcheck(flags) { spec["Healthcheck"] = none }
      return
    }
    var health = present(spec["Healthcheck"]) ?? .zero("container.HealthConfig")
    if health["Test"].texts.first == "NONE" { health["Test"] = .slice(.string, nil) }
    ServiceSettings.setHealthSpans(flags, &health)
    if flags.isSet("health-cmd") {
      let command = flags.text("health-cmd")
      health["Test"] = .strings(command.isEmpty ? nil : ["CMD-SHELL", command])
    }
    spec["Healthcheck"] = health
  }

  /// Adding wins over dropping; `RESET` empties a list first. What the other list held only leaves it there: to drop
  /// what was added, it has to be dropped twice.
  private func changeCapabilities(_ spec: inout GoValue) {
    var (adds, drops) = (Set(spec["CapabilityAdd"].texts), Set(spec["CapabilityDrop"].texts))
    var toAdd = normalizedCapabilities(flags.list("cap-add"))
    var toDrop = normalizedCapabilities(flags.list("cap-drop"))
    if toAdd.contains("RESET") { adds = [] }
    if toDrop.contains("RESET") { drops = [] }
    toAdd.removeAll { $0 == "RESET" }
    toDrop.removeAll { $0 == "RESET" || toAdd.contains($0) }
    for name in toDrop where adds.remove(name) == nil { drops.insert(name) }
    for name in toAdd where drops.remove(name) == nil { adds.insert(name) }
    let settled = settledCapabilities(add: adds.sorted(), drop: drops.sorted())
    spec["CapabilityAdd"] = .strings(settled.add)
    spec["CapabilityDrop"] = .strings(settled.drop)
  }

  private func changeGenericResources(_ task: inout GoValue) throws(Failure) {
    var resources = task["Resources"]["Reservations"]["GenericResources"].elements
    func kind(_ resource: GoValue) -> String { resource["DiscreteResourceSpec"]["Kind"].string ?? "" }
    let added = try ServiceSettings.genericResources(flags.list("generic-resource-add")).elements
    resources.removeAll { added.map(kind).contains(kind($0)) }
    resources += added
    for name in flags.list("generic-resource-rm") {
      guard let place = resources.firstIndex(where: { kind($0) == name }) else {
        throw Failure("could not find generic-resource `\(name)` to remove it")
      }
      resources.remove(at: place)
    }
    task["Resources"]["Reservations"]["GenericResources"].elements = resources
  }

  private func changePreferences(_ task: inout GoValue) {
    let removed = flags.list("placement-pref-rm").compactMap { $0.cut("=")?.after }
    let kept = task["Placement"]["Preferences"].elements.filter { preference in
      !removed.contains(preference["Spread"]["SpreadDescriptor"].string ?? "")
    }
    let added = ServiceSettings.preferences(flags.list("placement-pref-add")).elements
    task["Placement"]["Preferences"].elements = kept + added
  }

  private func changeNetworks(_ spec: inout GoValue) throws(Failure) {
    var networks = spec["TaskTemplate"]["Networks"].elements
    if networks.isEmpty { networks = spec["Networks"].elements }
    spec["Networks"] = .slice(.structure(engineStructs["swarm.NetworkAttachmentConfig"]), nil)
    for name in flags.list("network-rm") {
      let id = try ServiceSettings.networkID(name, in: session)
      networks.removeAll { $0["Target"].string == id }
    }
    for text in flags.list("network-add") {
      let attachment = try ServiceSettings.attachment(text, in: session)
      if networks.contains(where: { $0["Target"].string == attachment["Target"].string }) {
        throw Failure("service is already attached to network \((try? NetworkValue(text))?.name ?? text)")
      }
      networks.append(attachment)
    }
    spec["TaskTemplate"]["Networks"].elements = networks.sorted {
      ($0["Target"].string ?? "") < ($1["Target"].string ?? "")
    }
  }

  private func changePorts(_ endpoint: inout GoValue) {
    func words(_ port: GoValue) -> (published: String, target: String, transport: String, mode: String) {
      let (transport, mode) = (port["Protocol"].string ?? "", port["PublishMode"].string ?? "")
      return (
        port["PublishedPort"].printed, port["TargetPort"].printed, transport.isEmpty ? "tcp" : transport,
        mode.isEmpty ? "ingress" : mode
      )
    }
    func key(_ port: GoValue) -> String {
      let w = words(port)
      return "\(w.published):\(w.target)/\(w.transport)/\(w.mode)"
    }
    let removed = flags.list("publish-rm").flatMap { (try? PublishedPorts.parse($0)) ?? [] }.map(words)
    let current = endpoint["Ports"].elements
    var ports = current.filter { port in
      let mine = words(port)
      return !removed.contains { $0.target == mine.target && $0.transport == mine.transport && $0.mode == mine.mode }
    }
    let known = Set(current.map(key))
    ports += flags.list("publish-add").flatMap { (try? PublishedPorts.parse($0)) ?? [] }.filter {
      !known.contains(key($0))
    }
    endpoint["Ports"].elements = ports.sorted { key($0) < key($1) }
  }

  private func changedReferences(_ current: GoValue, kind: String) throws(Failure) -> GoValue {
    let removed = flags.list("\(kind)-rm")
    let name = kind == "secret" ? "SecretName" : "ConfigName"
    let kept = current.elements.filter { !removed.contains($0[name].string ?? "") }
    let added = try ServiceSettings.fileReferences(flags.list("\(kind)-add"), kind: kind, in: session)
    return ServiceSettings.referenceList(kept + added, kind: kind)
  }
}
