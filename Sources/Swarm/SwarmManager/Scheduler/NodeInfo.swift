import SimBase
import SwarmModel

/// A task as the scheduler holds it: the stored object, and what the scheduler decided beyond it.
struct TaskRecord: Sendable {
  /// The object as it was stored when it was last seen.
  let task: Shared<SwarmTask>
  /// Its node: stored, or chosen and about to be stored.
  let node: NodeID?
  /// The generic resources that it holds.
  var assigned: [GenericResource]

  /// A task as it is stored.
  init(_ task: Shared<SwarmTask>) {
    self.task = task
    node = task.value.nodeID
    assigned = task.value.assignedGenericResources
  }

  /// A task for which a node was chosen.
  init(_ task: Shared<SwarmTask>, on node: NodeID) {
    self.task = task
    self.node = node
    assigned = []
  }

  var id: TaskID { task.value.id }
  /// Its service; tasks without one count as of one service of their own.
  var service: ServiceID { task.value.serviceID ?? ServiceID(raw: 0) }
  /// Whether it is meant to run: such tasks are counted.
  var isActive: Bool { task.value.desiredState <= .complete }
}

/// One node as the scheduler sees it: its object, and what its tasks leave of it.
///
/// Source: moby/swarmkit `manager/scheduler/nodeinfo.go`.
struct NodeInfo: Sendable {
  /// Failures of a service count for so long. Source: `monitorFailures`.
  static let failureWindow = Duration.minutes(5)
  /// From so many failures on, a node is avoided. Source: `maxFailures`.
  static let failureLimit = 5

  /// A port opened on the node itself.
  struct HostPort: Sendable, Equatable {
    var `protocol`: PortProtocol
    var number: UInt32
  }

  private struct ServiceCount: Sendable {
    var service: ServiceID
    var active: Int
  }

  private struct FailureHistory: Sendable {
    var service: ServiceID
    var specVersion: UInt64
    var instants: [Instant]
  }

  /// The node's object.
  private(set) var node: Shared<Node>
  /// Whether it takes new tasks at all.
  private(set) var isReady: Bool
  /// Tasks that are meant to run.
  private(set) var activeTasks = 0
  /// What is left.
  private(set) var available = Resources()
  /// Ports in use.
  private(set) var hostPorts: [HostPort] = []

  private var tasks = Table<TaskID, TaskRecord>()
  /// Ascending by service; none is zero.
  private var counts: [ServiceCount] = []
  private var failures: [FailureHistory] = []

  /// A node without tasks.
  init(_ node: Shared<Node>) {
    self.node = node
    isReady = NodeInfo.isReady(node.value)
    available = node.value.description?.resources ?? Resources()
  }

  var id: NodeID { node.value.id }

  /// Takes over a changed object, and reckons anew what its tasks leave.
  mutating func update(_ node: Shared<Node>) {
    self.node = node
    isReady = NodeInfo.isReady(node.value)
    guard let description = node.value.description else {
      available = Resources()
      return
    }
    available = description.resources
    for (_, record) in tasks {
      let reserved = record.task.value.reservations
      available.memoryBytes -= reserved?.memoryBytes ?? 0
      available.nanoCPUs -= reserved?.nanoCPUs ?? 0
      if !record.assigned.isEmpty { available.generic.consume(record.assigned) }
    }
  }

  /// How many tasks of a service are meant to run here.
  func activeTasks(of service: ServiceID) -> Int {
    let place = place(of: service)
    return place < counts.count && counts[place].service == service ? counts[place].active : 0
  }

  /// Counts a task in and takes what it reserves; of a task that is known, only notes whether it is still meant to run.
  mutating func add(_ record: inout TaskRecord) {
    if let known = tasks[record.id] {
      if known.isActive == record.isActive { return }
      tasks[record.id] = record
      count(record.service, by: record.isActive ? 1 : -1)
      return
    }
    let task = record.task.value
    if let reserved = task.reservations {
      available.memoryBytes -= reserved.memoryBytes
      available.nanoCPUs -= reserved.nanoCPUs
      record.assigned = reserved.generic.isEmpty ? [] : available.generic.claim(reserved.generic)
    } else {
      record.assigned = []
    }
    if let endpoint = task.endpoint {
      for port in NodeInfo.hostPorts(of: endpoint) where !hostPorts.contains(port) { hostPorts.append(port) }
    }
    if record.isActive { count(record.service, by: 1) }
    tasks[record.id] = record
  }

  /// Counts a task out and takes back what it reserved; false if it was not counted in.
  @discardableResult
  mutating func remove(_ record: TaskRecord) -> Bool {
    guard let known = tasks.removeValue(record.id) else { return false }
    let task = record.task.value
    if known.isActive { count(record.service, by: -1) }
    if let endpoint = task.endpoint {
      for port in NodeInfo.hostPorts(of: endpoint) { hostPorts.removeAll { $0 == port } }
    }
    if let reserved = task.reservations {
      available.memoryBytes += reserved.memoryBytes
      available.nanoCPUs += reserved.nanoCPUs
    }
    if let described = node.value.description?.resources.generic, !described.isEmpty {
      available.generic.reclaim(record.assigned, on: described)
    }
    return true
  }

  /// Notes that a task of this service and spec has failed here.
  mutating func noteFailure(of service: ServiceID, specVersion: UInt64, at now: Instant) {
    failures.removeAll { history in
      history.instants.allSatisfy { now - $0 >= NodeInfo.failureWindow }
    }
    guard let place = failures.firstIndex(where: { $0.service == service && $0.specVersion == specVersion }) else {
      failures.append(FailureHistory(service: service, specVersion: specVersion, instants: [now]))
      return
    }
    failures[place].instants.removeAll { now - $0 >= NodeInfo.failureWindow }
    failures[place].instants.append(now)
  }

  /// How often tasks of this service and spec failed here in the last five minutes.
  func recentFailures(of service: ServiceID, specVersion: UInt64, at now: Instant) -> Int {
    guard let history = failures.first(where: { $0.service == service && $0.specVersion == specVersion }) else {
      return 0
    }
    return history.instants.count { now - $0 <= NodeInfo.failureWindow }
  }

  /// The ports that an endpoint opens on its task's node, those that the node will choose left out.
  static func hostPorts(of endpoint: Endpoint) -> [HostPort] {
    endpoint.ports.filter { $0.mode == .host && $0.publishedPort != 0 }
      .map { HostPort(protocol: $0.protocol, number: $0.publishedPort) }
  }

  private static func isReady(_ node: Node) -> Bool {
    node.status.state == .ready && node.spec.availability == .active
  }

  private mutating func count(_ service: ServiceID, by step: Int) {
    activeTasks += step
    let place = place(of: service)
    if place == counts.count || counts[place].service != service {
      counts.insert(ServiceCount(service: service, active: step), at: place)
      return
    }
    counts[place].active += step
    if counts[place].active == 0 { counts.remove(at: place) }
  }

  /// Where a service is, or would be, among the counts.
  private func place(of service: ServiceID) -> Int {
    var low = 0
    var high = counts.count
    while low < high {
      let middle = (low + high) / 2
      if counts[middle].service < service { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

extension SwarmTask {
  /// What the scheduler sets aside for it; nil where nothing.
  var reservations: Resources? { spec.resources?.reservations }
}
