import Engine
import EngineTypes
import SimBase
import SwarmManager
import SwarmModel
import SwarmNode

/// What `GET /info` tells of an engine and of its place in a swarm.
///
/// **Differs from Docker:** what only the machine decides (limits that work, the storage driver, security options) is that
/// of one Linux with control groups of version 1, whatever machine the lab runs on.
///
/// Source: moby/moby `api/types/system/info.go`, `daemon/info.go`, `api/server/router/system/system_routes.go`.
public struct EngineInfo: Sendable, Equatable {
  /// The engine's own UUID.
  public var id = ""
  /// The hostname.
  public var name = ""
  /// Containers that run.
  public var containersRunning = 0
  /// Containers that are frozen.
  public var containersPaused = 0
  /// Containers that have ended or never ran.
  public var containersStopped = 0
  /// Images.
  public var images = 0
  /// Processors.
  public var cpus = 1
  /// Bytes of memory.
  public var memory: Int64 = 0
  /// `x86_64`, `aarch64`.
  public var architecture = "x86_64"
  /// The engine's labels.
  public var labels: [String] = []
  /// Where images come from: the lab's own registry, which stands in for Docker Hub, so nodes know it as its mirror.
  public var registry = ""
  /// What tasks may reserve beside processors and memory.
  public var genericResources: [GenericResource] = []
  /// Clients that follow events.
  public var eventListeners = 0
  /// The engine's clock.
  public var now = Instant.zero
  /// Its place in a swarm.
  public var swarm = EngineSwarmInfo()

  /// An engine about which nothing is known yet.
  public init() {}
}

/// The `Swarm` part of `GET /info`. Source: moby/moby `daemon/cluster/swarm.go` (`Info`).
public struct EngineSwarmInfo: Sendable, Equatable {
  /// What Go writes for a cluster of which nothing is known.
  static let noCluster =
    #"{"ID":"","Version":{},"CreatedAt":"0001-01-01T00:00:00Z","UpdatedAt":"0001-01-01T00:00:00Z","#
    + #""Spec":{"Labels":null,"Orchestration":{},"Raft":{"ElectionTick":0,"HeartbeatTick":0},"Dispatcher":{},"#
    + #""CAConfig":{},"TaskDefaults":{},"EncryptionConfig":{"AutoLockManagers":false}},"TLSInfo":{},"#
    + #""RootRotationInProgress":false,"DefaultAddrPool":null,"SubnetSize":0,"DataPathPort":0}"#

  /// How far a node has come into a swarm.
  public enum State: String, Sendable {
    /// Not at all.
    case inactive
    /// Started, not ready.
    case pending
    /// A member.
    case active
    /// Not at all, after it tried.
    case error
    /// A manager that waits for its key.
    case locked
  }

  /// A manager that the node knows.
  public struct Peer: Sendable, Equatable {
    /// Its ID; nil while it is not known.
    public var node: NodeID?
    /// Its address with port.
    public var address: String

    /// A manager.
    public init(node: NodeID?, address: String) {
      self.node = node
      self.address = address
    }
  }

  /// The node's ID; nil while it has none.
  public var nodeID: NodeID?
  /// What others are told to reach it.
  public var nodeAddress = ""
  /// How far it has come.
  public var state = State.inactive
  /// Whether its control API serves.
  public var isManager = false
  /// What went wrong.
  public var error = ""
  /// Managers it knows.
  public var remoteManagers: [Peer] = []
  /// What its control API tells; nil on workers, and where there is no leader.
  public var summary: SwarmSummary?

  /// In no swarm.
  public init() {}

  /// The word of the `Swarm` header of a ping: `active/manager`.
  public var pingWord: String {
    state == .active ? "active/\(isManager ? "manager" : "worker")" : state.rawValue
  }

  /// Warnings; two managers are worse than one.
  public var warnings: [String] {
    guard summary?.managers == 2, state == .active || state == .pending else { return [] }
    return [
      [
        "WARNING: Running Swarm in a two-manager configuration. This configuration provides",
        "no fault tolerance, and poses a high risk to lose control over the cluster.",
        "Refer to https://docs.docker.com/engine/swarm/admin_guide/ to configure the", "Swarm for fault-tolerance.",
      ].joined(separator: "\n         ")
    ]
  }
}

extension EngineAnswer {
  /// The answer to a ping; one to HEAD is the same without its body. `swarm` is `EngineSwarmInfo.pingWord`.
  public static func ping(swarm: String, isHead: Bool) -> EngineAnswer {
    EngineAnswer(
      status: 200,
      headers: [
        HTTPHeader("Builder-Version", "2"), HTTPHeader("Cache-Control", "no-cache, no-store, must-revalidate"),
        HTTPHeader("Content-Type", "text/plain; charset=utf-8"), HTTPHeader("Pragma", "no-cache"),
        HTTPHeader("Swarm", swarm),
      ],
      body: isHead ? DatedBytes() : DatedBytes("OK"))
  }

  /// `GET /version`; `architecture` is Go's word for it: `amd64`.
  public static func version(architecture: String = "amd64") -> EngineAnswer {
    .json { writer in
      writer.object { writer in
        writer.object("Platform") { $0.field("Name", "Docker Engine - Community") }
        writer.field("Components") { writer in
          writer.array { writer in
            writer.component("Engine", EngineBuild.version) { $0.engineDetails(architecture) }
            writer.component("containerd", EngineBuild.containerd.version) { writer in
              writer.field("GitCommit", EngineBuild.containerd.commit)
            }
            writer.component("runc", EngineBuild.runc.version) { $0.field("GitCommit", EngineBuild.runc.commit) }
            writer.component("docker-init", EngineBuild.dockerInit.version) { writer in
              writer.field("GitCommit", EngineBuild.dockerInit.commit)
            }
          }
        }
        writer.field("Version", EngineBuild.version)
        writer.field("ApiVersion", APIVersion.newest.description)
        writer.field("MinAPIVersion", APIVersion.oldest.description)
        writer.field("GitCommit", EngineBuild.commit)
        writer.field("GoVersion", EngineBuild.goVersion)
        writer.field("Os", "linux")
        writer.field("Arch", architecture)
        writer.field("KernelVersion", EngineBuild.kernelVersion)
        writer.field("BuildTime", EngineBuild.buildTime)
      }
    }
  }

  /// `GET /info`. Answers to versions before 1.50 go through a map, for fields that are no more, and so are sorted.
  public static func info(_ info: EngineInfo, for version: APIVersion = .newest) -> EngineAnswer {
    .json(sortingKeys: version < APIVersion("1.50")) { $0.info(info, version) }
  }
}

extension JSONWriter {
  fileprivate mutating func component(
    _ name: String, _ version: String, _ details: (inout JSONWriter) -> Void
  ) {
    object { writer in
      writer.field("Name", name)
      writer.field("Version", version)
      writer.object("Details", details)
    }
  }

  fileprivate mutating func engineDetails(_ architecture: String) {
    field("ApiVersion", APIVersion.newest.description)
    field("Arch", architecture)
    field("BuildTime", EngineBuild.buildTime)
    field("Experimental", "false")
    field("GitCommit", EngineBuild.commit)
    field("GoVersion", EngineBuild.goVersion)
    field("KernelVersion", EngineBuild.kernelVersion)
    field("MinAPIVersion", APIVersion.oldest.description)
    field("Os", "linux")
  }

  fileprivate mutating func info(_ info: EngineInfo, _ version: APIVersion) {
    object { writer in
      writer.field("ID", info.id)
      writer.field("Containers", info.containersRunning + info.containersPaused + info.containersStopped)
      writer.field("ContainersRunning", info.containersRunning)
      writer.field("ContainersPaused", info.containersPaused)
      writer.field("ContainersStopped", info.containersStopped)
      writer.field("Images", info.images)
      writer.storage()
      writer.object("Plugins") { writer in
        writer.field("Volume", ["local"])
        writer.field("Network", EngineVersion.networkDrivers)
        writer.null("Authorization")
        writer.field("Log", Engine.logDrivers)
      }
      writer.kernel(version)
      writer.field("SystemTime", info.now)
      writer.field("LoggingDriver", "json-file")
      writer.field("CgroupDriver", "cgroupfs")
      writer.field("CgroupVersion", "1")
      writer.field("NEventsListener", info.eventListeners)
      writer.field("KernelVersion", EngineBuild.kernelVersion)
      writer.field("OperatingSystem", "Debian GNU/Linux 13 (trixie)")
      writer.field("OSVersion", "13")
      writer.field("OSType", "linux")
      writer.field("Architecture", info.architecture)
      writer.registries(info.registry, version)
      writer.field("NCPU", info.cpus)
      writer.field("MemTotal", info.memory)
      if info.genericResources.isEmpty {
        writer.null("GenericResources")
      } else {
        writer.genericResources(info.genericResources)
      }
      writer.field("DockerRootDir", "/var/lib/docker")
      for key in ["HttpProxy", "HttpsProxy", "NoProxy"] as [StaticString] { writer.field(key, "") }
      writer.field("Name", info.name)
      writer.field("Labels", info.labels)
      writer.field("ExperimentalBuild", false)
      writer.field("ServerVersion", EngineBuild.version)
      writer.runtimes(version)
      writer.object("Swarm") { $0.swarmInfo(info.swarm) }
      writer.components(version)
      if info.swarm.warnings.isEmpty {
        writer.null("Warnings")
      } else {
        writer.field("Warnings", info.swarm.warnings)
      }
    }
  }

  private mutating func storage() {
    field("Driver", "overlay2")
    field("DriverStatus") { writer in
      let rows = [
        ["Backing Filesystem", "extfs"], ["Supports d_type", "true"], ["Using metacopy", "false"],
        ["Native Overlay Diff", "true"], ["userxattr", "false"],
      ]
      writer.array(rows) { writer, row in writer.array(row) { $0.string($1) } }
    }
  }

  private mutating func kernel(_ version: APIVersion) {
    let abilities: [StaticString] = [
      "MemoryLimit", "SwapLimit", "KernelMemoryTCP", "CpuCfsPeriod", "CpuCfsQuota", "CPUShares", "CPUSet", "PidsLimit",
      "IPv4Forwarding",
    ]
    for key in abilities { field(key, true) }
    if version < APIVersion("1.42") { field("KernelMemory", true) }
    if version < APIVersion("1.50") {
      field("BridgeNfIptables", false)
      field("BridgeNfIp6tables", false)
    }
    field("Debug", false)
    field("NFd", 24)
    field("OomKillDisable", true)
    field("NGoroutines", 48)
  }

  private mutating func registries(_ registry: String, _ version: APIVersion) {
    let mirrors = registry.isEmpty ? [] : ["http://\(registry)/"]
    field("IndexServerAddress", "https://index.docker.io/v1/")
    object("RegistryConfig") { writer in
      writer.object("IndexConfigs") { writer in
        if !registry.isEmpty { writer.index(registry, mirrors: [], isOfficial: false) }
        writer.index("docker.io", mirrors: mirrors, isOfficial: true)
      }
      writer.field("InsecureRegistryCIDRs", ["::1/128", "127.0.0.0/8"])
      if mirrors.isEmpty { writer.null("Mirrors") } else { writer.field("Mirrors", mirrors) }
      if version < APIVersion("1.47") {
        writer.null("AllowNondistributableArtifactsCIDRs")
        writer.null("AllowNondistributableArtifactsHostnames")
      }
    }
  }

  private mutating func index(_ name: String, mirrors: [String], isOfficial: Bool) {
    field(named: name) { writer in
      writer.object { writer in
        writer.field("Mirrors", mirrors)
        writer.field("Name", name)
        writer.field("Official", isOfficial)
        writer.field("Secure", isOfficial)
      }
    }
  }

  private mutating func runtimes(_ version: APIVersion) {
    object("Runtimes") { writer in
      for key in ["io.containerd.runc.v2", "runc"] as [StaticString] {
        writer.object(key) { writer in
          writer.field("path", "runc")
          if version >= APIVersion("1.44") {
            writer.field("status", ["org.opencontainers.runtime-spec.features": EngineBuild.runtimeFeatures])
          }
        }
      }
    }
    field("DefaultRuntime", "runc")
  }

  private mutating func commit(_ key: StaticString, _ id: String, _ version: APIVersion) {
    object(key) { writer in
      writer.field("ID", id)
      if version < APIVersion("1.49") { writer.unlessEmpty("Expected", id) }
    }
  }

  private mutating func components(_ version: APIVersion) {
    field("LiveRestoreEnabled", false)
    field("Isolation", "")
    field("InitBinary", "docker-init")
    commit("ContainerdCommit", EngineBuild.containerd.commit, version)
    commit("RuncCommit", EngineBuild.runc.commit, version)
    commit("InitCommit", EngineBuild.dockerInit.commit, version)
    field("SecurityOptions", [version < APIVersion("1.25") ? "seccomp" : "name=seccomp,profile=builtin"])
    if version >= APIVersion("1.49") { object("FirewallBackend") { $0.field("Driver", "iptables") } }
    field("CDISpecDirs", ["/etc/cdi", "/var/run/cdi"])
    if version < APIVersion("1.46") { return }
    object("Containerd") { writer in
      writer.field("Address", "/run/containerd/containerd.sock")
      writer.object("Namespaces") { writer in
        writer.field("Containers", "moby")
        writer.field("Plugins", "plugins.moby")
      }
    }
  }

  private mutating func swarmInfo(_ info: EngineSwarmInfo) {
    field("NodeID", info.nodeID?.description ?? "")
    field("NodeAddr", info.nodeAddress)
    field("LocalNodeState", info.state.rawValue)
    field("ControlAvailable", info.isManager)
    field("Error", info.error)
    if info.remoteManagers.isEmpty {
      null("RemoteManagers")
    } else {
      list("RemoteManagers", info.remoteManagers) { writer, peer in
        writer.field("NodeID", peer.node?.description ?? "")
        writer.field("Addr", peer.address)
      }
    }
    guard let summary = info.summary else {
      // A manager that could not be asked shows Go's zero value of a cluster.
      if info.isManager { field("Cluster") { $0.raw(EngineSwarmInfo.noCluster) } }
      return
    }
    unlessZero("Nodes", Int64(summary.nodes))
    unlessZero("Managers", Int64(summary.managers))
    object("Cluster") { $0.clusterInfo(summary.cluster.value) }
    unlessEmpty("Warnings", info.warnings)
  }
}
