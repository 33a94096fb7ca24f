import Engine
import SimBase
import SimKernel
import SwarmManager
import SwarmModel
import SwarmNode

/// `docker network inspect`: a network with what is on it here and, where it is the swarm's, the nodes that have it; with
/// `verbose` the services and tasks on it, wherever they run.
///
/// A real node learns the last two by gossip. Here it asks the swarm, and shows what it knows by itself where no answer comes.
///
/// States: asked for the network; then, where it is in use here, for the nodes; with `verbose` then for the tasks.
///
/// Source: moby/moby `daemon/server/router/network/network_routes.go` (`getNetwork`), `daemon/libnetwork/agent.go`
/// (`Services`).
struct NetworkInspectOperation: EngineOperation {
  private let term: String
  private let scope: String
  private let isVerbose: Bool
  private var view: NetworkView?
  private var nodes: [NodeReport]?
  private(set) var nextDeadline: Instant?

  /// How long the swarm is waited for.
  private static let patience = Duration.seconds(1)

  init(_ term: String, scope: String, isVerbose: Bool) {
    self.term = term
    self.scope = scope
    self.isVerbose = isVerbose
  }

  mutating func begin(_ turn: inout OperationTurn, on node: inout SwarmNode, network: inout SimNetwork<Wire>) {
    if !node.askForNetworks(.everything, for: turn.id, at: turn.now, &network) {
      find(among: [], &turn, on: &node, &network)
    }
  }

  mutating func hear(
    _ news: OperationNews, _ turn: inout OperationTurn, on node: inout SwarmNode, network: inout SimNetwork<Wire>
  ) {
    switch news {
    case .due: finish(&turn, on: node, tasks: [])
    case .completion(let completion):
      if view == nil { return find(among: completion.networks, &turn, on: &node, &network) }
      switch completion.controlResult {
      case .success(.nodes(let reports)):
        nodes = reports
        if !isVerbose { return finish(&turn, on: node, tasks: []) }
        var filter = TaskFilter()
        filter.runtimes = []
        node.askAsNode(.listTasks(filter), for: turn.id, at: turn.now, network: &network)
      case .success(.tasks(let tasks)): finish(&turn, on: node, tasks: tasks)
      case .success, .failure: finish(&turn, on: node, tasks: [])
      }
    case .notice, .store, .input, .inputEnded: break
    }
  }

  private mutating func find(
    among swarm: [Shared<Network>], _ turn: inout OperationTurn, on node: inout SwarmNode,
    _ network: inout SimNetwork<Wire>
  ) {
    let local = node.networksByAge.map { NetworkView($0, inUseOn: node) }
    do throws(APIError) {
      let found = try NetworkResolution(local: local, swarm: swarm).inspect(term, scope: scope)
      guard found.scope == "swarm" && found.containers != nil && found.driver == "overlay" else {
        return turn.answer(.network(found))
      }
      view = found
      nextDeadline = turn.now + NetworkInspectOperation.patience
      node.askAsNode(.listNodes(NodeFilter()), for: turn.id, at: turn.now, network: &network)
    } catch {
      turn.answer(.refusal(error))
    }
  }

  private mutating func finish(_ turn: inout OperationTurn, on node: SwarmNode, tasks: [Shared<SwarmTask>]) {
    guard var view else { return }
    view.addPeers(nodes ?? [], on: node)
    if isVerbose { view.addServices(tasks, nodes: nodes ?? [], on: node) }
    turn.answer(.network(view))
  }
}
