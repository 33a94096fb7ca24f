import EngineTypes
import SimBase

/// The request that makes a container, from the flags of `run` and `create`.
///
/// Source: docker/cli `cli/command/container/opts.go` (`parse`). **Differs from Docker:** block I/O limits per device,
/// `--gpus` and `--use-api-socket` are read and have no effect.
struct RunRequest {
  let flags: Flags
  let host: any CLIHost
  let image: String
  let command: [String]
  /// Whether the caller stays with the container.
  let isAttached: Bool

  /// The body of `POST /containers/create`.
  func body() throws(Failure) -> JSON {
    var config = GoType.structure(containerStructs["container.CreateRequest"]).zero
    let attached = flags.list("attach").map { $0.lowercased() }
    try check()
    let hasInput = flags.isOn("interactive")
    config["Hostname"] = .string(flags.text("hostname"))
    config["Domainname"] = .string(flags.text("domainname"))
    config["User"] = .string(flags.text("user"))
    config["AttachStdin"] = .bool(isAttached && (attached.contains("stdin") || attached.isEmpty && hasInput))
    config["AttachStdout"] = .bool(isAttached && (attached.isEmpty || attached.contains("stdout")))
    config["AttachStderr"] = .bool(isAttached && (attached.isEmpty || attached.contains("stderr")))
    config["Tty"] = .bool(flags.isOn("tty"))
    config["OpenStdin"] = .bool(hasInput)
    config["StdinOnce"] = .bool(hasInput && config["AttachStdin"].isTrue)
    let environment = try Environment.variables(files: flags.list("env-file"), flags: flags.list("env"), in: host)
    config["Env"] = optional(environment)
    config["Cmd"] = optional(command)
    if let health = try ServiceSettings.healthcheck(flags) { config["Healthcheck"] = health }
    config["Image"] = .string(image)
    config["WorkingDir"] = .string(flags.text("workdir"))
    if flags.isSet("entrypoint") {
      let entrypoint = flags.text("entrypoint")
      config["Entrypoint"] = .strings([entrypoint])
    }
    config["MacAddress"] = .string(flags.text("mac-address"))
    config["Labels"] = .strings(keyValues(try labelLines() + flags.list("label")))
    config["StopSignal"] = .string(flags.text("stop-signal"))
    if flags.isSet("stop-timeout") { config["StopTimeout"] = .int(flags.int("stop-timeout")) }
    let (binds, anonymous) = try volumes()
    config["Volumes"] = emptyObjects(anonymous)
    let (exposed, bindings) = try ports()
    config["ExposedPorts"] = emptyObjects(exposed)
    config["HostConfig"] = try hostConfig(binds: binds, bindings: bindings)
    let networks = try networking()
    config["HostConfig"]["NetworkMode"] = .string(networks.first?.name ?? "default")
    config["NetworkingConfig"] = GoValue(ordered: endpoints(networks))
    return config.json
  }

  private func optional(_ texts: [String]) -> GoValue { .strings(texts.isEmpty ? nil : texts) }

  private func emptyObjects(_ keys: [String]) -> GoValue {
    .map(.any, Table(keys.map { ($0, GoValue.map(.any, Table())) }))
  }

  /// `-v` values that bind something, and those that name only a place in the container.
  private func volumes() throws(Failure) -> (binds: [String], anonymous: [String]) {
    var (binds, anonymous): ([String], [String]) = ([], [])
    for text in flags.list("volume") {
      if text.isEmpty { throw Failure("invalid empty volume spec") }
      guard let (source, rest) = text.cut(":") else {
        anonymous.append(text)
        continue
      }
      if source.isEmpty || rest.isEmpty { throw Failure("invalid spec: \(text): empty section between colons") }
      let isPath = source.hasPrefix(".") || source.hasPrefix("~")
      binds.append((isPath ? cleanPath(host.absolute(source)) : source) + ":" + rest)
    }
    return (binds, anonymous)
  }

  private func ports() throws(Failure) -> (exposed: [String], bindings: GoValue) {
    var exposed = Set<String>()
    let type = GoType.structure(containerStructs["container.PortBinding"])
    var bindings = Table<String, GoValue>()
    do throws(FlagTrouble) {
      for text in flags.list("publish") {
        let mapping = try PortMapping(text.includes("target=") ? Self.shortForm(text) : text)
        for target in mapping.targets {
          let key = "\(target)/\(mapping.transport)"
          exposed.insert(key)
          var binding = type.zero
          binding["HostIP"] = .string(mapping.address)
          binding["HostPort"] = .string(mapping.hostPort(of: target))
          bindings[key, default: .slice(type, [])].elements.append(binding)
        }
      }
    } catch {
      throw error.failure
    }
    for text in flags.list("expose") {
      let (span, transport) = text.cut("/") ?? (text, "tcp")
      let (low, high) = span.cut("-") ?? (span, span)
      func trouble(_ reason: String) -> Failure {
        Failure("invalid range format for --expose: \(text), error: \(reason)")
      }
      let bounds: (UInt64, UInt64)
      do throws(FlagTrouble) {
        bounds = (try goUnsigned(low, bits: 16), try goUnsigned(high, bits: 16))
      } catch {
        throw trouble(error.reason)
      }
      if bounds.0 > bounds.1 { throw trouble("invalid range specified for port: \(span)") }
      for port in bounds.0...bounds.1 { exposed.insert("\(port)/\(transport)") }
    }
    return (Array(exposed), .map(.slice(type), bindings))
  }

  /// `target=80,published=8080,protocol=udp` as `8080:80/udp`.
  private static func shortForm(_ text: String) throws(FlagTrouble) -> String {
    guard let port = try PublishedPorts.parse(text).first else { return text }
    let published = port["PublishedPort"].integer ?? 0
    return (published == 0 ? "" : "\(published):") + "\(port["TargetPort"].printed)/\(port["Protocol"].printed)"
  }

  private func hostConfig(binds: [String], bindings: GoValue) throws(Failure) -> GoValue {
    var config = GoType.structure(containerStructs["container.HostConfig"]).zero
    func list(_ field: String, _ flag: String) { config[field] = optional(flags.list(flag)) }
    func text(_ field: String, _ flag: String) { config[field] = .string(flags.text(flag)) }
    func size(_ field: String, _ flag: String) {
      config[field] = .int(flags.text(flag) == "-1" ? -1 : flags.size(flag))
    }
    func number(_ field: String, _ flag: String) { config[field] = .int(flags.int(flag)) }
    config["Binds"] = optional(binds)
    config["PortBindings"] = bindings
    config["LogConfig"]["Type"] = .string(flags.text("log-driver"))
    config["LogConfig"]["Config"] = .strings(flags.map("log-opt"))
    if flags.text("log-driver") == "none", !flags.list("log-opt").isEmpty {
      throw Failure("invalid logging opts for driver none")
    }
    config["RestartPolicy"] = try Self.restartPolicy(flags.text("restart"))
    if flags.isOn("rm"), !["no", ""].contains(config["RestartPolicy"]["Name"].string ?? "") {
      throw Failure("conflicting options: cannot specify both --restart and --rm")
    }
    config["AutoRemove"] = .bool(flags.isOn("rm"))
    text("VolumeDriver", "volume-driver")
    list("VolumesFrom", "volumes-from")
    config["ConsoleSize"] = .slice(.int, [.int(0), .int(0)])
    config["Annotations"] = .strings(flags.map("annotation"))
    config["CapAdd"] = optional(normalizedCapabilities(flags.list("cap-add")))
    config["CapDrop"] = optional(normalizedCapabilities(flags.list("cap-drop")))
    text("CgroupnsMode", "cgroupns")
    for (field, flag) in [("DNS", "dns"), ("DNSOptions", "dns-option"), ("DNSSearch", "dns-search")] {
      config[field] = .strings(flags.list(flag))
    }
    config["ExtraHosts"] = optional(flags.list("add-host").compactMap(hostAddress).map { "\($0.name):\($0.address)" })
    list("GroupAdd", "group-add")
    for (field, flag) in [
      ("IpcMode", "ipc"), ("PidMode", "pid"), ("UTSMode", "uts"), ("UsernsMode", "userns"), ("Isolation", "isolation"),
      ("Runtime", "runtime"), ("CgroupParent", "cgroup-parent"), ("CpusetCpus", "cpuset-cpus"),
      ("CpusetMems", "cpuset-mems"),
    ] { text(field, flag) }
    list("Links", "link")
    number("OomScoreAdj", "oom-score-adj")
    config["Privileged"] = .bool(flags.isOn("privileged"))
    config["PublishAllPorts"] = .bool(flags.isOn("publish-all"))
    config["ReadonlyRootfs"] = .bool(flags.isOn("read-only"))
    list("SecurityOpt", "security-opt")
    config["StorageOpt"] = .strings(flags.map("storage-opt"))
    config["Tmpfs"] = .strings(Table(flags.list("tmpfs").map { $0.cut(":").map { ($0.before, $0.after) } ?? ($0, "") }))
    size("ShmSize", "shm-size")
    config["Sysctls"] = .strings(flags.map("sysctl"))
    number("CPUShares", "cpu-shares")
    size("Memory", "memory")
    config["NanoCPUs"] = .int((try? parsedCPUs(flags.text("cpus"))) ?? 0)
    config["BlkioWeight"] = .uint(flags.uint("blkio-weight"))
    for kind in ["WeightDevice", "DeviceReadBps", "DeviceWriteBps", "DeviceReadIOps", "DeviceWriteIOps"] {
      config["Blkio" + kind] = .strings([])
    }
    for (field, flag) in [
      ("CPUPeriod", "cpu-period"), ("CPUQuota", "cpu-quota"), ("CPURealtimePeriod", "cpu-rt-period"),
      ("CPURealtimeRuntime", "cpu-rt-runtime"),
    ] { number(field, flag) }
    config["Devices"] = devices()
    list("DeviceCgroupRules", "device-cgroup-rule")
    size("KernelMemory", "kernel-memory")
    size("MemoryReservation", "memory-reservation")
    size("MemorySwap", "memory-swap")
    config["MemorySwappiness"] = .int(flags.int("memory-swappiness"))
    config["OomKillDisable"] = .bool(flags.isOn("oom-kill-disable"))
    config["PidsLimit"] = .int(flags.int("pids-limit"))
    config["Ulimits"] = .slice(.any, flags.list("ulimit").compactMap { try? parsedUlimit($0) })
    config["Mounts"] = .slice(.any, flags.list("mount").compactMap { try? MountValue.parse($0, host) })
    if flags.isSet("init") { config["Init"] = .bool(flags.isOn("init")) }
    return config
  }

  /// A restart policy as `--restart` takes it: `on-failure:3`.
  static func restartPolicy(_ text: String) throws(Failure) -> GoValue {
    var policy = GoType.structure(containerStructs["container.RestartPolicy"]).zero
    let (name, count) = text.cut(":") ?? (text, "0")
    guard let number = Int64(count) else {
      throw Failure("invalid restart policy format: maximum retry count must be an integer")
    }
    policy["Name"] = .string(name)
    policy["MaximumRetryCount"] = .int(number)
    return policy
  }

  /// The lines of `--label-file`.
  private func labelLines() throws(Failure) -> [String] {
    try Environment.variables(files: flags.list("label-file"), flags: [], in: host)
  }

  /// What is wrong with values that only make sense together with others, or in a few words.
  private func check() throws(Failure) {
    let address = flags.text("mac-address")
    if !address.isEmpty, !Self.isHardwareAddress(address) { throw Failure("\(address) is not a valid mac address") }
    for text in flags.list("device") where !text.hasPrefix("/") {
      let path = text.cut(":")?.before ?? text
      // A device of the container device interface has a vendor, a class and a name: `vendor.com/gpu=0`.
      if !(text.contains("/") && text.contains("=")) { throw Failure("\(path) is not an absolute path") }
    }
    func mode(_ flag: String, _ name: String, _ known: [String]) throws(Failure) {
      let text = flags.text(flag)
      if text.isEmpty || known.contains(text) || flag == "pid" && text.hasPrefix("container:") { return }
      throw Failure("--\(flag): invalid \(name) mode")
    }
    try mode("pid", "PID", ["host"])
    try mode("uts", "UTS", ["host"])
    try mode("userns", "USER", ["host"])
    try mode("cgroupns", "CGROUP", ["host", "private"])
    for text in flags.list("security-opt") where !text.contains("=") && !text.contains(":") {
      if text != "no-new-privileges" { throw Failure("Invalid --security-opt: \(text.goQuoted)") }
    }
    for text in flags.list("storage-opt") where !text.contains("=") { throw Failure("invalid storage option") }
    if !flags.list("network-alias").isEmpty {
      let chosen = flags.list("network").first ?? "default"
      if ["default", "bridge", "host", "none"].contains(chosen) || chosen.hasPrefix("container:") {
        throw Failure("network-scoped aliases are only supported for user-defined networks")
      }
    }
  }

  private static func isHardwareAddress(_ text: String) -> Bool {
    let parts = text.split(separator: text.contains("-") ? "-" : ":", omittingEmptySubsequences: false)
    return parts.count == 6 && parts.allSatisfy { $0.utf8.count == 2 && UInt8($0, radix: 16) != nil }
  }

  private func devices() -> GoValue {
    let type = GoType.structure(containerStructs["container.DeviceMapping"])
    return .slice(
      type,
      flags.list("device").map { text in
        let parts = text.split(separator: ":").map(String.init)
        var device = type.zero
        device["PathOnHost"] = .string(parts.first ?? "")
        let isMode = parts.count == 2 && parts[1].allSatisfy { "rwm".contains($0) }
        device["PathInContainer"] = .string(parts.count > 1 && !isMode ? parts[1] : parts.first ?? "")
        device["CgroupPermissions"] = .string(parts.count > 2 ? parts[2] : isMode ? parts[1] : "rwm")
        return device
      })
  }

  /// The networks that the container is on; what the flags about addresses say is about the first.
  private func networking() throws(Failure) -> [NetworkValue] {
    var networks: [NetworkValue] = []
    for text in flags.list("network") {
      do throws(FlagTrouble) { networks.append(try NetworkValue(text)) } catch { throw error.failure }
    }
    if networks.count > 1, let bad = networks.first(where: { ["host", "none", "bridge", "default"].contains($0.name) })
    {
      throw Failure(
        "conflicting options: cannot attach both user-defined and non-user-defined network-modes: \(bad.name)")
    }
    return networks
  }

  private func endpoints(_ networks: [NetworkValue]) -> JSON {
    let all = networks.isEmpty ? [nil] : networks.map(Optional.init)
    var fields: [JSON.Field] = []
    for (place, network) in all.enumerated() {
      var endpoint = GoValue.zero("network.EndpointSettings")
      let aliases = (network?.aliases ?? []) + (place == 0 ? flags.list("network-alias") : [])
      endpoint["Aliases"] = optional(aliases)
      if let options = network?.driverOptions, !options.isEmpty { endpoint["DriverOpts"] = .strings(options) }
      if place == 0 {
        let links = flags.list("link")
        if networks.first != nil, !links.isEmpty { endpoint["Links"] = .strings(links) }
        let (ip, ip6, local) = (flags.text("ip"), flags.text("ip6"), flags.list("link-local-ip"))
        if !ip.isEmpty || !ip6.isEmpty || !local.isEmpty {
          endpoint["IPAMConfig"]["IPv4Address"] = .string(ip)
          endpoint["IPAMConfig"]["IPv6Address"] = .string(ip6)
          endpoint["IPAMConfig"]["LinkLocalIPs"] = .strings(local)
        }
        endpoint["MacAddress"] = .string(flags.text("mac-address"))
      }
      fields.append(.init(network?.name ?? "default", endpoint.json))
    }
    return ["EndpointsConfig": .object(fields.sorted { $0.key < $1.key })]
  }
}

extension PortMapping {
  /// Where a container's port is published: a number, a range to choose from, or nothing.
  func hostPort(of target: Int) -> String {
    guard let published else { return "" }
    if targets.count == 1, published.count > 1 { return "\(published.lowerBound)-\(published.upperBound)" }
    return String(published.lowerBound + target - targets.lowerBound)
  }
}

extension GoValue {
  /// A document whose objects keep the order of their fields.
  init(ordered json: JSON) {
    switch json {
    case .array(let elements): self = .slice(.any, elements.map { GoValue(ordered: $0) })
    case .object(let fields):
      let type = GoStruct(
        name: "map[string]interface {}",
        fields: fields.map { .init($0.key, .any) })
      self = .record(type, fields.map { GoValue(ordered: $0.value) })
    default: self.init(untyped: json)
    }
  }
}
