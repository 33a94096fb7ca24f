import SimBase
import SwarmModel
import SwarmStore

/// The leader's end of all agents: sessions, heartbeats, assignments out and statuses in.
///
/// It decides when a node is READY or DOWN, which tasks, secrets and configs its agent is told of, and writes the statuses that
/// agents report. It holds no truth of its own beyond sessions: a new leader's dispatcher starts from the store, with every
/// node that is not down put in UNKNOWN and given six heartbeat periods to come back.
///
/// Writes go out in batches: what has gathered is written every 100 ms while there is something, and a registration returns
/// only after the batch that made its node READY. The batches keep a grid that begins when this manager became the leader.
///
/// Source: moby/swarmkit `manager/dispatcher/dispatcher.go`, `nodes.go`, `assignments.go`.
///
/// **Differs from Docker:** a rate-limited registration is refused, as there, but the window is kept per node only.
public struct Dispatcher: LeaderComponent {
  /// Heartbeats are due this often unless the cluster says otherwise.
  public static let defaultPeriod = Duration.seconds(5)
  static let periodJitter = Duration.milliseconds(500)
  static let graceMultiplier: Int64 = 3
  static let unknownGraceMultiplier: Int64 = 6
  static let batchInterval = Duration.milliseconds(100)
  static let downPeriod = Duration.hours(24)
  static let rateWindow = Duration.seconds(8)
  static let rateLimit = 3

  /// An agent's session.
  private struct Session: Sendable {
    var id: SessionID
    var addr: String
    /// The stream of session messages; nil once it has ended.
    var stream: CallRef?
    /// The stream of assignments, once it was asked for.
    var assignments: AssignmentSet?
  }

  /// A registration whose node is not written READY yet.
  private struct Registration: Sendable {
    var node: NodeID
    var ref: CallRef
    var addr: String
    var description: NodeDescription
    var session: SessionID
    var isResumed: Bool
  }

  private struct Rate: Sendable {
    var attempts = 0
    var since = Instant.zero
  }

  private var sessions = Table<NodeID, Session>()
  private var heartbeats = DeadlineHeap<NodeID>()
  private var downNodes = DeadlineHeap<NodeID>()
  private var rates = Table<NodeID, Rate>()
  private var streams = Table<CallRef, NodeID>()

  private var registrations: [Registration] = []
  private var writtenRegistrations: [Registration] = []
  private var nodeStatuses = Table<NodeID, NodeStatus>()
  private var taskStatuses = Table<TaskID, TaskStatus>()
  private var orphanedNodes: [NodeID] = []

  private var startedAt = Instant.zero
  private var period = Dispatcher.defaultPeriod
  private var batchDeadline: Instant?
  private var isBatchDue = false
  /// Whether this leader has yet to write that it knows of no node how it is; who registers waits for that.
  private var isMarkingUnknown = false
  private var assignmentDeadlines = DeadlineHeap<NodeID>()
  private var sessionsToTell = Table<NodeID, Bool>()

  private var managers: [ManagerPeer] = []
  private let leader: NodeID
  /// What to answer; the manager drains it.
  public private(set) var replies: [(ref: CallRef, reply: DispatcherReply)] = []

  /// A dispatcher of a leader on this node.
  public init(leader: NodeID) { self.leader = leader }

  /// Takes the answers out, in order.
  public mutating func drainReplies() -> [(ref: CallRef, reply: DispatcherReply)] {
    defer { replies = [] }
    return replies
  }

  // MARK: Calls

  /// Serves an agent's call. Streams stay open until `hangUp` or a refusal.
  public mutating func serve(
    _ call: DispatcherCall, from node: NodeID, addr: String, ref: CallRef, in store: Store, at now: Instant,
    dice: inout Dice
  ) {
    switch call {
    case .session(let description, let resumed):
      register(node, addr: addr, description, resuming: resumed, ref: ref, in: store, at: now, dice: &dice)
    case .heartbeat(let session):
      guard check(node, session, ref) else { return }
      let next = drawPeriod(&dice)
      heartbeats.set(node, to: now + next * Dispatcher.graceMultiplier)
      replies.append((ref, .heartbeat(period: next)))
    case .assignments(let session):
      guard check(node, session, ref) else { return }
      if let old = sessions[existing: node].assignments { streams[old.ref] = nil }
      streams[ref] = node
      var set = AssignmentSet(ref: ref)
      replies.append((ref, .assignments(set.complete(for: node, in: store))))
      sessions[existing: node].assignments = set
    case .updateStatus(let session, let reports):
      guard check(node, session, ref) else { return }
      take(reports, from: node, ref: ref, in: store, at: now)
    case .listen, .publish: preconditionFailure("logs are the broker's business")
    }
  }

  /// Whether this is the node's session: what the log broker asks before it serves an agent.
  public func isValid(_ session: SessionID, of node: NodeID) -> Bool { sessions[node]?.id == session }

  /// A stream's other end has gone. The node stays READY until its heartbeats are missed.
  public mutating func hangUp(_ ref: CallRef) {
    guard let node = streams.removeValue(ref) else { return }
    sessions.update(node) { session in
      if session.stream == ref { session.stream = nil }
      if session.assignments?.ref == ref { session.assignments = nil }
    }
    registrations.removeAll { $0.ref == ref }
    writtenRegistrations.removeAll { $0.ref == ref }
  }

  /// The list of managers has changed: every agent is told.
  public mutating func managersChanged(_ managers: [ManagerPeer], at now: Instant) {
    if managers == self.managers { return }
    self.managers = managers
    for node in sessions.keys { sessionsToTell[node] = true }
  }

  private mutating func register(
    _ node: NodeID, addr: String, _ description: NodeDescription, resuming: SessionID?, ref: CallRef, in store: Store,
    at now: Instant, dice: inout Dice
  ) {
    guard let object = store.nodes[node] else {
      replies.append((ref, .refused(.plain("node not found"))))
      return
    }
    streams[ref] = node
    if let resuming, sessions[node]?.id == resuming {
      let known = object.value
      sessions[existing: node].stream = ref
      if known.description != description || known.status.addr != addr {
        let registration = Registration(
          node: node, ref: ref, addr: addr, description: description, session: resuming, isResumed: true)
        enqueue(registration, at: now)
      } else {
        tell(node, in: store)
      }
      return
    }
    if !admit(node, at: now) {
      streams[ref] = nil
      let text = "node \(node) exceeded rate limit count of registrations"
      replies.append((ref, .refused(ControlError(.unavailable, text))))
      return
    }
    drop(node, because: .sessionInvalid)
    downNodes.cancel(node)
    let session = SessionID(drawnFrom: &dice)
    sessions[node] = Session(id: session, addr: addr, stream: ref)
    let next = drawPeriod(&dice)
    heartbeats.set(node, to: now + next * Dispatcher.graceMultiplier)
    let registration = Registration(
      node: node, ref: ref, addr: addr, description: description, session: session, isResumed: false)
    enqueue(registration, at: now)
  }

  private mutating func enqueue(_ registration: Registration, at now: Instant) {
    registrations.append(registration)
    if !isMarkingUnknown { nodeStatuses[registration.node] = nil }
    scheduleBatch(at: now)
  }

  /// At most three re-registrations in a sliding window of 8 s; the first registration never counts.
  private mutating func admit(_ node: NodeID, at now: Instant) -> Bool {
    guard var rate = rates[node] else {
      rates[node] = Rate(attempts: 0, since: now)
      return true
    }
    if now - rate.since > Dispatcher.rateWindow { rate.attempts = 0 }
    rate.attempts += 1
    if rate.attempts > Dispatcher.rateLimit { return false }
    rate.since = now
    rates[node] = rate
    return true
  }

  private mutating func check(_ node: NodeID, _ session: SessionID, _ ref: CallRef) -> Bool {
    guard let known = sessions[node] else {
      replies.append((ref, .refused(.nodeNotRegistered)))
      return false
    }
    if known.id != session {
      replies.append((ref, .refused(.sessionInvalid)))
      return false
    }
    return true
  }

  private mutating func take(
    _ reports: [TaskStatusReport], from node: NodeID, ref: CallRef, in store: Store, at now: Instant
  ) {
    for report in reports {
      if let task = store.tasks[report.task]?.value, task.nodeID != node {
        replies.append((ref, .refused(ControlError(.permissionDenied, "cannot update a task not assigned this node"))))
        return
      }
    }
    for report in reports where store.tasks.contains(report.task) { taskStatuses[report.task] = report.status }
    scheduleBatch(at: now)
    replies.append((ref, .taken))
  }

  /// Ends a node's session: its streams are told why.
  private mutating func drop(_ node: NodeID, because error: ControlError) {
    guard let session = sessions.removeValue(node) else { return }
    for ref in [session.stream, session.assignments?.ref] {
      guard let ref, streams.removeValue(ref) != nil else { continue }
      replies.append((ref, .refused(error)))
    }
    heartbeats.cancel(node)
    assignmentDeadlines.cancel(node)
    registrations.removeAll { $0.node == node }
    sessionsToTell[node] = nil
  }

  private func drawPeriod(_ dice: inout Dice) -> Duration {
    period + dice.duration(in: Duration.zero - Dispatcher.periodJitter..<Dispatcher.periodJitter)
  }

  // MARK: Watching

  /// Gives every node that is not down six periods to register with this leader.
  public mutating func start(_ store: Store, at now: Instant, dice: inout Dice) {
    startedAt = now
    readPeriod(store)
    for (id, node) in store.nodes {
      if node.value.status.state == .down {
        downNodes.set(id, to: now + Dispatcher.downPeriod)
      } else {
        var status = node.value.status
        status.state = .unknown
        status.message = #"Node moved to "unknown" state due to leadership change in cluster"#
        nodeStatuses[id] = status
        heartbeats.set(id, to: now + drawPeriod(&dice) * Dispatcher.unknownGraceMultiplier)
      }
    }
    isMarkingUnknown = !nodeStatuses.isEmpty
    isBatchDue = isMarkingUnknown
  }

  /// Notes what agents must be told of.
  public mutating func observe(_ event: StoreEvent, in store: Store, at now: Instant, dice: inout Dice) {
    switch event {
    case .task(let old, let new): taskChanged(old?.value, new?.value, in: store, at: now)
    case .node(let old, let new):
      guard let id = new?.value.id ?? old?.value.id else { return }
      if new == nil {
        drop(id, because: .nodeNotRegistered)
        downNodes.cancel(id)
        rates[id] = nil
      } else if sessions.contains(id) {
        sessionsToTell[id] = true
      }
    case .cluster(let old, let new):
      readPeriod(store)
      if old?.value.rootCA != new?.value.rootCA { for node in sessions.keys { sessionsToTell[node] = true } }
    case .secret(_, let new?):
      for (node, session) in sessions where session.assignments?.holds(new.value.id) == true {
        modified(node, at: now)
      }
    case .config(_, let new?):
      for (node, session) in sessions where session.assignments?.holds(new.value.id) == true {
        modified(node, at: now)
      }
    case .service, .network, .secret, .config, .volume: break
    }
  }

  /// Tells the sessions whose node changed, and completes the registrations of this commit.
  public mutating func commit(in store: Store, at now: Instant, dice: inout Dice) {
    let done = writtenRegistrations
    writtenRegistrations = []
    for registration in done {
      sessionsToTell[registration.node] = nil
      if sessions[registration.node]?.id == registration.session { tell(registration.node, in: store) }
    }
    if sessionsToTell.isEmpty { return }
    let nodes = sessionsToTell.keys
    sessionsToTell.removeAll()
    // A registration that waits for its batch gets its first message then.
    for node in nodes where !registrations.contains(where: { $0.node == node }) { tell(node, in: store) }
  }

  private mutating func taskChanged(_ old: SwarmTask?, _ new: SwarmTask?, in store: Store, at now: Instant) {
    guard let node = new?.nodeID ?? old?.nodeID, sessions[node]?.assignments != nil else { return }
    // Creations are not watched: a task only matters to its agent once the scheduler has touched it.
    let matters = sessions[existing: node].assignments?.note(old, new) ?? false
    if matters { modified(node, at: now) }
  }

  private mutating func modified(_ node: NodeID, at now: Instant) {
    guard sessions[node]?.assignments != nil else { return }
    let isFull = sessions[existing: node].assignments?.isFull ?? false
    assignmentDeadlines.set(node, to: isFull ? now : now + Dispatcher.batchInterval)
  }

  private mutating func tell(_ node: NodeID, in store: Store) {
    guard let session = sessions[node], let stream = session.stream, let object = store.nodes[node] else { return }
    let message = SessionMessage(
      session: session.id, node: object, managers: managers, trustRoot: store.cluster?.value.rootCA.certificate ?? "")
    replies.append((stream, .session(message)))
  }

  private mutating func readPeriod(_ store: Store) {
    period = store.cluster?.value.spec.heartbeatPeriod ?? Dispatcher.defaultPeriod
    if period <= .zero { period = Dispatcher.defaultPeriod }
  }

  // MARK: Deadlines

  /// The next of: a batch of writes, a silent node, an assignment message, a day of being down.
  public var nextDeadline: Instant? {
    earliest(
      earliest(batchDeadline, heartbeats.first?.instant),
      earliest(assignmentDeadlines.first?.instant, downNodes.first?.instant))
  }

  /// Reports silent nodes, sends assignments that have been quiet for long enough, and lets a batch be written.
  public mutating func wake(in store: Store, at now: Instant, dice: inout Dice) {
    while let (_, node) = heartbeats.popFirst(upTo: now) { silent(node, in: store, at: now) }
    while let (_, node) = downNodes.popFirst(upTo: now) {
      orphanedNodes.append(node)
      isBatchDue = true
    }
    while let (_, node) = assignmentDeadlines.popFirst(upTo: now) { sendAssignments(to: node, in: store) }
    if let deadline = batchDeadline, deadline <= now {
      batchDeadline = nil
      isBatchDue = true
    }
  }

  private mutating func silent(_ node: NodeID, in store: Store, at now: Instant) {
    guard let object = store.nodes[node]?.value else { return }
    var status = nodeStatuses[node] ?? object.status
    let wasUnknown = status.state == .unknown && sessions[node] == nil
    status.state = .down
    status.message = wasUnknown ? #"heartbeat failure for node in "unknown" state"# : "heartbeat failure"
    nodeStatuses[node] = status
    drop(node, because: .nodeNotRegistered)
    downNodes.set(node, to: now + Dispatcher.downPeriod)
    scheduleBatch(at: now)
  }

  private mutating func sendAssignments(to node: NodeID, in store: Store) {
    guard let ref = sessions[node]?.assignments?.ref else { return }
    let message = sessions.update(node) { $0.assignments?.incremental(for: node, in: store) }
    if let message, let message { replies.append((ref, .assignments(message))) }
  }

  private mutating func scheduleBatch(at now: Instant) {
    if batchDeadline != nil || isBatchDue { return }
    let passed = (now - startedAt).nanoseconds / Dispatcher.batchInterval.nanoseconds
    batchDeadline = startedAt + Dispatcher.batchInterval * (passed + 1)
  }

  // MARK: Writing

  /// Whether a batch is due.
  public var wantsToWrite: Bool { isBatchDue }

  /// Writes registrations, node and task statuses, and orphans the tasks of nodes that were down for a day.
  public mutating func transact(_ tx: inout Transaction, dice: inout Dice) {
    if isMarkingUnknown { return markUnknown(&tx) }
    writeNodes(&tx)
    writeTasks(&tx)
    orphanTasks(&tx)
    isBatchDue = !(registrations.isEmpty && nodeStatuses.isEmpty && taskStatuses.isEmpty && orphanedNodes.isEmpty)
    // A registration that changes nothing writes nothing; it is complete all the same.
    if tx.changes.isEmpty { finishWithoutCommit(tx) }
  }

  private mutating func finishWithoutCommit(_ tx: Transaction) {
    let done = writtenRegistrations
    writtenRegistrations = []
    for registration in done where sessions[registration.node]?.id == registration.session {
      tell(registration.node, in: tx.store)
    }
  }

  private mutating func writeNodes(_ tx: inout Transaction) {
    while !registrations.isEmpty && !tx.isFull {
      let registration = registrations.removeFirst()
      guard var node = tx.store.nodes[registration.node]?.value else { continue }
      node.description = registration.description
      node.status.state = .ready
      node.status.message = ""
      node.status.addr = registration.addr
      if node != tx.store.nodes[registration.node]?.value { tx.put(node) }
      writtenRegistrations.append(registration)
    }
    writeStatuses(&tx)
  }

  /// A new leader's first write. Source: moby/swarmkit `manager/dispatcher/dispatcher.go` (`markNodesUnknown`).
  private mutating func markUnknown(_ tx: inout Transaction) {
    writeStatuses(&tx)
    isMarkingUnknown = !nodeStatuses.isEmpty
    isBatchDue = isMarkingUnknown
    if !(registrations.isEmpty && taskStatuses.isEmpty && orphanedNodes.isEmpty) { scheduleBatch(at: tx.now) }
  }

  private mutating func writeStatuses(_ tx: inout Transaction) {
    while let (id, status) = nodeStatuses.first, !tx.isFull {
      nodeStatuses[id] = nil
      guard var node = tx.store.nodes[id]?.value, node.status != status else { continue }
      node.status = status
      tx.put(node)
    }
  }

  private mutating func writeTasks(_ tx: inout Transaction) {
    while let (id, status) = taskStatuses.first, !tx.isFull {
      taskStatuses[id] = nil
      guard let task = tx.store.tasks[id]?.value else { continue }
      var stored = task.status
      stored.appliedBy = nil
      stored.appliedAt = nil
      // States never go back: what a manager marked orphaned or rejected stays so.
      if stored == status || task.status.state > status.state { continue }
      var applied = status
      applied.appliedBy = leader
      applied.appliedAt = tx.now
      tx.update(id, by: .dispatcher) { $0.status = applied }
    }
  }

  private mutating func orphanTasks(_ tx: inout Transaction) {
    while let node = orphanedNodes.first, !tx.isFull {
      let due = tx.store.tasks(on: node).filter {
        $0.value.status.state >= .assigned && $0.value.status.state <= .running
      }
      for task in due.prefix(Transaction.changeLimit - tx.changes.count) {
        tx.update(task.value.id, by: .dispatcher) { $0.status.state = .orphaned }
      }
      if tx.isFull { return }
      orphanedNodes.removeFirst()
    }
  }
}

extension ControlError {
  /// A heartbeat or stream of a node without a session.
  static let nodeNotRegistered = ControlError(.notFound, "node not registered")
  /// Another registration has replaced this session.
  public static let sessionInvalid = ControlError(.invalidArgument, "session invalid")
}
