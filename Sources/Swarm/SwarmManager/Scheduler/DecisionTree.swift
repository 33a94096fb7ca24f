import SimBase
import SwarmModel

/// A node's rank for one group of tasks: the less, the better. Equal ranks go by position, which is by ID.
struct Candidate: Comparable, Sendable {
  /// Failures from the limit on, tasks of the service, tasks at all: high bits to low.
  var rank: UInt64
  /// The node's position in the node set.
  var position: Int32

  static func < (a: Candidate, b: Candidate) -> Bool {
    a.rank != b.rank ? a.rank < b.rank : a.position < b.position
  }

  /// Fewer failures of the service and spec in five minutes, once either node has five; then fewer tasks of the service;
  /// then fewer tasks. Source: moby/swarmkit `scheduler.go` (`nodeLess`).
  static func rank(failures: Int, ofService: Int, all: Int) -> UInt64 {
    let bad = failures >= NodeInfo.failureLimit ? UInt64(min(failures, 0xFFF)) : 0
    return bad << 52 | UInt64(clamping: ofService) << 26 | UInt64(clamping: all)
  }
}

/// The nodes for one group of tasks, parted by the labels that its tasks are to be spread over.
///
/// Each level parts by one label, nodes without it as those with an empty one; a leaf holds the best nodes that pass the
/// filters, as many as there are tasks. Every part knows how many active tasks of the service all its nodes have, usable or
/// not. The parts are numbered; 0 is the whole.
///
/// Source: moby/swarmkit `manager/scheduler/decision_tree.go`, `nodeset.go` (`tree`), `nodeheap.go`.
struct DecisionTree {
  /// A part of the nodes.
  struct Part {
    /// Active tasks of the service in it.
    var tasks = 0
    /// Its own parts by label value; empty for a leaf.
    var branches = Table<String, Int>()
    /// The best nodes of a leaf: a heap with the worst on top once it is full, sorted once `isOrdered`.
    var candidates: [Candidate] = []
    /// Whether the leaf has been filled from before.
    var isOrdered = false
  }

  /// The parts; the whole is the first.
  private(set) var parts = [Part()]
  /// How many nodes a leaf keeps.
  private let limit: Int

  init(limit: Int) { self.limit = limit }

  /// The leaf for these label values, one per level, made where it is missing. Counts `tasks` into each part on the way.
  mutating func descend(_ values: [String], counting tasks: Int) -> Int {
    var part = 0
    parts[part].tasks += tasks
    for value in values {
      if let next = parts[part].branches[value] {
        part = next
      } else {
        parts.append(Part())
        parts[part].branches[value] = parts.count - 1
        part = parts.count - 1
      }
      parts[part].tasks += tasks
    }
    return part
  }

  /// Offers a node to a leaf: it is tested only while there is room, or if it is better than the worst.
  mutating func offer(_ candidate: Candidate, to leaf: Int, if passes: () -> Bool) {
    let count = parts[leaf].candidates.count
    if count < limit {
      if !passes() { return }
      parts[leaf].candidates.append(candidate)
      if count + 1 == limit { parts[leaf].candidates.heapify() }
    } else if candidate.rank < parts[leaf].candidates[0].rank, passes() {
      parts[leaf].candidates[0] = candidate
      parts[leaf].candidates.siftDown(0)
    }
  }

  /// Takes a leaf's nodes out to be filled: changed in place, and to be put back.
  mutating func take(_ leaf: Int) -> [Candidate] {
    var taken: [Candidate] = []
    swap(&taken, &parts[leaf].candidates)
    return taken
  }

  /// Puts a leaf's nodes back.
  mutating func put(_ candidates: [Candidate], in leaf: Int) {
    parts[leaf].candidates = candidates
    parts[leaf].isOrdered = true
  }
}

extension [Candidate] {
  /// Makes it a heap with the worst node on top.
  fileprivate mutating func heapify() {
    for start in stride(from: count / 2 - 1, through: 0, by: -1) { siftDown(start) }
  }

  fileprivate mutating func siftDown(_ start: Int) {
    let moved = self[start]
    var parent = start
    while 2 * parent + 1 < count {
      var child = 2 * parent + 1
      if child + 1 < count && self[child] < self[child + 1] { child += 1 }
      if self[child] < moved { break }
      self[parent] = self[child]
      parent = child
    }
    self[parent] = moved
  }
}
