import SimBase
import SwarmModel
import SwarmStore

extension Allocator {
  /// Looks after a node that changed, or one of whose tasks did.
  mutating func nodeChanged(_ id: NodeID, _ tx: inout Transaction) {
    // Earlier work may have done it; counting is cheaper than a walk over the node's tasks.
    if let node = tx.store.nodes[id]?.value, !hasItsAddresses(node) { reallocateNode(id, existingOnly: false, &tx) }
  }

  /// Gives a node an address on each network that it needs and frees the others. Writes the node if anything changed.
  ///
  /// `existingOnly`: books what the node says it has, at a leader's start, and frees nothing.
  mutating func reallocateNode(_ id: NodeID, existingOnly: Bool, _ tx: inout Transaction) {
    guard var node = tx.store.nodes[id]?.value else { return }
    let wanted = networksNeeded(by: id, in: tx.store)
    var changed = false
    for network in wanted {
      let networkID = network.value.id
      let index = node.attachments.firstIndex { $0.network.value.id == networkID }
      if let index, networks.isAllocated(node.attachments[index], of: id) { continue }
      if index == nil && existingOnly { continue }
      let place = index ?? node.attachments.count
      if index == nil { node.attachments.append(NetworkAttachment(network: network)) }
      if existingOnly && node.attachments[place].addresses.isEmpty { continue }
      node.attachments[place].network = network
      do {
        try networks.allocate(&node.attachments[place], of: id)
        changed = true
      } catch {
        // The subnet is full: the node's or a task's next change there tries again.
        suspects[id] = Mark()
      }
    }
    if !existingOnly && release(&node, except: wanted) { changed = true }
    if changed { tx.put(node) }
  }

  /// Frees what a removed node held.
  mutating func nodeRemoved(_ node: Node) {
    for attachment in node.attachments where networks.isAllocated(attachment, of: node.id) {
      networks.deallocate(attachment, of: node.id)
    }
    somethingWasFreed = true
    suspects[node.id] = nil
  }

  private mutating func release(_ node: inout Node, except wanted: [Shared<Network>]) -> Bool {
    let isWanted = { (attachment: NetworkAttachment) in
      wanted.contains { $0.value.id == attachment.network.value.id }
    }
    let dropped = node.attachments.filter { !isWanted($0) }
    if dropped.isEmpty { return false }
    for attachment in dropped { networks.deallocate(attachment, of: node.id) }
    node.attachments.removeAll { !isWanted($0) }
    somethingWasFreed = true
    return true
  }

  /// The overlays of a node's live tasks, in the order of the tasks' IDs; then ingress.
  private func networksNeeded(by node: NodeID, in store: Store) -> [Shared<Network>] {
    var needed: [Shared<Network>] = []
    for box in store.tasks(on: node) where box.value.status.state <= .running {
      for attachment in box.value.networks where attachment.network.value.isOverlay {
        if !needed.contains(where: { $0.value.id == attachment.network.value.id }) { needed.append(attachment.network) }
      }
    }
    if let ingress, let network = store.networks[ingress], !needed.contains(where: { $0.value.id == ingress }) {
      needed.append(network)
    }
    return needed
  }
}
