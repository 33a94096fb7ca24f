import SimBase
import SwarmModel
import SwarmStore

/// Gives global services their tasks: one on every node that is neither drained nor down and meets the constraints.
///
/// The node is the slot: tasks carry slot number 0 and are created with their node, which the scheduler only confirms. A
/// node that it finds unfit (short of memory, say) keeps its task waiting there. Nodes of unknown state count; a paused
/// node keeps what it has, and gets nothing new.
///
/// | When | Then |
/// |---|---|
/// | a service changes | each node that counts: constraints not met, its tasks are shut down; paused, nothing; no task, one is made; else the tasks go to the updater. Tasks elsewhere are shut down |
/// | a node changes and is drained or down | its global tasks are shut down; no policy is asked |
/// | a node changes and is paused | nothing |
/// | any other node change | per service that fits: one clean task stays or is made, all others are shut down. The updater has no part in it: this is no rolling update |
/// | a node is deleted | its global tasks are deleted |
/// | a task ends that was meant to run | on a node that counts, the restart supervisor replaces it; on a paused or unfit one it is shut down only |
/// | a service is deleted | its tasks are desired REMOVE |
///
/// Events are taken in the order in which they came; one that comes again before its turn counts once.
///
/// **Quirks kept:**
/// - An update waits without end for a task that was deleted with its node; the next change of the spec ends the wait.
/// - Where an update is to take a finished task's place, and the node changes before its turn, both make a task. The next
///   change of the node or the service mends it.
///
/// **Differs from Docker:** nodes are taken in the order of their IDs where swarmkit walks Go maps. When a node changes,
/// swarmkit asks, of tasks that have all ended, the restart policy with whichever global service its map gives next;
/// here it is always the tasks' own.
///
/// Source: moby/swarmkit `manager/orchestrator/global/global.go`.
public struct GlobalOrchestrator: LeaderComponent {
  /// What has happened and is still to be dealt with.
  private enum Work: Hashable, Sendable {
    case serviceChanged(ServiceID)
    case serviceDeleted(ServiceID)
    case nodeChanged(NodeID)
    case nodeDeleted(NodeID)
    case taskEnded(TaskID)
  }

  private var restarts = RestartSupervisor()
  private var updates = UpdateSupervisor()
  /// The global services with their constraints, read once.
  private var services = Table<ServiceID, [Constraint]>()
  private var line = Line<Work>()
  private var waiting: Set<Work> = []
  private var writes = TaskWrites()

  /// An orchestrator that has seen nothing.
  public init() {}

  /// When a delay of the restart supervisor or the updater ends.
  public var nextDeadline: Instant? { earliest(restarts.nextDeadline, updates.nextDeadline) }

  /// Whether anything is to be started, restarted, reconciled or updated.
  public var wantsToWrite: Bool {
    restarts.wantsToWrite || !line.isEmpty || !writes.isEmpty || updates.wantsToWrite
  }

  /// Repairs what the last leader left, then looks at every global service.
  public mutating func start(_ store: Store, at now: Instant, dice: inout Dice) {
    var ended: [TaskID] = []
    var stranded: [TaskID] = []
    let orphans = TaskInit.check(
      store, at: now, restarts: &restarts, governs: { $0.isGlobal },
      place: { SlotKey(service: $1, node: $0.nodeID) },
      fix: { task in
        if task.desiredState > .running { return }
        if node(of: task, in: store)?.isInvalid ?? true {
          stranded.append(task.id)
        } else if task.status.state > .running {
          ended.append(task.id)
        }
      })
    for id in orphans { writes.append(.delete(id)) }
    for id in stranded { writes.append(.raise(id, .shutdown)) }
    for id in ended { note(.taskEnded(id)) }
    for (id, service) in store.services where service.value.isGlobal {
      learn(service.value)
      note(.serviceChanged(id))
    }
  }

  /// Notes what has happened.
  public mutating func observe(_ event: StoreEvent, in store: Store, at now: Instant, dice: inout Dice) {
    restarts.observe(event)
    updates.observe(event, at: now)
    switch event {
    case .task(.some, let new?):
      let task = new.value
      if task.desiredState <= .running, task.status.state > .running, let service = task.serviceID,
        services.contains(service)
      {
        note(.taskEnded(task.id))
      }
    case .service(_, let new?):
      if new.value.isGlobal {
        learn(new.value)
        note(.serviceChanged(new.value.id))
      }
    case .service(let old?, nil): if old.value.isGlobal { forget(old.value.id) }
    case .node(_, let new?): note(.nodeChanged(new.value.id))
    case .node(let old?, nil): note(.nodeDeleted(old.value.id))
    case .task, .node, .service, .network, .secret, .config, .volume, .cluster: break
    }
  }

  /// Ends delays.
  public mutating func wake(in store: Store, at now: Instant, dice: inout Dice) {
    restarts.wake(at: now)
    updates.wake(at: now)
  }

  /// Starts, restarts, reconciles and updates, as much as fits.
  public mutating func transact(_ tx: inout Transaction, dice: inout Dice) {
    for start in restarts.startDue(in: &tx) { updates.startEnded(start.replacement, of: start.service, at: tx.now) }
    writes.write(to: &tx, restarts: &restarts, dice: &dice)
    while !tx.isFull, let work = line.popFirst() {
      waiting.remove(work)
      decide(work, in: &tx)
      writes.write(to: &tx, restarts: &restarts, dice: &dice)
    }
    updates.transact(&tx, restarts: &restarts, dice: &dice)
  }

  private mutating func decide(_ work: Work, in tx: inout Transaction) {
    switch work {
    case .serviceChanged(let id): reconcile(id, in: &tx)
    case .serviceDeleted(let id): writes.raise(tx.store.tasks(of: id), to: .remove)
    case .nodeChanged(let id): reconcile(id, in: tx.store)
    case .nodeDeleted(let id): writes.delete(globalTasks(on: id, in: tx.store))
    case .taskEnded(let id): replace(id, in: tx.store)
    }
  }

  // MARK: Services

  private mutating func reconcile(_ id: ServiceID, in tx: inout Transaction) {
    guard let service = tx.store.services[id], let constraints = services[id] else { return }
    var slots = Table<NodeID, Slot>()
    var strays: Slot = []
    for (node, slot) in slotsByNode(tx.store.tasks(of: id)) {
      let updatable = restarts.updatableTasks(in: slot, of: service.value)
      if let node { slots[node] = updatable } else { strays += updatable }
    }
    var kept: [Slot] = []
    for (id, node) in tx.store.nodes where !node.value.isInvalid {
      let slot = slots.removeValue(id) ?? []
      if !constraints.allow(node.value) {
        writes.raise(slot, to: .shutdown)
      } else if node.value.spec.availability == .pause {
        continue
      } else if slot.isEmpty {
        writes.append(.create(service, slot: 0, node: id))
      } else {
        kept.append(slot)
      }
    }
    for slot in [strays] + slots.values { writes.raise(slot, to: .shutdown) }
    if !kept.isEmpty { updates.update(service, slots: kept, in: &tx) }
  }

  private mutating func learn(_ service: Service) {
    services[service.id] = Constraint.of(service.spec.value.task.placement)
  }

  private mutating func forget(_ service: ServiceID) {
    services[service] = nil
    restarts.forget(service)
    updates.cancel(service)
    note(.serviceDeleted(service))
  }

  // MARK: Nodes

  private mutating func reconcile(_ id: NodeID, in store: Store) {
    guard let node = store.nodes[id]?.value else { return }
    if node.isInvalid { return writes.raise(globalTasks(on: id, in: store), to: .shutdown) }
    if node.spec.availability == .pause { return }
    var slots = Table<ServiceID, Slot>()
    for task in globalTasks(on: id, in: store) {
      if let service = task.value.serviceID { slots[service, default: []].append(task) }
    }
    for (serviceID, constraints) in services where constraints.allow(node) {
      guard let service = store.services[serviceID] else { continue }
      let slot = restarts.updatableTasks(in: slots[serviceID] ?? [], of: service.value)
      let dirty = slot.filter { isDirty($0.value, of: service.value, on: node) }
      let clean = slot.filter { task in !dirty.contains { $0 === task } }
      if clean.isEmpty { writes.append(.create(service, slot: 0, node: id)) }
      writes.raise(dirty + clean.dropFirst(), to: .shutdown)
    }
  }

  private func globalTasks(on node: NodeID, in store: Store) -> [Shared<SwarmTask>] {
    store.tasks(on: node).filter { $0.value.serviceID.map { services.contains($0) } ?? false }
  }

  // MARK: Tasks

  private mutating func replace(_ id: TaskID, in store: Store) {
    guard let task = store.tasks[id]?.value, task.desiredState <= .running, let service = task.serviceID,
      let constraints = services[service], let node = node(of: task, in: store), !node.isInvalid
    else { return }
    let isUnfit = node.spec.availability == .pause || !constraints.allow(node)
    writes.append(isUnfit ? .raise(id, .shutdown) : .restart(id))
  }

  private mutating func note(_ work: Work) {
    if waiting.insert(work).inserted { line.append(work) }
  }
}

private func node(of task: SwarmTask, in store: Store) -> Node? {
  task.nodeID.flatMap { store.nodes[$0]?.value }
}

extension Service {
  /// Whether it is of the global kind, and not a job.
  var isGlobal: Bool { spec.value.mode == .global }
}
