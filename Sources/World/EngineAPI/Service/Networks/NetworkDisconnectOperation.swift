import Engine
import SimBase
import SimKernel
import SwarmManager
import SwarmNode

/// `docker network disconnect`: takes a container off a network, at once.
///
/// Source: moby/moby `daemon/network.go` (`DisconnectContainerFromNetwork`).
struct NetworkDisconnectOperation: EngineOperation {
  private let term: String
  private let container: String
  private let force: Bool

  init(_ term: String, container: String, force: Bool) {
    self.term = term
    self.container = container
    self.force = force
  }

  mutating func begin(_ turn: inout OperationTurn, on node: inout SwarmNode, network: inout SimNetwork<Wire>) {
    let (term, container, now) = (term, container, turn.now)
    do throws(APIError) {
      if container.isEmpty { throw APIError(.emptyIdentifier) }
      let record = try? node.engine.network(term)
      if force && (try? node.engine.container(.typed(container))) == nil {
        let record = try asked { () throws(EngineError) in try node.engine.network(term) }
        // By force, an endpoint without a container is taken off too: the routing mesh's, a load balancer's.
        guard node.sandbox(on: record.id)?.name == container else {
          throw APIError(.notFound, "endpoint \(container) not found")
        }
        try node.ask(at: now, &network) { engine, _ throws(EngineError) in engine.removeSandbox(from: record.id) }
        return turn.answer(.empty())
      }
      try node.ask(at: now, &network) { engine, out throws(EngineError) in
        try engine.disconnect(.typed(container), from: term, isForced: force, at: now, into: &out)
      }
      if let record, let known = try? node.engine.container(.typed(container)) { turn.released = (known.id, record.id) }
      turn.answer(.empty())
    } catch {
      turn.answer(.refusal(error))
    }
  }

  mutating func hear(
    _ news: OperationNews, _ turn: inout OperationTurn, on node: inout SwarmNode, network: inout SimNetwork<Wire>
  ) {}
}
