import SimBase
import SwarmModel
import SwarmStore

/// What one agent has been told to run, and what it has not been told yet.
///
/// The first message lists everything, later ones only changes. Secrets and configs travel with the first task that needs
/// them and go with the last. A message is only made once changes have been quiet for 100 ms, or at 100 of them.
///
/// Source: moby/swarmkit `manager/dispatcher/assignments.go`.
struct AssignmentSet: Sendable {
  /// The stream.
  let ref: CallRef
  private var tasks = Table<TaskID, Shared<SwarmTask>>()
  private var secrets = Table<SecretID, Bool>()
  private var configs = Table<ConfigID, Bool>()
  private var changed = Table<TaskID, Bool>()
  private var number: UInt64 = 0

  /// Modifications that send a message without waiting for quiet. Source: `modificationBatchLimit`.
  static let modificationLimit = 100

  init(ref: CallRef) { self.ref = ref }

  /// Whether so much has changed that the message should not wait.
  var isFull: Bool { changed.count >= AssignmentSet.modificationLimit }

  /// Whether the agent holds this secret.
  func holds(_ secret: SecretID) -> Bool { secrets.contains(secret) }
  /// Whether the agent holds this config.
  func holds(_ config: ConfigID) -> Bool { configs.contains(config) }

  /// Everything the node is to run: its tasks from ASSIGNED on, finished ones included.
  mutating func complete(for node: NodeID, in store: Store) -> Assignments {
    for task in store.tasks(on: node) where task.value.status.state >= .assigned { tasks[task.value.id] = task }
    var changes: [AssignmentChange] = []
    addDependencies(in: store, to: &changes)
    changes += tasks.values.map(AssignmentChange.task)
    number = 1
    return Assignments(isComplete: true, changes: changes, appliesTo: 0, resultsIn: number)
  }

  /// Notes that a task has changed; whether the agent must hear of it.
  mutating func note(_ old: Shared<SwarmTask>?, _ new: Shared<SwarmTask>?) -> Bool {
    guard let object = new else {
      guard let old, tasks.contains(old.value.id) else { return false }
      changed[old.value.id] = true
      return true
    }
    let new = object.value
    if old == nil || new.status.state < .assigned { return false }
    if let known = tasks[new.id]?.value, isEqualForAgent(known, new), new.status.state > .assigned {
      // Only its status moved, which the agent reported itself; a finished task may free its secrets.
      tasks[new.id] = object
      if !(known.status.state <= .running && new.status.state > .running && usesDependencies(new)) { return false }
    }
    changed[new.id] = true
    return true
  }

  /// What changed since the last message; nil if nothing is left to tell.
  mutating func incremental(for node: NodeID, in store: Store) -> Assignments? {
    let ids = changed.keys
    changed.removeAll()
    var taskChanges: [AssignmentChange] = []
    for id in ids {
      guard let task = store.tasks[id], task.value.nodeID == node else {
        if tasks.removeValue(id) != nil { taskChanges.append(.removeTask(id)) }
        continue
      }
      let known = tasks[id]?.value
      tasks[id] = task
      if let known, isEqualForAgent(known, task.value), task.value.status.state > .assigned { continue }
      taskChanges.append(.task(task))
    }
    var changes: [AssignmentChange] = []
    addDependencies(in: store, to: &changes)
    changes += taskChanges
    if changes.isEmpty { return nil }
    number += 1
    return Assignments(isComplete: false, changes: changes, appliesTo: number - 1, resultsIn: number)
  }

  /// Adds secrets and configs that unfinished tasks need and the agent lacks, and takes away those no longer needed.
  private mutating func addDependencies(in store: Store, to changes: inout [AssignmentChange]) {
    var neededSecrets = Table<SecretID, Bool>()
    var neededConfigs = Table<ConfigID, Bool>()
    for task in tasks.values where task.value.status.state <= .running {
      guard let container = task.value.spec.container else { continue }
      for reference in container.secrets { if let id = SecretID(reference.secretID) { neededSecrets[id] = true } }
      for reference in container.configs { if let id = ConfigID(reference.configID) { neededConfigs[id] = true } }
    }
    for id in neededSecrets.keys where !secrets.contains(id) {
      guard let secret = store.secrets[id] else { continue }
      secrets[id] = true
      changes.append(.secret(secret))
    }
    for id in secrets.keys where !neededSecrets.contains(id) {
      secrets[id] = nil
      changes.append(.removeSecret(id))
    }
    for id in neededConfigs.keys where !configs.contains(id) {
      guard let config = store.configs[id] else { continue }
      configs[id] = true
      changes.append(.config(config))
    }
    for id in configs.keys where !neededConfigs.contains(id) {
      configs[id] = nil
      changes.append(.removeConfig(id))
    }
  }

  private func usesDependencies(_ task: SwarmTask) -> Bool {
    guard let container = task.spec.container else { return false }
    return !(container.secrets.isEmpty && container.configs.isEmpty)
  }

  /// Whether two versions of a task differ in nothing that an agent acts on: status and meta aside, all must be equal.
  ///
  /// Source: moby/swarmkit `api/equality/equality.go` (`TasksEqualStable`).
  private func isEqualForAgent(_ a: SwarmTask, _ b: SwarmTask) -> Bool {
    a.desiredState == b.desiredState && a.nodeID == b.nodeID && a.slot == b.slot && a.serviceSpec == b.serviceSpec
      && a.networks == b.networks && a.endpoint == b.endpoint
      && a.assignedGenericResources == b.assignedGenericResources && a.jobIteration == b.jobIteration
      && a.logDriver == b.logDriver
  }
}
