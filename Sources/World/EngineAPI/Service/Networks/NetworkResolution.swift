import EngineTypes
import SimBase
import SwarmManager
import SwarmModel

/// Finds the network that a user means among those of the engine and those of the swarm.
///
/// A whole ID wins, then a whole name, then the beginning of an ID; a network that is both on the engine and in the swarm is
/// taken from the engine, which knows who is on it.
///
/// Source: moby/moby `daemon/server/router/network/network_routes.go` (`getNetwork`, `findUniqueNetwork`).
public struct NetworkResolution {
  /// The engine's networks, swarm networks that are in use here among them.
  private let local: [NetworkView]
  /// The swarm's, predefined ones too; empty except on managers.
  private let swarm: [Network]

  /// A search among these.
  public init(local: [NetworkView], swarm: [Shared<Network>]) {
    self.local = local
    self.swarm = swarm.map(\.value)
  }

  /// The network to show; `scope` restricts the search where it is not empty.
  public func inspect(_ term: String, scope: String) throws(APIError) -> NetworkView {
    let here = local.filter { scope.isEmpty || $0.scope == scope }
    if let hit = here.first(where: { $0.id == term }) { return hit }
    if let hit = byControlAPI(term), hit.id.description.hasPrefix(term) || scope == "swarm" {
      let id = hit.id.description
      return here.first { $0.id == id && ($0.name == term || $0.id.hasPrefix(term)) } ?? NetworkView(hit)
    }
    return try unique(term, here + elsewhere(here).filter { scope.isEmpty || $0.scope == scope })
  }

  /// The network to remove.
  public func unique(_ term: String) throws(APIError) -> NetworkView {
    let all = local + elsewhere(local)
    if let hit = all.first(where: { $0.id == term }) { return hit }
    return try unique(term, all)
  }

  /// What a look-up by the control API would find, predefined networks included.
  private func byControlAPI(_ term: String) -> Network? {
    if let hit = swarm.first(where: { $0.id.description == term }) { return hit }
    if let hit = swarm.first(where: { $0.spec.annotations.name == term }) { return hit }
    let hits = swarm.filter { $0.id.description.hasPrefix(term) }
    return hits.count == 1 ? hits[0] : nil
  }

  /// The swarm's networks that are not on the engine; predefined ones are hidden.
  private func elsewhere(_ here: [NetworkView]) -> [NetworkView] {
    swarm.filter { !$0.isPredefined }.map(NetworkView.init).filter { view in !here.contains { $0.id == view.id } }
  }

  private func unique(_ term: String, _ networks: [NetworkView]) throws(APIError) -> NetworkView {
    let named = networks.filter { $0.name == term }
    if named.count == 1 { return named[0] }
    if named.count > 1 { throw ambiguous(term, named.count, "name") }
    let begun = networks.filter { $0.id.hasPrefix(term) }
    if begun.count == 1 { return begun[0] }
    if begun.count > 1 { throw ambiguous(term, begun.count, "ID prefix") }
    throw APIError(.notFound, "network \(term) not found")
  }

  private func ambiguous(_ term: String, _ count: Int, _ by: String) -> APIError {
    APIError(.invalidParameter, "\(count) matches found based on \(by): network \(term) is ambiguous")
  }
}

extension EngineAnswer {
  /// One network.
  public static func network(_ network: NetworkView) -> EngineAnswer { .json { $0.network(network) } }

  /// A list of networks.
  public static func networks(_ networks: [NetworkView]) -> EngineAnswer {
    .json { $0.array(networks) { $0.network($1) } }
  }
}
