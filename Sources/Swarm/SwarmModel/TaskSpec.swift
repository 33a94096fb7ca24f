import SimBase

/// When a task that ended is replaced.
public enum RestartCondition: UInt8, Sendable {
  /// Never.
  case none = 0
  /// Only after an error.
  case onFailure = 1
  /// Always.
  case any = 2

  /// The word that the Engine API uses.
  public var word: String {
    switch self {
    case .none: "none"
    case .onFailure: "on-failure"
    case .any: "any"
    }
  }
}

/// Whether and how tasks are replaced when they end. An absent policy is `any`, 5 s, without limits.
public struct RestartPolicy: Sendable, Equatable, Archivable {
  /// After which ends.
  public var condition = RestartCondition.any
  /// Before a replacement starts; nil means 5 s.
  public var delay: Duration?
  /// Restarts at most; 0 is no limit. Nil where absent, which counts as 0.
  public var maxAttempts: UInt64?
  /// Attempts count only within this span; nil or zero counts all.
  public var window: Duration?

  /// The default policy.
  public init() {}

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&condition)
    a.field(&delay)
    a.field(&maxAttempts)
    a.field(&window)
  }
}

/// A platform that an image runs on; empty fields match all.
public struct Platform: Sendable, Equatable, Archivable {
  /// `amd64`, `x86_64`, `arm64` …
  public var architecture = ""
  /// `linux`.
  public var os = ""

  /// Any platform.
  public init() {}
  /// A platform.
  public init(architecture: String, os: String) {
    self.architecture = architecture
    self.os = os
  }

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&architecture)
    a.field(&os)
  }
}

/// Where tasks may and should run.
public struct Placement: Sendable, Equatable, Archivable {
  /// `node.labels.disk==ssd` …; all must hold.
  public var constraints: [String] = []
  /// Labels to spread over, outermost first: `node.labels.zone`.
  public var preferences: [String] = []
  /// Tasks of the service on one node at most; 0 is no limit.
  public var maxReplicas: UInt64 = 0
  /// Platforms of the image.
  public var platforms: [Platform] = []

  /// Anywhere.
  public init() {}

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&constraints)
    a.field(&preferences)
    a.field(&maxReplicas)
    a.field(&platforms)
  }
}

/// What a task may use and what is kept free for it.
public struct ResourceRequirements: Sendable, Equatable, Archivable {
  /// Upper limits; nil where absent.
  public var limits: Resources?
  /// What the scheduler sets aside; nil where absent.
  public var reservations: Resources?
  /// Memory plus swap, bytes; nil where absent.
  public var swapBytes: Int64?
  /// How eagerly memory is swapped out; nil where absent.
  public var memorySwappiness: Int64?

  /// No requirements.
  public init() {}

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&limits)
    a.field(&reservations)
    a.field(&swapBytes)
    a.field(&memorySwappiness)
  }
}

/// A network that a service's tasks join.
public struct NetworkAttachmentConfig: Sendable, Equatable, Archivable {
  /// The network's ID as text.
  public var target = ""
  /// Further names there.
  public var aliases: [String] = []
  /// Requested addresses.
  public var addresses: [String] = []
  /// Options for the driver.
  public var driverOptions = Labels()

  /// No network.
  public init() {}

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&target)
    a.field(&aliases)
    a.field(&addresses)
    a.field(&driverOptions)
  }
}

/// What a task runs.
public enum TaskRuntime: Sendable, Equatable, Archivable {
  /// A container.
  case container(ContainerSpec)
  /// The place of a plain container on an attachable network; holds the container's ID.
  case attachment(String)

  /// A container without an image.
  public init() { self = .container(ContainerSpec()) }

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    var kind: UInt64 = if case .container = self { 0 } else { 1 }
    a.field(&kind)
    if kind == 0 {
      var spec = if case .container(let spec) = self { spec } else { ContainerSpec() }
      a.field(&spec)
      self = .container(spec)
    } else {
      var text = if case .attachment(let id) = self { id } else { "" }
      a.field(&text)
      self = .attachment(text)
    }
  }
}

/// The user's wish for a service's tasks; each task keeps the one it was made with.
///
/// Source: moby/swarmkit `api/specs.proto` (`TaskSpec`).
public struct TaskSpec: Sendable, Equatable, Archivable {
  /// What runs.
  public var runtime = TaskRuntime()
  /// Limits and reservations; nil where absent.
  public var resources: ResourceRequirements?
  /// Restart policy; nil means the default.
  public var restart: RestartPolicy?
  /// Placement; nil means anywhere.
  public var placement: Placement?
  /// Log driver; nil means the cluster's or the engine's.
  public var logDriver: Driver?
  /// Networks to join.
  public var networks: [NetworkAttachmentConfig] = []
  /// Grows to replace tasks that would otherwise stay (`--force`).
  public var forceUpdate: UInt64 = 0

  /// A container without an image.
  public init() {}

  /// The container, where that is what runs.
  public var container: ContainerSpec? { if case .container(let spec) = runtime { spec } else { nil } }

  /// The delay before a replacement starts, the default of 5 s included.
  public var restartDelay: Duration { restart?.delay ?? .seconds(5) }

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&runtime)
    a.field(&resources)
    a.field(&restart)
    a.field(&placement)
    a.field(&logDriver)
    a.field(&networks)
    a.field(&forceUpdate)
  }
}
