import Raft
import SimBase
import SimKernel
import SwarmManager
import SwarmModel
import SwarmWorker

/// A node's place in a swarm while it runs: who it is, its agent, its manager if it has one, and what it is about to become.
struct SwarmMember: Sendable {
  /// How the agent reaches a manager.
  enum AgentChannel: Sendable, Equatable {
    case local
    case remote(ConnectionID, ManagerPeer)
  }

  /// What a certificate request talks over.
  enum CertificateChannel: Sendable, Equatable {
    case local
    case remote(ConnectionID)
  }

  /// A new manager's way into Raft.
  struct RaftJoin: Sendable {
    var connection: ConnectionID?
    /// When to try again, or to give a try up.
    var deadline: Instant?
    /// What other managers sent before Raft was up: it is heard as soon as it is.
    var early: [(connection: ConnectionID, wire: Wire)] = []
  }

  static let forcedRenewalDelay = Duration.milliseconds(500)
  static let renewalBackoff = Duration.seconds(5)
  static let maxRenewalBackoff = Duration.hours(1)
  static let joinPatience = Duration.seconds(20)
  /// How long after a new swarm's first node is active its engine misses what the founding still changes.
  static let foundingPatience = Duration.milliseconds(1)
  static let raftJoinPatience = Duration.seconds(25)
  static let raftJoinPause = Duration.seconds(1)
  static let demotionPatience = Duration.seconds(16)

  var state = LocalState.pending
  var identity: NodeIdentity?
  var remotes = Remotes()
  var agent: Agent?
  /// Its manager, if it has one: larger than all the rest, and most nodes have none.
  var manager: Aside<Manager>?
  var raftJoin: RaftJoin?

  var agentChannel: AgentChannel?
  var agentCalls = Table<UInt64, AgentSession.Activity>()
  /// What requests here asked a manager over the agent's connection, by the calls' numbers.
  var requestCalls = Table<UInt64, RequestID>()
  var certificate: CertificateRequest?
  var certificateChannel: CertificateChannel?
  var certificateCalls = Table<UInt64, Bool>()
  var lastCall: UInt64 = 0

  /// When the certificate is renewed next, and how often that has not brought what was expected.
  var renewAt: Instant?
  var renewalFailures: Int64 = 0
  /// When a manager that was removed from Raft stops waiting for a worker's certificate; it asks for one half-way.
  ///
  /// Source: moby/swarmkit `node/node.go` (`superviseManager`).
  var demotionDeadline: Instant?
  var hasAskedForDemotion = false
  /// The role that the node's spec asks for, as the last session message had it.
  var desiredRole: NodeRole?

  /// Until when the engine of a new swarm's first node does not see what its own founding changes in the store: it
  /// begins to watch when the node has become active.
  var unseenUntil: Instant?

  /// Until when an engine that has started again waits for its swarm before it serves requests; nil when that is past.
  ///
  /// Source: moby/moby `daemon/cluster/cluster.go` (`Start`), `cmd/dockerd/daemon.go` (`createAndStartCluster`).
  var startsUntil: Instant?

  /// The request that waits for `init` or `join`, and how long it does.
  var waiting: RequestID?
  var waitDeadline: Instant?
  var joinAddr: String?
  var joinAdvertise = ""
  var joinListen = ""
  var advertisedIP = ""
  var wantsSync = false
  /// The key that a locked manager waits for.
  var lockedBy: String?
  var knownManagers: [ManagerPeer] = []

  /// Whether it takes connections as a manager.
  var isServing: Bool { manager != nil || raftJoin != nil }

  /// When something is due next; mutating, so that the parts are asked where they are (`Manager.findDeadline`).
  mutating func findDeadline() -> Instant? {
    var next = earliest(agent?.nextDeadline, manager?.value.findDeadline())
    next = earliest(next, earliest(certificate?.nextDeadline, raftJoin?.deadline))
    return earliest(next, earliest(earliest(demotionDeadline, startsUntil), earliest(renewAt, waitDeadline)))
  }
}
