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
  static func rank(failures: Int, ofService: Int32, all: Int32) -> UInt64 {
    let bad = failures >= FailureLog.limit ? UInt64(min(failures, 0xFFF)) : 0
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
    /// The best nodes of a leaf; a heap with the worst on top once it is full.
    var candidates: [Candidate] = []
    /// Whether tasks have been placed on the leaf's nodes before.
    var isUsed = false
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

  /// Whether a leaf would take a node: while it is not full, and from then on one that is better than its worst.
  func hasRoom(for candidate: Candidate, in leaf: Int) -> Bool {
    parts[leaf].candidates.count < limit || candidate.rank < parts[leaf].candidates[0].rank
  }

  /// Takes a node into a leaf that has room for it.
  mutating func take(_ candidate: Candidate, into leaf: Int) {
    let count = parts[leaf].candidates.count
    if count < limit {
      parts[leaf].candidates.append(candidate)
      if count + 1 == limit { parts[leaf].candidates.heapify() }
    } else {
      parts[leaf].candidates[0] = candidate
      parts[leaf].candidates.siftDown(0)
    }
  }

  /// Lends a leaf's nodes out, so that they can be changed in place while the tree is in use.
  mutating func lend(_ leaf: Int) -> [Candidate] {
    var lent: [Candidate] = []
    swap(&lent, &parts[leaf].candidates)
    return lent
  }

  /// Takes a leaf's nodes back.
  mutating func giveBack(_ candidates: [Candidate], to leaf: Int) {
    parts[leaf].candidates = candidates
    parts[leaf].isUsed = true
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
