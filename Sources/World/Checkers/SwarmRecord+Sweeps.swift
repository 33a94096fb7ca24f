import SimBase
import SwarmModel
import SwarmStore

/// What shows only in time, and is asked in a sweep.
extension SwarmRecord {
  /// Slots that keep more ended tasks than they may although the leader has had time to tidy up.
  ///
  /// The reaper looks at a slot only after a task was created there, and what it has noted ends with its leadership: a
  /// slot counts if its newest task was made under the present leader and limit, and commits went through meanwhile.
  mutating func overlongHistories(at now: Instant) -> [String] {
    var found: [String] = []
    var present = Table<Place, Bool>()
    for (place, occupancy) in places where occupancy.count > 1 {
      guard let spec = store.services[place.service]?.value.spec.value, let limit = historyLimit(place),
        occupancy.count > limit, isOverlong(place)
      else { continue }
      present[place] = true
      guard let since = overlong[place] else {
        overlong[place] = Overlong(since: now, commits: commits)
        continue
      }
      // Twelve parts take turns in writing, one proposal each.
      if now - since.since >= .seconds(5) && commits - since.commits > 24 {
        found.append("\(occupancy.count) tasks in \(place.text) of \(spec.name), limit \(limit)")
      }
    }
    for place in overlong.keys where !present.contains(place) { overlong[place] = nil }
    return found
  }

  /// Forgets since when a place kept too much if it does so no longer: what is trimmed and filled again between two sweeps
  /// is in order.
  mutating func noteTrimmed(_ place: Place) {
    if overlong.contains(place), let limit = historyLimit(place), (places[place]?.count ?? 0) <= limit {
      overlong[place] = nil
    }
  }

  /// How many tasks a place may keep; nil without a limit.
  private func historyLimit(_ place: Place) -> Int? {
    guard let cluster = store.cluster?.value, cluster.spec.taskHistoryRetentionLimit >= 0 else { return nil }
    var limit = cluster.spec.taskHistoryRetentionLimit
    let restart = store.services[place.service]?.value.spec.value.task.restart
    if let attempts = restart?.maxAttempts, attempts > 0 { limit = Int64(clamping: attempts &+ 1) }
    return max(Int(clamping: limit), 1)
  }

  /// Whether the reaper should have looked at a place, and could have deleted something there.
  private func isOverlong(_ place: Place) -> Bool {
    let tasks = store.tasks(of: place.service).lazy.map(\.value).filter { Place(of: $0) == place }
    guard let newest = tasks.map(\.meta.createdAt).max(), newest > max(leadingSince, limitSince) else {
      return false
    }
    return tasks.count { !$0.hasEnded } <= 1
  }

  /// The secrets that a node holds though it was told long ago that no task of its needs them any more.
  ///
  /// A node that cannot be reached keeps what it has, and a new leader needs a while to see who is there: what counts is a
  /// minute in which one leader saw the node Ready all along.
  mutating func overdueSecrets(
    of node: NodeID, holding held: [SecretID], isLed: Bool, at now: Instant
  ) -> [SecretID] {
    let isReady = isLed && store.nodes[node]?.value.status.state == .ready
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
}

/// A place that keeps too much: since when, and since which commit.
struct Overlong: Sendable {
  var since: Instant
  var commits: Int
}

/// A secret as a task of a node uses it.
struct SecretUse: Comparable, Sendable {
  let node: NodeID
  let secret: SecretID

  init(_ node: NodeID, _ secret: SecretID) {
    self.node = node
    self.secret = secret
  }

  static func < (a: SecretUse, b: SecretUse) -> Bool { a.node != b.node ? a.node < b.node : a.secret < b.secret }
}
