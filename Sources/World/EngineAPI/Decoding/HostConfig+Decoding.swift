import Engine
import EngineTypes
import SimBase
import Workloads

extension HostConfig {
  /// Lists that are shown as null where they were not given.
  private static let nullable: [(key: String, list: Unsaid)] = [
    ("PortBindings", .portBindings), ("Dns", .dns), ("DnsOptions", .dnsOptions), ("DnsSearch", .dnsSearch),
    ("BlkioWeightDevice", .blockDevices), ("Devices", .devices), ("Ulimits", .limits),
  ]

  /// The `HostConfig` part of a create request, with what the daemon fills in.
  ///
  /// Source: moby/moby `api/types/container/hostconfig.go`; `daemon/daemon_unix.go` (`adaptContainerSettings`).
  init(_ fields: JSONFields) throws(DecodingFault) {
    self.init()
    binds = try fields.optionalTexts("Binds")
    if let log = try fields.object("LogConfig") {
      let driver = try log.text("Type")
      if !driver.isEmpty { logDriver = driver }
      logOptions = try log.map("Config")
    }
    networkMode = try fields.text("NetworkMode")
    try readPorts(fields)
    if let policy = try fields.object("RestartPolicy") {
      let word = try policy.text("Name")
      guard let name = RestartPolicy.Name(text: word) else {
        throw .malformed(
          "invalid restart policy: unknown policy '\(word)'; use one of 'no', 'always', 'on-failure', or "
            + "'unless-stopped'")
      }
      restartPolicy = RestartPolicy(
        name, maximumRetryCount: Int(try policy.int("MaximumRetryCount", as: "int")))
    }
    autoRemove = try fields.flag("AutoRemove")
    volumeDriver = try fields.text("VolumeDriver")
    volumesFrom = try fields.optionalTexts("VolumesFrom")
    if let size = fields.any("ConsoleSize").array, size.count == 2 { consoleSize = size.map { Int($0.int ?? 0) } }
    try readNamespaces(fields)
    try readLimits(fields)
    if fields.has("Mounts") {
      var asked: [EngineMount] = []
      for mount in try fields.objects("Mounts", "Mount") { asked.append(try EngineMount(mount)) }
      mounts = asked
    }
    tmpfs = try fields.map("Tmpfs")
    sysctls = try fields.map("Sysctls")
    for (key, list) in HostConfig.nullable where !fields.has(key) { unsaid.insert(list) }
    deviceRules = try fields.optionalTexts("DeviceCgroupRules")
    usesInit = try fields.optionalFlag("Init")
  }

  private mutating func readPorts(_ fields: JSONFields) throws(DecodingFault) {
    publishesAllPorts = try fields.flag("PublishAllPorts")
    for (text, bindings) in fields.entries("PortBindings") {
      let port = try ContainerPort(checking: text)
      for binding in bindings.array ?? [] {
        let place = try JSONFields(binding, "nat.PortBinding")
        portBindings.append(
          PortBinding(port, hostAddress: try place.text("HostIp"), hostPort: try place.text("HostPort")))
      }
    }
  }

  private mutating func readNamespaces(_ fields: JSONFields) throws(DecodingFault) {
    capAdd = try fields.optionalTexts("CapAdd")
    capDrop = try fields.optionalTexts("CapDrop")
    dns = try fields.texts("Dns")
    dnsOptions = try fields.texts("DnsOptions")
    dnsSearch = try fields.texts("DnsSearch")
    extraHosts = try fields.optionalTexts("ExtraHosts")
    groupAdd = try fields.optionalTexts("GroupAdd")
    links = try fields.optionalTexts("Links")
    ipcMode = try fields.text("IpcMode")
    pidMode = try fields.text("PidMode")
    utsMode = try fields.text("UTSMode")
    usernsMode = try fields.text("UsernsMode")
    cgroupnsMode = try fields.text("CgroupnsMode")
    isPrivileged = try fields.flag("Privileged")
    isReadOnly = try fields.flag("ReadonlyRootfs")
    securityOptions = try fields.optionalTexts("SecurityOpt")
    runtime = try fields.text("Runtime")
    isolation = try fields.text("Isolation")
  }

  private mutating func readLimits(_ fields: JSONFields) throws(DecodingFault) {
    shmSize = try fields.int("ShmSize")
    cpuShares = try fields.int("CpuShares")
    memory = try fields.int("Memory")
    nanoCPUs = try fields.int("NanoCpus")
    memoryReservation = try fields.int("MemoryReservation")
    memorySwap = try fields.int("MemorySwap")
    // Without a word on swap, a container gets as much of it as of memory.
    if memory > 0 && memorySwap == 0 { memorySwap = memory * 2 }
    memorySwappiness = try fields.optionalInt("MemorySwappiness")
    if memorySwappiness == -1 { memorySwappiness = nil }
    cpuPeriod = try fields.int("CpuPeriod")
    cpuQuota = try fields.int("CpuQuota")
    cpusetCpus = try fields.text("CpusetCpus")
    cpusetMems = try fields.text("CpusetMems")
    cgroupParent = try fields.text("CgroupParent")
    pidsLimit = try fields.optionalInt("PidsLimit")
    if let limit = pidsLimit, limit <= 0 { pidsLimit = nil }
    oomScoreAdjustment = Int(try fields.int("OomScoreAdj", as: "int"))
    isOOMKillDisabled = try fields.flag("OomKillDisable")
    for limit in try fields.objects("Ulimits", "Ulimit") {
      limits.append(
        ResourceLimit(try limit.text("Name"), soft: try limit.int("Soft"), hard: try limit.int("Hard")))
    }
  }
}

extension EngineMount {
  /// A mount as `--mount` sends it.
  fileprivate init(_ fields: JSONFields) throws(DecodingFault) {
    let word = try fields.text("Type")
    guard let kind = EngineMount.kinds.first(where: { $0.text == word }) else {
      throw .malformed("invalid mount config for type \(word.goQuoted): mount type unknown")
    }
    self.init(
      kind, source: try fields.text("Source"), target: try fields.text("Target"),
      isReadOnly: try fields.flag("ReadOnly"))
    if kind == .bind { propagation = try fields.object("BindOptions")?.text("Propagation") ?? "" }
    if let options = try fields.object("VolumeOptions") {
      labels = try options.map("Labels")
      isNotFilled = try options.flag("NoCopy")
      driver = try options.object("DriverConfig")?.text("Name") ?? ""
      self.options = try options.object("DriverConfig")?.map("Options") ?? [:]
    }
  }

  private static let kinds: [Kind] = [.bind, .volume, .tmpfs]
}
