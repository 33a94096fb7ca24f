import Engine
import EngineTypes
import SimBase
import SimKernel
import SwarmManager
import SwarmModel
import SwarmNode

/// `docker network connect`: puts a container on one more network.
///
/// Source: moby/moby `daemon/network.go` (`ConnectContainerToNetwork`).
struct NetworkConnectOperation: EngineOperation {
  private let term: String
  private let container: String
  private let settings: JSON

  init(_ term: String, container: String, settings: JSON) {
    self.term = term
    self.container = container
    self.settings = settings
  }

  mutating func begin(_ turn: inout OperationTurn, on node: inout SwarmNode, network: inout SimNetwork<Wire>) {
    let (term, key, now) = (term, ContainerKey.typed(container), turn.now)
    do throws(APIError) {
      try asked { () throws(EngineError) in _ = try node.engine.container(key) }
      let wanted: EndpointSettings?
      do { wanted = try EndpointSettings(settings, of: nil) } catch { throw APIError(error) }
      if let record = try? node.engine.network(term), record.isSwarm && !record.isAttachable {
        let refusal = APIError(ControlError(.permissionDenied, "network \(record.name) not manually attachable"))
        throw APIError(.forbidden, "Could not attach to network \(record.name): \(refusal.message)")
      }
      try node.ask(at: now, &network) { engine, out throws(EngineError) in
        try engine.connect(key, to: term, settings: wanted, at: now, into: &out)
      }
      turn.answer(.empty())
    } catch {
      turn.answer(.refusal(error))
    }
  }

  mutating func hear(
    _ news: OperationNews, _ turn: inout OperationTurn, on node: inout SwarmNode, network: inout SimNetwork<Wire>
  ) {}
}
