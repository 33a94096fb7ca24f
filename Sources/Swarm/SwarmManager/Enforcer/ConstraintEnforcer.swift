import SimBase
import SwarmModel
import SwarmStore

/// Rejects tasks whose node has changed so that it may not run them any more.
///
/// It looks at every active node when a leader starts, and at an active node whenever that is updated, whatever its
/// status. In the order of their IDs, tasks that are wanted and have not ended must meet the placement constraints of
/// their service's *present* spec, and fit into what the node has: memory and processors, one reservation after the
/// other, then the generic resources that they were given. A task that has lost a generic resource ends the look. Paused
/// nodes are left alone, drained ones are the orchestrators' business. The *observed* state becomes REJECTED, so that the
/// task's orchestrator restarts it by its policy.
///
/// Nothing is moved towards a node that has become fit.
///
/// **Differs from Docker:** a task that ends between the look and the write keeps the state that it ended in. There is
/// no volume enforcer: cluster volumes are not kept.
///
/// Source: moby/swarmkit `manager/orchestrator/constraintenforcer/constraint_enforcer.go`.
public struct ConstraintEnforcer: LeaderComponent {
  private var changedNodes = Pending<NodeID>()
  private var rejected = Line<TaskID>()

  /// An enforcer that has seen nothing.
  public init() {}

  /// Whether nodes are to be looked at or tasks to be rejected.
  public var wantsToWrite: Bool { !changedNodes.isEmpty || !rejected.isEmpty }

  /// Notes all active nodes.
  public mutating func start(_ store: Store, at now: Instant, dice: inout Dice) {
    for (_, node) in store.nodes { note(node.value) }
  }

  /// Notes updates of active nodes.
  public mutating func observe(_ event: StoreEvent, in store: Store, at now: Instant, dice: inout Dice) {
    if case .node(.some, let new?) = event { note(new.value) }
  }

  /// Looks at the nodes and rejects what does not fit.
  public mutating func transact(_ tx: inout Transaction, dice: inout Dice) {
    reject(in: &tx)
    while !tx.isFull, let id = changedNodes.popFirst() {
      guard let node = tx.store.nodes[id]?.value, node.spec.availability == .active else { continue }
      for task in misplacedTasks(on: node, in: tx.store) { rejected.append(task) }
      reject(in: &tx)
    }
  }

  private mutating func note(_ node: Node) {
    if node.spec.availability == .active { changedNodes.insert(node.id) }
  }

  private mutating func reject(in tx: inout Transaction) {
    while !tx.isFull, let id = rejected.popFirst() {
      guard var task = tx.store.tasks[id]?.value, task.desiredState <= .complete, task.status.state < .complete else {
        continue
      }
      task.status.state = .rejected
      task.status.message = "task rejected by constraint enforcer"
      task.status.error = "assigned node no longer meets constraints"
      task.status.timestamp = tx.now
      tx.put(task, by: .enforcer)
    }
  }
}

/// The node's tasks that its constraints, memory, processors or generic resources do not allow any longer.
private func misplacedTasks(on node: Node, in store: Store) -> [TaskID] {
  var free = node.description?.resources ?? Resources()
  var misplaced: [TaskID] = []
  for box in store.tasks(on: node.id) {
    let task = box.value
    if task.desiredState < .assigned || task.desiredState > .complete || task.status.state >= .complete { continue }
    // The task's own spec may be out of date: a change of placement alone leaves fitting tasks as they are.
    let current = task.serviceID.flatMap { store.services[$0] }?.value.spec.value.task ?? task.spec
    if !Constraint.of(current.placement).allow(node) {
      misplaced.append(task.id)
      continue
    }
    if let wanted = task.spec.resources?.reservations {
      if wanted.memoryBytes > free.memoryBytes || wanted.nanoCPUs > free.nanoCPUs {
        misplaced.append(task.id)
        continue
      }
      free.memoryBytes -= wanted.memoryBytes
      free.nanoCPUs -= wanted.nanoCPUs
    }
    if !task.assignedGenericResources.allSatisfy({ offers($0, in: free.generic) }) {
      return misplaced + [task.id]
    }
    claim(task.assignedGenericResources, from: &free.generic)
  }
  return misplaced
}

/// Whether a resource that a task was given is still among these. The first of its kind decides between the two forms.
///
/// Source: moby/swarmkit `api/genericresource/validate.go` (`HasResource`).
private func offers(_ given: GenericResource, in resources: [GenericResource]) -> Bool {
  for resource in resources where resource.kind == given.kind {
    switch (resource, given) {
    case (.discrete(_, let value), .discrete(_, let wanted)): return wanted <= value
    case (.named(_, let name), .named(_, let wanted)): if name == wanted { return true }
    case (.discrete, .named), (.named, .discrete): return false
    }
  }
  return false
}

/// Takes what a task was given out of the node's resources; a number that comes down to zero goes altogether.
///
/// Source: moby/swarmkit `api/genericresource/helpers.go` (`ConsumeNodeResources`).
private func claim(_ given: [GenericResource], from resources: inout [GenericResource]) {
  resources = resources.compactMap { resource in
    var left = resource
    for taken in given where taken.kind == resource.kind {
      switch (left, taken) {
      case (.discrete(let kind, let value), .discrete(_, let wanted)):
        if value - wanted <= 0 { return nil }
        left = .discrete(kind: kind, value: value - wanted)
      case (.named, .named): if left == taken { return nil }
      case (.discrete, .named), (.named, .discrete): break
      }
    }
    return left
  }
}
