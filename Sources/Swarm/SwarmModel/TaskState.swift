import SimBase

/// How far a task has come, or is meant to come. States only rise.
///
/// The numbers matter: comparisons decide. Source: moby/swarmkit `api/types.proto`.
public enum TaskState: UInt16, Sendable, Comparable, CaseIterable {
  /// Created by an orchestrator; has no addresses yet.
  case new = 0
  /// Has its addresses and waits for a node.
  case pending = 64
  /// Has a node.
  case assigned = 192
  /// The agent knows it.
  case accepted = 256
  /// The agent pulls the image and makes the container.
  case preparing = 320
  /// Prepared; waits for its desired state to rise.
  case ready = 384
  /// Being started; with a health check it stays here until healthy.
  case starting = 448
  /// Runs.
  case running = 512
  /// Ended with exit code 0.
  case complete = 576
  /// Ended because it was asked to.
  case shutdown = 640
  /// Ended with an error.
  case failed = 704
  /// Could not be started on its node.
  case rejected = 768
  /// Only ever desired: stop, then forget the task.
  case remove = 800
  /// Its node is gone for good.
  case orphaned = 832

  /// Lower states come first.
  public static func < (a: TaskState, b: TaskState) -> Bool { a.rawValue < b.rawValue }

  /// The word that the Engine API uses.
  public var word: String {
    switch self {
    case .new: "new"
    case .pending: "pending"
    case .assigned: "assigned"
    case .accepted: "accepted"
    case .preparing: "preparing"
    case .ready: "ready"
    case .starting: "starting"
    case .running: "running"
    case .complete: "complete"
    case .shutdown: "shutdown"
    case .failed: "failed"
    case .rejected: "rejected"
    case .remove: "remove"
    case .orphaned: "orphaned"
    }
  }

  /// Whether a task in this state has stopped for good.
  public var isTerminal: Bool { self > .running }
}
