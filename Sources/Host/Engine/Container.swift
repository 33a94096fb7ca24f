import Shell
import SimBase
import Workloads

/// What makes a container a swarm task's: its labels follow from it, so that thousands of tasks share one config.
public struct TaskMark: Hashable, Sendable {
  /// The node's ID.
  public var nodeID: String
  /// The service's ID.
  public var serviceID: String
  /// The service's name.
  public var serviceName: String
  /// The task's ID.
  public var taskID: String
  /// The task's name, which is the container's as well at first.
  public var taskName: String

  /// A mark.
  public init(nodeID: String, serviceID: String, serviceName: String, taskID: String, taskName: String) {
    self.nodeID = nodeID
    self.serviceID = serviceID
    self.serviceName = serviceName
    self.taskID = taskID
    self.taskName = taskName
  }

  /// The six labels, by key.
  ///
  /// Source: moby/moby `daemon/cluster/executor/container/container.go` (`labels`).
  public var labels: [(key: String, value: String)] {
    [
      ("com.docker.swarm.node.id", nodeID), ("com.docker.swarm.service.id", serviceID),
      ("com.docker.swarm.service.name", serviceName), ("com.docker.swarm.task", ""),
      ("com.docker.swarm.task.id", taskID), ("com.docker.swarm.task.name", taskName),
    ]
  }
}

/// Where a container is in its life, as `docker ps` and `inspect` tell it.
public struct ContainerState: Hashable, Sendable {
  /// The states of Docker.
  public enum Status: UInt8, Hashable, Sendable {
    /// Made, never run, or its start failed.
    case created
    /// Its process runs.
    case running
    /// Its process is frozen.
    case paused
    /// It has ended and will be started again.
    case restarting
    /// It is being removed.
    case removing
    /// It has ended.
    case exited
    /// Its removal failed.
    case dead

    /// Docker's word for it.
    public var text: String {
      switch self {
      case .created: "created"
      case .running: "running"
      case .paused: "paused"
      case .restarting: "restarting"
      case .removing: "removing"
      case .exited: "exited"
      case .dead: "dead"
      }
    }
  }

  /// Where it is.
  public internal(set) var status = Status.created
  /// The number of its first process on the machine; 0 while there is none.
  public internal(set) var pid = 0
  /// How its process last ended.
  public internal(set) var exitCode: Int32 = 0
  /// Why its start failed.
  public internal(set) var error = ""
  /// Whether it was killed for want of memory.
  public internal(set) var isOOMKilled = false
  /// When it last began to run; nil if never.
  public internal(set) var startedAt: Instant?
  /// When it last ended; nil if never.
  public internal(set) var finishedAt: Instant?
  /// How often its restart policy has started it.
  public internal(set) var restartCount = 0
  /// Whether a user stopped it, so that `unless-stopped` leaves it alone.
  public internal(set) var isStoppedByUser = false

  /// A container that never ran.
  public init() {}

  /// Docker's `Running`: also true while paused or waiting for a restart.
  public var isRunning: Bool { status == .running || status == .paused || status == .restarting }
}

extension ContainerState: Archivable {
  /// All fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&status)
    a.field(&pid)
    var code = Int64(exitCode)
    a.field(&code)
    exitCode = Int32(truncatingIfNeeded: code)
    a.field(&error)
    a.field(&isOOMKilled)
    a.field(&startedAt)
    a.field(&finishedAt)
    a.field(&restartCount)
    a.field(&isStoppedByUser)
  }
}

/// A line of a container's output.
public struct LogLine: Hashable, Sendable {
  /// When it was written.
  public var instant: Instant
  /// Where to.
  public var stream: OutputStream
  /// Whether a line feed followed; a last line may lack it.
  public var isWhole: Bool
  /// The text, without the line feed.
  public var text: String

  /// A line.
  public init(_ text: String, _ stream: OutputStream, at instant: Instant, isWhole: Bool = true) {
    self.text = text
    self.stream = stream
    self.instant = instant
    self.isWhole = isWhole
  }
}

/// One container: what an engine keeps of it on disk.
///
/// Invariant: `endpoints` are in the order in which its networks were given or connected; an endpoint has an address
/// only while the container has a network of its own, that is, while it runs or starts.
public struct Container: Sendable {
  /// Its ID.
  public let id: ContainerID
  /// Its name, without the slash.
  public internal(set) var name: String
  /// When it was made.
  public let created: Instant
  /// What it is told to be, filled from its image.
  public let config: Shared<ContainerConfig>
  /// What it gets from its machine.
  public internal(set) var host: Shared<HostConfig>
  /// What makes it a task's; nil for a plain one.
  public let task: Shared<TaskMark>?
  /// Its image.
  public let image: ImageID
  /// What it sees from outside, volumes by their real names.
  public let mounts: [Mount]
  /// Where it is in its life.
  public internal(set) var state = ContainerState()
  /// Its footholds on networks.
  public internal(set) var endpoints: [Endpoint] = []
  /// Its foothold on `docker_gwbridge`, its way out while it is on overlays alone.
  public internal(set) var gatewayEndpoint: Endpoint?
  /// Published ports, while it runs.
  public internal(set) var boundPorts: [BoundPort] = []
  /// What its health checks found; nil if it has none or never ran.
  public internal(set) var health: Health?
  /// Its files, once somebody has touched them; before, they are the image's.
  var files: FileTree?
  /// What it has printed.
  public internal(set) var log = ChunkedList<LogLine>()

  /// Its host name: as told, else the first twelve digits of its ID.
  public var hostname: String { config.value.hostname.isEmpty ? id.short : config.value.hostname }

  /// Its labels by key, those of its task included.
  public var labels: Table<String, String> {
    var labels = config.value.labels
    for label in task?.value.labels ?? [] { labels[label.key] = label.value }
    return labels
  }

  /// The program that its first process runs.
  public var path: String { config.value.commandLine.first ?? "" }
  /// That program's arguments.
  public var arguments: [String] { Array(config.value.commandLine.dropFirst()) }

  /// It runs no more: its endpoints are down and without addresses, its ports are free.
  mutating func leaveNetworks() {
    for index in endpoints.indices {
      endpoints[index].isUp = false
      endpoints[index].address = nil
    }
    gatewayEndpoint?.isUp = false
    gatewayEndpoint?.address = nil
    boundPorts = []
  }
}

/// A published port of a running container.
public struct BoundPort: Hashable, Sendable {
  /// The container's port.
  public var port: ContainerPort
  /// The machine's address; `0.0.0.0` for all.
  public var address: IPv4Address
  /// The machine's port.
  public var hostPort: UInt16
  /// Whether it is bound on `[::]` as well, as ports on all addresses are.
  public var isOnIPv6: Bool { address == .any }

  /// A bound port.
  public init(_ port: ContainerPort, address: IPv4Address, hostPort: UInt16) {
    self.port = port
    self.address = address
    self.hostPort = hostPort
  }
}
