import SimBase
import SwarmModel

/// How often a place has been given a replacement, for policies that limit restarts.
///
/// Attempts are counted for one spec version: an updated service starts afresh. Nothing but an update or a window
/// resets the count; a task that has run well for a year does not.
///
/// Source: moby/swarmkit `manager/orchestrator/restart/restart.go` (`instanceRestartInfo`).
struct RestartHistory: Sendable {
  /// Restarts of this spec version.
  private var total: UInt64 = 0
  /// When the replacements were created, oldest first; kept only for policies with a window.
  private var times: [Instant] = []
  private var specVersion: UInt64 = 0

  /// No restarts yet.
  init() {}

  /// Counts a replacement.
  mutating func record(_ replacement: SwarmTask, at now: Instant) {
    let version = replacement.specVersion ?? 0
    if version != specVersion {
      self = RestartHistory()
      specVersion = version
    }
    total += 1
    if let window = replacement.spec.restart?.window, window != .zero {
      times.append(replacement.meta.createdAt == .zero ? now : replacement.meta.createdAt)
    }
  }

  /// Whether the policy lets this task be replaced once more. Restarts that left the window are forgotten.
  mutating func allowsAnother(after task: SwarmTask, limit: UInt64, window: Duration?) -> Bool {
    if let version = task.specVersion, version != specVersion { return true }
    guard let window, window != .zero else { return total < limit }
    if times.isEmpty { return true }
    let ended = task.timestamp
    times.removeAll { $0 <= ended - window }
    // Restarts at or after the end of this task are those of its successors.
    return UInt64(times.count { $0 < ended }) < limit
  }
}
