import Engine
import EngineTypes
import SimBase
import Workloads

extension JSONWriter {
  /// What a container gets from its machine. Source: moby/moby `api/types/container/hostconfig.go`; the nulls are measured.
  mutating func hostConfig(_ host: HostConfig, links: [String]) {
    orNull("Binds", host.binds)
    field("ContainerIDFile", "")
    object("LogConfig") { writer in
      writer.field("Type", host.logDriver)
      writer.field("Config", host.logOptions)
    }
    field("NetworkMode", host.effectiveNetworkMode)
    if let bindings = host.portBindings {
      object("PortBindings") { $0.portBindings(bindings) }
    } else {
      null("PortBindings")
    }
    object("RestartPolicy") { writer in
      writer.field("Name", host.restartPolicy.name.text)
      writer.field("MaximumRetryCount", host.restartPolicy.maximumRetryCount)
    }
    field("AutoRemove", host.autoRemove)
    field("VolumeDriver", host.volumeDriver)
    orNull("VolumesFrom", host.volumesFrom)
    field("ConsoleSize") { $0.array(host.consoleSize) { $0.int(Int64($1)) } }
    orNull("CapAdd", host.capAdd)
    orNull("CapDrop", host.capDrop)
    // A machine with the first version of control groups.
    field("CgroupnsMode", host.cgroupnsMode.isEmpty ? "host" : host.cgroupnsMode)
    asGiven("Dns", host.dns)
    asGiven("DnsOptions", host.dnsOptions)
    asGiven("DnsSearch", host.dnsSearch)
    orNull("ExtraHosts", host.extraHosts)
    orNull("GroupAdd", host.groupAdd)
    field("IpcMode", host.ipcMode.isEmpty ? "private" : host.ipcMode)
    field("Cgroup", "")
    orNull("Links", links)
    field("OomScoreAdj", host.oomScoreAdjustment)
    field("PidMode", host.pidMode)
    field("Privileged", host.isPrivileged)
    field("PublishAllPorts", host.publishesAllPorts)
    field("ReadonlyRootfs", host.isReadOnly)
    orNull("SecurityOpt", host.securityOptions)
    unlessEmpty("Tmpfs", host.tmpfs)
    field("UTSMode", host.utsMode)
    field("UsernsMode", host.usernsMode)
    field("ShmSize", host.shmSize == 0 ? 64 << 20 : host.shmSize)
    unlessEmpty("Sysctls", host.sysctls)
    field("Runtime", host.runtime.isEmpty ? "runc" : host.runtime)
    field("Isolation", host.isolation)
    resources(host)
    if let mounts = host.mounts, !mounts.isEmpty { list("Mounts", mounts) { $0.mountOption($1) } }
    paths("MaskedPaths", HostConfigShape.maskedPaths, host)
    paths("ReadonlyPaths", HostConfigShape.readonlyPaths, host)
    if let usesInit = host.usesInit { field("Init", usesInit) }
  }

  private mutating func paths(_ key: StaticString, _ paths: [String], _ host: HostConfig) {
    if host.isPrivileged { null(key) } else { field(key, paths) }
  }

  private mutating func resources(_ host: HostConfig) {
    field("CpuShares", host.cpuShares)
    field("Memory", host.memory)
    field("NanoCpus", host.nanoCPUs)
    field("CgroupParent", host.cgroupParent)
    field("BlkioWeight", 0)
    asGiven("BlkioWeightDevice", host.blockIO.hasWeights ? [] : nil)
    rates("BlkioDeviceReadBps", host.blockIO.readBytes)
    rates("BlkioDeviceWriteBps", host.blockIO.writtenBytes)
    rates("BlkioDeviceReadIOps", host.blockIO.reads)
    rates("BlkioDeviceWriteIOps", host.blockIO.writes)
    field("CpuPeriod", host.cpuPeriod)
    field("CpuQuota", host.cpuQuota)
    field("CpuRealtimePeriod", 0)
    field("CpuRealtimeRuntime", 0)
    field("CpusetCpus", host.cpusetCpus)
    field("CpusetMems", host.cpusetMems)
    listOrNull("Devices", host.devices) { writer, device in
      writer.field("PathOnHost", device.hostPath)
      writer.field("PathInContainer", device.containerPath)
      writer.field("CgroupPermissions", device.permissions)
    }
    orNull("DeviceCgroupRules", host.deviceRules)
    listOrNull("DeviceRequests", host.deviceRequests) { writer, request in
      writer.field("Driver", request.driver)
      writer.field("Count", request.count)
      writer.orNull("DeviceIDs", request.deviceIDs)
      writer.field("Capabilities") { writer in
        writer.array(request.capabilities) { writer, all in writer.array(all) { $0.string($1) } }
      }
      writer.field("Options", request.options)
    }
    field("MemoryReservation", host.memoryReservation)
    field("MemorySwap", host.memorySwap)
    if let swappiness = host.memorySwappiness {
      field("MemorySwappiness", swappiness)
    } else {
      null("MemorySwappiness")
    }
    field("OomKillDisable", host.isOOMKillDisabled)
    if let limit = host.pidsLimit { field("PidsLimit", limit) } else { null("PidsLimit") }
    listOrNull("Ulimits", host.limits) { writer, limit in
      writer.field("Name", limit.name)
      writer.field("Hard", limit.hard)
      writer.field("Soft", limit.soft)
    }
    for key in HostConfigShape.windowsLimits { field(key, 0) }
  }

  /// A list as it was given: null is one thing, an empty one another.
  private mutating func asGiven(_ key: StaticString, _ texts: [String]?) {
    if let texts { field(key, texts) } else { null(key) }
  }

  private mutating func rates(_ key: StaticString, _ rates: [DeviceRate]?) {
    listOrNull(key, rates) { writer, device in
      writer.field("Path", device.path)
      writer.field("Rate", device.rate)
    }
  }

  private mutating func portBindings(_ bindings: [PortBinding]) {
    let byPort = Dictionary(grouping: bindings, by: \.port.description)
    for text in byPort.keys.sorted() {
      field(named: text) { writer in
        writer.array(byPort[text] ?? []) { writer, binding in
          writer.object { $0.binding(binding.hostAddress, binding.hostPort) }
        }
      }
    }
  }

  /// A mount as it was asked for.
  private mutating func mountOption(_ mount: EngineMount) {
    field("Type", mount.kind.text)
    unlessEmpty("Source", mount.source)
    unlessEmpty("Target", mount.target)
    ifTrue("ReadOnly", mount.isReadOnly)
    if !mount.propagation.isEmpty { object("BindOptions") { $0.field("Propagation", mount.propagation) } }
    if let size = mount.memorySize {
      object("TmpfsOptions") { writer in
        writer.unlessZero("SizeBytes", size)
        writer.unlessZero("Mode", mount.memoryMode)
      }
    }
    let hasDriver = mount.hasDriverConfig || !mount.driver.isEmpty || !mount.options.isEmpty
    if mount.labels.isEmpty && !hasDriver && !mount.isNotFilled { return }
    object("VolumeOptions") { writer in
      writer.ifTrue("NoCopy", mount.isNotFilled)
      writer.unlessEmpty("Labels", mount.labels)
      if !hasDriver { return }
      writer.object("DriverConfig") { writer in
        writer.unlessEmpty("Name", mount.driver)
        writer.unlessEmpty("Options", mount.options)
      }
    }
  }
}

/// The parts of a host configuration that are the same for all containers.
private enum HostConfigShape {
  static let windowsLimits: [StaticString] = ["CpuCount", "CpuPercent", "IOMaximumIOps", "IOMaximumBandwidth"]
  static let maskedPaths = [
    "/proc/asound", "/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
    "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware",
    "/sys/devices/virtual/powercap",
  ]
  static let readonlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
}
