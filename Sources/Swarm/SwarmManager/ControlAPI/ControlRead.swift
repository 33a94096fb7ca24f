import SimBase
import SwarmModel
import SwarmStore

/// Requests that change nothing, answered from the store as it is.
struct ControlRead {
  let store: Store
  let raft: RaftView
  let showsInbuiltPool: Bool

  /// The reply; nil where the request is a write.
  func reply(to request: ControlRequest) throws(APIError) -> ControlReply? {
    let lookup = Lookup(store: store)
    switch request {
    case .getNode(let text): return .node(report(try lookup.node(text)))
    case .listNodes(let filter):
      return .nodes(candidates(store.nodes, filter.idPrefixes).filter { filter.admits($0.value) }.map(report))
    case .getService(let text, let insertDefaults):
      let service = try lookup.service(text)
      return .service(insertDefaults ? Shared(service.value.withDefaults) : service)
    case .listServices(let filter, let withStatus): return .services(services(filter, withStatus: withStatus))
    case .getTask(let text): return .task(try lookup.task(text))
    case .listTasks(let filter): return .tasks(try tasks(filter, lookup))
    case .getNetwork(let text): return .network(try lookup.network(text))
    case .listNetworks(let filter):
      return .networks(candidates(store.networks, filter.idPrefixes).filter { filter.admits($0.value) })
    case .getSecret(let text): return .secret(try lookup.secret(text))
    case .listSecrets(let filter):
      return .secrets(
        store.secrets.values.filter {
          !$0.value.isInternal && filter.admits(id: $0.value.id.description, $0.value.annotations)
        })
    case .getConfig(let text): return .config(try lookup.config(text))
    case .listConfigs(let filter):
      return .configs(store.configs.values.filter { filter.admits(id: $0.value.id.description, $0.value.annotations) })
    case .getVolume(let text): return .volume(try lookup.volume(text))
    case .listVolumes: return .volumes(store.volumes.values)
    case .getCluster: return .cluster(try cluster())
    case .getUnlockKey: return .unlockKey(try cluster().value.unlockKey)
    case .summarize:
      let managers = store.nodes.keys.count { raft.member(on: $0) != nil }
      return .summary(SwarmSummary(cluster: try cluster(), nodes: store.nodes.count, managers: managers))
    case .updateNode, .removeNode, .createService, .updateService, .removeService, .removeTask, .createNetwork,
      .removeNetwork, .createSecret, .updateSecret, .removeSecret, .createConfig, .updateConfig, .removeConfig,
      .createVolume, .updateVolume, .removeVolume, .updateCluster, .initializeCluster, .attachNetwork, .detachNetwork:
      return nil
    }
  }

  private func report(_ node: Shared<Node>) -> NodeReport {
    NodeReport(node, manager: raft.member(on: node.value.id))
  }

  private func services(_ filter: ServiceFilter, withStatus: Bool) -> [ServiceReport] {
    candidates(store.services, filter.idPrefixes).filter { filter.admits($0.value) }.map { service in
      ServiceReport(service, status: withStatus ? ServiceTaskCounts(of: service.value, in: store) : nil)
    }
  }

  /// Services and nodes of a filter must exist, and a word may mean either their ID or their name.
  private func tasks(_ filter: TaskFilter, _ lookup: Lookup) throws(APIError) -> [Shared<SwarmTask>] {
    var services: [ServiceID] = []
    for text in filter.services { services.append(try lookup.service(text).value.id) }
    var nodes: [NodeID] = []
    for text in filter.nodes { nodes.append(try lookup.node(text).value.id) }
    // The narrowest index first: a progress display asks for one service's tasks five times a second.
    let candidates: [Shared<SwarmTask>]
    if !services.isEmpty {
      candidates = merged(services.map { store.tasks(of: $0) })
    } else if !nodes.isEmpty {
      candidates = merged(nodes.map { store.tasks(on: $0) })
    } else {
      candidates = self.candidates(store.tasks, filter.idPrefixes)
    }
    return candidates.filter { filter.admits($0.value, services: services, nodes: nodes, in: store) }
  }

  /// Several lists of tasks as one, ascending by ID, each task once.
  private func merged(_ lists: [[Shared<SwarmTask>]]) -> [Shared<SwarmTask>] {
    if lists.count == 1 { return lists[0] }
    return Table(lists.joined().map { ($0.value.id, $0) }).values
  }

  /// The objects that a filter may admit: all, or one range of the table where it asks for one beginning of an ID.
  private func candidates<Object: StoreObject>(
    _ table: Table<ID<Object.Tag>, Shared<Object>>, _ prefixes: [String]
  ) -> [Shared<Object>] {
    prefixes.count == 1 ? Lookup.scan(table, prefix: prefixes[0]) : table.values
  }

  private func cluster() throws(APIError) -> Shared<Cluster> {
    guard let cluster = store.cluster else { throw .notInSwarm }
    if !showsInbuiltPool || !cluster.value.defaultAddressPool.isEmpty { return cluster }
    var shown = cluster.value
    shown.defaultAddressPool = ["10.0.0.0/8"]
    shown.subnetSize = 24
    return Shared(shown)
  }
}
