import SimBase
import SwarmModel
import SwarmStore

/// One pass over the tasks that wait: a decision for each.
///
/// Tasks of one service and spec form a group and are placed together. Each member has its place in the pass from the
/// beginning, by task ID, so that groups are served one after the other and decisions still come out in the order of IDs.
///
/// Source: moby/swarmkit `manager/scheduler/scheduler.go` (`tick`, `scheduleTaskGroup`, `scheduleNTasksOnSubtree`,
/// `scheduleNTasksOnNodes`, `noSuitableNode`).
struct PlacementPass {
  /// Tasks of one service and spec.
  private struct Group {
    var service: ServiceID
    var specVersion: UInt64
    /// Places in the pass, ascending; those before `placed` have their node.
    var members: [Int] = []
    var placed = 0
  }

  /// The nodes; lent by the scheduler for the pass.
  var nodes = NodeSet()
  /// Tasks that found no place and are to be tried again.
  private(set) var requeued: [Shared<SwarmTask>] = []

  private let tasks: [Shared<SwarmTask>]
  private let store: Store
  private let now: Instant
  /// What became of the tasks, in order of IDs; nil where nothing did, because the service is gone.
  private(set) var decisions: [Scheduler.Decision?]

  // Of the group being placed:
  private var group = Group(service: ServiceID(raw: 0), specVersion: 0)
  private var pipeline = FilterPipeline(for: SwarmTask())
  private var tree = DecisionTree(limit: 0)
  /// Active tasks of the group's service by position.
  private var held: [Int32] = []

  /// A pass over these tasks, which ascend by ID.
  init(_ tasks: [Shared<SwarmTask>], _ store: Store, at now: Instant) {
    self.tasks = tasks
    self.store = store
    self.now = now
    decisions = Array(repeating: nil, count: tasks.count)
  }

  /// Places all groups, in the order of service and spec version; then, one by one, the tasks that have no spec version.
  mutating func run() {
    for next in groups() {
      group = next
      placeGroup()
    }
  }

  private func groups() -> [Group] {
    struct Key: Hashable {
      var service: ServiceID
      var specVersion: UInt64
    }
    var groups: [Group] = []
    var known: [Key: Int] = [:]
    var single: [Group] = []
    for (index, box) in tasks.enumerated() {
      let service = box.value.serviceID ?? ServiceID(raw: 0)
      guard let version = box.value.specVersion else {
        single.append(Group(service: service, specVersion: 0, members: [index]))
        continue
      }
      let key = Key(service: service, specVersion: version)
      if let place = known[key] {
        groups[place].members.append(index)
      } else {
        known[key] = groups.count
        groups.append(Group(service: service, specVersion: version, members: [index]))
      }
    }
    groups.sort { a, b in a.service != b.service ? a.service < b.service : a.specVersion < b.specVersion }
    return groups + single
  }

  /// Places a group. What cannot be placed gets an explanation.
  private mutating func placeGroup() {
    guard let first = group.members.first else { return }
    // All members are alike in what the filters ask.
    let model = tasks[first].value
    pipeline = FilterPipeline(for: model)
    tree = DecisionTree(limit: group.members.count)
    held = nodes.activeTasks(of: group.service)
    let spreads = (model.spec.placement?.preferences ?? []).compactMap(Spread.init)
    for position in 0..<nodes.count {
      var labels: [String] = []
      for spread in spreads { labels.append(spread.value(of: nodes.infos[position].node.value)) }
      let leaf = tree.descend(labels, counting: Int(held[position]))
      let candidate = Candidate(rank: rank(position), position: Int32(position))
      if tree.hasRoom(for: candidate, in: leaf) && passes(position) { tree.take(candidate, into: leaf) }
    }
    _ = spread(group.members.count, over: 0)
    if group.placed < group.members.count { explainRest() }
  }

  private func rank(_ position: Int) -> UInt64 {
    let load = nodes.loads[position]
    var failures = 0
    if load.hasFailures {
      failures = nodes.infos[position].failures.count(group.service, specVersion: group.specVersion, at: now)
    }
    return Candidate.rank(failures: failures, ofService: held[position], all: load.active)
  }

  private mutating func passes(_ position: Int) -> Bool {
    pipeline.passes(nodes, position, held: held[position])
  }

  /// Spreads `count` tasks over a part of the nodes: evenly over its own parts, counting what they had before the pass.
  /// Returns how many found a place.
  private mutating func spread(_ count: Int, over part: Int) -> Int {
    let branches = tree.parts[part].branches.values
    if branches.isEmpty { return fill(part, with: count) }
    var isFull = Array(repeating: false, count: branches.count)
    var open = branches.count
    var tasksInOpen = tree.parts[part].tasks
    var placed = 0
    var isConverging = true
    while placed != count && open > 0 && isConverging {
      isConverging = false
      let wanted = (tasksInOpen + count - placed) / open
      var remainder = (tasksInOpen + count - placed) % open
      for (index, branch) in branches.enumerated() where !isFull[index] {
        let had = tree.parts[branch].tasks
        guard had < wanted || (had == wanted && remainder > 0) else { continue }
        isConverging = true
        let share = wanted - had + (remainder > 0 ? 1 : 0)
        let got = spread(share, over: branch)
        if got < share {
          isFull[index] = true
          open -= 1
          tasksInOpen -= had
        } else if remainder > 0 {
          remainder -= 1
        }
        placed += got
      }
    }
    return placed
  }

  /// Fills a leaf's nodes, best first. Returns how many tasks found a place.
  private mutating func fill(_ leaf: Int, with count: Int) -> Int {
    let isAgain = tree.parts[leaf].isUsed
    var candidates = tree.lend(leaf)
    if isAgain { drop(&candidates) }
    candidates.sort()
    let placed = fill(&candidates, with: count)
    tree.giveBack(candidates, to: leaf)
    return placed
  }

  /// The first nodes get tasks until they are no better than the next one; once the last node has its own, all get one in
  /// turn. A node that no longer passes is passed over from then on.
  private mutating func fill(_ candidates: inout [Candidate], with count: Int) -> Int {
    var placed = 0
    var isFull = Array(repeating: false, count: candidates.count)
    var pointer = 0
    var isFirstRound = true
    while !candidates.isEmpty && group.placed < group.members.count {
      let position = Int(candidates[pointer].position)
      assign(group.members[group.placed], to: position)
      candidates[pointer].rank = rank(position)
      group.placed += 1
      placed += 1
      if placed == count { return placed }
      if !isFirstRound || pointer + 1 == candidates.count || candidates[pointer + 1].rank < candidates[pointer].rank {
        pointer += 1
      }
      var skipped = 0
      while true {
        if pointer == candidates.count {
          pointer = 0
          isFirstRound = false
        }
        if !isFull[pointer] && passes(Int(candidates[pointer].position)) { break }
        isFull[pointer] = true
        pointer += 1
        skipped += 1
        if skipped == candidates.count { return placed }
      }
    }
    return placed
  }

  /// Drops the nodes of a leaf that no longer pass. The last one takes a dropped one's place, as in the original: the order
  /// of the tests shows in the counts.
  private mutating func drop(_ candidates: inout [Candidate]) {
    var index = 0
    while index < candidates.count {
      if passes(Int(candidates[index].position)) {
        index += 1
      } else {
        candidates[index] = candidates[candidates.count - 1]
        candidates.removeLast()
      }
    }
  }

  private mutating func assign(_ index: Int, to position: Int) {
    var record = TaskRecord(tasks[index], on: nodes.ids[position])
    nodes.add(&record, at: position)
    if record.isActive { held[position] += 1 }
    decisions[index] = Scheduler.Decision(record: record, outcome: .assign(record.assigned))
  }

  /// Tells the tasks that found no place why, and puts them up again; those of an older spec or without a service it lets go.
  private mutating func explainRest() {
    let reason = pipeline.explanation
    for index in group.members[group.placed...] {
      let box = tasks[index]
      guard let service = box.value.serviceID.flatMap({ store.services[$0] }) else { continue }
      let outcome: Scheduler.Decision.Outcome
      if let version = box.value.specVersion, service.value.specVersion > version {
        // It comes back only when it changes.
        let isUnwanted = box.value.status.state == .pending && box.value.desiredState >= .shutdown
        outcome = isUnwanted ? .shutDown : .leave
      } else {
        outcome = .explain(reason.isEmpty ? "no suitable node" : "no suitable node (\(reason))")
        requeued.append(box)
      }
      decisions[index] = Scheduler.Decision(record: TaskRecord(box), outcome: outcome)
    }
  }
}

/// A label that tasks are spread over: `node.labels.zone`. Anything else is no preference and is passed over.
///
/// Source: moby/swarmkit `manager/scheduler/nodeset.go` (`tree`).
private struct Spread {
  private let label: String
  private let isEngineLabel: Bool

  init?(_ descriptor: String) {
    let lowered = descriptor.lowercased()
    for (prefix, isEngineLabel) in [("node.labels.", false), ("engine.labels.", true)]
    where lowered.hasPrefix(prefix) && lowered.utf8.count > prefix.utf8.count {
      label = String(descriptor.dropFirst(prefix.count))
      self.isEngineLabel = isEngineLabel
      return
    }
    return nil
  }

  /// The label's value on a node; empty where it has none.
  func value(of node: Node) -> String {
    (isEngineLabel ? node.description?.engineLabels[label] : node.spec.annotations.labels[label]) ?? ""
  }
}
