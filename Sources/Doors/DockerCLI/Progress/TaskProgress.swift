import EngineTypes
import SimBase

/// Shows how far a service's tasks are, by its mode; says whether it has all that it asks for.
///
/// Source: docker/cli `cli/command/service/progress/progress.go` (`replicatedProgressUpdater` and its siblings).
protocol TaskProgress {
  mutating func update(
    _ service: JSON, _ tasks: [ObservedTask], _ activeNodes: Set<String>, _ isRollingBack: Bool,
    _ printer: inout ProgressPrinter
  ) throws(Failure) -> Bool
}

/// The shower for a service's mode.
func taskProgress(of service: JSON) throws(Failure) -> any TaskProgress {
  let mode = service["Spec"]["Mode"]
  if !mode["Replicated"]["Replicas"].isNull { return ReplicatedProgress() }
  if !mode["Global"].isNull { return GlobalProgress() }
  if !mode["ReplicatedJob"].isNull { return ReplicatedJobProgress(service) }
  if !mode["GlobalJob"].isNull { return GlobalJobProgress() }
  throw Failure("unrecognized service mode")
}

/// What progress looks at in a task.
struct ObservedTask {
  var slot: Int64
  var node: String
  var state: String
  var desired: String
  var error: String
  var iteration: Int64?

  init(_ task: JSON) {
    slot = task["Slot"].int ?? 0
    node = task["NodeID"].string ?? ""
    state = task["Status"]["State"].string ?? ""
    desired = task["DesiredState"].string ?? ""
    error = task["Status"]["Err"].string ?? ""
    iteration = task["JobIteration"].isNull ? nil : task["JobIteration"]["Index"].int ?? 0
  }

  /// A task that is not there: the real CLI counts a gap among a job's slots as one.
  init(missingSlot slot: Int64) {
    self.slot = slot
    (node, state, desired, error) = ("", "", "", "")
  }

  private static let order = [
    "new", "allocated", "pending", "assigned", "accepted", "preparing", "ready", "starting", "running", "complete",
    "shutdown", "failed", "rejected",
  ]

  /// A state's place in a task's life, from 1; 0 is a state that progress ignores.
  static func number(_ state: String) -> Int { (order.firstIndex(of: state) ?? -1) + 1 }

  var isKnown: Bool { Self.number(state) > 0 && Self.number(desired) > 0 }
  var isEnded: Bool { Self.number(state) > 9 }
  var isMeantToEnd: Bool { Self.number(desired) > 9 }
  var isRunning: Bool { !isMeantToEnd && state == "running" }

  /// Whether this one stands for its slot rather than `other`: the lowest desired state, then the lowest state.
  func supersedes(_ other: ObservedTask) -> Bool {
    let (mine, theirs) = (Self.number(desired), Self.number(other.desired))
    return mine == theirs ? Self.number(state) < Self.number(other.state) : mine < theirs
  }

  /// The error as a bar's place shows it: one line of at most 75 bytes.
  var shortError: String {
    let line = Array(error.replacing("\n", with: " ").utf8)
    return line.count > 75 ? String(decoding: line[..<74], as: UTF8.self) + "…" : String(decoding: line, as: UTF8.self)
  }

  /// Shows the task on its line, as an error or as a bar up to `end`.
  func show(as id: String, upTo end: Int, _ printer: inout ProgressPrinter) {
    if !error.isEmpty { return printer.show(id, shortError) }
    printer.show(id, state.padded(to: 9), current: Self.number(state), total: end, hidesCounts: true)
  }
}

/// Above so many tasks there are no bars.
private let barLimit = 20

private func showOverall(_ running: Int, of total: Int, _ isRollingBack: Bool, _ printer: inout ProgressPrinter) {
  let prefix = isRollingBack ? "rolling back update: " : ""
  printer.show("overall progress", "\(prefix)\(running) out of \(total) tasks")
}

/// So many replicas, each in a slot.
private struct ReplicatedProgress: TaskProgress {
  /// Each slot's place among the bars, in the order in which slots were first seen.
  private var places: [Int64: Int] = [:]
  private var isInitialized = false
  private var isDone = false

  mutating func update(
    _ service: JSON, _ tasks: [ObservedTask], _ activeNodes: Set<String>, _ isRollingBack: Bool,
    _ printer: inout ProgressPrinter
  ) throws(Failure) -> Bool {
    guard let replicas = service["Spec"]["Mode"]["Replicated"]["Replicas"].int.map(Int.init) else {
      throw Failure("no replica count")
    }
    if !isInitialized {
      showOverall(0, of: replicas, isRollingBack, &printer)
      if replicas <= barLimit { for i in 0..<replicas { printer.show("\(i + 1)/\(replicas)", " ") } }
      isInitialized = true
    }
    var bySlot = Table<Int64, ObservedTask>()
    for task in tasks where task.isKnown {
      if let other = bySlot[task.slot], !task.supersedes(other) { continue }
      if !task.node.isEmpty, !activeNodes.contains(task.node) { continue }
      bySlot[task.slot] = task
    }
    if isDone, bySlot.values.contains(where: { $0.state != "running" }) { isDone = false }
    var running = 0
    for task in bySlot.values {
      let place = places[task.slot] ?? places.count + 1
      places[task.slot] = place
      if task.isRunning { running += 1 }
      if isDone || replicas > barLimit || place > replicas { continue }
      if !task.error.isEmpty || !(task.isMeantToEnd || task.isEnded) {
        task.show(as: "\(place)/\(replicas)", upTo: 9, &printer)
      }
    }
    if !isDone {
      showOverall(running, of: replicas, isRollingBack, &printer)
      isDone = running == replicas
    }
    return running == replicas
  }
}

/// One task on each node that fits.
private struct GlobalProgress: TaskProgress {
  private var isInitialized = false
  private var isDone = false

  mutating func update(
    _ service: JSON, _ tasks: [ObservedTask], _ activeNodes: Set<String>, _ isRollingBack: Bool,
    _ printer: inout ProgressPrinter
  ) throws(Failure) -> Bool {
    var byNode = Table<String, ObservedTask>()
    for task in tasks where task.isKnown {
      if let other = byNode[task.node], !task.supersedes(other) { continue }
      byNode[task.node] = task
    }
    if !isInitialized {
      // The orchestrator makes a global service's tasks all at once: until then nobody knows how many nodes fit.
      if byNode.isEmpty {
        printer.show("overall progress", "waiting for new tasks")
        return false
      }
      showOverall(0, of: byNode.count, isRollingBack, &printer)
      isInitialized = true
    }
    if isDone, byNode.values.contains(where: { $0.state != "running" }) { isDone = false }
    var running = 0
    for task in byNode.values where activeNodes.contains(task.node) {
      if task.isRunning { running += 1 }
      if isDone || byNode.count > barLimit { continue }
      if !task.error.isEmpty || !(task.isMeantToEnd || task.isEnded) {
        task.show(as: truncatedID(task.node), upTo: 9, &printer)
      }
    }
    if !isDone {
      showOverall(running, of: byNode.count, isRollingBack, &printer)
      isDone = running == byNode.count
    }
    return running == byNode.count
  }
}

/// So many completions, so many at a time.
private struct ReplicatedJobProgress: TaskProgress {
  private let concurrent: Int
  private let total: Int
  private let iteration: Int64
  private var isInitialized = false

  init(_ service: JSON) {
    let job = service["Spec"]["Mode"]["ReplicatedJob"]
    concurrent = Int(job["MaxConcurrent"].int ?? 1)
    total = Int(job["TotalCompletions"].int ?? 1)
    iteration = service["JobStatus"]["JobIteration"]["Index"].int ?? 0
  }

  mutating func update(
    _ service: JSON, _ tasks: [ObservedTask], _ activeNodes: Set<String>, _ isRollingBack: Bool,
    _ printer: inout ProgressPrinter
  ) -> Bool {
    if !isInitialized {
      showOverall(active: 0, complete: 0, &printer)
      if total <= barLimit { for i in 0..<total { printer.show("\(i + 1)/\(total)", " ") } }
      isInitialized = true
    }
    var bySlot: [Int64: ObservedTask] = [:]
    for task in tasks where task.iteration == iteration && task.isKnown {
      if let other = bySlot[task.slot], ObservedTask.number(other.state) <= ObservedTask.number(task.state) { continue }
      bySlot[task.slot] = task
    }
    var active = 0
    var complete = 0
    for slot in 0..<Int64(bySlot.count) {
      let task = bySlot[slot] ?? ObservedTask(missingSlot: slot)
      if total <= barLimit { task.show(as: "\(task.slot + 1)/\(total)", upTo: 10, &printer) }
      if ObservedTask.number(task.state) < 10 { active += 1 }
      if task.state == "complete" { complete += 1 }
    }
    showOverall(active: active, complete: complete, &printer)
    return complete == total
  }

  private func showOverall(active: Int, complete: Int, _ printer: inout ProgressPrinter) {
    func right(_ number: Int, _ width: Int) -> String {
      String(repeating: " ", count: max(0, width - String(number).count)) + String(number)
    }
    printer.show(
      "job progress", "\(right(complete, String(total).count)) out of \(total) complete", current: complete,
      total: total, hidesCounts: true)
    let digits = String(concurrent).count
    let expected = min(total - complete, concurrent)
    printer.show("active tasks", "\(right(active, digits)) out of \(right(expected, digits)) tasks")
  }
}

/// One completion on each node that fits.
private struct GlobalJobProgress: TaskProgress {
  private var nodes = Set<String>()
  private var iteration: Int64 = 0
  private var isInitialized = false

  mutating func update(
    _ service: JSON, _ tasks: [ObservedTask], _ activeNodes: Set<String>, _ isRollingBack: Bool,
    _ printer: inout ProgressPrinter
  ) -> Bool {
    if !isInitialized {
      if tasks.isEmpty, !activeNodes.isEmpty {
        printer.show("job progress", "waiting for tasks")
        return false
      }
      iteration = service["JobStatus"]["JobIteration"]["Index"].int ?? 0
      for task in tasks where task.iteration == iteration { nodes.insert(task.node) }
      showOverall(0, &printer)
      isInitialized = true
    }
    var byNode = Table<String, ObservedTask>()
    for task in tasks where task.iteration == iteration && task.isKnown && nodes.contains(task.node) {
      if let other = byNode[task.node], ObservedTask.number(other.state) <= ObservedTask.number(task.state) { continue }
      byNode[task.node] = task
    }
    var complete = 0
    for task in byNode.values {
      if nodes.count <= barLimit { task.show(as: task.node, upTo: 10, &printer) }
      if task.state == "complete" { complete += 1 }
    }
    showOverall(complete, &printer)
    return complete == nodes.count
  }

  private func showOverall(_ complete: Int, _ printer: inout ProgressPrinter) {
    let digits = String(nodes.count).count - String(complete).count
    printer.show(
      "job progress", "\(String(repeating: " ", count: max(0, digits)))\(complete) out of \(nodes.count) complete",
      current: complete, total: nodes.count, hidesCounts: true)
  }
}
