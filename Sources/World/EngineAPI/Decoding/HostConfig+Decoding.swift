import Engine
import EngineTypes
import SimBase
import Workloads

extension HostConfig {
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
    try readDevices(fields)
    mounts = try fields.optionalList("Mounts", "Mount") { mount throws(DecodingFault) in try EngineMount(mount) }
    tmpfs = try fields.map("Tmpfs")
    sysctls = try fields.map("Sysctls")
    deviceRules = try fields.optionalTexts("DeviceCgroupRules")
    usesInit = try fields.optionalFlag("Init")
  }

  private mutating func readPorts(_ fields: JSONFields) throws(DecodingFault) {
    publishesAllPorts = try fields.flag("PublishAllPorts")
    if !fields.has("PortBindings") { return }
    var asked: [PortBinding] = []
    for (text, bindings) in fields.entries("PortBindings") {
      let port = try ContainerPort(checking: text)
      for binding in bindings.array ?? [] {
        let place = try JSONFields(binding, "nat.PortBinding")
        asked.append(
          PortBinding(port, hostAddress: try place.text("HostIp"), hostPort: try place.text("HostPort")))
      }
    }
    portBindings = asked
  }

  private mutating func readNamespaces(_ fields: JSONFields) throws(DecodingFault) {
    capAdd = try fields.optionalTexts("CapAdd")
    capDrop = try fields.optionalTexts("CapDrop")
    dns = try fields.optionalTexts("Dns")
    dnsOptions = try fields.optionalTexts("DnsOptions")
    dnsSearch = try fields.optionalTexts("DnsSearch")
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
    limits = try fields.optionalList("Ulimits", "Ulimit") { limit throws(DecodingFault) in
      ResourceLimit(try limit.text("Name"), soft: try limit.int("Soft"), hard: try limit.int("Hard"))
    }
  }

  private mutating func readDevices(_ fields: JSONFields) throws(DecodingFault) {
    devices = try fields.optionalList("Devices", "DeviceMapping") { device throws(DecodingFault) in
      DeviceMapping(
        hostPath: try device.text("PathOnHost"), containerPath: try device.text("PathInContainer"),
        permissions: try device.text("CgroupPermissions"))
    }
    deviceRequests = try fields.optionalList("DeviceRequests", "DeviceRequest") { asked throws(DecodingFault) in
      var request = DeviceRequest()
      request.driver = try asked.text("Driver")
      request.count = try asked.int("Count", as: "int")
      request.deviceIDs = try asked.optionalTexts("DeviceIDs")
      request.capabilities = asked.any("Capabilities").array?.map { $0.array?.compactMap(\.string) ?? [] } ?? []
      request.options = try asked.map("Options")
      return request
    }
    blockIO.hasWeights = fields.has("BlkioWeightDevice")
    blockIO.readBytes = try rates(fields, "BlkioDeviceReadBps")
    blockIO.writtenBytes = try rates(fields, "BlkioDeviceWriteBps")
    blockIO.reads = try rates(fields, "BlkioDeviceReadIOps")
    blockIO.writes = try rates(fields, "BlkioDeviceWriteIOps")
  }

  private func rates(_ fields: JSONFields, _ key: String) throws(DecodingFault) -> [DeviceRate]? {
    try fields.optionalList(key, "ThrottleDevice") { device throws(DecodingFault) in
      DeviceRate(path: try device.text("Path"), rate: try device.uint("Rate"))
    }
  }
}

extension EngineMount {
  /// A mount as `--mount` sends it.
  fileprivate init(_ fields: JSONFields) throws(DecodingFault) {
    let word = try fields.text("Type")
    try EngineMount.checkFields(fields, of: word)
    guard let kind = EngineMount.kinds.first(where: { $0.text == word }) else {
      throw .malformed("invalid mount config for type \(word.goQuoted): mount type unknown")
    }
    self.init(
      kind, source: try fields.text("Source"), target: try fields.text("Target"),
      isReadOnly: try fields.flag("ReadOnly"))
    if kind == .bind { propagation = try fields.object("BindOptions")?.text("Propagation") ?? "" }
    if let options = try fields.object("TmpfsOptions") {
      memorySize = try options.int("SizeBytes")
      memoryMode = try options.int("Mode")
    }
    if let options = try fields.object("VolumeOptions") {
      labels = try options.map("Labels")
      isNotFilled = try options.flag("NoCopy")
      hasDriverConfig = try options.object("DriverConfig") != nil
      driver = try options.object("DriverConfig")?.text("Name") ?? ""
      self.options = try options.object("DriverConfig")?.map("Options") ?? [:]
    }
  }

  /// Whether the fields are those that mounts of the kind have: options of its own kind alone, a target, and a source where
  /// there is one.
  private static func checkFields(_ fields: JSONFields, of kind: String) throws(DecodingFault) {
    let own = [
      "bind": "BindOptions", "volume": "VolumeOptions", "tmpfs": "TmpfsOptions", "image": "ImageOptions",
      "cluster": "ClusterOptions",
    ]
    guard let ownOptions = own[kind] else { return }
    for options in ["BindOptions", "VolumeOptions", "ImageOptions", "TmpfsOptions", "ClusterOptions"] {
      if options == ownOptions || fields.any(options).isNull { continue }
      throw .malformed("\(options) must not be specified on mount type \(kind.goQuoted)")
    }
    let place = "invalid mount config for type \(kind.goQuoted): "
    if try fields.text("Target").isEmpty { throw .malformed(place + "field Target must not be empty") }
    let isWithoutSource = try fields.text("Source").isEmpty
    if ["bind", "image"].contains(kind) && isWithoutSource {
      throw .malformed(place + "field Source must not be empty")
    }
    if kind == "tmpfs" && !isWithoutSource { throw .malformed(place + "field Source must not be specified") }
  }

  private static let kinds: [Kind] = [.bind, .volume, .tmpfs]
}
