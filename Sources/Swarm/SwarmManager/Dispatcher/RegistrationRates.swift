import SimBase
import SwarmModel

/// How often nodes have registered lately: at most three re-registrations in a sliding window of 8 s.
///
/// The first registration never counts.
///
/// Source: moby/swarmkit `manager/dispatcher/nodes.go`, `CheckRateLimit`.
struct RegistrationRates: Sendable {
  static let window = Duration.seconds(8)
  static let limit = 3

  private struct Rate: Sendable {
    var attempts = 0
    var since: Instant
  }

  private var rates = Table<NodeID, Rate>()

  /// Counts a registration; false if the node has to wait.
  mutating func admit(_ node: NodeID, at now: Instant) -> Bool {
    guard var rate = rates[node] else {
      rates[node] = Rate(since: now)
      return true
    }
    if now - rate.since > Self.window { rate.attempts = 0 }
    rate.attempts += 1
    if rate.attempts > Self.limit { return false }
    rate.since = now
    rates[node] = rate
    return true
  }

  /// The node was removed.
  mutating func forget(_ node: NodeID) { rates[node] = nil }
}
