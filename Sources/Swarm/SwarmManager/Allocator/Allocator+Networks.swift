import SimBase
import SwarmModel
import SwarmStore

extension Allocator {
  /// Allocates a network that just appeared. A second ingress network is left alone.
  mutating func networkCreated(_ id: NetworkID, _ tx: inout Transaction) {
    guard let network = tx.store.networks[id]?.value, !networks.isAllocated(id) else { return }
    if network.spec.isIngress && ingress != nil { return }
    if allocateNetwork(id, &tx) && network.spec.isIngress { ingress = id }
  }

  /// Books a network at a leader's start: first those that have a subnet, later the others.
  mutating func restoreNetwork(_ id: NetworkID, existingOnly: Bool, _ tx: inout Transaction) {
    guard let network = tx.store.networks[id]?.value, !networks.isAllocated(id) else { return }
    // Nothing in use may be given to another network meanwhile, so what has nothing yet waits.
    if existingOnly && (network.driverState == nil || network.ipam == nil) { return }
    allocateNetwork(id, &tx)
  }

  /// Frees what a removed network held, its nodes' addresses first.
  mutating func networkRemoved(_ box: Shared<Network>, _ tx: Transaction) {
    let id = box.value.id
    if ingress == id { ingress = nil }
    push(.freeNetwork(box))
    for (node, _) in tx.store.nodes.reversed() { push(.detach(node, from: id)) }
  }

  /// Takes a node's address on a removed network away.
  mutating func detach(_ id: NodeID, from network: NetworkID, _ tx: inout Transaction) {
    guard var node = tx.store.nodes[id]?.value,
      let index = node.attachments.firstIndex(where: { $0.network.value.id == network }),
      networks.isAllocated(node.attachments[index], of: id)
    else { return }
    networks.deallocate(node.attachments[index], of: id)
    node.attachments.swapAt(index, node.attachments.count - 1)
    node.attachments.removeLast()
    tx.put(node)
  }

  /// Frees a network's subnets and ids.
  mutating func freeNetwork(_ network: Network) {
    if networks.deallocate(network) { somethingWasFreed = true }
    unallocatedNetworks[network.id] = nil
  }

  /// Tries the networks that failed, from the one after `id` on.
  mutating func retryNetworks(after id: NetworkID?, _ tx: inout Transaction) {
    for (candidate, _) in unallocatedNetworks.from(id ?? NetworkID(raw: 0)) where candidate != id {
      if !networks.isAllocated(candidate) { allocateNetwork(candidate, &tx) }
      push(.retryNetworks(after: candidate))
      return
    }
  }

  /// Allocates a network and writes it; remembers it if that fails.
  @discardableResult
  mutating func allocateNetwork(_ id: NetworkID, _ tx: inout Transaction) -> Bool {
    guard var network = tx.store.networks[id]?.value, !networks.isAllocated(id) else { return false }
    do {
      try networks.allocate(&network)
    } catch {
      unallocatedNetworks[id] = error
      return false
    }
    unallocatedNetworks[id] = nil
    tx.put(network)
    return true
  }
}
