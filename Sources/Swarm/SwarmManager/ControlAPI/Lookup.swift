import SimBase
import SwarmModel
import SwarmStore

/// Finds the object that a user means by a text: the one with this ID, else the one with this name, else the one whose ID
/// begins with it.
///
/// Source: moby/moby `daemon/cluster/helpers.go`.
struct Lookup {
  let store: Store

  /// A node, by ID or hostname; several nodes may share a hostname.
  func node(_ text: String) throws(APIError) -> Shared<Node> {
    try find(text, "node", in: store.nodes) {
      store.nodes.values.filter { $0.value.description != nil && $0.value.hostname == text }
    }
  }

  func service(_ text: String) throws(APIError) -> Shared<Service> {
    try find(text, "service", in: store.services) {
      // The index knows no case, names do.
      store.service(named: text).map { $0.value.name == text ? [$0] : [] } ?? []
    }
  }

  /// A task, by ID or name: `web.1.<id>`.
  func task(_ text: String) throws(APIError) -> Shared<SwarmTask> {
    try find(text, "task", in: store.tasks) {
      guard let last = text.split(separator: ".").last, let id = TaskID(String(last)), let task = store.tasks[id] else {
        return []
      }
      return task.value.name == text ? [task] : []
    }
  }

  /// A network. An engine gives an unknown one no kind of error, so the status is 500 except where a route says otherwise.
  func network(_ text: String) throws(APIError) -> Shared<Network> {
    try find(text, "network", absent: .system, in: store.networks) {
      store.network(named: text).map { $0.value.spec.annotations.name == text ? [$0] : [] } ?? []
    }
  }

  func secret(_ text: String) throws(APIError) -> Shared<Secret> {
    try find(text, "secret", in: store.secrets) {
      store.secret(named: text).map { $0.value.isInternal ? [] : [$0] } ?? []
    }
  }

  func config(_ text: String) throws(APIError) -> Shared<Config> {
    try find(text, "config", in: store.configs) { store.config(named: text).map { [$0] } ?? [] }
  }

  func volume(_ text: String) throws(APIError) -> Shared<ClusterVolume> {
    try find(text, "volume", in: store.volumes) {
      store.volume(named: text).map { $0.value.spec.annotations.name == text ? [$0] : [] } ?? []
    }
  }

  private func find<Object: StoreObject>(
    _ text: String, _ kind: String, absent: APIError.Cause = .notFound,
    in table: Table<ID<Object.Tag>, Shared<Object>>, named: () -> [Shared<Object>]
  ) throws(APIError) -> Shared<Object> {
    if let id = ID<Object.Tag>(text), let object = table[id] { return object }
    var hits = named()
    if hits.isEmpty { hits = Lookup.scan(table, prefix: text) }
    guard let hit = hits.first else { throw APIError(absent, "\(kind) \(text) not found") }
    if hits.count > 1 {
      throw APIError(.invalidParameter, "\(kind) \(text) is ambiguous (\(hits.count) matches found)")
    }
    return hit
  }

  /// The objects whose IDs begin like this, ascending by ID.
  static func scan<Object: StoreObject>(
    _ table: Table<ID<Object.Tag>, Shared<Object>>, prefix: String
  ) -> [Shared<Object>] {
    guard let low = ID<Object.Tag>(leastWithPrefix: prefix) else { return [] }
    var hits: [Shared<Object>] = []
    for (id, object) in table.from(low) {
      if !id.description.hasPrefix(prefix) { break }
      hits.append(object)
    }
    return hits
  }
}
