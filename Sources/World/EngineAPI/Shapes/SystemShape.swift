import Engine
import EngineTypes
import SimBase
import SimKernel
import SwarmManager
import SwarmModel
import SwarmNode

// What the engine says of itself. Source: moby/moby `daemon/info.go`, `api/types/system/info.go`; order and nulls measured.

extension EngineAnswer {
  /// `/_ping`: its headers are the answer.
  static func ping(_ node: SwarmNode, isHead: Bool) -> EngineAnswer {
    let state = node.localState
    var swarm = state.word
    if state == .active { swarm += node.manager == nil ? "/worker" : "/manager" }
    let headers = [
      HTTPHeader("Builder-Version", "2"), HTTPHeader("Cache-Control", "no-cache, no-store, must-revalidate"),
      HTTPHeader("Pragma", "no-cache"), HTTPHeader("Swarm", swarm),
      HTTPHeader("Content-Type", "text/plain; charset=utf-8"),
    ]
    return EngineAnswer(status: 200, headers: headers, body: isHead ? DatedBytes() : DatedBytes("OK"))
  }

  /// `/version`.
  static let version: EngineAnswer = .json { writer in
    writer.object { writer in
      writer.field("Platform") { $0.object { $0.field("Name", "") } }
      writer.field("Components") { writer in
        writer.array { writer in
          writer.object { writer in
            writer.field("Name", "Engine")
            writer.field("Version", EngineBuild.version)
            writer.field("Details") { $0.object { $0.engineDetails() } }
          }
          writer.component("containerd", EngineBuild.containerd)
          writer.component("runc", EngineBuild.runc)
          writer.component("docker-init", EngineBuild.dockerInit)
        }
      }
      writer.field("Version", EngineBuild.version)
      writer.field("ApiVersion", APIVersion.newest.description)
      writer.field("MinAPIVersion", APIVersion.oldest.description)
      writer.field("GitCommit", EngineBuild.commit)
      writer.field("GoVersion", EngineBuild.goVersion)
      writer.field("Os", "linux")
      writer.field("Arch", "amd64")
      writer.field("KernelVersion", EngineBuild.kernelVersion)
      writer.field("BuildTime", EngineBuild.buildTime)
    }
  }

  /// `/info`; on a manager with the swarm's summary, or why there is none.
  static func info(_ node: SwarmNode, summary: Result<SwarmSummary, APIError>?, at now: Instant) -> EngineAnswer {
    .json { $0.object { $0.info(node, summary, now) } }
  }
}

extension JSONWriter {
  fileprivate mutating func engineDetails() {
    field("ApiVersion", APIVersion.newest.description)
    field("Arch", "amd64")
    field("BuildTime", EngineBuild.buildTime)
    field("Experimental", "false")
    field("GitCommit", EngineBuild.commit)
    field("GoVersion", EngineBuild.goVersion)
    field("KernelVersion", EngineBuild.kernelVersion)
    field("MinAPIVersion", APIVersion.oldest.description)
    field("Os", "linux")
  }

  fileprivate mutating func component(_ name: String, _ build: (version: String, commit: String)) {
    object { writer in
      writer.field("Name", name)
      writer.field("Version", build.version)
      writer.field("Details") { $0.object { $0.field("GitCommit", build.commit) } }
    }
  }

  fileprivate mutating func info(_ node: SwarmNode, _ summary: Result<SwarmSummary, APIError>?, _ now: Instant) {
    let containers = node.engine.containers
    field("ID", InfoShape.uuid(node))
    field("Containers", containers.count)
    field("ContainersRunning", containers.count { $0.state.status == .running })
    field("ContainersPaused", containers.count { $0.state.status == .paused })
    field("ContainersStopped", containers.count { !$0.state.isRunning })
    field("Images", node.engine.images.count)
    field("Driver", "overlay2")
    field("DriverStatus") { writer in
      writer.array(InfoShape.driverStatus) { writer, pair in
        writer.array([pair.0, pair.1]) { $0.string($1) }
      }
    }
    field("Plugins") { $0.object { $0.pluginNames() } }
    for key in InfoShape.capabilities { field(key, true) }
    field("Debug", false)
    field("NFd", 24 + 9 * containers.count { $0.state.isRunning })
    field("OomKillDisable", true)
    field("NGoroutines", 46 + 12 * containers.count { $0.state.isRunning })
    field("SystemTime", now)
    field("LoggingDriver", "json-file")
    field("CgroupDriver", "cgroupfs")
    field("CgroupVersion", "1")
    field("NEventsListener", node.manager == nil ? 0 : 1)
    field("KernelVersion", EngineBuild.kernelVersion)
    field("OperatingSystem", "Debian GNU/Linux 13 (trixie)")
    field("OSVersion", "13")
    field("OSType", "linux")
    field("Architecture", "x86_64")
    field("IndexServerAddress", "https://index.docker.io/v1/")
    field("RegistryConfig") { $0.raw(InfoShape.registryConfig) }
    field("NCPU", node.engine.config.cpus)
    field("MemTotal", Int64(node.engine.config.memory))
    null("GenericResources")
    field("DockerRootDir", "/var/lib/docker")
    field("HttpProxy", "")
    field("HttpsProxy", "")
    field("NoProxy", "")
    field("Name", node.hostname)
    field("Labels", [String]())
    field("ExperimentalBuild", false)
    field("ServerVersion", EngineBuild.version)
    field("Runtimes") { $0.raw(#"{"io.containerd.runc.v2":{"path":"runc"},"runc":{"path":"runc"}}"#) }
    field("DefaultRuntime", "runc")
    field("Swarm") { $0.object { $0.swarmInfo(node, summary) } }
    field("LiveRestoreEnabled", false)
    field("Isolation", "")
    field("InitBinary", "docker-init")
    field("ContainerdCommit") { $0.object { $0.field("ID", EngineBuild.containerd.commit) } }
    field("RuncCommit") { $0.object { $0.field("ID", EngineBuild.runc.commit) } }
    field("InitCommit") { $0.object { $0.field("ID", EngineBuild.dockerInit.commit) } }
    field("SecurityOptions", ["name=seccomp,profile=builtin", "name=cgroupns"])
    field("FirewallBackend") { $0.object { $0.field("Driver", "iptables") } }
    field("CDISpecDirs", ["/etc/cdi", "/var/run/cdi"])
    field("Containerd") { $0.raw(InfoShape.containerd) }
    null("Warnings")
  }

  private mutating func pluginNames() {
    let names = { (type: String) in EngineVersion.plugins.filter { $0.type == type }.map(\.name) }
    field("Volume", names("Volume"))
    field("Network", names("Network"))
    null("Authorization")
    field("Log", names("Log"))
  }

  private mutating func swarmInfo(_ node: SwarmNode, _ summary: Result<SwarmSummary, APIError>?) {
    var error = ""
    if case .error(let text) = node.localState { error = text }
    if case .failure(let refusal)? = summary { error = refusal.message }
    let isLocked = node.localState == .locked
    field("NodeID", isLocked ? "" : node.nodeID?.description ?? "")
    field("NodeAddr", isLocked ? "" : node.advertisedIP)
    field("LocalNodeState", node.localState.word)
    field("ControlAvailable", node.standing == .manager)
    field("Error", error)
    let managers = isLocked ? [] : node.remoteManagers
    if managers.isEmpty {
      null("RemoteManagers")
    } else {
      field("RemoteManagers") { writer in
        writer.array(managers) { writer, peer in
          writer.object { writer in
            writer.field("NodeID", peer.node?.description ?? "")
            writer.field("Addr", peer.addr)
          }
        }
      }
    }
    guard case .success(let summary)? = summary else { return }
    field("Nodes", summary.nodes)
    field("Managers", summary.managers)
    field("Cluster") { $0.object { $0.clusterInfo(summary.cluster.value) } }
  }
}

/// The parts of `/info` that no node differs in.
private enum InfoShape {
  static let driverStatus = [
    ("Backing Filesystem", "extfs"), ("Supports d_type", "true"), ("Using metacopy", "false"),
    ("Native Overlay Diff", "true"), ("userxattr", "false"),
  ]
  static let capabilities: [StaticString] = [
    "MemoryLimit", "SwapLimit", "KernelMemoryTCP", "CpuCfsPeriod", "CpuCfsQuota", "CPUShares", "CPUSet", "PidsLimit",
    "IPv4Forwarding",
  ]
  static let registryConfig =
    #"{"IndexConfigs":{"docker.io":{"Mirrors":[],"Name":"docker.io","Official":true,"Secure":true}},"#
    + #""InsecureRegistryCIDRs":["::1/128","127.0.0.0/8"],"Mirrors":null}"#
  static let containerd =
    #"{"Address":"/run/containerd/containerd.sock","Namespaces":{"Containers":"moby","Plugins":"plugins.moby"}}"#

  /// An engine's identity: a UUID that follows from its place in the world and its name.
  static func uuid(_ node: SwarmNode) -> String {
    let digits = Array(hexText(SHA256.digest("engine \(node.host.number) \(node.hostname)".utf8).prefix(16)))
    let cuts = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32]
    return cuts.map { String(digits[$0]) }.joined(separator: "-")
  }
}
