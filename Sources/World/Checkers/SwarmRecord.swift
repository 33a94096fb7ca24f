import Raft
import SimBase
import SwarmManager
import SwarmModel
import SwarmNode
import SwarmStore

/// An entry as it was first seen to be committed.
struct CommittedEntry: Sendable {
  let term: UInt64
  let kind: RaftEntryKind
  let payload: Shared<ManagerEntry>?

  init(_ entry: RaftEntry<ManagerEntry>) {
    term = entry.term
    kind = entry.kind
    payload = entry.payload
  }

  /// Whether another manager has the same entry: the same box, or the same bytes read from a disk.
  func isSame(as other: RaftEntry<ManagerEntry>) -> Bool {
    if term != other.term || kind != other.kind { return false }
    guard let mine = payload, let theirs = other.payload else { return (payload == nil) == (other.payload == nil) }
    return mine === theirs || mine.value.archived() == theirs.value.archived()
  }
}

/// What a watch knows of one swarm: who led when, what was committed, and the state that follows from it.
struct SwarmRecord: Sendable {
  /// What checking an entry brought to light.
  struct Findings {
    var broken: [(Law, String)] = []
    var placements = 0
  }

  /// Leaders by term.
  private(set) var leaders = Table<UInt64, RaftID>()
  /// The newest entries, by index.
  private(set) var log = Table<UInt64, CommittedEntry>()
  /// How far the log is committed.
  private(set) var committed: UInt64
  /// The first index that is still compared.
  private(set) var firstKept: UInt64
  /// The state at `committed`.
  private(set) var store: Store
  var claims = Claims()
  /// Tasks that are meant to run, by slot of a replicated service or node of a global one.
  var places = Table<Place, Occupancy>()
  /// What nodes were until lately: a scheduler's pass may have seen them so.
  private(set) var nodeVersions = Table<NodeID, [(until: Instant, node: Shared<Node>)]>()
  /// Whether a task of the node uses the secret now; false if one did.
  private var secretUses = Table<SecretUse, Int>()
  private var needlessSince = Table<SecretUse, Instant>()
  private var everMade = Table<ObjectName, Bool>()
  private(set) var leadingSince = Instant.zero
  private var overlong = Table<Place, Overlong>()
  private var commits = 0

  /// Entries that are kept for comparison: more than a manager can be behind without being sent a snapshot.
  static let kept: UInt64 = 20_000
  /// How long a node that can be reached may keep a secret that it no longer needs.
  static let secretPatience = Duration.seconds(60)
  /// How long a node's former version is remembered: no decision of a scheduler waits longer for its commit.
  static let nodeMemory = Duration.seconds(60)

  /// The record of a swarm that has just been made.
  static var empty: SwarmRecord { SwarmRecord(committed: 0, store: Store()) }

  private init(committed: UInt64, store: Store) {
    self.committed = committed
    firstKept = committed + 1
    self.store = store
  }

  /// The record of the swarm that this manager belongs to, from the oldest state that can be told from its log.
  init(startingFrom node: SwarmNode) {
    let status = node.raftStatus
    if node.logEntry(at: 1) != nil || status?.committed == 0 {
      self = .empty
      return
    }
    self.init(committed: status?.applied ?? 0, store: node.store ?? Store())
    for change in store.contents {
      var fresh = Store()
      if let event = fresh.apply(change) { note(event, at: .zero) }
    }
  }

  mutating func noteLeader(_ id: RaftID, term: UInt64, at now: Instant) {
    leaders[term] = id
    leadingSince = now
    overlong.removeAll()
  }

  /// Whether a task of the node has ever used the secret.
  func hasNeeded(_ node: NodeID, _ secret: SecretID) -> Bool { secretUses.contains(SecretUse(node, secret)) }
  /// Whether a task of the node that has not ended uses the secret.
  func needs(_ node: NodeID, _ secret: SecretID) -> Bool { (secretUses[SecretUse(node, secret)] ?? 0) > 0 }
  /// Whether the object was ever committed.
  func hasEverHad(_ object: ObjectName) -> Bool { everMade.contains(object) }

  /// Applies an entry and checks what it changed.
  mutating func commit(_ entry: RaftEntry<ManagerEntry>, at now: Instant) -> Findings {
    committed = entry.index
    commits += 1
    log[entry.index] = CommittedEntry(entry)
    if entry.index > SwarmRecord.kept {
      log[entry.index - SwarmRecord.kept] = nil
      firstKept = entry.index - SwarmRecord.kept + 1
    }
    var findings = Findings()
    if case .change = entry.kind { return findings }
    guard case .changes(let changes)? = entry.payload?.value.body else { return findings }
    let events = changes.compactMap { store.apply($0) }
    var before = Table<Place, Int>()
    for case .task(let old, let new) in events {
      for task in [old, new] {
        guard let place = task.flatMap({ Place(of: $0.value) }), !before.contains(place) else { continue }
        before[place] = places[place]?.tasks.count ?? 0
      }
    }
    // What one object gives up and another takes in the same transaction was never both's.
    var released = Table<TaskID, Bool>()
    for event in events { release(event, &released) }
    for event in events { note(event, at: now) }
    for event in events { check(event, &findings) }
    for (place, count) in before { checkPlace(place, before: count, &findings) }
    findings.broken += claims.takeConflicts()
    return findings
  }

  private mutating func release(_ event: StoreEvent, _ released: inout Table<TaskID, Bool>) {
    switch event {
    case .task(let old?, _):
      claims.release(old.value)
      if old.value.isWanted, let place = Place(of: old.value) {
        places.update(place) { occupancy in occupancy.tasks.removeAll { $0 == old.value.id } }
        if places[place]?.tasks.isEmpty == true { places[place] = nil }
      }
      // What was written twice had been counted in once.
      if !released.contains(old.value.id) { count(old.value, by: -1) }
      released[old.value.id] = true
    case .service(let old?, _): claims.release(old.value)
    case .node(let old?, _): claims.release(old.value)
    case .task, .service, .node, .network, .secret, .config, .cluster: break
    }
  }

  private mutating func note(_ event: StoreEvent, at now: Instant) {
    switch event {
    case .task(_, let new?):
      // An entry may write an object twice: only what stands at its end counts.
      guard store.tasks[new.value.id] === new else { return }
      claims.claim(new.value)
      if new.value.isWanted, let place = Place(of: new.value) {
        places[place, default: Occupancy()].tasks.append(new.value.id)
      }
      count(new.value, by: 1)
    case .service(_, let new?):
      guard store.services[new.value.id] === new else { return }
      everMade[.service(new.value.id)] = true
      claims.claim(new.value)
    case .node(let old, let new?):
      if let old { remember(old, until: now) }
      guard store.nodes[new.value.id] === new else { return }
      claims.claim(new.value)
    case .network(_, let new?): everMade[.network(new.value.id)] = true
    case .secret(_, let new?): everMade[.secret(new.value.id)] = true
    case .config(_, let new?): everMade[.config(new.value.id)] = true
    case .node(let old?, nil): nodeVersions[old.value.id] = nil
    case .task, .service, .node, .network, .secret, .config, .cluster: break
    }
  }

  private mutating func remember(_ node: Shared<Node>, until now: Instant) {
    nodeVersions[node.value.id, default: []].removeAll { $0.until + SwarmRecord.nodeMemory < now }
    nodeVersions[node.value.id, default: []].append((now, node))
  }

  /// Counts a task in, or out, where it uses secrets: from the moment it has a node until it has ended.
  private mutating func count(_ task: SwarmTask, by step: Int) {
    guard let node = task.nodeID, task.status.state <= .running, let secrets = task.spec.container?.secrets else {
      return
    }
    for reference in secrets {
      if let secret = SecretID(reference.secretID) { secretUses[SecretUse(node, secret), default: 0] += step }
    }
  }

  /// Slots that keep more ended tasks than they may although the leader has had time to tidy up.
  ///
  /// The reaper looks at a slot only after a task was created there, and what it has noted ends with its leadership: a
  /// slot counts if its newest task was made under the present leader, and commits went through meanwhile.
  mutating func overlongHistories(at now: Instant) -> [String] {
    guard let cluster = store.cluster?.value, cluster.spec.taskHistoryRetentionLimit >= 0 else { return [] }
    var found: [String] = []
    var present = Table<Place, Bool>()
    for (id, service) in store.services {
      let spec = service.value.spec.value
      if spec.mode.isJob { continue }
      var limit = cluster.spec.taskHistoryRetentionLimit
      if let attempts = spec.task.restart?.maxAttempts, attempts > 0 { limit = Int64(clamping: attempts &+ 1) }
      for (place, tasks) in slots(of: id, isGlobal: spec.mode.isGlobal) {
        let others = tasks.count { !$0.hasEnded }
        if tasks.count <= max(Int(limit), 1) || others > 1 { continue }
        guard let newest = tasks.map(\.meta.createdAt).max(), newest > leadingSince else { continue }
        present[place] = true
        guard let since = overlong[place] else {
          overlong[place] = Overlong(since: now, commits: commits)
          continue
        }
        // Twelve parts take turns in writing, one proposal each.
        if now - since.since >= .seconds(5) && commits - since.commits > 24 {
          found.append("\(tasks.count) tasks in slot \(place.slot) of \(spec.name), limit \(limit)")
        }
      }
    }
    for place in overlong.keys where !present.contains(place) { overlong[place] = nil }
    return found
  }

  private func slots(of service: ServiceID, isGlobal: Bool) -> Table<Place, [SwarmTask]> {
    var slots = Table<Place, [SwarmTask]>()
    for box in store.tasks(of: service) {
      let node = isGlobal ? box.value.nodeID : nil
      slots[Place(service: service, slot: isGlobal ? 0 : box.value.slot, node: node), default: []].append(box.value)
    }
    return slots
  }

  /// The secrets that a node holds though it was told long ago that no task of its needs them any more.
  ///
  /// A node that cannot be reached keeps what it has, and a new leader needs a while to see who is there: what counts is a
  /// minute in which one leader saw the node Ready all along.
  mutating func overdueSecrets(of node: NodeID, holding held: [SecretID], at now: Instant) -> [SecretID] {
    let isReady = store.nodes[node]?.value.status.state == .ready
    var overdue: [SecretID] = []
    for secret in held where isReady && !needs(node, secret) {
      let use = SecretUse(node, secret)
      let since = max(needlessSince[use] ?? now, leadingSince)
      needlessSince[use] = since
      if now - since > SwarmRecord.secretPatience { overdue.append(secret) }
    }
    for use in needlessSince.keys where use.node == node {
      if !isReady || needs(node, use.secret) || !held.contains(use.secret) { needlessSince[use] = nil }
    }
    return overdue
  }

  private struct Overlong: Sendable {
    var since: Instant
    var commits: Int
  }
}

/// A secret as a task of a node uses it.
private struct SecretUse: Comparable, Sendable {
  let node: NodeID
  let secret: SecretID

  init(_ node: NodeID, _ secret: SecretID) {
    self.node = node
    self.secret = secret
  }

  static func < (a: SecretUse, b: SecretUse) -> Bool { a.node != b.node ? a.node < b.node : a.secret < b.secret }
}

/// A slot of a replicated service, or the place of a global one on a node.
struct Place: Comparable, Sendable {
  var service: ServiceID
  var slot: UInt64
  var node: NodeID?

  init(service: ServiceID, slot: UInt64, node: NodeID? = nil) {
    self.service = service
    self.slot = slot
    self.node = node
  }

  /// The place of a replicated or global service's task; nil for any other.
  init?(of task: SwarmTask) {
    guard let service = task.serviceID else { return nil }
    switch task.serviceSpec.value.mode {
    case .replicated: self.init(service: service, slot: task.slot)
    case .global: self.init(service: service, slot: 0, node: task.nodeID)
    case .replicatedJob, .globalJob: return nil
    }
  }

  /// `slot 3`, or the node.
  var text: String { node.map { "node \($0)" } ?? "slot \(slot)" }

  static func < (a: Place, b: Place) -> Bool {
    if a.service != b.service { return a.service < b.service }
    return a.slot != b.slot ? a.slot < b.slot : (a.node?.raw ?? 0) < (b.node?.raw ?? 0)
  }
}

/// The tasks of a place that are meant to run.
struct Occupancy: Sendable {
  var tasks: [TaskID] = []
  /// The spec versions whose update has put one more task here since there was one at most.
  var overlaps: [UInt64] = []
}

/// An object that users make, by its kind and ID.
public enum ObjectName: Hashable, Comparable, Sendable {
  /// A service.
  case service(ServiceID)
  /// A network.
  case network(NetworkID)
  /// A secret.
  case secret(SecretID)
  /// A config.
  case config(ConfigID)
}

extension SwarmTask {
  /// Whether it is meant to run.
  var isWanted: Bool { desiredState <= .running }
  /// Whether it is wanted and has not ended.
  var isLive: Bool { isWanted && status.state <= .running }
}
