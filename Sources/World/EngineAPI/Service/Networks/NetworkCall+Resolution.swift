import Engine
import EngineTypes
import SimBase
import SimKernel
import SwarmManager
import SwarmModel
import SwarmNode

extension NetworkCall {
  /// Finds the operation that carries the call out: a manager asks the swarm first, whatever the network.
  func resolve(for version: APIVersion) -> Resolution {
    switch self {
    case .list(let filter): .operation(NetworkListOperation(filter, for: version))
    case .inspect(let term, let scope, let isVerbose):
      .operation(NetworkInspectOperation(term, scope: scope, isVerbose: isVerbose))
    case .create(let creation): .operation(NetworkCreateOperation(creation))
    case .remove(let term): .operation(NetworkRemoveOperation(term))
    case .connect(let term, let container, let settings):
      .operation(NetworkConnectOperation(term, container: container, settings: settings))
    case .disconnect(let term, let container, let force):
      .operation(NetworkDisconnectOperation(term, container: container, force: force))
    case .prune(let filters): .operation(NetworkPruneOperation(filters))
    }
  }
}

extension SwarmNode {
  /// The engine's networks, the swarm's that are here among them, oldest first.
  var networksByAge: [NetworkRecord] { engine.networks.sorted { ($0.created, $0.id) < ($1.created, $1.id) } }

  /// Asks the swarm for its networks, its twins of `bridge` and `host` among them, if this is a manager; false if not.
  mutating func askForNetworks(
    _ filter: NetworkFilter, for id: RequestID, at now: Instant, _ network: inout SimNetwork<Wire>
  ) -> Bool {
    if standing != .manager { return false }
    control(.listNetworks(filter), for: id, at: now, network: &network)
    return true
  }
}

extension NetworkFilter {
  /// All networks, predefined ones too.
  static var everything: NetworkFilter {
    var filter = NetworkFilter()
    filter.includesPredefined = true
    return filter
  }

  /// Networks that have this name, predefined ones too.
  static func holding(_ name: String) -> NetworkFilter {
    var filter = NetworkFilter.everything
    filter.names = [name]
    return filter
  }
}

extension SwarmNode.Completion {
  /// The networks that were asked for; none from a swarm that does not answer, as an engine goes on with its own.
  var networks: [Shared<Network>] {
    if case .success(.networks(let networks)) = controlResult { networks } else { [] }
  }
}
