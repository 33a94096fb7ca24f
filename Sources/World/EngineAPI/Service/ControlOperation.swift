import Engine
import SimBase
import SimKernel
import SwarmManager
import SwarmNode

/// A request to the swarm's control API, which the node carries to the leader.
struct ControlOperation: EngineOperation {
  private let request: ControlRequest
  private let shape: ReplyShape

  init(_ request: ControlRequest, _ shape: ReplyShape) {
    self.request = request
    self.shape = shape
  }

  mutating func begin(_ turn: inout OperationTurn, on node: inout SwarmNode, network: inout SimNetwork<Wire>) {
    if let refusal = node.standing.managerRefusal {
      turn.answer(.refusal(refusal))
    } else {
      let networks = node.engine.networks.filter { !$0.isSwarm }.map { record in
        ServiceSubmission.LocalNetwork(
          id: record.id.description, name: record.name, isPredefined: record.isPredefined)
      }
      node.control(request.withLocalNetworks(networks), for: turn.id, at: turn.now, network: &network)
    }
  }

  mutating func hear(
    _ news: OperationNews, _ turn: inout OperationTurn, on node: inout SwarmNode, network: inout SimNetwork<Wire>
  ) {
    guard case .completion(let completion) = news else { return }
    turn.answer(EngineAnswer(completion.controlResult, as: shape))
  }
}

extension SwarmNode.Completion {
  /// What the control API said, or why it was not asked.
  var controlResult: Result<ControlReply, APIError> {
    switch self {
    case .control(let result): result
    case .refused(let error): .failure(APIError(error))
    case .swarm(.failure(let error)): .failure(error)
    case .swarm(.success), .logs: preconditionFailure("a control request was answered as another: \(self)")
    }
  }
}
