import SimBase
import SwarmModel

/// The nodes that the scheduler knows, in ascending order of IDs: a position stands for a node while one pass lasts.
///
/// They lie in one array, not in chunks: a pass that places anything looks at all of them.
struct NodeSet: Sendable {
  private var ids: [NodeID] = []
  /// The nodes by position.
  var infos: [NodeInfo] = []

  var count: Int { ids.count }

  /// The position of a node, or nil.
  func position(of id: NodeID?) -> Int? {
    guard let id else { return nil }
    let place = place(of: id)
    return place < ids.count && ids[place] == id ? place : nil
  }

  /// Adds a node or takes over its changed object.
  mutating func put(_ node: Shared<Node>) {
    let id = node.value.id
    let place = place(of: id)
    if place < ids.count && ids[place] == id {
      infos[place].update(node)
    } else {
      ids.insert(id, at: place)
      infos.insert(NodeInfo(node), at: place)
    }
  }

  /// Forgets a node and what it knew of its tasks.
  mutating func remove(_ id: NodeID) {
    guard let place = position(of: id) else { return }
    ids.remove(at: place)
    infos.remove(at: place)
  }

  private func place(of id: NodeID) -> Int {
    var low = 0
    var high = ids.count
    while low < high {
      let middle = (low + high) / 2
      if ids[middle] < id { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
