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
