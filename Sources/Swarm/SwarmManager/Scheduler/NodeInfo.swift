import SimBase
import SwarmModel

/// What every placement asks of a node, apart from the rest so that a pass over thousands of nodes touches little memory.
struct NodeLoad: Sendable {
  /// Whether the node takes new tasks at all.
  var isReady: Bool
  /// Whether tasks failed there lately.
  var hasFailures = false
  /// Tasks that are meant to run.
  var active: Int32 = 0
  /// Billionths of a processor that are left.
  var nanoCPUs: Int64
  /// Bytes that are left.
  var memoryBytes: Int64

  /// A node without tasks.
  init(_ node: Node) {
    isReady = node.status.state == .ready && node.spec.availability == .active
    nanoCPUs = node.description?.resources.nanoCPUs ?? 0
    memoryBytes = node.description?.resources.memoryBytes ?? 0
  }

  mutating func take(_ wanted: Resources) {
    nanoCPUs -= wanted.nanoCPUs
    memoryBytes -= wanted.memoryBytes
  }

  mutating func giveBack(_ held: Resources) {
    nanoCPUs += held.nanoCPUs
    memoryBytes += held.memoryBytes
  }
}

/// The rest of what the scheduler knows of a node: its object, its tasks, and what they take of it beside the `NodeLoad`.
///
/// Source: moby/swarmkit `manager/scheduler/nodeinfo.go`.
struct NodeInfo: Sendable {
  /// The node's object.
  var node: Shared<Node>
  /// Tasks counted in, with the generic resources that they were given.
  var tasks = Table<TaskID, TaskRecord>()
  /// Generic resources that are left.
  var generic: [GenericResource]
  /// Ports in use.
  private(set) var hostPorts: [HostPort] = []
  /// Failures in the last five minutes, perhaps older ones too.
  var failures = FailureLog()

  /// A node without tasks.
  init(_ node: Shared<Node>) {
    self.node = node
    generic = node.value.description?.resources.generic ?? []
  }

  mutating func open(_ ports: [HostPort]) {
    for port in ports where !hostPorts.contains(port) { hostPorts.append(port) }
  }

  mutating func close(_ ports: [HostPort]) {
    for port in ports { hostPorts.removeAll { $0 == port } }
  }
}

/// When tasks failed on a node, by service and spec.
///
/// Source: moby/swarmkit `nodeinfo.go` (`taskFailed`, `countRecentFailures`).
struct FailureLog: Sendable {
  /// Failures count for so long. Source: `monitorFailures`.
  static let window = Duration.minutes(5)
  /// From so many failures on, a node is avoided. Source: `maxFailures`.
  static let limit = 5

  private struct History: Sendable {
    var service: ServiceID
    var specVersion: UInt64
    var instants: [Instant]
  }

  private var histories: [History] = []

  /// Notes that a task of this service and spec has failed, and forgets what is too old.
  mutating func note(_ service: ServiceID, specVersion: UInt64, at now: Instant) {
    for index in histories.indices { histories[index].instants.removeAll { now - $0 >= FailureLog.window } }
    histories.removeAll { $0.instants.isEmpty }
    if let place = histories.firstIndex(where: { $0.service == service && $0.specVersion == specVersion }) {
      histories[place].instants.append(now)
    } else {
      histories.append(History(service: service, specVersion: specVersion, instants: [now]))
    }
  }

  /// How often tasks of this service and spec failed in the last five minutes.
  func count(_ service: ServiceID, specVersion: UInt64, at now: Instant) -> Int {
    let history = histories.first { $0.service == service && $0.specVersion == specVersion }
    return history?.instants.count { now - $0 <= FailureLog.window } ?? 0
  }
}
