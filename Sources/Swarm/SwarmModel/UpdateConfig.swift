import SimBase

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
