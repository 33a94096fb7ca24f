import Engine
import SimBase
import SimKernel
import SwarmManager
import SwarmModel
import SwarmNode

/// `docker network create`: one of the engine's own, or on a manager one of the swarm's.
///
/// **Differs from Docker:** a driver that is not there is refused at once, not after fifteen seconds.
///
/// Source: moby/moby `daemon/server/router/network/network_routes.go` (`postNetworkCreate`), `daemon/network.go`.
struct NetworkCreateOperation: EngineOperation {
  private let creation: NetworkCreation
  private var isBeingMade = false

  init(_ creation: NetworkCreation) { self.creation = creation }

  mutating func begin(_ turn: inout OperationTurn, on node: inout SwarmNode, network: inout SimNetwork<Wire>) {
    if !node.askForNetworks(.holding(creation.name), for: turn.id, at: turn.now, &network) {
      make(&turn, on: &node, &network)
    }
  }

  mutating func hear(
    _ news: OperationNews, _ turn: inout OperationTurn, on node: inout SwarmNode, network: inout SimNetwork<Wire>
  ) {
    guard case .completion(let completion) = news else { return }
    if isBeingMade {
      turn.answer(EngineAnswer(completion.controlResult, as: .networkCreated))
    } else if completion.networks.isEmpty {
      make(&turn, on: &node, &network)
    } else {
      turn.answer(.refusal(APIError(.network(.nameInUse(creation.name)))))
    }
  }

  private mutating func make(
    _ turn: inout OperationTurn, on node: inout SwarmNode, _ network: inout SimNetwork<Wire>
  ) {
    do throws(APIError) {
      if Engine.predefinedNetworkNames.contains(creation.name) {
        throw APIError(.network(.predefinedName(creation.name)))
      }
      if creation.driver == "overlay" && node.standing != .manager {
        throw APIError(.forbidden, SwarmStanding.inactive.managerRefusal?.message ?? "")
      }
      let (spec, now) = (EngineNetworkSpec(creation), turn.now)
      if creation.isSwarmScoped {
        try asked { () throws(EngineError) in try node.engine.check(spec) }
        try checkPlace(node)
        isBeingMade = true
        node.control(creation.control, for: turn.id, at: turn.now, network: &network)
        return
      }
      let id = try node.ask(at: now, &network) { engine, out throws(EngineError) in
        try engine.createNetwork(spec, at: now, into: &out)
      }
      turn.answer(EngineAnswer(.success(.created(id: id.description, warnings: [])), as: .networkCreated))
    } catch {
      turn.answer(.refusal(error))
    }
  }

  /// Whether this node may ask the swarm for it. The refusals have another status than those of the swarm's other objects.
  private func checkPlace(_ node: SwarmNode) throws(APIError) {
    if node.standing == .manager {
      if creation.hasIPv4 { return }
      throw APIError(.invalidParameter, "IPv4 cannot be disabled in a Swarm scoped network")
    }
    throw APIError(
      .forbidden,
      node.nodeID == nil
        ? "cannot create a swarm scoped network when swarm is not active"
        : "Cannot create a multi-host network from a worker node. Please create the network from a manager node.")
  }
}

extension EngineNetworkSpec {
  /// A network of the engine's own as a client asks for it.
  init(_ creation: NetworkCreation) {
    self.init(creation.name)
    driver = creation.driver.isEmpty ? "bridge" : creation.driver
    scope = creation.scope
    (hasIPv4, hasIPv6) = (creation.hasIPv4, creation.hasIPv6 ?? false)
    ipamOptions = creation.ipamOptions
    subnets = creation.subnets.map { asked in
      var config = SubnetConfig(subnet: asked.subnet, gateway: asked.gateway, range: asked.range)
      config.auxiliary = asked.auxiliary
      return config
    }
    (isInternal, isAttachable, isIngress) = (creation.isInternal, creation.isAttachable, creation.isIngress)
    (configFrom, isConfigOnly) = (creation.configFrom, creation.isConfigOnly)
    (options, labels) = (creation.options, creation.labels)
  }
}
