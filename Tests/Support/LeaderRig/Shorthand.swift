import SimBase
import SwarmModel
import SwarmStore

/// IDs that order and print as their numbers do.
package func nodeID(_ n: Int) -> NodeID { NodeID(raw: UInt128(n)) }
package func serviceID(_ n: Int) -> ServiceID { ServiceID(raw: UInt128(n)) }
package func taskID(_ n: Int) -> TaskID { TaskID(raw: UInt128(n)) }
package func networkID(_ n: Int) -> NetworkID { NetworkID(raw: UInt128(n)) }

extension StoreChange {
  package static func put(_ node: Node) -> StoreChange { .putNode(Shared(node)) }
  package static func put(_ service: Service) -> StoreChange { .putService(Shared(service)) }
  package static func put(_ task: SwarmTask) -> StoreChange { .putTask(Shared(task)) }
  package static func put(_ network: Network) -> StoreChange { .putNetwork(Shared(network)) }
}
