import Engine
import SimBase
import SwarmModel

/// A node's agent: keeps a session with the swarm's dispatcher, runs what it is assigned on the node's engine, and reports.
///
/// It never stops a task for want of a manager. What it knows of its tasks is on the node's disk, so an agent that comes
/// back goes on where it was; a container that died meanwhile is noticed and reported.
///
/// Source: moby/swarmkit `agent/agent.go`, `agent/worker.go`, `agent/task.go`;
/// moby/moby `daemon/cluster/executor/container/controller.go`.
public struct Agent: Sendable {
  /// Its session with a dispatcher.
  public private(set) var session: AgentSession
  /// Its node.
  public let node: NodeID

  var tasks = Table<TaskID, TaskRunner>()
  var byContainer = Table<ContainerID, TaskID>()
  var byPull = Table<PullID, TaskID>()
  var deadlines = DeadlineHeap<TaskID>()
  var secrets = Table<SecretID, Shared<Secret>>()
  var configs = Table<ConfigID, Shared<Config>>()
  /// The node as the dispatcher last told it: its addresses on networks, its name and platform.
  var nodeObject: Shared<Node>?
  /// Since when a task has waited for its node's addresses.
  var networkWaits = Table<TaskID, Instant>()
  private var recordCount = 0
  private var logs = LogPublisher()

  /// How long a shutting-down container stays unreachable by name before it is stopped. Source: `defaultGossipConvergeDelay`.
  static let gossipDelay = Duration.seconds(2)
  static let networkPatience = Duration.seconds(30)
  static let networkPoll = Duration.milliseconds(100)
  static let retryDelay = Duration.seconds(1)

  /// An agent with what its disk remembers.
  public init(node: NodeID, description: NodeDescription, records: [[UInt8]], engine: Engine) {
    self.node = node
    session = AgentSession(description: description)
    for bytes in records {
      guard let record = TaskRecord(archived: bytes) else { continue }
      if record.isRemoved {
        tasks[record.id] = nil
        continue
      }
      if let task = record.task {
        tasks[record.id] = TaskRunner(task, status: record.status ?? tasks[record.id]?.status ?? task.value.status)
      } else if let status = record.status {
        tasks.update(record.id) { $0.status = status }
      }
    }
    for container in engine.containers {
      guard let id = container.task.flatMap({ TaskID($0.value.taskID) }), tasks.contains(id) else { continue }
      tasks.update(id) { $0.container = container.id }
      byContainer[container.id] = id
    }
  }

  /// How many tasks it keeps.
  public var taskCount: Int { tasks.count }

  /// The container of a task here; nil if it has none.
  public func container(of task: TaskID) -> ContainerID? { tasks[task]?.container }

  /// The networks on which its node has an address of its own, as the dispatcher last told.
  public var attachments: [NetworkAttachment] { nodeObject?.value.attachments ?? [] }

  /// What it knows of a task and does about it, in words, for reports; nil for a task that it does not keep.
  public func summary(of task: TaskID) -> String? {
    tasks[task].map { "\($0.status.state.word), desired \($0.desired.word), \($0.work), session \(session.isActive)" }
  }

  /// The secrets that it holds, for checkers: none but those its tasks need.
  public var heldSecrets: [SecretID] { secrets.keys }

  /// When something is due next.
  public var nextDeadline: Instant? { earliest(session.nextDeadline, deadlines.first?.instant) }

  // MARK: Inputs

  /// Begins: resumes the tasks that it remembers, and looks for a manager.
  public mutating func start(
    at now: Instant, engine: inout Engine, dice: inout Dice, into out: inout Outbox<AgentOrder>
  ) {
    rewriteRecords(into: &out)
    for (id, runner) in tasks { sessionDo(into: &out) { $0.changed(id, runner.status, at: now, into: &$1) } }
    for id in tasks.keys { advance(id, at: now, engine: &engine, into: &out) }
    sessionDo(into: &out) { $0.start(at: now, into: &$1) }
  }

  /// The node has something else to tell of itself.
  public mutating func describe(
    _ description: NodeDescription, at now: Instant, dice: inout Dice, into out: inout Outbox<AgentOrder>
  ) {
    sessionDo(into: &out) { $0.describe(description, at: now, dice: &dice, into: &$1) }
  }

  /// The connection to a manager is up.
  public mutating func connected(at now: Instant, into out: inout Outbox<AgentOrder>) {
    sessionDo(into: &out) { $0.connected(at: now, into: &$1) }
  }

  /// The connection to a manager could not be made or has broken.
  public mutating func disconnected(at now: Instant, dice: inout Dice, into out: inout Outbox<AgentOrder>) {
    sessionDo(into: &out) { $0.disconnected(at: now, dice: &dice, into: &$1) }
  }

  /// A dispatcher's answer. What follows from it goes to `heed`; nothing does from most, and then nobody need lend the
  /// engine.
  public mutating func answered(
    _ activity: AgentSession.Activity, _ reply: DispatcherReply, at now: Instant, dice: inout Dice,
    into orders: inout Outbox<AgentSession.Order>
  ) {
    session.answered(activity, reply, at: now, dice: &dice, into: &orders)
  }

  /// Does what an answer asks for.
  public mutating func heed(
    _ orders: inout Outbox<AgentSession.Order>, at now: Instant, engine: inout Engine,
    into out: inout Outbox<AgentOrder>
  ) {
    for order in orders.drain() {
      switch order {
      case .assignments(let assignments): take(assignments, at: now, engine: &engine, into: &out)
      case .message(let message):
        nodeObject = message.node
        followIngress(message.node.value, at: now, engine: &engine, into: &out)
        out.post(.message(message))
      case .subscription(let subscription):
        let lines = logs.begin(subscription, tasks, node: node, engine: &engine)
        publish(lines, isDone: !subscription.selector.follow, for: subscription.id, into: &out)
      case .unsubscription(let id): logs.end(id, engine: &engine)
      case .registered:
        logs.endAll(engine: &engine)
        out.post(.registered)
      case .connect, .call, .disconnect: pass(order, into: &out)
      }
    }
  }

  /// Something has happened in the engine.
  public mutating func noticed(
    _ notice: EngineNotice, at now: Instant, engine: inout Engine, dice: inout Dice,
    into out: inout Outbox<AgentOrder>
  ) {
    handle(notice, at: now, engine: &engine, into: &out)
  }

  private mutating func publish(
    _ lines: [TaskLogLine], isDone: Bool, for subscription: UInt64, into out: inout Outbox<AgentOrder>
  ) {
    sessionDo(into: &out) { $0.publish(lines, isDone: isDone, for: subscription, into: &$1) }
  }

  /// A container has new lines, which somebody may follow.
  mutating func logged(_ container: ContainerID, engine: Engine, into out: inout Outbox<AgentOrder>) {
    for (subscription, lines) in logs.logged(container, tasks, node: node, engine: engine) {
      publish(lines, isDone: false, for: subscription, into: &out)
    }
  }

  /// A task has its container: who follows its service's logs follows it, too.
  mutating func followLogs(of id: TaskID, engine: inout Engine, into out: inout Outbox<AgentOrder>) {
    guard let runner = tasks[id] else { return }
    for (subscription, lines) in logs.attach(runner, node: node, engine: &engine) {
      publish(lines, isDone: false, for: subscription, into: &out)
    }
  }

  /// Whether a task is due. What else is due is the session's business, and does not touch the engine.
  public func hasTasksDue(at now: Instant) -> Bool { deadlines.first.map { $0.instant <= now } ?? false }

  /// Goes on with the tasks that are due.
  public mutating func wakeTasks(at now: Instant, engine: inout Engine, into out: inout Outbox<AgentOrder>) {
    while let (_, id) = deadlines.popFirst(upTo: now) {
      tasks.update(id) { runner in
        switch runner.work {
        case .retrying, .awaitingNetworks: runner.work = .idle
        case .idle, .pulling, .starting, .running, .leavingNetworks, .stopping: break
        }
      }
      if case .leavingNetworks? = tasks[id]?.work {
        stop(id, isUnhealthy: false, at: now, engine: &engine, into: &out)
      }
      advance(id, at: now, engine: &engine, into: &out)
    }
  }

  /// Goes on with the session, if it is due.
  public mutating func wakeSession(at now: Instant, dice: inout Dice, into out: inout Outbox<AgentOrder>) {
    if let due = session.nextDeadline, due <= now {
      sessionDo(into: &out) { $0.wake(at: now, dice: &dice, into: &$1) }
    }
  }

  private mutating func sessionDo(
    into out: inout Outbox<AgentOrder>, _ body: (inout AgentSession, inout Outbox<AgentSession.Order>) -> Void
  ) {
    var orders = Outbox<AgentSession.Order>()
    body(&session, &orders)
    for order in orders.drain() { pass(order, into: &out) }
  }

  private func pass(_ order: AgentSession.Order, into out: inout Outbox<AgentOrder>) {
    switch order {
    case .connect: out.post(.connect)
    case .call(let activity, let call): out.post(.call(activity, call))
    case .disconnect: out.post(.disconnect)
    case .registered: out.post(.registered)
    case .message(let message): out.post(.message(message))
    case .assignments, .subscription, .unsubscription: preconditionFailure("\(order) comes only as an answer")
    }
  }

  // MARK: Assignments

  private mutating func take(
    _ assignments: Assignments, at now: Instant, engine: inout Engine, into out: inout Outbox<AgentOrder>
  ) {
    var listed = Table<TaskID, Bool>()
    if assignments.isComplete {
      secrets.removeAll()
      configs.removeAll()
    }
    for change in assignments.changes {
      switch change {
      case .secret(let secret): secrets[secret.value.id] = secret
      case .removeSecret(let id): secrets[id] = nil
      case .config(let config): configs[config.value.id] = config
      case .removeConfig(let id): configs[id] = nil
      case .task(let task):
        listed[task.value.id] = true
        assign(task, at: now, engine: &engine, into: &out)
      case .removeTask(let id): unassign(id, at: now, engine: &engine, into: &out)
      }
    }
    if !assignments.isComplete { return }
    for id in tasks.keys where !listed.contains(id) { unassign(id, at: now, engine: &engine, into: &out) }
  }

  private mutating func assign(
    _ task: Shared<SwarmTask>, at now: Instant, engine: inout Engine, into out: inout Outbox<AgentOrder>
  ) {
    let id = task.value.id
    guard let known = tasks[id] else {
      tasks[id] = TaskRunner(task, status: task.value.status)
      record(id, into: &out)
      sessionDo(into: &out) { $0.changed(id, task.value.status, at: now, into: &$1) }
      advance(id, at: now, engine: &engine, into: &out)
      return
    }
    // A desired state lower than the present one is old news.
    if task.value.desiredState < known.task.value.desiredState || known.isRemoved { return }
    let hasRisen = task.value.desiredState > known.task.value.desiredState
    tasks.update(id) { $0.task = task }
    if hasRisen {
      record(id, into: &out)
      cancelWork(id, engine: &engine)
      advance(id, at: now, engine: &engine, into: &out)
    }
  }

  private mutating func unassign(
    _ id: TaskID, at now: Instant, engine: inout Engine, into out: inout Outbox<AgentOrder>
  ) {
    guard tasks.contains(id) else { return }
    tasks.update(id) { $0.isRemoved = true }
    session.forget(id)
    var gone = TaskRecord()
    gone.id = id
    gone.isRemoved = true
    append(gone, into: &out)
    cancelWork(id, engine: &engine)
    advance(id, at: now, engine: &engine, into: &out)
  }

  /// A new desired state ends what was being waited for; a container that stops goes on stopping.
  private mutating func cancelWork(_ id: TaskID, engine: inout Engine) {
    guard let runner = tasks[id] else { return }
    switch runner.work {
    case .pulling(let pull):
      if runner.desired < .shutdown { return }
      engine.cancelPull(pull)
      byPull[pull] = nil
      tasks.update(id) { $0.work = .idle }
    case .awaitingNetworks, .retrying, .starting, .running:
      // A start or a wait goes on unless the task is to end.
      if runner.desired >= .shutdown { tasks.update(id) { $0.work = .idle } }
    case .idle, .leavingNetworks, .stopping: break
    }
  }

  // MARK: Disk

  mutating func record(_ id: TaskID, into out: inout Outbox<AgentOrder>) {
    guard let runner = tasks[id] else { return }
    var record = TaskRecord()
    record.id = id
    record.task = runner.task
    record.status = runner.status
    append(record, into: &out)
  }

  mutating func recordStatus(_ id: TaskID, into out: inout Outbox<AgentOrder>) {
    guard let runner = tasks[id] else { return }
    var record = TaskRecord()
    record.id = id
    record.status = runner.status
    append(record, into: &out)
  }

  private mutating func append(_ record: TaskRecord, into out: inout Outbox<AgentOrder>) {
    recordCount += 1
    out.post(.record(record.archived()))
    if recordCount > 64 + 3 * tasks.count { rewriteRecords(into: &out) }
  }

  private mutating func rewriteRecords(into out: inout Outbox<AgentOrder>) {
    var records: [[UInt8]] = []
    for (id, runner) in tasks where !runner.isRemoved {
      var record = TaskRecord()
      record.id = id
      record.task = runner.task
      record.status = runner.status
      records.append(record.archived())
    }
    recordCount = records.count
    out.post(.rewriteRecords(records))
  }

  /// Reports a status to the dispatcher, unless the task is not the swarm's business any more.
  mutating func report(_ id: TaskID, at now: Instant, into out: inout Outbox<AgentOrder>) {
    guard let runner = tasks[id], !runner.isRemoved else { return }
    recordStatus(id, into: &out)
    sessionDo(into: &out) { $0.changed(id, runner.status, at: now, into: &$1) }
  }
}
