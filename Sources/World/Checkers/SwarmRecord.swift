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
  /// Tasks by slot of a replicated service or node of a global one.
  var places = Table<Place, Occupancy>()
  /// What nodes were until lately: a scheduler's pass may have seen them so.
  private(set) var nodeVersions = Table<NodeID, [(until: Instant, node: Shared<Node>)]>()
  /// Whether a task of the node uses the secret now; false if one did.
  private var secretUses = Table<SecretUse, Int>()
  var needlessSince = Table<SecretUse, Instant>()
  private var everMade = Table<ObjectName, Bool>()
  private(set) var leadingSince = Instant.zero
  /// Since when the limit of histories is what it is.
  private(set) var limitSince = Instant.zero
  var overlong = Table<Place, Overlong>()
  private(set) var commits = 0

  /// Entries that are kept for comparison: more than a manager can be behind without being sent a snapshot.
  static let kept: UInt64 = 20_000
  /// How long a node that can be reached may keep a secret that it no longer needs.
  static let secretPatience = Duration.seconds(60)
  /// How long the first half of a scheduler's pass may wait for its commit, where a majority answers.
  static let halfPass = Duration.milliseconds(500)
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
    var (fresh, ignored) = (Store(), Table<Place, Int>())
    for change in store.contents {
      guard let event = fresh.apply(change) else { continue }
      if case .task(let old, let new) = event { note(TaskChange(old: old, new: new), &ignored) }
      note(event, at: .zero)
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
    // What one object gives up and another takes in the same transaction was never both's.
    let tasks = Self.net(events)
    var before = Table<Place, Int>()
    for change in tasks { release(change, &before) }
    for change in tasks { note(change, &before) }
    for event in events { release(event) }
    for event in events { note(event, at: now) }
    for event in events { check(event, &findings) }
    let made = tasks.filter { $0.old == nil }.compactMap { $0.new?.value.id }
    for (place, count) in before {
      checkPlace(place, before: count, made: made, &findings)
      noteTrimmed(place)
    }
    findings.broken += claims.takeConflicts()
    return findings
  }

  // MARK: Tasks

  /// A task before and after an entry, which may have written it more than once.
  private struct TaskChange {
    var old: Shared<SwarmTask>?
    var new: Shared<SwarmTask>?
    /// Whether what it holds that only one may have is the same before and after.
    var keepsGoods = false
  }

  private static func net(_ events: [StoreEvent]) -> [TaskChange] {
    var places = Table<TaskID, Int>()
    var changes: [TaskChange] = []
    for case .task(let old, let new) in events {
      guard let id = (old ?? new)?.value.id else { continue }
      if let place = places[id] {
        changes[place].new = new
      } else {
        places[id] = changes.count
        changes.append(TaskChange(old: old, new: new))
      }
    }
    for index in changes.indices {
      if let old = changes[index].old?.value, let new = changes[index].new?.value {
        changes[index].keepsGoods = Claims.areAlike(old, new)
      }
    }
    return changes
  }

  private mutating func release(_ change: TaskChange, _ before: inout Table<Place, Int>) {
    guard let old = change.old?.value else { return }
    if !change.keepsGoods { claims.release(old) }
    count(old, by: -1)
    guard let place = Place(of: old) else { return }
    if !before.contains(place) { before[place] = places[place]?.tasks.count ?? 0 }
    places[place, default: Occupancy()].count -= 1
    if old.isWanted { places[existing: place].tasks.removeAll { $0 == old.id } }
  }

  private mutating func note(_ change: TaskChange, _ before: inout Table<Place, Int>) {
    guard let new = change.new?.value else { return }
    if !change.keepsGoods { claims.claim(new) }
    count(new, by: 1)
    guard let place = Place(of: new) else { return }
    if !before.contains(place) { before[place] = places[place]?.tasks.count ?? 0 }
    places[place, default: Occupancy()].count += 1
    if new.isWanted { places[existing: place].tasks.append(new.id) }
  }

  // MARK: Other objects

  private mutating func release(_ event: StoreEvent) {
    switch event {
    case .service(let old?, _): claims.release(old.value)
    case .node(let old?, _): claims.release(old.value)
    case .task, .service, .node, .network, .secret, .config, .volume, .cluster: break
    }
  }

  private mutating func note(_ event: StoreEvent, at now: Instant) {
    switch event {
    // An entry may write an object twice: only what stands at its end counts.
    case .service(_, let new?):
      guard store.services[new.value.id] === new else { return }
      everMade[.service(new.value.id)] = true
      claims.claim(new.value)
    case .node(let old, let new?):
      if let old { remember(old, until: now) }
      guard store.nodes[new.value.id] === new else { return }
      claims.claim(new.value)
    case .cluster(let old?, let new?):
      let (before, after) = (old.value.spec.taskHistoryRetentionLimit, new.value.spec.taskHistoryRetentionLimit)
      if before != after { limitSince = now }
    case .network(_, let new?): everMade[.network(new.value.id)] = true
    case .secret(_, let new?): everMade[.secret(new.value.id)] = true
    case .config(_, let new?): everMade[.config(new.value.id)] = true
    case .node(let old?, nil): nodeVersions[old.value.id] = nil
    case .task, .service, .node, .network, .secret, .config, .volume, .cluster: break
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
}
