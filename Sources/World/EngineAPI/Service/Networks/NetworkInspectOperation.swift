import Engine
import SimBase
import SimKernel
import SwarmManager
import SwarmModel
import SwarmNode

/// `docker network inspect`: a network with what is on it here and, where it is the swarm's, the nodes that have it.
///
/// **Differs from Docker:** `verbose` adds nothing.
///
/// Source: moby/moby `daemon/server/router/network/network_routes.go` (`getNetwork`).
struct NetworkInspectOperation: EngineOperation {
  private let term: String
  private let scope: String
  private var view: NetworkView?

  init(_ term: String, scope: String) {
    self.term = term
    self.scope = scope
  }

  mutating func begin(_ turn: inout OperationTurn, on node: inout SwarmNode, network: inout SimNetwork<Wire>) {
    if !node.askForNetworks(.everything, for: turn.id, at: turn.now, &network) {
      find(among: [], &turn, on: &node, &network)
    }
  }

  mutating func hear(
    _ news: OperationNews, _ turn: inout OperationTurn, on node: inout SwarmNode, network: inout SimNetwork<Wire>
  ) {
    guard case .completion(let completion) = news else { return }
    guard var view else { return find(among: completion.networks, &turn, on: &node, &network) }
    // A swarm that does not answer any more leaves what the node knows by itself.
    if case .success(.nodes(let nodes)) = completion.controlResult {
      view.addPeers(nodes, on: node)
    } else {
      view.addPeers([], on: node)
    }
    turn.answer(.network(view))
  }

  private mutating func find(
    among swarm: [Shared<Network>], _ turn: inout OperationTurn, on node: inout SwarmNode,
    _ network: inout SimNetwork<Wire>
  ) {
    let local = node.networksByAge.map { NetworkView($0, inUseOn: node) }
    do throws(APIError) {
      var found = try NetworkResolution(local: local, swarm: swarm).inspect(term, scope: scope)
      let isHere = found.scope == "swarm" && found.containers != nil
      if isHere && node.standing == .manager {
        view = found
        node.control(.listNodes(NodeFilter()), for: turn.id, at: turn.now, network: &network)
        return
      }
      if isHere { found.addPeers([], on: node) }
      turn.answer(.network(found))
    } catch {
      turn.answer(.refusal(error))
    }
  }
}
