import Engine
import SimBase
import SimKernel
import SwarmManager
import SwarmModel
import SwarmNode

/// `docker network ls`: on managers the swarm's networks first, then the engine's own. Clients older than API 1.28 are told
/// what is on the latter, too.
///
/// Source: moby/moby `daemon/server/router/network/network_routes.go` (`getNetworksList`).
struct NetworkListOperation: EngineOperation {
  private let filter: NetworkListFilter
  private let version: APIVersion

  init(_ filter: NetworkListFilter, for version: APIVersion) {
    self.filter = filter
    self.version = version
  }

  mutating func begin(_ turn: inout OperationTurn, on node: inout SwarmNode, network: inout SimNetwork<Wire>) {
    if node.standing == .manager {
      node.control(filter.control, for: turn.id, at: turn.now, network: &network)
    } else {
      answer([], &turn, node)
    }
  }

  mutating func hear(
    _ news: OperationNews, _ turn: inout OperationTurn, on node: inout SwarmNode, network: inout SimNetwork<Wire>
  ) {
    if case .completion(let completion) = news { answer(completion.networks, &turn, node) }
  }

  private func answer(_ swarm: [Shared<Network>], _ turn: inout OperationTurn, _ node: SwarmNode) {
    var views = swarm.map { NetworkView($0.value) }
    for record in node.networksByAge where !views.contains(where: { $0.id == record.id.description }) {
      var view = version < APIVersion("1.28") ? NetworkView(record, inUseOn: node) : NetworkView(record)
      if record.hasSwarmAddresses { view.addPeers([], on: node) }
      views.append(view)
    }
    turn.answer(.networks(views.filter(filter.admits)))
  }
}
