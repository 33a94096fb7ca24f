import EngineTypes
import SimBase
import SwarmModel

extension JSONWriter {
  /// The fields of a task's container. Source: moby/moby `api/types/swarm/container.go`.
  mutating func containerSpec(_ spec: ContainerSpec) {
    unlessEmpty("Image", spec.image)
    unlessEmpty("Labels", spec.labels)
    unlessEmpty("Command", spec.command)
    unlessEmpty("Args", spec.args)
    unlessEmpty("Hostname", spec.hostname)
    unlessEmpty("Env", spec.env)
    unlessEmpty("Dir", spec.dir)
    unlessEmpty("User", spec.user)
    unlessEmpty("Groups", spec.groups)
    if !spec.privileges.isEmpty { field("Privileges") { $0.raw(spec.privileges) } }
    if let initProcess = spec.initProcess { field("Init", initProcess) }
    unlessEmpty("StopSignal", spec.stopSignal)
    ifTrue("TTY", spec.tty)
    ifTrue("OpenStdin", spec.openStdin)
    ifTrue("ReadOnly", spec.readOnly)
    unlessEmpty("Mounts", spec.mounts) { $0.mount($1) }
    ifPresent("StopGracePeriod", spec.stopGracePeriod)
    ifPresent("Healthcheck", spec.healthcheck) { $0.healthConfig($1) }
    unlessEmpty("Hosts", spec.hosts)
    ifPresent("DNSConfig", spec.dns) { writer, dns in
      writer.unlessEmpty("Nameservers", dns.nameservers)
      writer.unlessEmpty("Search", dns.search)
      writer.unlessEmpty("Options", dns.options)
    }
    references(spec)
    unlessEmpty("Isolation", spec.isolation)
    unlessEmpty("Sysctls", spec.sysctls)
    unlessEmpty("CapabilityAdd", spec.capabilityAdd)
    unlessEmpty("CapabilityDrop", spec.capabilityDrop)
    unlessEmpty("Ulimits", spec.ulimits) { writer, limit in
      writer.field("Name", limit.name)
      writer.field("Hard", limit.hard)
      writer.field("Soft", limit.soft)
    }
    unlessZero("OomScoreAdj", spec.oomScoreAdj)
  }

  /// Secrets and configs; a secret without a file is not shown.
  private mutating func references(_ spec: ContainerSpec) {
    unlessEmpty("Secrets", spec.secrets.filter { $0.file != nil }) { writer, secret in
      writer.ifPresent("File", secret.file) { $0.fileTarget($1) }
      writer.field("SecretID", secret.secretID)
      writer.field("SecretName", secret.secretName)
    }
    unlessEmpty("Configs", spec.configs) { writer, config in
      writer.ifPresent("File", config.file) { $0.fileTarget($1) }
      if config.isRuntime { writer.object("Runtime") { _ in } }
      writer.field("ConfigID", config.configID)
      writer.field("ConfigName", config.configName)
    }
  }

  private mutating func fileTarget(_ file: FileTarget) {
    field("Name", file.name)
    field("UID", file.uid)
    field("GID", file.gid)
    field("Mode", UInt64(file.mode))
  }

  private mutating func healthConfig(_ health: HealthConfig) {
    unlessEmpty("Test", health.test)
    unlessZero("Interval", health.interval)
    unlessZero("Timeout", health.timeout)
    unlessZero("StartPeriod", health.startPeriod)
    unlessZero("StartInterval", health.startInterval)
    unlessZero("Retries", health.retries)
  }

  private mutating func mount(_ mount: Mount) {
    field("Type", mount.kind.rawValue)
    unlessEmpty("Source", mount.source)
    unlessEmpty("Target", mount.target)
    ifTrue("ReadOnly", mount.readOnly)
    unlessEmpty("Consistency", mount.consistency)
    if !mount.bindPropagation.isEmpty || mount.bindNonRecursive || mount.bindCreateMountpoint {
      object("BindOptions") { writer in
        writer.unlessEmpty("Propagation", mount.bindPropagation)
        writer.ifTrue("NonRecursive", mount.bindNonRecursive)
        writer.ifTrue("CreateMountpoint", mount.bindCreateMountpoint)
      }
    }
    ifPresent("VolumeOptions", mount.volumeOptions) { writer, options in
      writer.ifTrue("NoCopy", options.noCopy)
      writer.unlessEmpty("Labels", options.labels)
      writer.unlessEmpty("Subpath", options.subpath)
      writer.ifPresent("DriverConfig", options.driver) { $0.driver($1) }
    }
    ifPresent("TmpfsOptions", mount.tmpfsSize) { writer, size in
      writer.unlessZero("SizeBytes", size)
      writer.unlessZero("Mode", mount.tmpfsMode)
    }
  }
}
