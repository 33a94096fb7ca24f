import SimBase

/// What a machine refuses of a container's settings before it looks at anything else.
extension HostConfig {
  /// The last of the processors that it is to run on.
  var lastProcessor: Int? {
    cpusetCpus.split(whereSeparator: { ",-".contains($0) }).compactMap { Int($0) }.max()
  }

  /// A mode of a namespace that is none.
  var namespaceFault: EngineError.ConfigFault? {
    let modes: [(kind: String, mode: String, known: [String], canShare: Bool)] = [
      ("IPC", ipcMode, ["", "none", "private", "shareable", "host"], true),
      ("PID", pidMode, ["", "host"], true),
      ("UTS", utsMode, ["", "host"], false),
      ("cgroup namespace", cgroupnsMode, ["", "private", "host"], false),
    ]
    for (kind, mode, known, canShare) in modes
    where !known.contains(mode) && !(canShare && mode.hasPrefix("container:")) {
      return .namespaceMode(kind: kind, mode)
    }
    return nil
  }

  /// A capability that Linux does not have.
  ///
  /// Source: moby/moby `daemon/container.go` (`validateCapabilities`), `daemon/pkg/oci/caps/utils.go`.
  var capabilityFault: EngineError.ConfigFault? {
    for (list, names) in [("CapAdd", capAdd), ("CapDrop", capDrop)] {
      for name in names ?? [] {
        let upper = name.uppercased()
        if upper == "ALL" { continue }
        let full = upper.hasPrefix("CAP_") ? upper : "CAP_" + upper
        if !HostConfig.capabilities.contains(full) { return .unknownCapability(list: list, full) }
      }
    }
    return nil
  }

  /// A log driver that is not there, or an option that it does not know. Options that say how any driver is fed are not its own.
  ///
  /// Source: moby/moby `daemon/logger/factory.go` (`ValidateLogOpts`), `daemon/logger/jsonfilelog/jsonfilelog.go`.
  var logFault: EngineError.ConfigFault? {
    if !["", "none"].contains(logDriver) && !Engine.logDrivers.contains(logDriver) { return .logDriver(logDriver) }
    guard ["", "json-file"].contains(logDriver) else { return nil }
    for (name, _) in logOptions where !HostConfig.fileLogOptions.contains(name) {
      return .unknownLogOption(name, driver: "json-file")
    }
    return nil
  }

  /// The first kernel setting that belongs to the whole machine; nil if the container has its own copy of all.
  ///
  /// Source: opencontainers/runc `libcontainer/configs/validate/validator.go` (`sysctl`).
  var sharedSysctl: String? {
    for (name, _) in sysctls {
      let isOfIPC = name.hasPrefix("fs.mqueue.") || HostConfig.messageSysctls.contains(name)
      if !isOfIPC && !name.hasPrefix("net.") && name != "kernel.domainname" { return name }
    }
    return nil
  }

  private static let fileLogOptions: Set<String> = [
    "compress", "env", "env-regex", "labels", "labels-regex", "max-buffer-size", "max-file", "max-size", "mode", "tag",
  ]

  private static let messageSysctls: Set<String> = [
    "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shm_rmid_forced", "kernel.shmall",
    "kernel.shmmax", "kernel.shmmni",
  ]

  private static let capabilities: Set<String> = [
    "CAP_AUDIT_CONTROL", "CAP_AUDIT_READ", "CAP_AUDIT_WRITE", "CAP_BLOCK_SUSPEND", "CAP_BPF", "CAP_CHECKPOINT_RESTORE",
    "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_IPC_LOCK",
    "CAP_IPC_OWNER", "CAP_KILL", "CAP_LEASE", "CAP_LINUX_IMMUTABLE", "CAP_MAC_ADMIN", "CAP_MAC_OVERRIDE", "CAP_MKNOD",
    "CAP_NET_ADMIN", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_RAW", "CAP_PERFMON", "CAP_SETFCAP",
    "CAP_SETGID", "CAP_SETPCAP", "CAP_SETUID", "CAP_SYSLOG", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_CHROOT",
    "CAP_SYS_MODULE", "CAP_SYS_NICE", "CAP_SYS_PACCT", "CAP_SYS_PTRACE", "CAP_SYS_RAWIO", "CAP_SYS_RESOURCE",
    "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_WAKE_ALARM",
  ]
}
