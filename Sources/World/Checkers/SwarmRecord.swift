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
  /// Live tasks by slot of a replicated service.
  var live = Table<Place, [TaskID]>()
  private var secretUses = Table<SecretUse, Bool>()
  private var everServices = Table<ServiceID, Bool>()
  private var leadingSince = Instant.zero
  private var overlong = Table<Place, Overlong>()
  private var commits = 0

  /// Entries that are kept for comparison: more than a manager can be behind without being sent a snapshot.
  static let kept: UInt64 = 20_000

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
      if let event = fresh.apply(change) { note(event) }
    }
  }

  mutating func noteLeader(_ id: RaftID, term: UInt64, at now: Instant) {
    leaders[term] = id
    leadingSince = now
    overlong.removeAll()
  }

  func needsSecret(_ node: NodeID, _ secret: SecretID) -> Bool { secretUses.contains(SecretUse(node, secret)) }
  func hasEverHad(_ service: ServiceID) -> Bool { everServices.contains(service) }

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
    for event in events { release(event) }
    for event in events { note(event) }
    for event in events { check(event, &findings) }
    findings.broken += claims.takeConflicts()
    return findings
  }

  private mutating func release(_ event: StoreEvent) {
    switch event {
    case .task(let old?, _):
      claims.release(old.value)
      if let place = Place(liveTask: old.value) {
        live.update(place) { tasks in tasks.removeAll { $0 == old.value.id } }
        if live[place]?.isEmpty == true { live[place] = nil }
      }
    case .service(let old?, _): claims.release(old.value)
    case .node(let old?, _): claims.release(old.value)
    case .task, .service, .node, .network, .secret, .config, .volume, .cluster: break
    }
  }

  private mutating func note(_ event: StoreEvent) {
    switch event {
    case .task(_, let new?):
      // An entry may write an object twice: only what stands at its end counts.
      guard store.tasks[new.value.id] === new || store.tasks[new.value.id] == nil else { return }
      claims.claim(new.value)
      if let place = Place(liveTask: new.value) { live[place, default: []].append(new.value.id) }
      if let node = new.value.nodeID {
        for reference in new.value.spec.container?.secrets ?? [] {
          if let secret = SecretID(reference.secretID) { secretUses[SecretUse(node, secret)] = true }
        }
      }
    case .service(_, let new?):
      guard store.services[new.value.id] === new else { return }
      everServices[new.value.id] = true
      claims.claim(new.value)
    case .node(_, let new?):
      guard store.nodes[new.value.id] === new else { return }
      claims.claim(new.value)
    case .task, .service, .node, .network, .secret, .config, .volume, .cluster: break
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

  /// The slot of a replicated service's task that runs or is to run; nil for any other.
  init?(liveTask task: SwarmTask) {
    guard let service = task.serviceID, task.isLive, case .replicated = task.serviceSpec.value.mode else { return nil }
    self.init(service: service, slot: task.slot)
  }

  static func < (a: Place, b: Place) -> Bool {
    if a.service != b.service { return a.service < b.service }
    return a.slot != b.slot ? a.slot < b.slot : (a.node?.raw ?? 0) < (b.node?.raw ?? 0)
  }
}

extension SwarmTask {
  /// Whether it is wanted and has not ended.
  var isLive: Bool { desiredState <= .running && status.state <= .running }
  /// Whether the history may drop it.
  var hasEnded: Bool { status.state > .running || (status.state < .assigned && desiredState > .running) }
}
