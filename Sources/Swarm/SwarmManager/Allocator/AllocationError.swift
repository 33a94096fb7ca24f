import Dataplane
import SwarmModel

/// Why something has no addresses or ports yet.
///
/// The user never sees these: the object just stays unallocated, its tasks stay NEW, and a manager's log has the text.
/// `explain` may show it. Source: moby/swarmkit `manager/allocator/network.go`, moby/moby
/// `daemon/libnetwork/cnmallocator/networkallocator.go`.
public enum AllocationError: Error, Sendable, Equatable {
  /// The service publishes ports by the routing mesh, and there is no ingress network.
  case ingressMissing
  /// The task's service is gone.
  case serviceNotFound(ServiceID, task: TaskID)
  /// The task's service has no addresses or ports yet.
  case servicePending(ServiceID, task: TaskID)
  /// A network that the task was to join is gone.
  case networkNotFound(NetworkID, task: TaskID)
  /// A network that the task joins has no subnet yet.
  case networkPending(NetworkID, task: TaskID)
  /// No such network driver.
  case driverNotFound(String)
  /// No such address management driver.
  case ipamDriverNotFound(String)
  /// The network is not allocated.
  case unknownNetwork(NetworkID)
  /// What was asked for is no address.
  case notAnAddress(String)
  /// No address is left for a task or node.
  case noAddress
  /// No address is left for a service.
  case noVirtualIP
  /// Address management refused.
  case addresses(IPAMError)
  /// No VXLAN id could be had for a subnet.
  case vxlan(VXLANError, subnet: String)
  /// A port could not be had.
  case port(IDSpace.Refusal)
}

extension AllocationError: CustomStringConvertible {
  /// The text that the manager logs.
  public var description: String {
    switch self {
    case .ingressMissing: "ingress network is missing"
    case .serviceNotFound(let service, let task): "could not find service \(service) for task \(task)"
    case .servicePending(let service, let task):
      "service \(service) to which task \(task) belongs has pending allocations"
    case .networkNotFound(let network, let task): "failed to retrieve network \(network) while allocating task \(task)"
    case .networkPending(let network, let task): "network \(network) attached to task \(task) not allocated yet"
    case .driverNotFound(let name): "network driver \(name) not found"
    case .ipamDriverNotFound(let name): "could not resolve IPAM driver \(name)"
    case .unknownNetwork(let network): "could not find network allocator state for network \(network)"
    case .notAnAddress(let text): "could not parse address string \(text)"
    case .noAddress: "could not find an available IP"
    case .noVirtualIP: "could not find an available IP while allocating VIP"
    case .addresses(let error): "\(error)"
    case .vxlan(.invalid(let text), _): "invalid vxlan id value \"\(text)\" passed"
    case .vxlan(.refused(let reason, _), let subnet): "could not assign vxlan id to pool \(subnet): \(reason)"
    case .port(let reason): "\(reason)"
    }
  }
}
