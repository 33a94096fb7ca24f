import SimBase
import SwarmModel
import SwarmStore

/// A registration whose node is not written READY yet.
struct Registration: Sendable {
  var node: NodeID
  /// The stream of session messages that waits for it.
  var ref: CallRef
  var addr: String
  var description: NodeDescription
  var session: SessionID
}

/// What the dispatcher has yet to write: registrations, statuses of nodes and tasks, and nodes whose tasks are orphaned.
///
/// What has gathered is due every 100 ms while there is something, on a grid that begins when this manager became the
/// leader; what does not fit into one transaction is due at once. A later status of the same node or task replaces the
/// one that waits.
///
/// Source: moby/swarmkit `manager/dispatcher/dispatcher.go`, `processUpdates`.
struct DispatcherBatch: Sendable {
  static let interval = Duration.milliseconds(100)

  /// What a new leader writes of each node first, in a transaction of its own.
  private var unknownStatuses = Table<NodeID, NodeStatus>()
  private var registrations: [Registration] = []
  private var written: [Registration] = []
  private var nodeStatuses = Table<NodeID, NodeStatus>()
  private var taskStatuses = Table<TaskID, TaskStatus>()
  private var orphanedNodes: [NodeID] = []

  private let leader: NodeID
  private var startedAt = Instant.zero
  /// When what has gathered is due; nil while it is due already, or nothing has gathered.
  private(set) var nextDeadline: Instant?
  private var isDue = false

  /// Whether there is something to write now.
  var wantsToWrite: Bool { isDue || !unknownStatuses.isEmpty }

  init(leader: NodeID) { self.leader = leader }

  private var isEmpty: Bool {
    registrations.isEmpty && nodeStatuses.isEmpty && taskStatuses.isEmpty && orphanedNodes.isEmpty
  }

  // MARK: Gathering

  /// Begins the grid.
  mutating func start(at now: Instant) { startedAt = now }

  /// A node that registers is READY whatever was to be written of it.
  mutating func add(_ registration: Registration, at now: Instant) {
    registrations.append(registration)
    nodeStatuses[registration.node] = nil
    schedule(at: now)
  }

  mutating func add(_ status: NodeStatus, of node: NodeID, at now: Instant) {
    nodeStatuses[node] = status
    schedule(at: now)
  }

  /// Adds a status of a node that a new leader has not heard of: due at once, and before whatever gathers.
  mutating func addUnknown(_ status: NodeStatus, of node: NodeID) { unknownStatuses[node] = status }

  mutating func add(_ reports: [TaskStatusReport], at now: Instant) {
    for report in reports { taskStatuses[report.task] = report.status }
    schedule(at: now)
  }

  /// The tasks of a node that was down for too long are orphaned at once.
  mutating func orphanTasks(of node: NodeID) {
    orphanedNodes.append(node)
    isDue = true
  }

  private mutating func schedule(at now: Instant) {
    if nextDeadline != nil || isDue { return }
    let passed = (now - startedAt).nanoseconds / Self.interval.nanoseconds
    nextDeadline = startedAt + Self.interval * (passed + 1)
  }

  mutating func wake(at now: Instant) {
    guard let deadline = nextDeadline, deadline <= now else { return }
    nextDeadline = nil
    isDue = true
  }

  /// The stream that waited for a registration has ended.
  mutating func forget(_ ref: CallRef) {
    registrations.removeAll { $0.ref == ref }
    written.removeAll { $0.ref == ref }
  }

  /// The node's session has ended: what it wanted to register with counts no more.
  mutating func forget(_ node: NodeID) { registrations.removeAll { $0.node == node } }

  /// The status of a node that waits to be written.
  func status(of node: NodeID) -> NodeStatus? { nodeStatuses[node] }

  /// Whether a registration of this node waits to be written.
  func registers(_ node: NodeID) -> Bool { registrations.contains { $0.node == node } }

  /// Takes out the registrations that the last transaction has written, in order.
  mutating func takeWrittenRegistrations() -> [Registration] {
    defer { written = [] }
    return written
  }

  // MARK: Writing

  /// Writes as much as fits into the transaction.
  mutating func transact(_ tx: inout Transaction) {
    if !unknownStatuses.isEmpty { return Self.write(&unknownStatuses, &tx) }
    writeRegistrations(&tx)
    Self.write(&nodeStatuses, &tx)
    writeTasks(&tx)
    orphanTasks(&tx)
    isDue = !isEmpty
  }

  private mutating func writeRegistrations(_ tx: inout Transaction) {
    while !registrations.isEmpty && !tx.isFull {
      let registration = registrations.removeFirst()
      guard var node = tx.store.nodes[registration.node]?.value else { continue }
      node.description = registration.description
      node.status.state = .ready
      node.status.message = ""
      node.status.addr = registration.addr
      if node != tx.store.nodes[registration.node]?.value { tx.put(node) }
      written.append(registration)
    }
  }

  private static func write(_ statuses: inout Table<NodeID, NodeStatus>, _ tx: inout Transaction) {
    while let (id, status) = statuses.first, !tx.isFull {
      statuses[id] = nil
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
