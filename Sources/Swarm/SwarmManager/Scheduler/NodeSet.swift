import SimBase
import SwarmModel

/// The nodes that the scheduler knows and the tasks on them, in ascending order of IDs: a position stands for a node while
/// one pass lasts.
///
/// Nodes lie in arrays, not in chunks: a pass that places anything looks at all of them. How many tasks of a service a node
/// has is kept by service, because a pass asks it of all nodes for one service at a time.
///
/// Source: moby/swarmkit `manager/scheduler/nodeset.go`, `nodeinfo.go` (`addTask`, `removeTask`).
struct NodeSet: Sendable {
  private(set) var ids: [NodeID] = []
  private(set) var loads: [NodeLoad] = []
  private(set) var infos: [NodeInfo] = []
  /// Active tasks by service and node; none is zero.
  private var active = Table<ServiceID, Table<NodeID, Int32>>()

  var count: Int { ids.count }

  /// The position of a node, or nil.
  func position(of id: NodeID?) -> Int? {
    guard let id else { return nil }
    let place = place(of: id)
    return place < ids.count && ids[place] == id ? place : nil
  }

  // MARK: Nodes

  /// Adds a node, or takes over its changed object and reckons anew what its tasks leave.
  mutating func put(_ node: Shared<Node>) {
    let id = node.value.id
    let place = place(of: id)
    if place == ids.count || ids[place] != id {
      ids.insert(id, at: place)
      loads.insert(NodeLoad(node.value), at: place)
      infos.insert(NodeInfo(node), at: place)
      return
    }
    let old = loads[place]
    loads[place] = NodeLoad(node.value)
    loads[place].active = old.active
    loads[place].hasFailures = old.hasFailures
    infos[place].node = node
    infos[place].generic = node.value.description?.resources.generic ?? []
    if node.value.description == nil { return }
    for (_, record) in infos[place].tasks {
      if let reserved = record.reservations { loads[place].take(reserved) }
      if !record.assigned.isEmpty { infos[place].generic.consume(record.assigned) }
    }
  }

  /// Forgets a node and what it knew of its tasks.
  mutating func remove(_ id: NodeID) {
    guard let place = position(of: id) else { return }
    for (_, record) in infos[place].tasks where record.isActive { count(record.service, at: place, by: -1) }
    ids.remove(at: place)
    loads.remove(at: place)
    infos.remove(at: place)
  }

  // MARK: Tasks

  /// Active tasks of a service at a position.
  func activeTasks(of service: ServiceID, at position: Int) -> Int32 { active[service]?[ids[position]] ?? 0 }

  /// Active tasks of a service by position.
  func activeTasks(of service: ServiceID) -> [Int32] {
    var counts = Array(repeating: Int32(0), count: ids.count)
    guard let held = active[service] else { return counts }
    var position = 0
    for (id, count) in held {
      while position < ids.count && ids[position] < id { position += 1 }
      if position < ids.count && ids[position] == id { counts[position] = count }
    }
    return counts
  }

  /// Counts a task in and takes what it reserves; of a task that is known, only notes whether it is still meant to run.
  mutating func add(_ record: inout TaskRecord, at position: Int) {
    if let known = infos[position].tasks[record.id] {
      if known.isActive == record.isActive { return }
      infos[position].tasks[record.id] = record
      count(record.service, at: position, by: record.isActive ? 1 : -1)
      return
    }
    record.assigned = []
    if let reserved = record.reservations {
      loads[position].take(reserved)
      if !reserved.generic.isEmpty { record.assigned = infos[position].generic.claim(reserved.generic) }
    }
    let ports = record.hostPorts
    if !ports.isEmpty { infos[position].open(ports) }
    infos[position].tasks[record.id] = record
    if record.isActive { count(record.service, at: position, by: 1) }
  }

  /// Counts a task out and gives back what it reserved; whether it was counted in.
  @discardableResult
  mutating func remove(_ id: TaskID, at position: Int) -> Bool {
    guard let known = infos[position].tasks.removeValue(id) else { return false }
    if known.isActive { count(known.service, at: position, by: -1) }
    let ports = known.hostPorts
    if !ports.isEmpty { infos[position].close(ports) }
    if let reserved = known.reservations { loads[position].giveBack(reserved) }
    if let described = infos[position].node.value.description?.resources.generic, !described.isEmpty {
      infos[position].generic.reclaim(known.assigned, on: described)
    }
    return true
  }

  /// Notes that a task of this service and spec has failed at a position.
  mutating func noteFailure(of service: ServiceID, specVersion: UInt64, at position: Int, _ now: Instant) {
    infos[position].failures.note(service, specVersion: specVersion, at: now)
    loads[position].hasFailures = true
  }

  private mutating func count(_ service: ServiceID, at position: Int, by step: Int32) {
    loads[position].active += step
    let isEmpty = active[service, default: Table()].add(step, to: ids[position])
    if isEmpty { active[service] = nil }
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

extension Table<NodeID, Int32> {
  /// Adds to a node's number and drops it at zero; whether none is left at all.
  fileprivate mutating func add(_ step: Int32, to node: NodeID) -> Bool {
    self[node, default: 0] += step
    if step < 0 && self[node] == 0 {
      self[node] = nil
      return self.isEmpty
    }
    return false
  }
}
