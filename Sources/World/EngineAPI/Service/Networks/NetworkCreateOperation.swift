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
    // A swarm has networks for the machine's `bridge` and `host`, too.
    var filter = NetworkFilter.named(creation.name)
    filter.includesPredefined = true
    if !node.askForNetworks(filter, for: turn.id, at: turn.now, &network) {
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
      try creation.check()
      let name = creation.name
      if creation.isSwarmScoped { try checkPlace(node) }
      if node.engine.networks.contains(where: { $0.name == name }) { throw APIError(.network(.nameInUse(name))) }
      if creation.isSwarmScoped {
        isBeingMade = true
        node.control(creation.control, for: turn.id, at: turn.now, network: &network)
        return
      }
      let (spec, now) = (EngineNetworkSpec(creation), turn.now)
      let id = try node.ask(at: now, &network) { engine, out throws(EngineError) in
        try engine.createNetwork(spec, at: now, into: &out)
      }
      turn.answer(EngineAnswer(.success(.created(id: id.description, warnings: [])), as: .networkCreated))
    } catch {
      turn.answer(.refusal(error))
    }
  }

  /// Source: measured, a real 28.5.2 engine: the refusals have another status than those of the swarm's other objects.
  private func checkPlace(_ node: SwarmNode) throws(APIError) {
    if creation.driver == "overlay" {
      if creation.scope == "local" {
        throw APIError(.forbidden, "cannot downgrade network scope for overlay networks")
      }
      if node.standing == .manager { return }
      throw APIError(.forbidden, SwarmStanding.inactive.managerRefusal?.message ?? "")
    }
    if node.nodeID == nil {
      throw APIError(.forbidden, "cannot create a swarm scoped network when swarm is not active")
    }
    if node.standing != .manager {
      throw APIError(
        .forbidden,
        "Cannot create a multi-host network from a worker node. Please create the network from a manager node.")
    }
  }
}

extension EngineNetworkSpec {
  /// A network of the engine's own as a client asks for it.
  init(_ creation: NetworkCreation) {
    self.init(creation.name)
    driver = creation.driver
    (hasIPv4, hasIPv6) = (creation.hasIPv4, creation.hasIPv6 ?? false)
    // Without a word on addresses the options are an empty object, as measured.
    ipamOptions = creation.ipamDriver == nil ? [:] : creation.ipamOptions ?? [:]
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
