import SimBase
import SimKernel
import SwarmManager
import SwarmNode

/// `docker info`: the node's own facts and, on a manager, a summary that the leader gives.
///
/// A manager without a leader answers all the same, with the reason as its error. Source: moby/moby `daemon/info.go`,
/// `daemon/cluster/swarm.go` (`Info`).
struct InfoOperation: EngineOperation {
  /// The version of the API that the client speaks.
  let version: APIVersion

  mutating func begin(_ turn: inout OperationTurn, on node: inout SwarmNode, network: inout SimNetwork<Wire>) {
    if node.standing == .manager {
      node.control(.summarize, for: turn.id, at: turn.now, network: &network)
    } else {
      turn.answer(.info(EngineInfo(node, summary: nil, at: turn.now), for: version))
    }
  }

  mutating func hear(
    _ news: OperationNews, _ turn: inout OperationTurn, on node: inout SwarmNode, network: inout SimNetwork<Wire>
  ) {
    guard case .completion(let completion) = news else { return }
    switch completion.controlResult {
    case .success(.summary(let summary)):
      turn.answer(.info(EngineInfo(node, summary: .success(summary), at: turn.now), for: version))
    case .success: preconditionFailure("a summary was asked for")
    case .failure(let error):
      turn.answer(.info(EngineInfo(node, summary: .failure(error), at: turn.now), for: version))
    }
  }
}
