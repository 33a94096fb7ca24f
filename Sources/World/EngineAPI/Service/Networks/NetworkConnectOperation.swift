import Engine
import EngineTypes
import SimBase
import SimKernel
import SwarmManager
import SwarmNode

/// `docker network connect`: puts a container on one more network, where it is the swarm's after getting a place there.
///
/// One that does not run gets its place when it starts.
///
/// Source: moby/moby `daemon/network.go` (`ConnectContainerToNetwork`).
struct NetworkConnectOperation: EngineOperation {
  private let term: String
  private let name: String
  private let sent: JSON
  private var settings: EndpointSettings?
  private var attaching: NetworkAttaching?

  init(_ term: String, container: String, settings: JSON) {
    self.term = term
    name = container
    sent = settings
  }

  var nextDeadline: Instant? { attaching?.nextDeadline }

  mutating func begin(_ turn: inout OperationTurn, on node: inout SwarmNode, network: inout SimNetwork<Wire>) {
    do throws(APIError) {
      let (key, term) = (ContainerKey.typed(name), term)
      let known = try asked { () throws(EngineError) in try node.engine.container(key) }
      let record = try? node.engine.network(term)
      let isBridge = record?.name == "bridge"
      do { settings = try EndpointSettings(sent, of: nil, isDefaultBridge: isBridge) } catch { throw APIError(error) }
      let isSwarms = record?.isSwarm ?? (node.nodeID != nil)
      if isSwarms && known.state.isRunning {
        if let record, known.endpoints.contains(where: { $0.network == record.id }) {
          throw APIError(.conflict, "\(known.name) is already attached to network \(record.name)")
        }
        let settings = settings
        if let record {
          try asked { () throws(EngineError) in try node.engine.check(settings, on: record, atCreate: false) }
        }
        attaching = NetworkAttaching(known.id, to: record?.name ?? term, asking: settings?.address, at: turn.now)
        attaching?.begin(turn.id, on: &node, at: turn.now, &network)
      } else {
        try connect(key, to: term, at: turn.now, on: &node, &network)
        turn.answer(.empty())
      }
    } catch {
      turn.answer(.refusal(error))
    }
  }

  mutating func hear(
    _ news: OperationNews, _ turn: inout OperationTurn, on node: inout SwarmNode, network: inout SimNetwork<Wire>
  ) {
    switch attaching?.hear(news, turn, on: &node, &network) {
    case .pending, nil: return
    // Unlike at a start, the reason has no kind any more.
    case .failed(let error): turn.answer(.refusal(APIError(.system, error.message)))
    case .attached(let place, let address):
      if settings == nil { settings = EndpointSettings() }
      if settings?.address == nil { settings?.isAddressLent = true }
      settings?.address = address
      turn.places.append(place)
      do throws(APIError) {
        try connect(.id(place.container), to: place.network.description, at: turn.now, on: &node, &network)
        turn.answer(.empty())
      } catch {
        turn.released = (place.container, place.network)
        turn.answer(.refusal(error))
      }
    }
  }

  private func connect(
    _ key: ContainerKey, to term: String, at now: Instant, on node: inout SwarmNode,
    _ network: inout SimNetwork<Wire>
  ) throws(APIError) {
    let settings = settings
    try node.ask(at: now, &network) { engine, out throws(EngineError) in
      try engine.connect(key, to: term, settings: settings, at: now, into: &out)
    }
  }
}
