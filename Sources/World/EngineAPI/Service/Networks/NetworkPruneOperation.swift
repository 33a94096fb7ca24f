import Engine
import EngineTypes
import SimBase
import SimKernel
import SwarmManager
import SwarmModel
import SwarmNode

/// `docker network prune`: removes networks on which nobody is, on a manager the swarm's first, one after the other.
///
/// Source: moby/moby `daemon/prune.go` (`clusterNetworksPrune`, `localNetworksPrune`).
struct NetworkPruneOperation: EngineOperation {
  private let filters: FilterArguments
  private var until: Instant?
  private var isListed = false
  /// The swarm's networks that are yet to be tried; the last is being tried.
  private var candidates: [Shared<Network>] = []
  private var removed: [String] = []

  init(_ filters: FilterArguments) { self.filters = filters }

  mutating func begin(_ turn: inout OperationTurn, on node: inout SwarmNode, network: inout SimNetwork<Wire>) {
    do throws(APIError) {
      try filters.validate("label", "label!", "until")
      until = try filters.until(at: turn.now)
    } catch {
      return turn.answer(.refusal(error))
    }
    if !node.askForNetworks(NetworkFilter(), for: turn.id, at: turn.now, &network) {
      finish(&turn, on: &node, &network)
    }
  }

  mutating func hear(
    _ news: OperationNews, _ turn: inout OperationTurn, on node: inout SwarmNode, network: inout SimNetwork<Wire>
  ) {
    guard case .completion(let completion) = news else { return }
    if !isListed {
      isListed = true
      candidates = completion.networks.reversed().filter { candidate in
        let spec = candidate.value.spec
        return !spec.isIngress && isOld(candidate.value.meta.createdAt) && admits(spec.annotations.labels)
      }
    } else if let tried = candidates.popLast(), case .success = completion.controlResult {
      // One that is in use is refused, and stays.
      removed.append(tried.value.spec.annotations.name)
    }
    if let next = candidates.last {
      node.control(.removeNetwork(next.value.id.description), for: turn.id, at: turn.now, network: &network)
    } else {
      finish(&turn, on: &node, &network)
    }
  }

  private func isOld(_ created: Instant) -> Bool { until.map { created < $0 } ?? true }
  private func admits(_ labels: Labels) -> Bool { filters.hasLabels("label", labels) && filters.lacksLabels(labels) }

  private mutating func finish(
    _ turn: inout OperationTurn, on node: inout SwarmNode, _ network: inout SimNetwork<Wire>
  ) {
    let now = turn.now
    for record in node.networksByAge
    where !record.isSwarm && !record.isPredefined && !record.isConfigOnly && isOld(record.created)
      && admits(record.labels) && node.gatewaySandbox(on: record.id.description) == nil
    {
      let isGone: Void? = try? node.ask(at: now, &network) { engine, out throws(EngineError) in
        try engine.removeNetwork(record.id.description, at: now, into: &out)
      }
      if isGone != nil { removed.append(record.name) }
    }
    let removed = removed
    turn.answer(.json { writer in writer.object { $0.orNull("NetworksDeleted", removed) } })
  }
}
