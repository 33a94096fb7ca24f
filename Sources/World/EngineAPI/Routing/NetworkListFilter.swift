import SimBase
import SwarmManager
import SwarmModel

/// Which networks `GET /networks` lists, of the engine's own and of the swarm's.
///
/// **Differs from Docker:** names and IDs match as parts of texts, not as regular expressions.
///
/// Source: moby/moby `daemon/network/filter.go`, `daemon/cluster/networks.go`.
public struct NetworkListFilter: Sendable, Equatable {
  private let filters: FilterArguments
  private let isDangling: Bool?

  /// Checks and keeps the filters of a request.
  init(_ filters: FilterArguments) throws(APIError) {
    try filters.validate("dangling", "driver", "id", "label", "name", "scope", "type")
    for word in filters["type"] where !["builtin", "custom"].contains(word) {
      throw APIError(.system, "invalid filter: 'type'='\(word)'")
    }
    self.filters = filters
    if filters["dangling"].count > 1 {
      throw APIError(.invalidParameter, "got more than one value for filter key \"dangling\"")
    }
    do { isDangling = try filters.flag("dangling") } catch {
      throw APIError(
        .invalidParameter,
        "invalid value for filter 'dangling', must be \"true\" (or \"1\"), or \"false\" (or \"0\")")
    }
  }

  /// What the swarm is asked for: by name it finds whole names only.
  public var control: ControlRequest {
    var filter = NetworkFilter()
    filter.names = filters["name"]
    if filter.names.isEmpty { filter.idPrefixes = filters["id"] }
    return .listNetworks(filter)
  }

  /// Whether a network is listed.
  ///
  /// A list is made without its networks' endpoints, so every network but the engine's own passes for unused.
  public func admits(_ network: NetworkView) -> Bool {
    let isBuiltin = ["bridge", "host", "none", "default"].contains(network.name)
    if let isDangling, isDangling == isBuiltin { return false }
    return hits("driver") { $0 == network.driver } && hits("scope") { $0 == network.scope }
      && hits("name") { network.name.includes($0) } && hits("id") { network.id.includes($0) }
      && hits("type") { ($0 == "builtin") == isBuiltin }
      && filters["label"].allSatisfy { NetworkListFilter.hasLabel($0, network.labels ?? Labels()) }
  }

  private func hits(_ name: String, _ test: (String) -> Bool) -> Bool {
    let values = filters[name]
    return values.isEmpty || values.contains(where: test)
  }

  /// `key` asks that a label is there, `key=value` that it is so; all labels asked for must agree.
  private static func hasLabel(_ text: String, _ labels: Labels) -> Bool {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard let value = labels[String(parts[0])] else { return false }
    return parts.count == 1 || value == parts[1]
  }
}
