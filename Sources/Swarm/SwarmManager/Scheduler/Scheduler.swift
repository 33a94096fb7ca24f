import SimBase
import SwarmModel
import SwarmStore

/// Chooses a node for each task: PENDING to ASSIGNED, or an explanation why not.
///
/// **When.** A pass comes 50 ms after the last commit, or with the first commit that is more than a second after the one
/// that began the wait. It takes the tasks that already have a node (global services, attachments) first, and then, if
/// anything happened that may help, all the others that wait.
///
/// **How.** Tasks of one service and spec are placed together (`PlacementPass`): nodes pass eight filters
/// (`PlacementFilter`), are parted by spread preferences (`DecisionTree`), ranked by failures and load (`Candidate`), and
/// filled so that the least loaded come up to the others first. Nothing is ever moved afterwards.
///
/// **Commit.** A pass decides on its own view of the cluster and writes task by task, in order of IDs. Until all is
/// committed, further events wait. A decision about a task that has changed in the store meanwhile is taken back, and the
/// task queues again.
///
/// **States.** Idle; writing the tasks with preset nodes; writing the others.
///
/// **Orders.** The original walks maps. Groups are served here in the order of service ID and spec version, tasks, nodes and
/// label values in ascending order, and of equally good nodes the one with the lowest ID is better.
///
/// **Differs from Docker**: no cluster volume ever gets ready, as no storage plugin exists.
///
/// Source: moby/swarmkit `manager/scheduler/scheduler.go`.
public struct Scheduler: LeaderComponent {
  /// Quiet time after a commit before a pass. Source: `commitDebounceGap`.
  public static let debounceGap = Duration.milliseconds(50)
  /// A commit later than this after the first one is not waited for any more. Source: `maxLatency`.
  public static let maxLatency = Duration.seconds(1)
  /// The status message of a task that was given a node.
  public static let assignedMessage = "scheduler assigned task to node"
  /// The status message of a task that came with its node.
  public static let confirmedMessage = "scheduler confirmed task can run on preassigned node"

  /// What a pass wants to make of a task.
  struct Decision: Sendable {
    enum Outcome: Sendable {
      /// It runs on this node, holding these generic resources.
      case assign([GenericResource])
      /// It waits, for this reason.
      case explain(String)
      /// It waits for its own reasons and is written only if something else differs.
      case leave
      /// Nobody wants it any more.
      case shutDown
    }

    /// The task as it was when the pass decided, with the node that it has or was given.
    var record: TaskRecord
    var outcome: Outcome
  }

  private enum Stage: Sendable {
    case idle
    case writingPreassigned
    case writingQueue
  }

  var nodes = NodeSet()
  /// Tasks that wait for a node.
  var queue = Table<TaskID, Shared<SwarmTask>>()
  /// Tasks that have a node and wait for its confirmation.
  private var pendingPreassigned = Table<TaskID, Shared<SwarmTask>>()
  /// Tasks that came with a node, confirmed or not: their failures are not the scheduler's choice.
  private var preassigned = Table<TaskID, Mark>()

  private var stage = Stage.idle
  /// What the pass decided, by task ID; nil where it decided nothing.
  private var decisions: [Decision?] = []
  private var written = 0
  private var failed: [Decision] = []
  private var passTime = Instant.zero
  /// Events that came while a pass was being written.
  private var held: [StoreEvent] = []
  private var holdsCommit = false

  private var somethingRelevant = false
  private var debounceStart = Instant.zero
  private var timer: Instant?

  /// A scheduler that knows nothing yet.
  public init() {}

  /// What each node would say to a task now, in ascending order of IDs: the first filter that it fails, or nil if it would
  /// do. For `explain`; nothing changes.
  public func verdicts(on task: SwarmTask) -> [(node: NodeID, failed: PlacementFilter?)] {
    let pipeline = FilterPipeline(for: task)
    let held = nodes.activeTasks(of: task.serviceID ?? ServiceID(raw: 0))
    return nodes.ids.indices.map { (nodes.ids[$0], pipeline.firstFailure(nodes, $0, held: held[$0])) }
  }

  // MARK: LeaderComponent

  /// Takes in all tasks and nodes and begins a pass at once.
  public mutating func start(_ store: Store, at now: Instant, dice: inout Dice) {
    for (_, node) in store.nodes { nodes.put(node) }
    for (id, box) in store.tasks {
      let (state, desired) = (box.value.status.state, box.value.desiredState)
      if state < .pending || state > .running || (state == .pending && desired > .complete) { continue }
      _ = track(id, box)
    }
    somethingRelevant = true
    beginPass(store, at: now)
  }

  /// Takes note of a change; while a pass is being written it waits.
  public mutating func observe(_ event: StoreEvent, in store: Store, at now: Instant, dice: inout Dice) {
    switch event {
    case .task, .node: if stage == .idle { handle(event, at: now) } else { held.append(event) }
    case .cluster, .service, .network, .secret, .config, .volume: break
    }
  }

  /// Puts the pass off by 50 ms, unless it has been put off for more than a second.
  public mutating func commit(in store: Store, at now: Instant, dice: inout Dice) {
    if stage != .idle {
      holdsCommit = true
    } else if timer == nil {
      debounceStart = now
      timer = now + Scheduler.debounceGap
    } else if now - debounceStart > Scheduler.maxLatency {
      timer = nil
      beginPass(store, at: now)
    } else {
      timer = now + Scheduler.debounceGap
    }
  }

  /// Begins the pass that is due.
  public mutating func wake(in store: Store, at now: Instant, dice: inout Dice) {
    guard let due = timer, due <= now else { return }
    timer = nil
    beginPass(store, at: now)
  }

  /// When the next pass begins, if no further commit comes.
  public var nextDeadline: Instant? { timer }

  /// Whether a pass has decisions to write.
  public var wantsToWrite: Bool { written < decisions.count }

  /// How many decisions of the present pass are not written yet.
  var decisionsLeft: Int { decisions.count - written }

  /// Writes decisions until the transaction is full.
  public mutating func transact(_ tx: inout Transaction, dice: inout Dice) {
    let before = tx.changes.count
    while stage != .idle {
      while written < decisions.count {
        if tx.isFull { return }
        apply(written, &tx)
        written += 1
      }
      // What was written must be committed before the next stage decides.
      if tx.changes.count > before { return }
      endStage(tx.store, at: tx.now)
    }
  }

  /// Goes on to the next stage once the last decision is committed.
  public mutating func written(in store: Store, at now: Instant) {
    if stage != .idle && written == decisions.count { endStage(store, at: now) }
  }

  // MARK: Stages

  private mutating func beginPass(_ store: Store, at now: Instant) {
    stage = .writingPreassigned
    decisions = pendingPreassigned.isEmpty ? [] : decidePreassigned(at: now)
    if decisions.isEmpty { endStage(store, at: now) }
  }

  private mutating func endStage(_ store: Store, at now: Instant) {
    takeBackFailures()
    decisions.removeAll()
    written = 0
    if stage == .writingPreassigned {
      stage = .writingQueue
      if somethingRelevant {
        somethingRelevant = false
        decisions = decideQueue(store, at: now)
      }
      if !decisions.isEmpty { return }
    }
    stage = .idle
    let events = held
    held.removeAll()
    for event in events { handle(event, at: now) }
    if holdsCommit {
      holdsCommit = false
      debounceStart = now
      timer = now + Scheduler.debounceGap
    }
  }

  /// Checks each task that has a node against that node alone.
  private mutating func decidePreassigned(at now: Instant) -> [Decision] {
    passTime = now
    var decided: [Decision] = []
    for (_, box) in pendingPreassigned {
      var record = TaskRecord(box)
      guard let position = nodes.position(of: record.node) else { continue }
      var pipeline = FilterPipeline(for: box.value)
      if pipeline.passes(nodes, position, held: nodes.activeTasks(of: record.service, at: position)) {
        nodes.add(&record, at: position)
        decided.append(Decision(record: record, outcome: .assign(record.assigned)))
      } else {
        decided.append(Decision(record: record, outcome: .explain(pipeline.explanation)))
      }
    }
    return decided
  }

  private mutating func decideQueue(_ store: Store, at now: Instant) -> [Decision?] {
    passTime = now
    var pass = PlacementPass(queue.values, store, at: now)
    queue.removeAll()
    swap(&pass.nodes, &nodes)
    pass.run()
    swap(&pass.nodes, &nodes)
    for box in pass.requeued { queue[box.value.id] = box }
    return pass.decisions
  }

  // MARK: Writing

  private mutating func apply(_ index: Int, _ tx: inout Transaction) {
    guard let decision = decisions[index] else { return }
    guard let stored = tx.store.tasks[decision.record.id] else {
      forget(decision.record.id, on: decision.record.node)
      return
    }
    let status = status(of: decision)
    let old = stored.value.status
    if old.state == status.state && old.message == status.message && old.error == status.error { return }
    // Also what has gone past ASSIGNED without us has another version than the one we decided on.
    if stored.value.meta.version != decision.record.task.value.meta.version {
      failed.append(decision)
      return
    }
    var task = stored.value
    task.status = status
    task.nodeID = decision.record.node
    if case .assign(let resources) = decision.outcome { task.assignedGenericResources = resources }
    tx.put(task, by: .scheduler)
    if stage == .writingPreassigned, status.state == .assigned { pendingPreassigned[task.id] = nil }
  }

  private func status(of decision: Decision) -> TaskStatus {
    var status = decision.record.task.value.status
    status.timestamp = passTime
    switch decision.outcome {
    case .assign:
      let message = stage == .writingPreassigned ? Scheduler.confirmedMessage : Scheduler.assignedMessage
      return TaskStatus(state: .assigned, message: message, at: passTime)
    case .explain(let reason): status.error = reason
    case .leave: break
    case .shutDown:
      status.state = .shutdown
      status.error = ""
    }
    return status
  }

  /// Undoes what was decided on tasks that had changed in the store.
  private mutating func takeBackFailures() {
    for decision in failed {
      let id = decision.record.id
      if let position = nodes.position(of: decision.record.node) { nodes.remove(id, at: position) }
      if stage == .writingQueue { queue[id] = decision.record.task }
    }
    failed.removeAll()
  }

  // MARK: Events

  private mutating func handle(_ event: StoreEvent, at now: Instant) {
    switch event {
    case .node(_, let new?):
      nodes.put(new)
      somethingRelevant = true
    case .node(let old?, nil): nodes.remove(old.value.id)
    case .task(let old, let new?): if changed(old, new, at: now) { somethingRelevant = true }
    case .task(let old?, nil): if forget(old) { somethingRelevant = true }
    case .task, .node, .cluster, .service, .network, .secret, .config, .volume: break
    }
  }

  /// Takes note of a task; whether the queue may have to be looked at.
  private mutating func changed(_ old: Shared<SwarmTask>?, _ new: Shared<SwarmTask>, at now: Instant) -> Bool {
    let state = new.value.status.state
    if state < .pending { return false }
    let isKnown = old.map { $0.value.status.state >= .pending && $0.value.status.state <= .running } ?? false
    if state > .running {
      guard isKnown, let old else { return false }
      if state == .failed || state == .rejected { noteFailure(new.value, at: now) }
      forget(old)
      return true
    }
    if isKnown, let old, new.value.nodeID == nil || state == .pending { forget(old) }
    return track(new.value.id, new)
  }

  /// Queues a task that has no node, or counts it in where it is; whether it was queued.
  private mutating func track(_ id: TaskID, _ box: Shared<SwarmTask>) -> Bool {
    guard let node = box.value.nodeID else {
      queue[id] = box
      return true
    }
    if box.value.status.state == .pending {
      preassigned[id] = Mark()
      pendingPreassigned[id] = box
    } else if let position = nodes.position(of: node) {
      var record = TaskRecord(box)
      nodes.add(&record, at: position)
    }
    return false
  }

  private mutating func noteFailure(_ task: SwarmTask, at now: Instant) {
    guard !preassigned.contains(task.id), let position = nodes.position(of: task.nodeID) else { return }
    nodes.noteFailure(
      of: task.serviceID ?? ServiceID(raw: 0), specVersion: task.specVersion ?? 0, at: position, now)
  }

  /// Drops a task and frees its place; whether it had one. A task in the queue stays there until the next pass finds it gone.
  @discardableResult
  private mutating func forget(_ box: Shared<SwarmTask>) -> Bool {
    forget(box.value.id, on: box.value.nodeID)
  }

  @discardableResult
  private mutating func forget(_ id: TaskID, on node: NodeID?) -> Bool {
    if node != nil {
      preassigned[id] = nil
      pendingPreassigned[id] = nil
    }
    guard let position = nodes.position(of: node) else { return false }
    return nodes.remove(id, at: position)
  }
}
