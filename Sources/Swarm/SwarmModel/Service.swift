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
