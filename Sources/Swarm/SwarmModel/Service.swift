import SimBase

/// How many tasks a service has, and of which kind.
public enum ServiceMode: Sendable, Equatable, Archivable {
  /// So many, anywhere.
  case replicated(replicas: UInt64)
  /// One on every eligible node.
  case global
  /// Runs to completion so many times, at most so many at once.
  case replicatedJob(maxConcurrent: UInt64, totalCompletions: UInt64)
  /// Runs to completion once on every eligible node.
  case globalJob

  /// One replica.
  public init() { self = .replicated(replicas: 1) }

  /// Whether tasks run to completion.
  public var isJob: Bool {
    switch self {
    case .replicated, .global: false
    case .replicatedJob, .globalJob: true
    }
  }

  /// Whether a task's place is its node rather than a slot number.
  public var isGlobal: Bool {
    switch self {
    case .global, .globalJob: true
    case .replicated, .replicatedJob: false
    }
  }

  /// The word that filters and lists use.
  public var word: String {
    switch self {
    case .replicated: "replicated"
    case .global: "global"
    case .replicatedJob: "replicated-job"
    case .globalJob: "global-job"
    }
  }

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    var (kind, first, second): (UInt64, UInt64, UInt64) =
      switch self {
      case .replicated(let replicas): (0, replicas, 0)
      case .global: (1, 0, 0)
      case .replicatedJob(let concurrent, let total): (2, concurrent, total)
      case .globalJob: (3, 0, 0)
      }
    a.field(&kind)
    a.field(&first)
    a.field(&second)
    switch kind {
    case 0: self = .replicated(replicas: first)
    case 1: self = .global
    case 2: self = .replicatedJob(maxConcurrent: first, totalCompletions: second)
    case 3: self = .globalJob
    default: a.markBroken()
    }
  }
}

/// What an update does when too many tasks fail.
public enum FailureAction: UInt8, Sendable {
  /// Stops where it is.
  case pause = 0
  /// Goes on.
  case `continue` = 1
  /// Goes back to the previous spec.
  case rollback = 2

  /// The word that the Engine API uses.
  public var word: String {
    switch self {
    case .pause: "pause"
    case .continue: "continue"
    case .rollback: "rollback"
    }
  }
}

/// Whether a slot's old task stops before or after its new one starts.
public enum UpdateOrder: UInt8, Sendable {
  /// The old one first.
  case stopFirst = 0
  /// The new one first.
  case startFirst = 1

  /// The word that the Engine API uses.
  public var word: String { self == .startFirst ? "start-first" : "stop-first" }
}

/// How tasks are replaced when a service changes.
public struct UpdateConfig: Sendable, Equatable, Archivable {
  /// Slots at a time; 0 is all at once.
  public var parallelism: UInt64 = 1
  /// Between slots.
  public var delay = Duration.zero
  /// On too many failures.
  public var failureAction = FailureAction.pause
  /// How long a new task is watched; nil means 5 s.
  public var monitor: Duration?
  /// Failures tolerated, 0 to 1 of the slots that change.
  public var maxFailureRatio: Float = 0
  /// Old or new first.
  public var order = UpdateOrder.stopFirst

  /// One at a time, without delay.
  public init() {}

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&parallelism)
    a.field(&delay)
    a.field(&failureAction)
    a.field(&monitor)
    a.field(&maxFailureRatio)
    a.field(&order)
  }
}

/// A transport protocol.
public enum PortProtocol: UInt8, Sendable, Comparable {
  /// TCP.
  case tcp = 0
  /// UDP.
  case udp = 1
  /// SCTP.
  case sctp = 2

  /// The word that the Engine API uses.
  public var word: String {
    switch self {
    case .tcp: "tcp"
    case .udp: "udp"
    case .sctp: "sctp"
    }
  }

  /// TCP, UDP, SCTP.
  public static func < (a: PortProtocol, b: PortProtocol) -> Bool { a.rawValue < b.rawValue }
}

/// Where a published port opens.
public enum PublishMode: UInt8, Sendable {
  /// On every node, by the routing mesh.
  case ingress = 0
  /// On the node of each task.
  case host = 1

  /// The word that the Engine API uses.
  public var word: String { self == .host ? "host" : "ingress" }
}

/// A port of a service.
public struct PortConfig: Sendable, Equatable, Archivable {
  /// A name; hardly ever used.
  public var name = ""
  /// Its protocol.
  public var `protocol` = PortProtocol.tcp
  /// In the container.
  public var targetPort: UInt32 = 0
  /// Outside; 0 leaves the choice to the allocator (ingress) or the node (host).
  public var publishedPort: UInt32 = 0
  /// Where it opens.
  public var mode = PublishMode.ingress

  /// No port.
  public init() {}

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&name)
    a.field(&`protocol`)
    a.field(&targetPort)
    a.field(&publishedPort)
    a.field(&mode)
  }
}

/// How a service's name resolves.
public enum EndpointMode: UInt8, Sendable {
  /// To a virtual address.
  case vip = 0
  /// To the tasks' addresses.
  case dnsrr = 1

  /// The word that the Engine API uses.
  public var word: String { self == .dnsrr ? "dnsrr" : "vip" }
}

/// The user's wish for how a service is reached.
public struct EndpointSpec: Sendable, Equatable, Archivable {
  /// How its name resolves.
  public var mode = EndpointMode.vip
  /// Its ports.
  public var ports: [PortConfig] = []

  /// A virtual address, no ports.
  public init() {}

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&mode)
    a.field(&ports)
  }
}

/// A service's address on a network.
public struct VirtualIP: Sendable, Equatable, Archivable {
  /// The network.
  public var network = NetworkID(raw: 0)
  /// A CIDR: `10.0.1.2/24`.
  public var addr = ""

  /// No address.
  public init() {}
  /// An address on a network.
  public init(network: NetworkID, addr: String) {
    self.network = network
    self.addr = addr
  }

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&network)
    a.field(&addr)
  }
}

/// How a service is reached, as allocated.
public struct Endpoint: Sendable, Equatable, Archivable {
  /// The wish it was allocated for; nil where the service gave none.
  public var spec: EndpointSpec?
  /// Ports with their numbers.
  public var ports: [PortConfig] = []
  /// Addresses.
  public var virtualIPs: [VirtualIP] = []

  /// Not reachable.
  public init() {}

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&spec)
    a.field(&ports)
    a.field(&virtualIPs)
  }
}

/// How an update stands.
public enum UpdateState: UInt8, Sendable {
  /// Never set.
  case unknown = 0
  /// Under way.
  case updating = 1
  /// Stopped after failures.
  case paused = 2
  /// Done.
  case completed = 3
  /// Going back.
  case rollbackStarted = 4
  /// Stopped while going back.
  case rollbackPaused = 5
  /// Gone back.
  case rollbackCompleted = 6

  /// The word that the Engine API uses.
  public var word: String {
    switch self {
    case .unknown: "unknown"
    case .updating: "updating"
    case .paused: "paused"
    case .completed: "completed"
    case .rollbackStarted: "rollback_started"
    case .rollbackPaused: "rollback_paused"
    case .rollbackCompleted: "rollback_completed"
    }
  }
}

/// How the last update of a service went.
public struct UpdateStatus: Sendable, Equatable, Archivable {
  /// How it stands.
  public var state = UpdateState.unknown
  /// When it began.
  public var startedAt: Instant?
  /// When it ended; nil while under way.
  public var completedAt: Instant?
  /// In words.
  public var message = ""

  /// Never set.
  public init() {}

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&state)
    a.field(&startedAt)
    a.field(&completedAt)
    a.field(&message)
  }
}

/// The user's wish for a service. Source: moby/swarmkit `api/specs.proto` (`ServiceSpec`).
public struct ServiceSpec: Sendable, Equatable, Archivable {
  /// Name and labels.
  public var annotations = Annotations()
  /// Its tasks.
  public var task = TaskSpec()
  /// How many.
  public var mode = ServiceMode()
  /// How they are replaced; nil means the default.
  public var update: UpdateConfig?
  /// How they are put back; nil means the default.
  public var rollback: UpdateConfig?
  /// How the service is reached; nil where absent.
  public var endpoint: EndpointSpec?
  /// Networks beside the task template: the deprecated place for them, which counts where the template has none.
  public var networks: [NetworkAttachmentConfig] = []

  /// One replica of nothing.
  public init() {}

  /// Its name.
  public var name: String { annotations.name }
  /// The networks that its tasks join and on which it has addresses.
  ///
  /// Source: moby/moby `daemon/libnetwork/cnmallocator/networkallocator.go` (`serviceNetworks`).
  public var joinedNetworks: [NetworkAttachmentConfig] { task.networks.isEmpty ? networks : task.networks }
  /// Whether a port is published by the routing mesh, so that the service needs the ingress network.
  ///
  /// Source: moby/swarmkit `manager/allocator/networkallocator/networkallocator.go` (`IsIngressNetworkNeeded`).
  public var publishesByMesh: Bool { endpoint?.ports.contains { $0.mode == .ingress } ?? false }

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&annotations)
    a.field(&task)
    a.field(&mode)
    a.field(&update)
    a.field(&rollback)
    a.field(&endpoint)
    a.field(&networks)
  }
}

/// A job's present run.
public struct JobStatus: Sendable, Equatable, Archivable {
  /// Grows by one with every service update.
  public var iteration: UInt64 = 0
  /// When it began.
  public var lastExecution = Instant.zero

  /// The first run.
  public init() {}

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&iteration)
    a.field(&lastExecution)
  }
}

/// A service. Source: moby/swarmkit `api/objects.proto` (`Service`).
public struct Service: StoreObject {
  /// Its ID.
  public var id = ServiceID(raw: 0)
  /// Version and times.
  public var meta = Meta()
  /// The user's wish; shared with every task made from it.
  public var spec = Shared(ServiceSpec())
  /// Which spec this is: the version named by the request that brought it; 0 after creation.
  public var specVersion: UInt64 = 0
  /// The wish before this one, for a rollback.
  public var previousSpec: Shared<ServiceSpec>?
  /// Its version.
  public var previousSpecVersion: UInt64 = 0
  /// How it is reached; nil until allocated.
  public var endpoint: Endpoint?
  /// How its last update went; nil if none replaced a task.
  public var updateStatus: UpdateStatus?
  /// A job's present run; nil for other services.
  public var jobStatus: JobStatus?

  /// A blank service.
  public init() {}

  /// Its name.
  public var name: String { spec.value.annotations.name }

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&id)
    a.field(&meta)
    a.field(&spec)
    a.field(&specVersion)
    a.optional(&previousSpec, Shared(ServiceSpec())) { $0.field(&$1) }
    a.field(&previousSpecVersion)
    a.field(&endpoint)
    a.field(&updateStatus)
    a.field(&jobStatus)
  }
}
