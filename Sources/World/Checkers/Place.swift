import SimBase
import SwarmModel

/// A slot of a replicated service, or the place of a global one on a node.
struct Place: Comparable, Sendable {
  var service: ServiceID
  var slot: UInt64
  var node: NodeID?

  init(service: ServiceID, slot: UInt64, node: NodeID? = nil) {
    self.service = service
    self.slot = slot
    self.node = node
  }

  /// The place of a replicated or global service's task; nil for any other.
  init?(of task: SwarmTask) {
    guard let service = task.serviceID else { return nil }
    switch task.serviceSpec.value.mode {
    case .replicated: self.init(service: service, slot: task.slot)
    case .global: self.init(service: service, slot: 0, node: task.nodeID)
    case .replicatedJob, .globalJob: return nil
    }
  }

  /// `slot 3`, or the node.
  var text: String { node.map { "node \($0)" } ?? "slot \(slot)" }

  static func < (a: Place, b: Place) -> Bool {
    if a.service != b.service { return a.service < b.service }
    return a.slot != b.slot ? a.slot < b.slot : (a.node?.raw ?? 0) < (b.node?.raw ?? 0)
  }
}

/// The tasks of a place.
struct Occupancy: Sendable {
  /// How many there are, those that have ended included.
  var count = 0
  /// Those that are meant to run.
  var tasks: [TaskID] = []
  /// The updates that have put one more task here since there was one at most.
  var overlaps: [Overlap] = []

  /// An update by the spec that it works towards; a rollback may work towards one that an update worked towards before.
  struct Overlap: Equatable, Sendable {
    var version: UInt64
    var isRollback: Bool
  }
}

/// An object that users make, by its kind and ID.
public enum ObjectName: Hashable, Comparable, Sendable {
  /// A service.
  case service(ServiceID)
  /// A network.
  case network(NetworkID)
  /// A secret.
  case secret(SecretID)
  /// A config.
  case config(ConfigID)
}

extension SwarmTask {
  /// Whether it is meant to run.
  var isWanted: Bool { desiredState <= .running }
  /// Whether it is wanted and has not ended.
  var isLive: Bool { isWanted && status.state <= .running }
}
