import LeaderRig
import SimBase
import SwarmManager
import SwarmModel
import SwarmStore

/// The scheduler's rules in their plainest form: every figure is counted anew from the store each time it is needed.
///
/// It is a second reading of moby/swarmkit `manager/scheduler`, to be compared with the first.
struct NaiveScheduler {
  /// What should become of a task: a node, or an error.
  enum Outcome: Equatable {
    case node(NodeID)
    case error(String)
  }

  /// Failures on record: node, service, spec version, instant.
  typealias Failure = (node: NodeID, service: ServiceID, specVersion: UInt64, at: Instant)

  private var nodes: [Node]
  private var tasks: [SwarmTask]
  private let failures: [Failure]
  private var now: Instant
  private var counts: [String: Int] = [:]
  private var outcomes: [TaskID: Outcome] = [:]

  init(_ store: Store, failures: [Failure], at now: Instant) {
    nodes = store.nodes.values.map(\.value)
    tasks = store.tasks.values.map(\.value)
    self.failures = failures
    self.now = now
  }

  /// Passes until nothing changes: what a pass writes is a commit, and a changed error puts the queue up again.
  mutating func settle() -> [TaskID: Outcome] {
    var isQueueUp = true
    while true {
      let before = outcomes
      let errorsBefore = waitingErrors
      pass(isQueueUp: isQueueUp)
      isQueueUp = waitingErrors != errorsBefore
      if !isQueueUp && outcomes == before { return outcomes }
      now += Scheduler.debounceGap
    }
  }

  private var waitingErrors: [TaskID: String] {
    var errors: [TaskID: String] = [:]
    for task in tasks where task.status.state == .pending && task.nodeID == nil {
      errors[task.id] = task.status.error
    }
    return errors
  }

  private mutating func fail(_ id: TaskID, _ text: String) {
    outcomes[id] = .error(text)
    if let index = tasks.firstIndex(where: { $0.id == id }) { tasks[index].status.error = text }
  }

  private mutating func pass(isQueueUp: Bool) {
    for index in tasks.indices where tasks[index].status.state == .pending && tasks[index].nodeID != nil {
      guard let node = nodes.first(where: { $0.id == tasks[index].nodeID }) else { continue }
      counts = [:]
      if passes(node, tasks[index]) {
        tasks[index].status.state = .assigned
        outcomes[tasks[index].id] = .node(node.id)
      } else {
        fail(tasks[index].id, explanation)
      }
    }
    if !isQueueUp { return }
    var groups: [[TaskID]] = []
    for task in tasks where task.status.state == .pending && task.nodeID == nil {
      if let place = groups.firstIndex(where: { alike($0[0], task) }) {
        groups[place].append(task.id)
      } else {
        groups.append([task.id])
      }
    }
    groups.sort { a, b in
      let (a, b) = (self[a[0]], self[b[0]])
      if a.serviceID != b.serviceID { return a.serviceID?.raw ?? 0 < b.serviceID?.raw ?? 0 }
      return a.specVersion ?? 0 < b.specVersion ?? 0
    }
    for group in groups {
      let placed = place(group)
      let text = explanation
      for id in group {
        if let node = placed[id] {
          outcomes[id] = .node(node)
        } else {
          fail(id, text.isEmpty ? "no suitable node" : "no suitable node (\(text))")
        }
      }
    }
  }

  private subscript(_ id: TaskID) -> SwarmTask { tasks.first { $0.id == id } ?? SwarmTask() }

  private func alike(_ id: TaskID, _ task: SwarmTask) -> Bool {
    self[id].serviceID == task.serviceID && self[id].specVersion == task.specVersion
  }

  // MARK: Counting

  private func held(by node: NodeID) -> [SwarmTask] {
    tasks.filter { $0.nodeID == node && $0.status.state >= .assigned && $0.status.state <= .running }
  }

  private func active(_ node: NodeID, of service: ServiceID?? = .none) -> Int {
    held(by: node).filter { task in
      task.desiredState <= .complete && (service.map { $0 == task.serviceID } ?? true)
    }.count
  }

  private func failures(_ node: NodeID, _ task: SwarmTask) -> Int {
    failures.filter {
      $0.node == node && $0.service == task.serviceID && $0.specVersion == task.specVersion ?? 0
        && now - $0.at <= .minutes(5)
    }.count
  }

  private func less(_ a: NodeID, _ b: NodeID, _ task: SwarmTask) -> Bool {
    let (failuresA, failuresB) = (failures(a, task), failures(b, task))
    if (failuresA >= 5 || failuresB >= 5) && failuresA != failuresB { return failuresA < failuresB }
    let (serviceA, serviceB) = (active(a, of: task.serviceID), active(b, of: task.serviceID))
    if serviceA != serviceB { return serviceA < serviceB }
    return active(a) < active(b)
  }

  // MARK: Filters

  private mutating func passes(_ node: Node, _ task: SwarmTask) -> Bool {
    if let failed = failedFilter(node, task) {
      counts[failed, default: 0] += 1
      return false
    }
    counts = [:]
    return true
  }

  private func failedFilter(_ node: Node, _ task: SwarmTask) -> String? {
    if node.status.state != .ready || node.spec.availability != .active { return "0ready" }
    let held = held(by: node.id)
    if let wanted = task.spec.resources?.reservations {
      let have = node.description?.resources ?? Resources()
      let taken = held.compactMap { $0.spec.resources?.reservations }
      let enforced = wanted.nanoCPUs != 0 || wanted.memoryBytes != 0 || !wanted.generic.isEmpty
      if enforced && taken.reduce(have.nanoCPUs, { $0 - $1.nanoCPUs }) < wanted.nanoCPUs { return "1resource" }
      if enforced && taken.reduce(have.memoryBytes, { $0 - $1.memoryBytes }) < wanted.memoryBytes { return "1resource" }
      for wish in wanted.generic {
        let all = have.generic.filter { $0.kind == wish.kind }.reduce(0) { $0 + $1.amount }
        let used = taken.flatMap(\.generic).filter { $0.kind == wish.kind }.reduce(0) { $0 + $1.amount }
        if all == used || all - used < wish.amount { return "1resource" }
      }
    }
    if let plugins = node.description?.plugins, let name = task.spec.logDriver?.name {
      let logs = plugins.filter { $0.type == "Log" }
      if !logs.isEmpty && !logs.contains(where: { $0.name == name }) { return "2plugin" }
    }
    for text in task.spec.placement?.constraints ?? [] {
      if let constraint = try? Constraint(text), !constraint.allows(node) { return "3constraint" }
    }
    if let platforms = task.spec.placement?.platforms, !platforms.isEmpty {
      if !platforms.contains(where: { $0.os == node.description?.os }) { return "4platform" }
    }
    for port in task.endpoint?.ports ?? [] where port.mode == .host && port.publishedPort != 0 {
      if held.contains(where: { $0.endpoint?.ports.contains(port) ?? false }) { return "5port" }
    }
    if let limit = task.spec.placement?.maxReplicas, limit > 0 {
      if active(node.id, of: task.serviceID) >= Int(limit) { return "6max" }
    }
    return nil
  }

  private var explanation: String {
    let words = [
      "0ready": ("1 node not available for new tasks", "%d nodes not available for new tasks"),
      "1resource": ("insufficient resources on 1 node", "insufficient resources on %d nodes"),
      "2plugin": ("missing plugin on 1 node", "missing plugin on %d nodes"),
      "3constraint": (
        "scheduling constraints not satisfied on 1 node", "scheduling constraints not satisfied on %d nodes"
      ),
      "4platform": ("unsupported platform on 1 node", "unsupported platform on %d nodes"),
      "5port": ("host-mode port already in use on 1 node", "host-mode port already in use on %d nodes"),
      "6max": ("max replicas per node limit exceed", "max replicas per node limit exceed"),
    ]
    let ordered = counts.sorted { $0.value != $1.value ? $0.value > $1.value : $0.key < $1.key }
    return ordered.map { key, count in
      let (one, many) = words[key] ?? ("?", "?")
      return count == 1 ? one : many.replacing("%d", with: String(count))
    }.joined(separator: "; ")
  }

  // MARK: Placing

  private mutating func place(_ group: [TaskID]) -> [TaskID: NodeID] {
    counts = [:]
    let model = self[group[0]]
    let levels = (model.spec.placement?.preferences ?? []).compactMap { text -> ((Node) -> String)? in
      if text.hasPrefix("node.labels.") {
        return { $0.spec.annotations.labels[String(text.dropFirst(12))] ?? "" }
      }
      if text.hasPrefix("engine.labels.") {
        return { $0.description?.engineLabels[String(text.dropFirst(14))] ?? "" }
      }
      return nil
    }
    let tree = Branch()
    for node in nodes {
      let here = active(node.id, of: model.serviceID)
      var branch = tree
      branch.tasks += here
      for level in levels {
        let value = level(node)
        if branch.next[value] == nil { branch.next[value] = Branch() }
        branch = branch.next[value] ?? Branch()
        branch.tasks += here
      }
      if branch.nodes.count < group.count {
        if passes(node, model) { branch.nodes.append(node.id) }
        continue
      }
      let worst = branch.nodes.indices.max { a, b in before(branch.nodes[a], branch.nodes[b], model) } ?? 0
      if less(node.id, branch.nodes[worst], model) && passes(node, model) { branch.nodes[worst] = node.id }
    }
    var waiting = group
    var placed: [TaskID: NodeID] = [:]
    _ = spread(group.count, over: tree, model, &waiting, &placed)
    return placed
  }

  /// A part of the nodes.
  private final class Branch {
    var tasks = 0
    var next: [String: Branch] = [:]
    var nodes: [NodeID] = []
    var isUsed = false
    var isFull = false
  }

  private func before(_ a: NodeID, _ b: NodeID, _ task: SwarmTask) -> Bool {
    less(a, b, task) || (!less(b, a, task) && a < b)
  }

  private mutating func spread(
    _ n: Int, over tree: Branch, _ model: SwarmTask, _ waiting: inout [TaskID], _ placed: inout [TaskID: NodeID]
  ) -> Int {
    if tree.next.isEmpty { return fill(n, tree, model, &waiting, &placed) }
    let branches = tree.next.sorted { $0.key < $1.key }.map(\.value)
    for branch in branches { branch.isFull = false }
    var scheduled = 0
    var tasks = tree.tasks
    var converging = true
    while scheduled != n && !branches.allSatisfy(\.isFull) && converging {
      converging = false
      let open = branches.count { !$0.isFull }
      let want = (tasks + n - scheduled) / open
      var rem = (tasks + n - scheduled) % open
      for branch in branches where !branch.isFull {
        if branch.tasks < want || (branch.tasks == want && rem > 0) {
          converging = true
          let k = want - branch.tasks + (rem > 0 ? 1 : 0)
          let got = spread(k, over: branch, model, &waiting, &placed)
          if got < k {
            branch.isFull = true
            tasks -= branch.tasks
          } else if rem > 0 {
            rem -= 1
          }
          scheduled += got
        }
      }
    }
    return scheduled
  }

  private mutating func fill(
    _ n: Int, _ leaf: Branch, _ model: SwarmTask, _ waiting: inout [TaskID], _ placed: inout [TaskID: NodeID]
  ) -> Int {
    if leaf.isUsed {
      var index = 0
      while index < leaf.nodes.count {
        if let node = nodes.first(where: { $0.id == leaf.nodes[index] }), passes(node, model) {
          index += 1
        } else {
          leaf.nodes.swapAt(index, leaf.nodes.count - 1)
          leaf.nodes.removeLast()
        }
      }
    }
    leaf.isUsed = true
    leaf.nodes.sort { before($0, $1, model) }
    let count = leaf.nodes.count
    if count == 0 { return 0 }
    var failed: Set<Int> = []
    var iter = 0
    var scheduled = 0
    while let id = waiting.first, let index = tasks.firstIndex(where: { $0.id == id }) {
      waiting.removeFirst()
      let node = leaf.nodes[iter % count]
      tasks[index].nodeID = node
      tasks[index].status.state = .assigned
      placed[id] = node
      scheduled += 1
      if scheduled == n { return scheduled }
      if iter + 1 < count {
        if less(leaf.nodes[iter + 1], node, model) { iter += 1 }
      } else {
        iter += 1
      }
      let origin = iter
      while true {
        if !failed.contains(iter % count), let next = nodes.first(where: { $0.id == leaf.nodes[iter % count] }),
          passes(next, model)
        {
          break
        }
        failed.insert(iter % count)
        iter += 1
        if iter - origin == count { return scheduled }
      }
    }
    return scheduled
  }
}

extension GenericResource {
  fileprivate var amount: Int64 { if case .discrete(_, let value) = self { value } else { 0 } }
}
