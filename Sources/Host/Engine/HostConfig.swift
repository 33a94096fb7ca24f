import SimBase
import Workloads

/// When an engine starts a container again by itself.
public struct RestartPolicy: Hashable, Sendable {
  /// The four policies.
  public enum Name: UInt8, Hashable, Sendable {
    /// Never.
    case no
    /// Whenever it ends, unless a user stopped it.
    case always
    /// If it ends with a code other than 0.
    case onFailure
    /// As `always`; and not after the engine's restart if a user had stopped it.
    case unlessStopped

    /// Docker's word for it.
    public var text: String {
      switch self {
      case .no: "no"
      case .always: "always"
      case .onFailure: "on-failure"
      case .unlessStopped: "unless-stopped"
      }
    }

    /// The policy of this name; the empty one is `no`. Nil if there is none.
    public init?(text: String) {
      switch text {
      case "", "no": self = .no
      case "always": self = .always
      case "on-failure": self = .onFailure
      case "unless-stopped": self = .unlessStopped
      default: return nil
      }
    }
  }

  /// Which policy.
  public var name: Name
  /// How often `onFailure` tries; 0 for ever.
  public var maximumRetryCount: Int

  /// A policy.
  public init(_ name: Name = .no, maximumRetryCount: Int = 0) {
    self.name = name
    self.maximumRetryCount = maximumRetryCount
  }
}

/// Where a container's port is to be reached on its machine.
public struct PortBinding: Hashable, Sendable {
  /// The container's port.
  public var port: ContainerPort
  /// The machine's address; empty for all.
  public var hostAddress: String
  /// The machine's port, a range of them, or empty for any.
  public var hostPort: String

  /// A binding.
  public init(_ port: ContainerPort, hostAddress: String = "", hostPort: String = "") {
    self.port = port
    self.hostAddress = hostAddress
    self.hostPort = hostPort
  }
}

/// Something from outside that a container sees at a path.
public struct Mount: Hashable, Sendable {
  /// What it is.
  public enum Kind: UInt8, Hashable, Sendable {
    /// A path of the machine.
    case bind
    /// A volume.
    case volume
    /// Memory.
    case tmpfs
    /// A named pipe, which only Windows has.
    case npipe

    /// Docker's word for it.
    public var text: String {
      switch self {
      case .bind: "bind"
      case .volume: "volume"
      case .tmpfs: "tmpfs"
      case .npipe: "npipe"
      }
    }
  }

  /// What it is.
  public var kind: Kind
  /// A volume's name or a path of the machine; empty for memory, and for a volume without a name of its own.
  public var source: String
  /// Where the container sees it.
  public var target: String
  /// Whether it cannot be written.
  public var isReadOnly: Bool
  /// What follows the second colon of `-v`: `z`, `ro`.
  public var mode: String
  /// A bind's propagation: `rprivate`.
  public var propagation: String
  /// The driver of a volume that has to be made.
  public var driver: String
  /// The labels of a volume that has to be made.
  public var labels: Table<String, String> = [:]
  /// The options of a volume that has to be made.
  public var options: Table<String, String> = [:]
  /// Whether a fresh volume stays empty where the image has files at its place.
  public var isNotFilled = false
  /// Whether somebody spoke of the volume's driver, if only to say nothing.
  public var hasDriverConfig = false
  /// How much memory it may take, in bytes; nil where nobody said, 0 for no limit.
  public var memorySize: Int64?
  /// The mode of its root, where it is memory; 0 for the usual one.
  public var memoryMode: Int64 = 0

  /// A mount.
  public init(
    _ kind: Kind, source: String = "", target: String, isReadOnly: Bool = false, mode: String = "",
    propagation: String = "", driver: String = ""
  ) {
    self.kind = kind
    self.source = source
    self.target = target
    self.isReadOnly = isReadOnly
    self.mode = mode
    self.propagation = propagation
    self.driver = driver
  }

  /// By all fields that tell one from another; labels and options only matter when a volume is made.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(kind)
    hasher.combine(source)
    hasher.combine(target)
  }
}

/// A limit on what a container's processes may use: `nofile`.
public struct ResourceLimit: Hashable, Sendable {
  /// Its name.
  public var name: String
  /// What it is at first.
  public var soft: Int64
  /// How far it may be raised.
  public var hard: Int64

  /// A limit.
  public init(_ name: String, soft: Int64, hard: Int64) {
    self.name = name
    self.soft = soft
    self.hard = hard
  }
}

/// What a container gets from its machine: the `HostConfig` of Docker's create request. Nil lists are JSON's null.
public struct HostConfig: Equatable, Sendable {
  /// `-v` options as written.
  public var binds: [String]?
  /// The log driver.
  public var logDriver = "json-file"
  /// Its options.
  public var logOptions: Table<String, String> = [:]
  /// `bridge`, `host`, `none`, `container:X` or a network; empty and `default` mean `bridge`.
  public var networkMode = ""
  /// Published ports; nil is JSON's null.
  public var portBindings: [PortBinding]?
  /// When to start again.
  public var restartPolicy = RestartPolicy()
  /// Whether it is removed when it ends.
  public var autoRemove = false
  /// The driver of volumes made for `-v`.
  public var volumeDriver = ""
  /// Containers whose mounts it shares.
  public var volumesFrom: [String]?
  /// Rows and columns of its terminal at first.
  public var consoleSize = [0, 0]
  /// Capabilities added.
  public var capAdd: [String]?
  /// Capabilities taken.
  public var capDrop: [String]?
  /// Name servers.
  public var dns: [String]?
  /// Resolver options.
  public var dnsOptions: [String]?
  /// Search domains.
  public var dnsSearch: [String]?
  /// `host:address` for `/etc/hosts`.
  public var extraHosts: [String]?
  /// Groups beyond the user's.
  public var groupAdd: [String]?
  /// `container:alias`.
  public var links: [String]?
  /// IPC mode; empty for `private`.
  public var ipcMode = ""
  /// PID mode.
  public var pidMode = ""
  /// UTS mode.
  public var utsMode = ""
  /// User namespace mode.
  public var usernsMode = ""
  /// Cgroup namespace mode; empty for the engine's.
  public var cgroupnsMode = ""
  /// Whether it is all-powerful.
  public var isPrivileged = false
  /// Whether all exposed ports are published.
  public var publishesAllPorts = false
  /// Whether its file system cannot be written.
  public var isReadOnly = false
  /// Security options.
  public var securityOptions: [String]?
  /// The size of `/dev/shm` in bytes; 0 for 64 MiB.
  public var shmSize: Int64 = 0
  /// The runtime; empty for `runc`.
  public var runtime = ""
  /// Isolation.
  public var isolation = ""
  /// Relative weight of processor time.
  public var cpuShares: Int64 = 0
  /// Memory limit in bytes; 0 for none.
  public var memory: Int64 = 0
  /// Processor limit in billionths of a processor; 0 for none.
  public var nanoCPUs: Int64 = 0
  /// Memory reservation in bytes.
  public var memoryReservation: Int64 = 0
  /// Memory and swap together; -1 for no limit.
  public var memorySwap: Int64 = 0
  /// How willingly it is swapped out.
  public var memorySwappiness: Int64?
  /// Processor period in microseconds.
  public var cpuPeriod: Int64 = 0
  /// Processor quota in microseconds.
  public var cpuQuota: Int64 = 0
  /// Processors it may use.
  public var cpusetCpus = ""
  /// Memory nodes it may use.
  public var cpusetMems = ""
  /// The parent control group.
  public var cgroupParent = ""
  /// How many processes it may have.
  public var pidsLimit: Int64?
  /// How readily it is killed for want of memory.
  public var oomScoreAdjustment = 0
  /// Whether it is spared then.
  public var isOOMKillDisabled = false
  /// Limits on its processes.
  public var limits: [ResourceLimit]?
  /// How fast it may use block devices.
  public var blockIO = BlockIO()
  /// Devices of the machine that it gets.
  public var devices: [DeviceMapping]?
  /// Devices that drivers shall give it.
  public var deviceRequests: [DeviceRequest]?
  /// `--mount` options.
  public var mounts: [Mount]?
  /// `--tmpfs` options: path to options.
  public var tmpfs: Table<String, String> = [:]
  /// Kernel settings.
  public var sysctls: Table<String, String> = [:]
  /// Rules about devices: `c 7:128 rwm`; nil is JSON's null.
  public var deviceRules: [String]?
  /// Whether an init process reaps for it; nil for the engine's default.
  public var usesInit: Bool?

  /// All defaults.
  public init() {}

  /// Whether its first network is one that every engine has.
  public var hasPredefinedNetwork: Bool { ["bridge", "host", "none"].contains(effectiveNetworkMode) }
  /// The network mode with the default put in.
  public var effectiveNetworkMode: String {
    networkMode.isEmpty || networkMode == "default" ? "bridge" : networkMode
  }
}

extension HostConfig {
  /// The first thing about it that makes no sense on a machine of so many processors; nil if all does.
  func fault(cpus: Int) -> EngineError.ConfigFault? {
    if autoRemove && restartPolicy.name != .no { return .autoRemoveWithPolicy }
    if restartPolicy.maximumRetryCount != 0 && restartPolicy.name != .onFailure { return .retryCountWithoutFailure }
    if restartPolicy.maximumRetryCount < 0 { return .negativeRetryCount }
    if let fault = capabilityFault ?? logFault { return fault }
    if memory != 0 && memory < 6 << 20 { return .lowMemory }
    if nanoCPUs < 0 || nanoCPUs > Int64(cpus) * 1_000_000_000 { return .tooManyCPUs(cpus) }
    if shmSize < 0 { return .negativeSharedMemory }
    if memory > 0 && memorySwap > 0 && memorySwap < memory { return .lowSwap }
    if !(-1000...1000 ~= oomScoreAdjustment) { return .oomScore(oomScoreAdjustment) }
    if let last = lastProcessor, last >= cpus {
      return .processors(asked: cpusetCpus, available: cpus)
    }
    if !["", "runc", "io.containerd.runc.v2"].contains(runtime) { return .runtime(runtime) }
    if !["", "default"].contains(isolation) { return .isolation(isolation) }
    if let host = extraHosts?.first(where: { !$0.contains(":") && !$0.contains("=") }) { return .extraHost(host) }
    return namespaceFault
      ?? portBindings?.first { $0.range == nil && !$0.hostPort.isEmpty }.map { .port($0.hostPort) }
  }
}
