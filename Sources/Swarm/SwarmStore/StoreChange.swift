import SimBase
import SwarmModel

/// One change of one object: what a transaction proposes, what a log entry carries, what every manager applies.
public enum StoreChange: Sendable, Archivable {
  /// Creates or replaces the cluster object.
  case putCluster(Shared<Cluster>)
  /// Creates or replaces a node.
  case putNode(Shared<Node>)
  /// Removes a node.
  case removeNode(NodeID)
  /// Creates or replaces a service.
  case putService(Shared<Service>)
  /// Removes a service.
  case removeService(ServiceID)
  /// Creates or replaces a task.
  case putTask(Shared<SwarmTask>)
  /// Removes a task.
  case removeTask(TaskID)
  /// Creates or replaces a network.
  case putNetwork(Shared<Network>)
  /// Removes a network.
  case removeNetwork(NetworkID)
  /// Creates or replaces a secret.
  case putSecret(Shared<Secret>)
  /// Removes a secret.
  case removeSecret(SecretID)
  /// Creates or replaces a config.
  case putConfig(Shared<Config>)
  /// Removes a config.
  case removeConfig(ConfigID)
  /// Creates or replaces a cluster volume.
  case putVolume(Shared<ClusterVolume>)
  /// Removes a cluster volume.
  case removeVolume(VolumeID)

  /// A blank change, for an archive to fill.
  public init() { self = .removeNode(NodeID(raw: 0)) }

  /// Lists the fields: the kind's number, then the object or its ID.
  public mutating func archive(_ a: inout Archive) {
    var kind = number
    a.field(&kind)
    if a.isReading { self = StoreChange.read(kind, from: &a) } else { write(to: &a) }
  }

  private func write(to a: inout Archive) {
    switch self {
    case .putCluster(var box): a.field(&box)
    case .putNode(var box): a.field(&box)
    case .putService(var box): a.field(&box)
    case .putTask(var box): a.field(&box)
    case .putNetwork(var box): a.field(&box)
    case .putSecret(var box): a.field(&box)
    case .putConfig(var box): a.field(&box)
    case .putVolume(var box): a.field(&box)
    case .removeNode(var id): a.field(&id)
    case .removeService(var id): a.field(&id)
    case .removeTask(var id): a.field(&id)
    case .removeNetwork(var id): a.field(&id)
    case .removeSecret(var id): a.field(&id)
    case .removeConfig(var id): a.field(&id)
    case .removeVolume(var id): a.field(&id)
    }
  }

  private static func read(_ kind: UInt64, from a: inout Archive) -> StoreChange {
    func put<T: Archivable>(_ blank: T, _ make: (Shared<T>) -> StoreChange) -> StoreChange {
      var object = blank
      a.field(&object)
      return make(Shared(object))
    }
    func remove<Tag>(_ make: (ID<Tag>) -> StoreChange) -> StoreChange {
      var id = ID<Tag>(raw: 0)
      a.field(&id)
      return make(id)
    }
    switch kind {
    case 0: return put(Cluster(), StoreChange.putCluster)
    case 1: return put(Node(), StoreChange.putNode)
    case 2: return remove(StoreChange.removeNode)
    case 3: return put(Service(), StoreChange.putService)
    case 4: return remove(StoreChange.removeService)
    case 5: return put(SwarmTask(), StoreChange.putTask)
    case 6: return remove(StoreChange.removeTask)
    case 7: return put(Network(), StoreChange.putNetwork)
    case 8: return remove(StoreChange.removeNetwork)
    case 9: return put(Secret(), StoreChange.putSecret)
    case 10: return remove(StoreChange.removeSecret)
    case 11: return put(Config(), StoreChange.putConfig)
    case 12: return remove(StoreChange.removeConfig)
    case 13: return put(ClusterVolume(), StoreChange.putVolume)
    case 14: return remove(StoreChange.removeVolume)
    default:
      a.markBroken()
      return StoreChange()
    }
  }

  private var number: UInt64 {
    switch self {
    case .putCluster: 0
    case .putNode: 1
    case .removeNode: 2
    case .putService: 3
    case .removeService: 4
    case .putTask: 5
    case .removeTask: 6
    case .putNetwork: 7
    case .removeNetwork: 8
    case .putSecret: 9
    case .removeSecret: 10
    case .putConfig: 11
    case .removeConfig: 12
    case .putVolume: 13
    case .removeVolume: 14
    }
  }
}

/// A committed change as watchers see it: the object before and after. A creation has no `old`, a removal no `new`.
public enum StoreEvent: Sendable {
  /// The cluster object changed.
  case cluster(old: Shared<Cluster>?, new: Shared<Cluster>?)
  /// A node changed.
  case node(old: Shared<Node>?, new: Shared<Node>?)
  /// A service changed.
  case service(old: Shared<Service>?, new: Shared<Service>?)
  /// A task changed.
  case task(old: Shared<SwarmTask>?, new: Shared<SwarmTask>?)
  /// A network changed.
  case network(old: Shared<Network>?, new: Shared<Network>?)
  /// A secret changed.
  case secret(old: Shared<Secret>?, new: Shared<Secret>?)
  /// A config changed.
  case config(old: Shared<Config>?, new: Shared<Config>?)
  /// A cluster volume changed.
  case volume(old: Shared<ClusterVolume>?, new: Shared<ClusterVolume>?)
}
