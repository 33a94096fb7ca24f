import SimBase
import SwarmModel
import SwarmStore

extension Scheduler {
  /// Tasks of one service and spec, which are placed together.
  private struct Group {
    var service: ServiceID
    var specVersion: UInt64
    /// Places in the pass, ascending; those before `placed` have their node.
    var members: [Int] = []
    var placed = 0
  }

  /// One pass over the queue: a decision for each task in it, in order of task IDs.
  ///
  /// A decision has its place in a list from the beginning, so that groups can be served one after the other and the
  /// outcome still written in the order of IDs.
  mutating func placeQueue(_ store: Store, at now: Instant) -> [Decision] {
    let waiting = queue.values
    queue.removeAll()
    var pass = Pass(tasks: waiting, now: now)
    for group in Scheduler.groups(of: waiting) { place(group, &pass, store) }
    return pass.decisions.compactMap { $0 }
  }

  private struct Pass {
    let tasks: [Shared<SwarmTask>]
    let now: Instant
    var decisions: [Decision?]

    init(tasks: [Shared<SwarmTask>], now: Instant) {
      self.tasks = tasks
      self.now = now
      decisions = Array(repeating: nil, count: tasks.count)
    }
  }

  /// The groups in the order of service and spec version; then, one by one, the tasks that have no spec version.
  private static func groups(of tasks: [Shared<SwarmTask>]) -> [Group] {
    var groups: [Group] = []
    var places: [GroupKey: Int] = [:]
    var single: [Group] = []
    for (index, box) in tasks.enumerated() {
      let service = box.value.serviceID ?? ServiceID(raw: 0)
      guard let version = box.value.specVersion else {
        single.append(Group(service: service, specVersion: 0, members: [index]))
        continue
      }
      let key = GroupKey(service: service, specVersion: version)
      if let place = places[key] {
        groups[place].members.append(index)
      } else {
        places[key] = groups.count
        groups.append(Group(service: service, specVersion: version, members: [index]))
      }
    }
    groups.sort { a, b in
      a.service != b.service ? a.service < b.service : a.specVersion < b.specVersion
    }
    return groups + single
  }

  private struct GroupKey: Hashable {
    var service: ServiceID
    var specVersion: UInt64
  }

  // MARK: One group

  /// Places a group. What cannot be placed gets an explanation and stays in the queue.
  private mutating func place(_ given: Group, _ pass: inout Pass, _ store: Store) {
    guard let first = given.members.first else { return }
    var group = given
    // All members are alike in what the filters ask.
    let model = pass.tasks[first].value
    var pipeline = FilterPipeline(for: model)
    let spreads = (model.spec.placement?.preferences ?? []).compactMap(Spread.init)
    var tree = DecisionTree(limit: group.members.count)
    for position in nodes.infos.indices {
      let ofService = nodes.infos[position].activeTasks(of: group.service)
      let leaf =
        spreads.isEmpty
        ? tree.descend([], counting: ofService)
        : tree.descend(spreads.map { $0.value(of: nodes.infos[position].node.value) }, counting: ofService)
      let candidate = Candidate(rank: rank(position, for: group, at: pass.now), position: Int32(position))
      tree.offer(candidate, to: leaf) { pipeline.passes(nodes.infos[position]) }
    }
    _ = spread(group.members.count, over: 0, &tree, &group, &pipeline, &pass)
    if group.placed < group.members.count { explain(group, pipeline.explanation, &pass, store) }
  }

  /// Spreads `count` tasks over a part of the nodes: evenly over its own parts, counting what they had before the pass.
  /// Returns how many found a place.
  private mutating func spread(
    _ count: Int, over part: Int, _ tree: inout DecisionTree, _ group: inout Group, _ pipeline: inout FilterPipeline,
    _ pass: inout Pass
  ) -> Int {
    if tree.parts[part].branches.isEmpty { return fill(part, with: count, &tree, &group, &pipeline, &pass) }
    let branches = tree.parts[part].branches.values
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
        let held = tree.parts[branch].tasks
        guard held < wanted || (held == wanted && remainder > 0) else { continue }
        isConverging = true
        let share = wanted - held + (remainder > 0 ? 1 : 0)
        let got = spread(share, over: branch, &tree, &group, &pipeline, &pass)
        if got < share {
          isFull[index] = true
          open -= 1
          tasksInOpen -= held
        } else if remainder > 0 {
          remainder -= 1
        }
        placed += got
      }
    }
    return placed
  }

  /// Fills a leaf's nodes, best first: the first ones until they are no better than the next, then all in turn.
  /// Returns how many tasks found a place.
  private mutating func fill(
    _ leaf: Int, with count: Int, _ tree: inout DecisionTree, _ group: inout Group, _ pipeline: inout FilterPipeline,
    _ pass: inout Pass
  ) -> Int {
    let isAgain = tree.parts[leaf].isOrdered
    var candidates = tree.take(leaf)
    if isAgain { drop(&candidates, &pipeline) }
    candidates.sort()
    let placed = fill(&candidates, with: count, &group, &pipeline, &pass)
    tree.put(candidates, in: leaf)
    return placed
  }

  private mutating func fill(
    _ candidates: inout [Candidate], with count: Int, _ group: inout Group, _ pipeline: inout FilterPipeline,
    _ pass: inout Pass
  ) -> Int {
    if candidates.isEmpty { return 0 }
    var placed = 0
    var isFull = Array(repeating: false, count: candidates.count)
    var pointer = 0
    var isFirstRound = true
    while group.placed < group.members.count {
      let position = Int(candidates[pointer].position)
      assign(group.members[group.placed], to: position, &pass)
      group.placed += 1
      candidates[pointer].rank = rank(position, for: group, at: pass.now)
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
        if !isFull[pointer] && pipeline.passes(nodes.infos[Int(candidates[pointer].position)]) { break }
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
  private func drop(_ candidates: inout [Candidate], _ pipeline: inout FilterPipeline) {
    var index = 0
    while index < candidates.count {
      if pipeline.passes(nodes.infos[Int(candidates[index].position)]) {
        index += 1
      } else {
        candidates[index] = candidates[candidates.count - 1]
        candidates.removeLast()
      }
    }
  }

  private func rank(_ position: Int, for group: Group, at now: Instant) -> UInt64 {
    Candidate.rank(
      failures: nodes.infos[position].recentFailures(of: group.service, specVersion: group.specVersion, at: now),
      ofService: nodes.infos[position].activeTasks(of: group.service), all: nodes.infos[position].activeTasks)
  }

  private mutating func assign(_ index: Int, to position: Int, _ pass: inout Pass) {
    var record = TaskRecord(pass.tasks[index], on: nodes.infos[position].id)
    nodes.infos[position].add(&record)
    allTasks[record.id] = record
    pass.decisions[index] = Decision(record: record, outcome: .assign(record.assigned))
  }

  /// Tells the tasks that found no place why, and queues them again; those of an older spec or without a service it lets go.
  private mutating func explain(_ group: Group, _ reason: String, _ pass: inout Pass, _ store: Store) {
    for index in group.members[group.placed...] {
      let box = pass.tasks[index]
      let task = box.value
      guard let service = task.serviceID.flatMap({ store.services[$0] }) else { continue }
      let outcome: Decision.Outcome
      if let version = task.specVersion, service.value.specVersion > version {
        // It comes back only when it changes.
        let isUnwanted = task.status.state == .pending && task.desiredState >= .shutdown
        outcome = isUnwanted ? .shutDown : .leave
      } else {
        outcome = .explain(reason.isEmpty ? "no suitable node" : "no suitable node (\(reason))")
        queue[task.id] = box
      }
      let record = TaskRecord(box)
      allTasks[task.id] = record
      pass.decisions[index] = Decision(record: record, outcome: outcome)
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
