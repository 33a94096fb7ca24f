import SimBase
import SwarmModel

/// Holds replacements back until they may start.
///
/// A replacement is created with the desired state READY, so that its node prepares it. Its start waits for the delay of
/// the restart policy; then, if asked to, for the task that it replaces: until that one has stopped, or its node is down
/// or gone, or a minute has passed since the *beginning* of the delay. Then it is due, and the next transaction
/// desires it to run.
///
///     delaying ──delay over, nothing to wait for──▶ due ──started──▶ (forgotten)
///        └──────delay over──▶ waiting ──old task stopped, node lost, a minute──▲
///
/// A new delay for the same replacement takes the place of the old one, and a deleted replacement is forgotten.
///
/// Source: moby/swarmkit `manager/orchestrator/restart/restart.go` (`DelayStart`, `StartNow`).
struct DelayedStarts: Sendable {
  /// How long an old task may take to stop. Source: `defaultOldTaskTimeout`.
  static let oldTaskTimeout = Duration.minutes(1)

  private struct Start: Sendable {
    var service: ServiceID?
    var old: TaskID?
    var oldNode: NodeID?
    /// When a start that waits for its old task is made without it.
    var patienceEnds: Instant
    var isDelayOver = false
    var isDue = false
  }

  private var starts = Table<TaskID, Start>()
  private var deadlines = DeadlineHeap<TaskID>()
  /// Replacements by the task that they wait for.
  private var awaiting = Table<TaskID, [TaskID]>()
  private var due = Line<TaskID>()

  /// Nothing is held back.
  init() {}

  /// When the next delay or the next patience ends.
  var nextDeadline: Instant? { deadlines.first?.instant }
  /// Whether a start is due.
  var hasDue: Bool { !due.isEmpty }
  /// Whether the start of this replacement is still to come.
  func contains(_ replacement: TaskID) -> Bool { starts.contains(replacement) }

  /// Holds back the replacement. `old` is the task to wait for; nil, or a task that has stopped, is not waited for.
  mutating func add(
    _ replacement: TaskID, of service: ServiceID?, after delay: Duration, waitingFor old: SwarmTask?, at now: Instant
  ) {
    cancel(replacement)
    var start = Start(service: service, patienceEnds: now + DelayedStarts.oldTaskTimeout)
    if let old, old.status.state <= .running {
      start.old = old.id
      start.oldNode = old.nodeID
      awaiting[old.id, default: []].append(replacement)
    }
    starts[replacement] = start
    if delay > .zero {
      deadlines.set(replacement, to: now + delay)
    } else {
      endDelay(of: replacement, at: now)
    }
  }

  /// Forgets the start of this replacement.
  mutating func cancel(_ replacement: TaskID) {
    guard let start = starts.removeValue(replacement) else { return }
    deadlines.cancel(replacement)
    if let old = start.old { stopAwaiting(old, by: replacement) }
  }

  /// Ends delays and patience that have run out.
  mutating func wake(at now: Instant) {
    while let replacement = deadlines.popFirst(upTo: now)?.key {
      if starts[replacement]?.isDelayOver == true {
        makeDue(replacement)
      } else {
        endDelay(of: replacement, at: now)
      }
    }
  }

  /// A task has been updated: those that wait for its end need not any longer.
  mutating func observe(_ task: SwarmTask) {
    if task.status.state > .running { release(task.id) }
  }

  /// A node is down or gone: nobody waits for its tasks.
  mutating func lost(_ node: NodeID) {
    let released = Set(starts.lazy.filter { $0.value.oldNode == node }.compactMap(\.value.old))
    for old in released.sorted() { release(old) }
  }

  /// The next replacement to start, and its service; nil if none is due.
  mutating func popDue() -> (replacement: TaskID, service: ServiceID?)? {
    while let replacement = due.popFirst() {
      // A start that was cancelled, or cancelled and delayed again, has left its place in the line behind.
      guard let start = starts[replacement], start.isDue else { continue }
      starts[replacement] = nil
      return (replacement, start.service)
    }
    return nil
  }

  private mutating func endDelay(of replacement: TaskID, at now: Instant) {
    guard let start = starts[replacement] else { return }
    starts[existing: replacement].isDelayOver = true
    if start.old == nil || start.patienceEnds <= now {
      makeDue(replacement)
    } else {
      deadlines.set(replacement, to: start.patienceEnds)
    }
  }

  private mutating func release(_ old: TaskID) {
    for replacement in awaiting.removeValue(old) ?? [] {
      starts[existing: replacement].old = nil
      if starts[existing: replacement].isDelayOver { makeDue(replacement) }
    }
  }

  private mutating func makeDue(_ replacement: TaskID) {
    deadlines.cancel(replacement)
    if let old = starts[replacement]?.old { stopAwaiting(old, by: replacement) }
    starts.update(replacement) { start in
      start.old = nil
      start.isDue = true
    }
    due.append(replacement)
  }

  /// Invariant: `awaiting` lists a replacement exactly while its start has an `old`.
  private mutating func stopAwaiting(_ old: TaskID, by replacement: TaskID) {
    let isEmpty = awaiting.update(old) { replacements in
      replacements.removeAll { $0 == replacement }
      return replacements.isEmpty
    }
    if isEmpty == true { awaiting[old] = nil }
  }
}
