import SimBase
import SwarmModel

/// The replicated state of a swarm as one manager has applied it: tables of shared objects, with the indexes that the
/// control plane scans.
///
/// Objects are boxes that never change; a write puts another box. So a copy of the store is a snapshot for a reader, and
/// three managers of one world share their objects. Every scan is in ascending order of IDs.
///
/// Source: moby/swarmkit `manager/state/store`.
public struct Store: Sendable {
  /// The cluster object; nil until the first leader made it.
  public private(set) var cluster: Shared<Cluster>?
  /// Nodes by ID.
  public private(set) var nodes = Table<NodeID, Shared<Node>>()
  /// Services by ID.
  public private(set) var services = Table<ServiceID, Shared<Service>>()
  /// Tasks by ID.
  public private(set) var tasks = Table<TaskID, Shared<SwarmTask>>()
  /// Networks by ID.
  public private(set) var networks = Table<NetworkID, Shared<Network>>()
  /// Secrets by ID.
  public private(set) var secrets = Table<SecretID, Shared<Secret>>()
  /// Configs by ID.
  public private(set) var configs = Table<ConfigID, Shared<Config>>()
  /// Cluster volumes by ID.
  public private(set) var volumes = Table<VolumeID, Shared<ClusterVolume>>()

  private var tasksByService = Table<Pair<ServiceID, TaskID>, Shared<SwarmTask>>()
  private var tasksByNode = Table<Pair<NodeID, TaskID>, Shared<SwarmTask>>()
  private var serviceNames = Table<String, ServiceID>()
  private var networkNames = Table<String, NetworkID>()
  private var secretNames = Table<String, SecretID>()
  private var configNames = Table<String, ConfigID>()
  private var volumeNames = Table<String, VolumeID>()

  /// An empty store.
  public init() {}

  /// Tasks of a service, ascending by ID.
  public func tasks(of service: ServiceID) -> [Shared<SwarmTask>] {
    scan(tasksByService, Pair(service, TaskID(raw: 0))) { $0.major == service }
  }

  /// Tasks on a node, ascending by ID.
  public func tasks(on node: NodeID) -> [Shared<SwarmTask>] {
    scan(tasksByNode, Pair(node, TaskID(raw: 0))) { $0.major == node }
  }

  /// The service of this name in any case, or nil.
  public func service(named name: String) -> Shared<Service>? {
    serviceNames[name.lowercased()].flatMap { services[$0] }
  }
  /// The network of this name in any case, or nil.
  public func network(named name: String) -> Shared<Network>? {
    networkNames[name.lowercased()].flatMap { networks[$0] }
  }
  /// The secret of this name in any case, or nil.
  public func secret(named name: String) -> Shared<Secret>? {
    secretNames[name.lowercased()].flatMap { secrets[$0] }
  }
  /// The config of this name in any case, or nil.
  public func config(named name: String) -> Shared<Config>? {
    configNames[name.lowercased()].flatMap { configs[$0] }
  }
  /// The cluster volume of this name in any case, or nil.
  public func volume(named name: String) -> Shared<ClusterVolume>? {
    volumeNames[name.lowercased()].flatMap { volumes[$0] }
  }

  /// The network of the routing mesh, or nil while there is none.
  public var ingressNetwork: Shared<Network>? {
    for (_, network) in networks where network.value.spec.isIngress { return network }
    return nil
  }

  /// Applies one change and says what it did; nil for the removal of what is not there.
  public mutating func apply(_ change: StoreChange) -> StoreEvent? {
    switch change {
    case .putCluster(let new):
      defer { cluster = new }
      return .cluster(old: cluster, new: new)
    case .putNode(let new):
      return .node(old: nodes.exchange(new.value.id, new), new: new)
    case .removeNode(let id):
      return nodes.removeValue(id).map { .node(old: $0, new: nil) }
    case .putService(let new):
      let old = services.exchange(new.value.id, new)
      serviceNames[new.value.name.lowercased()] = new.value.id
      return .service(old: old, new: new)
    case .removeService(let id):
      guard let old = services.removeValue(id) else { return nil }
      serviceNames[old.value.name.lowercased()] = nil
      return .service(old: old, new: nil)
    case .putTask(let new): return put(new)
    case .removeTask(let id):
      guard let old = tasks.removeValue(id) else { return nil }
      unindex(old.value)
      return .task(old: old, new: nil)
    case .putNetwork(let new):
      networkNames[new.value.spec.annotations.name.lowercased()] = new.value.id
      return .network(old: networks.exchange(new.value.id, new), new: new)
    case .removeNetwork(let id):
      guard let old = networks.removeValue(id) else { return nil }
      networkNames[old.value.spec.annotations.name.lowercased()] = nil
      return .network(old: old, new: nil)
    case .putSecret(let new):
      secretNames[new.value.annotations.name.lowercased()] = new.value.id
      return .secret(old: secrets.exchange(new.value.id, new), new: new)
    case .removeSecret(let id):
      guard let old = secrets.removeValue(id) else { return nil }
      secretNames[old.value.annotations.name.lowercased()] = nil
      return .secret(old: old, new: nil)
    case .putConfig(let new):
      configNames[new.value.annotations.name.lowercased()] = new.value.id
      return .config(old: configs.exchange(new.value.id, new), new: new)
    case .removeConfig(let id):
      guard let old = configs.removeValue(id) else { return nil }
      configNames[old.value.annotations.name.lowercased()] = nil
      return .config(old: old, new: nil)
    case .putVolume(let new):
      volumeNames[new.value.spec.annotations.name.lowercased()] = new.value.id
      return .volume(old: volumes.exchange(new.value.id, new), new: new)
    case .removeVolume(let id):
      guard let old = volumes.removeValue(id) else { return nil }
      volumeNames[old.value.spec.annotations.name.lowercased()] = nil
      return .volume(old: old, new: nil)
    }
  }

  /// Every object as a change that would create it: what a snapshot holds.
  public var contents: [StoreChange] {
    var changes: [StoreChange] = []
    if let cluster { changes.append(.putCluster(cluster)) }
    changes += nodes.values.map(StoreChange.putNode)
    changes += services.values.map(StoreChange.putService)
    changes += networks.values.map(StoreChange.putNetwork)
    changes += tasks.values.map(StoreChange.putTask)
    changes += secrets.values.map(StoreChange.putSecret)
    changes += configs.values.map(StoreChange.putConfig)
    changes += volumes.values.map(StoreChange.putVolume)
    return changes
  }

  /// A store with these contents.
  public init(contents: [StoreChange]) {
    for change in contents { _ = apply(change) }
  }

  private mutating func put(_ new: Shared<SwarmTask>) -> StoreEvent {
    let task = new.value
    let old = tasks.exchange(task.id, new)
    // Most writes change neither service nor node: replacing the entry spares the index two shifts.
    if let service = old?.value.serviceID, service != task.serviceID { tasksByService[Pair(service, task.id)] = nil }
    if let node = old?.value.nodeID, node != task.nodeID { tasksByNode[Pair(node, task.id)] = nil }
    if let service = task.serviceID { tasksByService[Pair(service, task.id)] = new }
    if let node = task.nodeID { tasksByNode[Pair(node, task.id)] = new }
    return .task(old: old, new: new)
  }

  private mutating func unindex(_ task: SwarmTask) {
    if let service = task.serviceID { tasksByService[Pair(service, task.id)] = nil }
    if let node = task.nodeID { tasksByNode[Pair(node, task.id)] = nil }
  }

  private func scan<Key: Comparable, Value>(
    _ index: Table<Key, Value>, _ start: Key, while belongs: (Key) -> Bool
  ) -> [Value] {
    var found: [Value] = []
    for (key, value) in index.from(start) {
      if !belongs(key) { break }
      found.append(value)
    }
    return found
  }
}

/// A key of an index: what is indexed, then the ID.
struct Pair<Major: Comparable & Sendable, Minor: Comparable & Sendable>: Comparable, Sendable {
  let major: Major
  let minor: Minor

  init(_ major: Major, _ minor: Minor) {
    self.major = major
    self.minor = minor
  }

  static func < (a: Pair, b: Pair) -> Bool {
    a.major != b.major ? a.major < b.major : a.minor < b.minor
  }
}

extension Table {
  /// Puts a value and returns the one it replaces.
  mutating func exchange(_ key: Key, _ value: Value) -> Value? {
    let old = self[key]
    self[key] = value
    return old
  }
}
