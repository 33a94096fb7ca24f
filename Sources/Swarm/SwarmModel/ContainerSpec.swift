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

/// Something mounted into a container.
public struct Mount: Sendable, Equatable, Archivable {
  /// What kind of mount.
  public enum Kind: String, Sendable, CaseIterable {
    /// A path of the host.
    case bind
    /// A named or anonymous volume.
    case volume
    /// Memory.
    case tmpfs
    /// A Windows pipe.
    case npipe
    /// A cluster volume.
    case cluster
    /// An image's files.
    case image
  }

  /// Its kind.
  public var kind = Kind.bind
  /// A path, a volume's name or `group:NAME`.
  public var source = ""
  /// Where in the container.
  public var target = ""
  /// Not writable.
  public var readOnly = false
  /// `default`, `consistent`, `cached` or `delegated`; empty where absent.
  public var consistency = ""
  /// How mounts below are shared (`rprivate` …) for binds; empty where absent.
  public var bindPropagation = ""
  /// The bind's mount is not recursive.
  public var bindNonRecursive = false
  /// Make the bind's source where it is missing.
  public var bindCreateMountpoint = false
  /// Options of a volume; nil where absent.
  public var volumeOptions: VolumeOptions?
  /// Size in bytes of a temporary file system; nil where no options were given.
  public var tmpfsSize: Int64?
  /// Mode of a temporary file system.
  public var tmpfsMode: Int64 = 0

  /// A volume's options.
  public struct VolumeOptions: Sendable, Equatable, Archivable {
    /// Do not copy the image's files into a fresh volume.
    public var noCopy = false
    /// Labels for a fresh volume.
    public var labels = Labels()
    /// The volume's driver; nil for `local`.
    public var driver: Driver?
    /// A path below the volume's root.
    public var subpath = ""

    /// No options.
    public init() {}

    /// Lists the fields.
    public mutating func archive(_ a: inout Archive) {
      a.field(&noCopy)
      a.field(&labels)
      a.field(&driver)
      a.field(&subpath)
    }
  }

  /// A bind without paths.
  public init() {}

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    var word = kind.rawValue
    a.field(&word)
    kind = Kind(rawValue: word) ?? .bind
    a.field(&source)
    a.field(&target)
    a.field(&readOnly)
    a.field(&consistency)
    a.field(&bindPropagation)
    a.field(&bindNonRecursive)
    a.field(&bindCreateMountpoint)
    a.field(&volumeOptions)
    a.field(&tmpfsSize)
    a.field(&tmpfsMode)
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

/// The file that a secret or config becomes.
public struct FileTarget: Sendable, Equatable, Archivable {
  /// A name below `/run/secrets`, or a path.
  public var name = ""
  /// Its owner.
  public var uid = ""
  /// Its group.
  public var gid = ""
  /// Its mode bits.
  public var mode: UInt32 = 0

  /// No name.
  public init() {}

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&name)
    a.field(&uid)
    a.field(&gid)
    a.field(&mode)
  }
}

/// A task's use of a secret.
public struct SecretReference: Sendable, Equatable, Archivable {
  /// The secret's ID as text: a client may name one that never existed.
  public var secretID = ""
  /// Its name; must agree with the ID.
  public var secretName = ""
  /// Where it goes.
  public var file: FileTarget?

  /// A reference to nothing.
  public init() {}

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&secretID)
    a.field(&secretName)
    a.field(&file)
  }
}

/// A task's use of a config.
public struct ConfigReference: Sendable, Equatable, Archivable {
  /// The config's ID as text: a client may name one that never existed.
  public var configID = ""
  /// Its name; must agree with the ID.
  public var configName = ""
  /// Where it goes; nil for a runtime target.
  public var file: FileTarget?
  /// Whether it is used by the runtime (a credential spec) rather than as a file.
  public var isRuntime = false

  /// A reference to nothing.
  public init() {}

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&configID)
    a.field(&configName)
    a.field(&file)
    a.field(&isRuntime)
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
