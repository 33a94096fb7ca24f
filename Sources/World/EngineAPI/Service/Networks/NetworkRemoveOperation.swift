import Engine
import SimBase
import SimKernel
import SwarmManager
import SwarmModel
import SwarmNode

/// `docker network rm`: one of the engine's own, or on a manager one of the swarm's.
///
/// Source: moby/moby `daemon/server/router/network/network_routes.go` (`deleteNetwork`).
struct NetworkRemoveOperation: EngineOperation {
  private let term: String
  private var isBeingRemoved = false

  init(_ term: String) { self.term = term }

  mutating func begin(_ turn: inout OperationTurn, on node: inout SwarmNode, network: inout SimNetwork<Wire>) {
    if !node.askForNetworks(.everything, for: turn.id, at: turn.now, &network) {
      remove(among: [], &turn, on: &node, &network)
    }
  }

  mutating func hear(
    _ news: OperationNews, _ turn: inout OperationTurn, on node: inout SwarmNode, network: inout SimNetwork<Wire>
  ) {
    guard case .completion(let completion) = news else { return }
    if isBeingRemoved {
      turn.answer(EngineAnswer(completion.controlResult, as: .noContent))
    } else {
      remove(among: completion.networks, &turn, on: &node, &network)
    }
  }

  private mutating func remove(
    among swarm: [Shared<Network>], _ turn: inout OperationTurn, on node: inout SwarmNode,
    _ network: inout SimNetwork<Wire>
  ) {
    do throws(APIError) {
      let found = try NetworkResolution(local: node.networksByAge.map { NetworkView($0) }, swarm: swarm).unique(term)
      let now = turn.now
      if found.scope == "swarm" {
        // A worker does not own up to the mesh's network here.
        if let refusal = node.standing.managerRefusal {
          throw found.isIngress ? APIError(.noSuchNetwork(term)) : refusal
        }
        isBeingRemoved = true
        node.control(.removeNetwork(found.id), for: turn.id, at: now, network: &network)
        return
      }
      if let sandbox = node.gatewaySandbox(on: found.id) {
        let endpoint = "name:\"\(sandbox.name)\" id:\"\(sandbox.id.prefix(12))\""
        throw APIError(.network(.activeEndpoints(found.name, endpoints: [endpoint])))
      }
      try node.ask(at: now, &network) { engine, out throws(EngineError) in
        try engine.removeNetwork(found.id, at: now, into: &out)
      }
      turn.answer(.empty(204))
    } catch {
      turn.answer(.refusal(error))
    }
  }
}
