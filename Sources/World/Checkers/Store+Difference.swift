import SimBase
import SwarmModel
import SwarmStore

extension Store {
  /// Where two stores differ first, in words; nil if they are equal. Shared objects cost no look inside.
  func difference(from other: Store) -> String? {
    if cluster != other.cluster { return "the cluster object differs" }
    return firstDifference(nodes, other.nodes, "node") ?? firstDifference(services, other.services, "service")
      ?? firstDifference(tasks, other.tasks, "task") ?? firstDifference(networks, other.networks, "network")
      ?? firstDifference(secrets, other.secrets, "secret") ?? firstDifference(configs, other.configs, "config")
      ?? firstDifference(volumes, other.volumes, "volume")
  }

  /// Whether both stores hold the same where this change has written.
  func agrees(with other: Store, on change: StoreChange) -> Bool {
    switch change {
    case .putCluster: cluster == other.cluster
    case .putNode(let box): nodes[box.value.id] == other.nodes[box.value.id]
    case .removeNode(let id): nodes[id] == other.nodes[id]
    case .putService(let box): services[box.value.id] == other.services[box.value.id]
    case .removeService(let id): services[id] == other.services[id]
    case .putTask(let box): tasks[box.value.id] == other.tasks[box.value.id]
    case .removeTask(let id): tasks[id] == other.tasks[id]
    case .putNetwork(let box): networks[box.value.id] == other.networks[box.value.id]
    case .removeNetwork(let id): networks[id] == other.networks[id]
    case .putSecret(let box): secrets[box.value.id] == other.secrets[box.value.id]
    case .removeSecret(let id): secrets[id] == other.secrets[id]
    case .putConfig(let box): configs[box.value.id] == other.configs[box.value.id]
    case .removeConfig(let id): configs[id] == other.configs[id]
    case .putVolume(let box): volumes[box.value.id] == other.volumes[box.value.id]
    case .removeVolume(let id): volumes[id] == other.volumes[id]
    }
  }

  private func firstDifference<Tag, Object: Equatable>(
    _ a: Table<ID<Tag>, Shared<Object>>, _ b: Table<ID<Tag>, Shared<Object>>, _ kind: String
  ) -> String? {
    var (left, right) = (a.makeIterator(), b.makeIterator())
    while true {
      let (x, y) = (left.next(), right.next())
      guard let x else { return y.map { "\(kind) \($0.key) is missing" } }
      guard let y, y.key == x.key else { return "\(kind) \(x.key) is not there elsewhere, or another is missing" }
      if x.value != y.value { return "\(kind) \(x.key) differs" }
    }
  }
}
