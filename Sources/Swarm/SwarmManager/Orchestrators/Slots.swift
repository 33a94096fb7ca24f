import SimBase
import SwarmModel

/// The tasks that share a place, ascending by ID: mostly one that runs, with its predecessors.
///
/// A place is a slot number of a replicated service, or a node of a global one.
/// Source: moby/swarmkit `manager/orchestrator/slot.go`.
typealias Slot = [Shared<SwarmTask>]

/// The name of a place. Which of slot number and node is set depends on the service's kind.
///
/// Source: moby/swarmkit `manager/orchestrator/slot.go` (`SlotTuple`).
struct SlotKey: Hashable, Comparable, Sendable {
  /// The service.
  var service: ServiceID
  /// The slot number; 0 for global kinds.
  var slot: UInt64 = 0
  /// The node; nil for replicated kinds.
  var node: NodeID?

  /// By service, then slot number, then node.
  static func < (a: SlotKey, b: SlotKey) -> Bool {
    if a.service != b.service { return a.service < b.service }
    if a.slot != b.slot { return a.slot < b.slot }
    return (a.node?.raw ?? 0) < (b.node?.raw ?? 0)
  }
}

/// The tasks grouped by slot number, ascending by number. Within a slot they keep their order.
func slotsByNumber(_ tasks: [Shared<SwarmTask>]) -> [Slot] {
  group(tasks) { $0.slot }.map(\.slot)
}

/// The tasks grouped by node, ascending by the node's ID; those without a node come first.
func slotsByNode(_ tasks: [Shared<SwarmTask>]) -> [(node: NodeID?, slot: Slot)] {
  group(tasks) { $0.nodeID?.raw ?? 0 }.map { ($0.slot[0].value.nodeID, $0.slot) }
}

private func group<Key: Hashable & Comparable>(
  _ tasks: [Shared<SwarmTask>], by key: (SwarmTask) -> Key
) -> [(key: Key, slot: Slot)] {
  var places: [Key: Int] = [:]
  var groups: [(key: Key, slot: Slot)] = []
  for task in tasks {
    let key = key(task.value)
    if let place = places[key] {
      groups[place].slot.append(task)
    } else {
      places[key] = groups.count
      groups.append((key, [task]))
    }
  }
  return groups.sorted { $0.key < $1.key }
}

/// The slots of a service that is scaled down, those to keep first: the reverse is the order of removal.
///
/// Running slots come before others, then lower numbers before higher. Each slot in that list is then the first, second,
/// third … of the service on its node, and lower counts are kept before higher ones: the fullest nodes lose first. A slot
/// without a node, or in the middle of an update, goes before all others.
///
/// Source: moby/swarmkit `manager/orchestrator/replicated/services.go`, `slot.go`.
func scaleDownOrder(_ slots: [Slot]) -> [Slot] {
  let preferred = slots.enumerated().sorted { a, b in
    let (aRuns, bRuns) = (isRunning(a.element), isRunning(b.element))
    if aRuns != bRuns { return aRuns }
    let (aSlot, bSlot) = (a.element[0].value.slot, b.element[0].value.slot)
    return aSlot != bSlot ? aSlot < bSlot : a.offset < b.offset
  }
  var onNode: [NodeID: Int] = [:]
  var ranked: [(rank: Int, place: Int, slot: Slot)] = []
  for (place, (_, slot)) in preferred.enumerated() {
    var rank = Int.max
    if slot.count == 1, let node = slot[0].value.nodeID {
      rank = onNode[node, default: 0] + 1
      onNode[node] = rank
    }
    ranked.append((rank, place, slot))
  }
  return ranked.sorted { ($0.rank, $0.place) < ($1.rank, $1.place) }.map(\.slot)
}

private func isRunning(_ slot: Slot) -> Bool { slot.contains { $0.value.status.state == .running } }
