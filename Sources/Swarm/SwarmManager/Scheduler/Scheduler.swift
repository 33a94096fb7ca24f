import SimBase
import SwarmModel
import SwarmStore

/// Chooses a node for each task: PENDING to ASSIGNED, or an explanation why not.
///
/// **When.** A pass comes 50 ms after the last commit, or with the first commit that is more than a second after the one
/// that began the wait. It takes the tasks that already have a node (global services, attachments) first, and then, if
/// anything happened that may help, all the others that wait.
///
/// **How.** Tasks of one service and spec are placed together (`Scheduler+Pass.swift`): nodes pass eight filters
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
/// **Differs from Docker**: cluster volumes do not exist.
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
  /// Every task from PENDING to RUNNING.
  var allTasks = Table<TaskID, TaskRecord>()
  /// Tasks that wait for a node.
  var queue = Table<TaskID, Shared<SwarmTask>>()
  /// Tasks that have a node and wait for its confirmation.
  private var pendingPreassigned = Table<TaskID, Shared<SwarmTask>>()
  /// Tasks that came with a node, confirmed or not: their failures are not the scheduler's choice.
  private var preassigned = Table<TaskID, Mark>()

  private var stage = Stage.idle
  private var decisions: [Decision] = []
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

  // MARK: LeaderComponent

  /// Takes in all tasks and nodes and begins a pass at once.
  public mutating func start(_ store: Store, at now: Instant, dice: inout Dice) {
    for (_, node) in store.nodes { nodes.put(node) }
    for (id, box) in store.tasks {
      let (state, desired) = (box.value.status.state, box.value.desiredState)
      if state < .pending || state > .running || (state == .pending && desired > .complete) { continue }
      var record = TaskRecord(box)
      if record.node == nil {
        queue[id] = box
      } else if state == .pending {
        preassigned[id] = Mark()
        pendingPreassigned[id] = box
      } else if let position = nodes.position(of: record.node) {
        nodes.infos[position].add(&record)
      }
      allTasks[id] = record
    }
    somethingRelevant = true
    beginPass(store, at: now)
  }

  /// Takes note of a change; while a pass is being written it waits.
  public mutating func observe(_ event: StoreEvent, in store: Store, at now: Instant, dice: inout Dice) {
    switch event {
    case .task, .node: if stage == .idle { handle(event, at: now) } else { held.append(event) }
    case .cluster, .service, .network, .secret, .config: break
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
    for (id, box) in pendingPreassigned {
      var record = TaskRecord(box)
      guard let position = nodes.position(of: record.node) else { continue }
      var pipeline = FilterPipeline(for: box.value)
      if pipeline.passes(nodes.infos[position]) {
        nodes.infos[position].add(&record)
        decided.append(Decision(record: record, outcome: .assign(record.assigned)))
      } else {
        decided.append(Decision(record: record, outcome: .explain(pipeline.explanation)))
      }
      allTasks[id] = record
    }
    return decided
  }

  private mutating func decideQueue(_ store: Store, at now: Instant) -> [Decision] {
    passTime = now
    return placeQueue(store, at: now)
  }

  // MARK: Writing

  private mutating func apply(_ index: Int, _ tx: inout Transaction) {
    let decision = decisions[index]
    guard let stored = tx.store.tasks[decision.record.id]?.value else {
      forget(decision.record)
      return
    }
    let status = status(of: decision)
    let old = stored.status
    if old.state == status.state && old.message == status.message && old.error == status.error { return }
    // Also what has gone past ASSIGNED without us has another version than the one we decided on.
    if stored.meta.version != decision.record.task.value.meta.version {
      failed.append(decision)
      return
    }
    var task = stored
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
      let record = TaskRecord(decision.record.task)
      allTasks[record.id] = record
      if let position = nodes.position(of: decision.record.node) { nodes.infos[position].remove(decision.record) }
      if stage == .writingQueue { queue[record.id] = record.task }
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
    case .task(nil, let new?): if created(new) { somethingRelevant = true }
    case .task(_, let new?): if updated(new, at: now) { somethingRelevant = true }
    case .task(let old?, nil): if forget(TaskRecord(old)) { somethingRelevant = true }
    case .task, .node, .cluster, .service, .network, .secret, .config: break
    }
  }

  /// Whether a pass may have to look at the queue.
  private mutating func created(_ box: Shared<SwarmTask>) -> Bool {
    let task = box.value
    if task.status.state < .pending || task.status.state > .running { return false }
    return track(box)
  }

  private mutating func updated(_ box: Shared<SwarmTask>, at now: Instant) -> Bool {
    let task = box.value
    if task.status.state < .pending { return false }
    let known = allTasks[task.id]
    if task.status.state > .running {
      guard let known else { return false }
      noteFailure(task, known, at: now)
      forget(known)
      return true
    }
    if let known, task.nodeID == nil || task.status.state == .pending { forget(known) }
    return track(box)
  }

  private mutating func track(_ box: Shared<SwarmTask>) -> Bool {
    var record = TaskRecord(box)
    allTasks[record.id] = record
    if record.node == nil {
      queue[record.id] = box
      return true
    }
    if box.value.status.state == .pending {
      preassigned[record.id] = Mark()
      pendingPreassigned[record.id] = box
      return false
    }
    if let position = nodes.position(of: record.node) {
      nodes.infos[position].add(&record)
      allTasks[record.id] = record
    }
    return false
  }

  private mutating func noteFailure(_ task: SwarmTask, _ known: TaskRecord, at now: Instant) {
    let state = task.status.state
    guard state == .failed || state == .rejected, state != known.task.value.status.state,
      !preassigned.contains(task.id), let position = nodes.position(of: task.nodeID)
    else { return }
    nodes.infos[position].noteFailure(
      of: known.service, specVersion: task.specVersion ?? 0, at: now)
  }

  /// Drops a task and frees its place; whether it had one. A task in the queue stays there until the next pass finds it gone.
  @discardableResult
  private mutating func forget(_ record: TaskRecord) -> Bool {
    allTasks[record.id] = nil
    preassigned[record.id] = nil
    pendingPreassigned[record.id] = nil
    guard let position = nodes.position(of: record.node) else { return false }
    return nodes.infos[position].remove(record)
  }
}
