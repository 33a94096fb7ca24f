import SimBase

/// What a task's container is to be. Absent and empty are told apart where Docker's JSON shows the difference.
///
/// Source: moby/swarmkit `api/specs.proto` (`ContainerSpec`).
public struct ContainerSpec: Sendable, Equatable, Archivable {
  /// The image, as the client wrote it.
  public var image = ""
  /// The container's labels.
  public var labels = Labels()
  /// Replaces the image's entrypoint.
  public var command: [String] = []
  /// Replaces the image's command.
  public var args: [String] = []
  /// May be a template.
  public var hostname = ""
  /// `NAME=value`; values may be templates.
  public var env: [String] = []
  /// The working directory.
  public var dir = ""
  /// User and group, by name or number.
  public var user = ""
  /// Further groups.
  public var groups: [String] = []
  /// Credential spec, SELinux, seccomp, AppArmor, no-new-privileges: kept as sent, as compact JSON. Empty where absent.
  public var privileges = ""
  /// `SIGINT`; empty means the image's.
  public var stopSignal = ""
  /// A terminal.
  public var tty = false
  /// Standard input stays open.
  public var openStdin = false
  /// A read-only root.
  public var readOnly = false
  /// Volumes, binds and temporary file systems.
  public var mounts: [Mount] = []
  /// How long a stop may take before it becomes a kill; nil means 10 s.
  public var stopGracePeriod: Duration?
  /// The health check; nil means the image's.
  public var healthcheck: HealthConfig?
  /// Lines for `/etc/hosts`, address first.
  public var hosts: [String] = []
  /// Name servers, search domains and options; nil where absent.
  public var dns: DNSConfig?
  /// Secrets to be put in place.
  public var secrets: [SecretReference] = []
  /// Configs to be put in place.
  public var configs: [ConfigReference] = []
  /// `default`, `process` or `hyperv`.
  public var isolation = "default"
  /// An init process; nil means the engine's default.
  public var initProcess: Bool?
  /// Kernel settings.
  public var sysctls = Labels()
  /// Capabilities added.
  public var capabilityAdd: [String] = []
  /// Capabilities dropped.
  public var capabilityDrop: [String] = []
  /// Limits of the process.
  public var ulimits: [Ulimit] = []
  /// Adjusts whom the kernel kills first.
  public var oomScoreAdj: Int64 = 0
  /// The client's credentials for the registry, as sent.
  public var registryAuth = ""

  /// A container without an image.
  public init() {}

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&image)
    a.field(&labels)
    a.field(&command)
    a.field(&args)
    a.field(&hostname)
    a.field(&env)
    a.field(&dir)
    a.field(&user)
    a.field(&groups)
    a.field(&privileges)
    a.field(&stopSignal)
    a.field(&tty)
    a.field(&openStdin)
    a.field(&readOnly)
    a.field(&mounts)
    a.field(&stopGracePeriod)
    a.field(&healthcheck)
    a.field(&hosts)
    a.field(&dns)
    a.field(&secrets)
    a.field(&configs)
    a.field(&isolation)
    a.field(&initProcess)
    a.field(&sysctls)
    a.field(&capabilityAdd)
    a.field(&capabilityDrop)
    a.field(&ulimits)
    a.field(&oomScoreAdj)
    a.field(&registryAuth)
  }
}

/// How a container's health is judged.
public struct HealthConfig: Sendable, Equatable, Archivable {
  /// `["NONE"]`, `["CMD", …]`, `["CMD-SHELL", text]`; empty means the image's.
  public var test: [String] = []
  /// Between checks; zero means the default of 30 s.
  public var interval = Duration.zero
  /// How long one check may take; zero means 30 s.
  public var timeout = Duration.zero
  /// Failures do not count this long after the start.
  public var startPeriod = Duration.zero
  /// Between checks during the start period; zero means 5 s.
  public var startInterval = Duration.zero
  /// Failures in a row that make a container unhealthy; zero means 3.
  public var retries: Int64 = 0

  /// The image's health check.
  public init() {}

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&test)
    a.field(&interval)
    a.field(&timeout)
    a.field(&startPeriod)
    a.field(&startInterval)
    a.field(&retries)
  }
}

/// How a container resolves names.
public struct DNSConfig: Sendable, Equatable, Archivable {
  /// Name servers.
  public var nameservers: [String] = []
  /// Search domains.
  public var search: [String] = []
  /// Options.
  public var options: [String] = []

  /// The engine's defaults.
  public init() {}

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&nameservers)
    a.field(&search)
    a.field(&options)
  }
}

/// One limit of a process.
public struct Ulimit: Sendable, Equatable, Archivable {
  /// `nofile`, `nproc` …
  public var name = ""
  /// What the process starts with.
  public var soft: Int64 = 0
  /// What it may raise it to.
  public var hard: Int64 = 0

  /// No limit.
  public init() {}

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&name)
    a.field(&soft)
    a.field(&hard)
  }
}
