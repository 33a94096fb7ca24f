/// What a node must satisfy to take a task, in the order in which it is asked.
///
/// Source: moby/swarmkit `manager/scheduler/filter.go`.
public enum PlacementFilter: Int, Sendable, CaseIterable {
  /// The node is ready and active.
  case ready
  /// It has what the task reserves.
  case resource
  /// It has the plugins for the task's networks, volumes and logs.
  case plugin
  /// It satisfies the constraints.
  case constraint
  /// It can run the image.
  case platform
  /// Ports in host mode are free.
  case hostPort
  /// It has fewer tasks of the service than allowed.
  case maxReplicas
  /// It can reach the cluster volumes that the task mounts.
  case volumes

  /// Why a task is not placed, where so many nodes failed this filter. The words are Docker's.
  public func explanation(nodes count: Int) -> String {
    let nodes = count == 1 ? "1 node" : "\(count) nodes"
    return switch self {
    case .ready: "\(nodes) not available for new tasks"
    case .resource: "insufficient resources on \(nodes)"
    case .plugin: "missing plugin on \(nodes)"
    case .constraint: "scheduling constraints not satisfied on \(nodes)"
    case .platform: "unsupported platform on \(nodes)"
    case .hostPort: "host-mode port already in use on \(nodes)"
    case .maxReplicas: "max replicas per node limit exceed"
    case .volumes: "cannot fulfill requested CSI volume mounts on \(nodes)"
    }
  }
}
