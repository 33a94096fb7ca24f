import EngineTypes
import SimBase
import SimKernel
import SwarmManager
import SwarmNode

/// What a call comes to: an answer at once, or an operation that waits.
enum Resolution {
  case answer(EngineAnswer)
  case operation(any EngineOperation)

  static func refusal(_ error: APIError) -> Resolution { .answer(.refusal(error)) }
}

extension EngineService {
  /// Finds what carries a call out.
  static func resolve(
    _ routed: RoutedRequest, _ request: EngineRequest, on node: inout SwarmNode, at now: Instant,
    network: inout SimNetwork<Wire>
  ) -> Resolution {
    switch routed.call {
    case .answered(let answer): .answer(answer)
    case .ping: .answer(.ping(swarm: EngineSwarmInfo(node).pingWord, isHead: request.method == "HEAD"))
    case .version: .answer(.version())
    case .info: .operation(InfoOperation(version: routed.version))
    case .control(let request, let shape): .operation(ControlOperation(request, shape))
    case .managerRefusal(let error): .refusal(node.standing.managerRefusal ?? error)
    case .swarm(let call): .operation(SwarmOperation(call))
    case .swarmLogs(let call): .operation(SwarmLogsOperation(call, for: routed.version))
    case .network(let call): call.resolve(for: routed.version)
    case .container(let call):
      .of { () throws(APIError) in
        try call.resolve(for: routed.version, on: &node, at: now, network: &network)
      }
    case .exec(let call): .of { () throws(APIError) in try call.resolve(for: routed.version, on: node) }
    case .image(let call):
      .of { () throws(APIError) in
        try call.resolve(for: routed.version, on: &node, at: now, network: &network)
      }
    case .volume(let call): .of { () throws(APIError) in try call.resolve(on: &node, at: now, network: &network) }
    case .system(let call):
      .of { () throws(APIError) in try call.resolve(for: routed.version, on: node, at: now) }
    }
  }
}
