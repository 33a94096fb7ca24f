import SimBase
import SwarmModel
import SwarmStore

/// The leader's end of all agents: sessions, heartbeats, assignments out and statuses in.
///
/// It decides when a node is READY or DOWN, which tasks, secrets and configs its agent is told of, and writes the statuses that
/// agents report. It holds no truth of its own beyond sessions: a new leader's dispatcher starts from the store, with every
/// node that is not down put in UNKNOWN and given six heartbeat periods to come back.
///
/// What it writes goes out in a `DispatcherBatch`; a registration returns only after the batch that made its node READY.
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
  /// An agent is told of changes once its node has been quiet for this long.
  static let assignmentQuiet = Duration.milliseconds(100)
  static let downPeriod = Duration.hours(24)

  /// An agent's session.
  private struct Session: Sendable {
    var id: SessionID
    var addr: String
    /// The stream of session messages; nil once it has ended.
    var stream: CallRef?
    /// The stream of assignments, once it was asked for.
    var assignments: AssignmentSet?
  }

  private var sessions = Table<NodeID, Session>()
  private var heartbeats = DeadlineHeap<NodeID>()
  private var downNodes = DeadlineHeap<NodeID>()
  private var rates = RegistrationRates()
  private var streams = Table<CallRef, NodeID>()

  private var batch: DispatcherBatch
  private var period = Dispatcher.defaultPeriod
  private var assignmentDeadlines = DeadlineHeap<NodeID>()
  private var sessionsToTell = Table<NodeID, Bool>()

  private var managers: [ManagerPeer] = []
  /// What to answer; the manager drains it.
  public private(set) var replies: [(ref: CallRef, reply: DispatcherReply)] = []

  /// A dispatcher of a leader on this node.
  public init(leader: NodeID) { batch = DispatcherBatch(leader: leader) }

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
    batch.forget(ref)
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
        batch.add(
          Registration(node: node, ref: ref, addr: addr, description: description, session: resuming), at: now)
      } else {
        tell(node, in: store)
      }
      return
    }
    if !rates.admit(node, at: now) {
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
    batch.add(Registration(node: node, ref: ref, addr: addr, description: description, session: session), at: now)
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
    batch.add(reports.filter { store.tasks.contains($0.task) }, at: now)
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
    batch.forget(node)
    sessionsToTell[node] = nil
  }

  private func drawPeriod(_ dice: inout Dice) -> Duration {
    period + dice.duration(in: Duration.zero - Dispatcher.periodJitter..<Dispatcher.periodJitter)
  }

  // MARK: Watching

  /// Gives every node that is not down six periods to register with this leader.
  public mutating func start(_ store: Store, at now: Instant, dice: inout Dice) {
    batch.start(at: now)
    readPeriod(store)
    for (id, node) in store.nodes {
      if node.value.status.state == .down {
        downNodes.set(id, to: now + Dispatcher.downPeriod)
      } else {
        var status = node.value.status
        status.state = .unknown
        status.message = #"Node moved to "unknown" state due to leadership change in cluster"#
        batch.addUnknown(status, of: id)
        heartbeats.set(id, to: now + drawPeriod(&dice) * Dispatcher.unknownGraceMultiplier)
      }
    }
  }

  /// Notes what agents must be told of.
  public mutating func observe(_ event: StoreEvent, in store: Store, at now: Instant, dice: inout Dice) {
    switch event {
    case .task(let old, let new): taskChanged(old, new, in: store, at: now)
    case .node(let old, let new):
      guard let id = new?.value.id ?? old?.value.id else { return }
      if new == nil {
        drop(id, because: .nodeNotRegistered)
        downNodes.cancel(id)
        rates.forget(id)
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
    for registration in batch.takeWrittenRegistrations() {
      sessionsToTell[registration.node] = nil
      if sessions[registration.node]?.id == registration.session { tell(registration.node, in: store) }
    }
    if sessionsToTell.isEmpty { return }
    let nodes = sessionsToTell.keys
    sessionsToTell.removeAll()
    // A registration that waits for its batch gets its first message then.
    for node in nodes where !batch.registers(node) { tell(node, in: store) }
  }

  private mutating func taskChanged(
    _ old: Shared<SwarmTask>?, _ new: Shared<SwarmTask>?, in store: Store, at now: Instant
  ) {
    guard let node = new?.value.nodeID ?? old?.value.nodeID else { return }
    // Creations are not watched: a task only matters to its agent once the scheduler has touched it.
    if sessions.update(node, { $0.assignments?.note(old, new) }) == true { modified(node, at: now) }
  }

  private mutating func modified(_ node: NodeID, at now: Instant) {
    guard let isFull = sessions.update(node, { $0.assignments?.isFull }) ?? nil else { return }
    assignmentDeadlines.set(node, to: isFull ? now : now + Dispatcher.assignmentQuiet)
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
      earliest(batch.nextDeadline, heartbeats.first?.instant),
      earliest(assignmentDeadlines.first?.instant, downNodes.first?.instant))
  }

  /// Reports silent nodes, sends assignments that have been quiet for long enough, and lets a batch be written.
  public mutating func wake(in store: Store, at now: Instant, dice: inout Dice) {
    while let (_, node) = heartbeats.popFirst(upTo: now) { silent(node, in: store, at: now) }
    while let (_, node) = downNodes.popFirst(upTo: now) { batch.orphanTasks(of: node) }
    while let (_, node) = assignmentDeadlines.popFirst(upTo: now) { sendAssignments(to: node, in: store) }
    batch.wake(at: now)
  }

  private mutating func silent(_ node: NodeID, in store: Store, at now: Instant) {
    guard let object = store.nodes[node]?.value else { return }
    var status = batch.status(of: node) ?? object.status
    let wasUnknown = status.state == .unknown && sessions[node] == nil
    status.state = .down
    status.message = wasUnknown ? #"heartbeat failure for node in "unknown" state"# : "heartbeat failure"
    drop(node, because: .nodeNotRegistered)
    downNodes.set(node, to: now + Dispatcher.downPeriod)
    batch.add(status, of: node, at: now)
  }

  private mutating func sendAssignments(to node: NodeID, in store: Store) {
    guard let ref = sessions[node]?.assignments?.ref else { return }
    let message = sessions.update(node) { $0.assignments?.incremental(for: node, in: store) }
    if let message, let message { replies.append((ref, .assignments(message))) }
  }

  // MARK: Writing

  /// Whether a batch is due.
  public var wantsToWrite: Bool { batch.wantsToWrite }

  /// Writes registrations, node and task statuses, and orphans the tasks of nodes that were down for a day.
  public mutating func transact(_ tx: inout Transaction, dice: inout Dice) {
    batch.transact(&tx)
    if !tx.changes.isEmpty { return }
    // A registration that changes nothing writes nothing; it is complete all the same.
    for registration in batch.takeWrittenRegistrations()
    where sessions[registration.node]?.id == registration.session { tell(registration.node, in: tx.store) }
  }
}

extension ControlError {
  /// A heartbeat or stream of a node without a session.
  static let nodeNotRegistered = ControlError(.notFound, "node not registered")
  /// Another registration has replaced this session.
  public static let sessionInvalid = ControlError(.invalidArgument, "session invalid")
}
