import SimBase
import SwarmModel

/// A set of writes that are proposed together. Reads see the transaction's own writes.
///
/// A transaction works on a copy of the store. Nobody else sees its writes until the entry that carries them is applied;
/// then every manager applies the same changes. All objects written get the same version: the commit index at its start.
///
/// Source: moby/swarmkit `manager/state/store/memory.go`.
public struct Transaction: Sendable {
  /// The store with this transaction's writes.
  public private(set) var store: Store
  /// The writes so far, in order.
  public private(set) var changes: [StoreChange] = []
  /// Writes of tasks that were not made, because their writer had no right to them: a fault of ours, and a broken law.
  public private(set) var refused: [RefusedMove] = []
  /// The version that written objects get.
  public let version: UInt64
  /// The leader's clock.
  public let now: Instant

  /// Changes after which a batch ends. Source: `MaxChangesPerTransaction`.
  public static let changeLimit = 200

  /// A transaction over the store as it is.
  public init(_ store: Store, version: UInt64, at now: Instant) {
    self.store = store
    self.version = version
    self.now = now
  }

  /// Whether a batch must end here: the component is called again for the rest.
  public var isFull: Bool { changes.count >= Transaction.changeLimit }

  /// Writes the cluster object.
  public mutating func put(_ cluster: Cluster) {
    record(.putCluster(stamped(cluster, isNew: store.cluster == nil)))
  }
  /// Creates or updates a node.
  public mutating func put(_ node: Node) {
    record(.putNode(stamped(node, isNew: !store.nodes.contains(node.id))))
  }
  /// Creates or updates a service.
  public mutating func put(_ service: Service) {
    record(.putService(stamped(service, isNew: !store.services.contains(service.id))))
  }
  /// Creates or updates a network.
  public mutating func put(_ network: Network) {
    record(.putNetwork(stamped(network, isNew: !store.networks.contains(network.id))))
  }
  /// Creates or updates a secret.
  public mutating func put(_ secret: Secret) {
    record(.putSecret(stamped(secret, isNew: !store.secrets.contains(secret.id))))
  }
  /// Creates or updates a config.
  public mutating func put(_ config: Config) {
    record(.putConfig(stamped(config, isNew: !store.configs.contains(config.id))))
  }
  /// Creates or updates a cluster volume.
  public mutating func put(_ volume: ClusterVolume) {
    record(.putVolume(stamped(volume, isNew: !store.volumes.contains(volume.id))))
  }

  /// Creates or updates a task on behalf of a component, which must have the right to it (`TaskRights`): what it has no
  /// right to is not written, and noted in `refused`.
  public mutating func put(_ task: SwarmTask, by writer: TaskWriter) {
    let old = store.tasks[task.id]
    let objection =
      old.map { writer.rights.objection(toChanging: $0.value, into: task) } ?? writer.rights.objection(toMaking: task)
    if let objection {
      refused.append(RefusedMove(writer, task.id, objection))
    } else {
      record(.putTask(stamped(task, isNew: old == nil)))
    }
  }

  /// Removes a node.
  public mutating func remove(_ id: NodeID) { record(.removeNode(id)) }
  /// Removes a service.
  public mutating func remove(_ id: ServiceID) { record(.removeService(id)) }
  /// Removes a task on behalf of a component, which must have the right to it; nothing happens if it is gone.
  public mutating func remove(_ id: TaskID, by writer: TaskWriter) {
    guard let task = store.tasks[id]?.value else { return }
    let objection = writer.rights.objection(
      toDeleting: task, hasService: task.serviceID.map { store.services.contains($0) } ?? true,
      hasNode: task.nodeID.map { store.nodes.contains($0) } ?? true)
    if let objection {
      refused.append(RefusedMove(writer, id, objection))
    } else {
      record(.removeTask(id))
    }
  }
  /// Removes a network.
  public mutating func remove(_ id: NetworkID) { record(.removeNetwork(id)) }
  /// Removes a secret.
  public mutating func remove(_ id: SecretID) { record(.removeSecret(id)) }
  /// Removes a config.
  public mutating func remove(_ id: ConfigID) { record(.removeConfig(id)) }
  /// Removes a cluster volume.
  public mutating func remove(_ id: VolumeID) { record(.removeVolume(id)) }

  /// Changes a task in place of reading, changing and putting it; nothing happens if it is gone.
  public mutating func update(_ id: TaskID, by writer: TaskWriter, _ change: (inout SwarmTask) -> Void) {
    guard var task = store.tasks[id]?.value else { return }
    change(&task)
    put(task, by: writer)
  }

  private mutating func record(_ change: StoreChange) {
    if store.apply(change) != nil { changes.append(change) }
  }

  private func stamped<T: StoreObject>(_ object: consuming T, isNew: Bool) -> Shared<T> {
    object.meta.version = version
    if isNew { object.meta.createdAt = now }
    object.meta.updatedAt = now
    return Shared(object)
  }
}
