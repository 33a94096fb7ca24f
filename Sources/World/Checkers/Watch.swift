import Raft
import SimBase
import SimKernel
import SwarmModel
import SwarmNode
import SwarmStore
import World

/// Watches a world from outside and reports what the laws forbid.
///
/// It is fed after every event and every input, and looks at the one node that was touched. What Raft commits is read off the
/// managers' logs, once: the watch keeps a store of its own, to which it applies each entry as soon as any manager knows it to
/// be committed, and checks the laws of the swarm's objects at exactly the changes that could break them. A sweep each
/// virtual second, and at the end, asks what shows only in the whole: that the managers' stores are that store, who holds
/// which secrets, how long histories are.
///
/// | Changes | Laws that they can break |
/// |---|---|
/// | a vote: somebody leads in a new term | one leader per term, leader completeness |
/// | a commit: somebody knows more entries to be committed | committed for good |
/// | an apply: somebody has caught up with the log | stores agree |
/// | a task write | task states, task moves, task node, slots |
/// | an assignment | placement, host ports |
/// | an address or a port | addresses, published ports |
/// | an answer to a client | acknowledged |
/// | time, which no change stands for | history, secrets, stores agree: in the sweep |
///
/// The watch changes nothing and draws no dice: a watched history is the unwatched one. A swarm that is made anew by
/// `--force-new-cluster` may forget what was committed; call `forget()` then.
///
/// Source: tigerbeetle/tigerbeetle `src/testing/cluster/state_checker.zig` (checkers that follow commits from outside).
public struct Watch: Sendable {
  /// What broke, in order; it stops counting at `limit`.
  public private(set) var violations: [Violation] = []
  /// How many violations are kept.
  public static let limit = 50
  /// How many looks and sweeps there were, entries that were checked, and tasks that were placed.
  public private(set) var counts = WatchCounts()

  private let mode: Mode
  private let sweepsAlways: Bool
  private var seen = Table<HostID, RaftStatus>()
  /// How many refused moves of a manager have been reported.
  private var refused = Table<HostID, Int>()
  /// At which index a manager's store was last compared whole.
  private var compared = Table<HostID, UInt64>()
  private var swarms = Table<ClusterID, SwarmRecord>()
  private var nextSweep = Instant.zero

  /// What a watch does about a broken law.
  public enum Mode: Sendable {
    /// It keeps the violation for whoever asks.
    case collects
    /// It stops the program at once, with the violation as the message: in tests nobody has to ask.
    case traps
  }

  /// A watch that has seen nothing yet. One that sweeps always looks at everything after each event, and should find
  /// nothing that the other does not.
  public init(_ mode: Mode = .collects, sweepsAlways: Bool = false) {
    self.mode = mode
    self.sweepsAlways = sweepsAlways
  }

  /// Forgets the swarms, not the violations: what comes is looked at afresh.
  public mutating func forget() {
    seen.removeAll()
    swarms.removeAll()
    compared.removeAll()
  }

  /// The swarm's state as far as it is known to be committed; nil for a swarm that was never seen.
  public func committedStore(of cluster: ClusterID) -> Store? { swarms[cluster]?.store }

  /// Whether the object was ever committed.
  func hasEverHad(_ object: ObjectName, in cluster: ClusterID) -> Bool { swarms[cluster]?.hasEverHad(object) ?? false }

  /// How far the swarm's log is known to be committed.
  public func committedIndex(of cluster: ClusterID) -> UInt64 { swarms[cluster]?.committed ?? 0 }

  /// Looks at what the last event or input may have changed.
  public mutating func look(at world: World) {
    if let host = world.touchedHost { look(at: host, in: world) }
    if sweepsAlways || world.now >= nextSweep {
      nextSweep = world.now + .seconds(1)
      sweep(world)
    }
  }

  /// Looks at everything.
  public mutating func sweep(_ world: World) {
    counts.sweeps += 1
    for host in world.hosts { look(at: host, in: world) }
    for host in world.hosts where world[host].isUp {
      guard let cluster = world[host].clusterID, let record = swarms[cluster] else { continue }
      compareStores(at: host, with: record, in: world)
      checkSecrets(at: host, in: world, cluster)
    }
    for cluster in swarms.keys {
      let found = swarms.update(cluster) { $0.overlongHistories(at: world.now) } ?? []
      for facts in found { report(.history, world.now, facts) }
    }
  }

  private mutating func checkSecrets(at host: HostID, in world: World, _ cluster: ClusterID) {
    let held = world[host].heldSecrets
    guard let node = world[host].nodeID, !held.isEmpty || !swarms[existing: cluster].needlessSince.isEmpty else {
      return
    }
    for secret in held where !swarms[existing: cluster].hasNeeded(node, secret) {
      report(.secrets, at: host, in: world, "no task of the node ever used secret \(secret)")
    }
    // Nobody else tells a node what it is to give up: without a leader that is at work the minute does not run.
    let isLed = world.hosts.contains { world[$0].isLeading && !world.isFrozen($0) }
    for secret in swarms[existing: cluster].overdueSecrets(of: node, holding: held, isLed: isLed, at: world.now) {
      report(.secrets, at: host, in: world, "no task of the node has used secret \(secret) for a minute")
    }
  }

  private mutating func reportRefusedMoves(_ host: HostID, in world: World) {
    let moves = world[host].refusedMoves
    for move in moves.dropFirst(refused[host] ?? 0) { report(.taskMoves, at: host, in: world, move.description) }
    refused[host] = moves.count
  }

  private mutating func look(at host: HostID, in world: World) {
    if world[host].hasRefusedMoves { reportRefusedMoves(host, in: world) }
    guard let status = world[host].raftStatus, let cluster = world[host].clusterID else {
      if seen.contains(host) { (seen[host], compared[host]) = (nil, nil) }
      return
    }
    let last = seen[host]
    if last == status { return }
    seen[host] = status
    counts.looks += 1
    if !swarms.contains(cluster) {
      swarms[cluster] = SwarmRecord(startingFrom: world[host])
    }
    if status.role == .leader && (last?.role != .leader || last?.term != status.term) {
      noteLeader(host, status, cluster, in: world)
    }
    // A manager that came back begins with less than it had: all of it is compared again.
    let known = last.map { $0.committed <= status.committed ? $0.committed : 0 } ?? 0
    if status.committed > known { noteCommits(host, after: known, status, cluster, in: world) }
    if let last, status.applied > last.applied { checkApplied(host, after: last.applied, status, cluster, in: world) }
  }

  /// What an entry has changed must have come out alike at the manager that has just applied it.
  private mutating func checkApplied(
    _ host: HostID, after known: UInt64, _ status: RaftStatus, _ cluster: ClusterID, in world: World
  ) {
    let record = swarms[existing: cluster]
    guard status.applied == record.committed, let store = world[host].store else { return }
    for index in (known + 1)...status.applied {
      guard case .changes(let changes)? = record.log[index]?.payload?.value.body else { continue }
      for change in changes where !store.agrees(with: record.store, on: change) {
        report(.storesAgree, at: host, in: world, "entry \(index) was applied otherwise than elsewhere")
        return
      }
    }
  }

  private mutating func noteLeader(_ host: HostID, _ status: RaftStatus, _ cluster: ClusterID, in world: World) {
    guard let id = world[host].raftID else { return }
    counts.elections += 1
    let record = swarms[existing: cluster]
    if let other = record.leaders[status.term], other != id {
      report(.oneLeaderPerTerm, at: host, in: world, "\(id) leads in term \(status.term), and so did \(other)")
    }
    swarms[existing: cluster].noteLeader(id, term: status.term, at: world.now)
    // A candidate may hear of its election after a later leader's: it owes nothing to terms above its own.
    guard let newest = record.log.last, newest.value.term < status.term else { return }
    if status.lastIndex < newest.key {
      report(
        .leaderCompleteness, at: host, in: world,
        "leads in term \(status.term) with a log up to \(status.lastIndex); \(newest.key) was committed")
    } else if let own = world[host].logEntry(at: newest.key), own.term != newest.value.term {
      report(
        .leaderCompleteness, at: host, in: world,
        "has term \(own.term) at \(newest.key), where term \(newest.value.term) was committed")
    }
  }

  private mutating func noteCommits(
    _ host: HostID, after known: UInt64, _ status: RaftStatus, _ cluster: ClusterID, in world: World
  ) {
    let first = max(known + 1, swarms[existing: cluster].firstKept)
    if first > status.committed { return }
    for index in first...status.committed {
      guard let entry = world[host].logEntry(at: index) else { continue }
      if let other = swarms[existing: cluster].log[index] {
        if !other.isSame(as: entry) {
          report(
            .committedForGood, at: host, in: world,
            "entry \(index) is of term \(entry.term) here; of term \(other.term), or of other content, elsewhere")
        }
        continue
      }
      if index != swarms[existing: cluster].committed + 1 {
        // Nobody has the entries between any more: the laws go on from the state that this manager has.
        swarms[cluster] = SwarmRecord(startingFrom: world[host])
        return
      }
      counts.entries += 1
      let found = swarms[existing: cluster].commit(entry, at: world.now)
      counts.placements += found.placements
      for (law, facts) in found.broken { report(law, world.now, "\(facts) (entry \(index))") }
    }
  }

  private mutating func compareStores(at host: HostID, with record: SwarmRecord, in world: World) {
    guard let status = world[host].raftStatus, status.applied == record.committed, compared[host] != status.applied,
      let store = world[host].store
    else { return }
    counts.comparisons += 1
    compared[host] = status.applied
    if let difference = store.difference(from: record.store) {
      report(.storesAgree, at: host, in: world, "at index \(status.applied): \(difference)")
    }
  }

  private mutating func report(_ law: Law, at host: HostID, in world: World, _ facts: String) {
    report(law, world.now, facts, node: world[host].hostname)
  }

  mutating func report(_ law: Law, _ now: Instant, _ facts: String, node: String = "") {
    if violations.count >= Watch.limit || violations.contains(where: { $0.law == law && $0.facts == facts }) { return }
    let violation = Violation(law: law, instant: now, node: node, facts: facts)
    if mode == .traps { preconditionFailure("a law is broken: \(violation)") }
    violations.append(violation)
  }
}

/// What a watch has done: one that did nothing has shown nothing.
public struct WatchCounts: Sendable, Equatable {
  /// Looks at a manager whose Raft had moved.
  public var looks = 0
  /// Sweeps.
  public var sweeps = 0
  /// Committed entries whose changes were checked.
  public var entries = 0
  /// Stores that were compared whole.
  public var comparisons = 0
  /// Elections that were won.
  public var elections = 0
  /// Tasks that were given a node.
  public var placements = 0

  /// Nothing.
  public init() {}
}
