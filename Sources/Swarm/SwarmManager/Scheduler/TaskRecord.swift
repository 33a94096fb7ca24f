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
  /// What is set aside for it; nil where nothing.
  var reservations: Resources? { task.value.spec.resources?.reservations }
  /// Ports that it opens on its node, those that the node will choose left out.
  var hostPorts: [HostPort] { task.value.endpoint.map(HostPort.opened) ?? [] }
}

/// A port opened on a node itself.
struct HostPort: Sendable, Equatable {
  var `protocol`: PortProtocol
  var number: UInt32

  /// The ports with numbers that an endpoint opens on its task's node.
  static func opened(by endpoint: Endpoint) -> [HostPort] {
    if endpoint.ports.isEmpty { return [] }
    return endpoint.ports.filter { $0.mode == .host && $0.publishedPort != 0 }
      .map { HostPort(protocol: $0.protocol, number: $0.publishedPort) }
  }
}
