import SimBase

/// What a member is told about its own pace and limits; the defaults are swarmkit's, and a swarm's cannot be changed.
///
/// CheckQuorum is always on and PreVote always off, as swarmkit has them, so neither is an option.
///
/// Source: moby/swarmkit `manager/state/raft/raft.go` (`DefaultNodeConfig`), etcd-io/raft `raft.go` (`Config`).
public struct RaftConfig: Sendable {
  /// How far apart a member's ticks are.
  public var tick = Duration.seconds(1)
  /// Ticks without a leader after which a follower may campaign: it draws `electionTicks ..< 2 * electionTicks` anew at
  /// every change of role or term. A leader asks itself as often whether a majority still answers.
  public var electionTicks = 10
  /// Ticks between a leader's heartbeats.
  public var heartbeatTicks = 1
  /// The most bytes of entries in one append, and of entries applied per `RaftReady`. A larger entry travels alone.
  public var maxBytesPerMessage = 65_535
  /// The most appends to one follower that are sent and not yet acknowledged.
  public var maxInflightMessages = 256
  /// How many applied entries stay in the log behind a snapshot, for followers that are a little slow.
  public var keptEntries: UInt64 = 500
  /// A mistake to make on purpose, so that a test can show that storms find it.
  package var plantedBug: RaftPlantedBug?

  /// Swarmkit's pace and limits.
  public init() {}

  /// Traps on values that no member can run with.
  func check() {
    precondition(tick > .zero, "a tick takes time")
    precondition(heartbeatTicks > 0, "a leader must send heartbeats")
    precondition(electionTicks > heartbeatTicks, "an election timeout must outlast a heartbeat")
    precondition(maxInflightMessages > 0, "a leader must be allowed to send")
  }
}

/// The mistakes that can be planted.
package enum RaftPlantedBug: Sendable, CaseIterable {
  /// The vote is left out of the durable state, so that a member that restarts may vote twice in one term.
  case voteIsNotPersisted
}
