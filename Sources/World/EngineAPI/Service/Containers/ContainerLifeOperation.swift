import Engine
import SimBase
import SimKernel
import SwarmManager
import SwarmNode
import Workloads

/// `start`, `stop`, `restart`, `kill` and `rm`: asks the engine, and answers 204 when it is done.
///
/// A client that hangs up takes nothing back. A kill waits only for SIGKILL, as other signals may do anything.
///
/// Source: moby/moby `daemon/start.go`, `stop.go`, `restart.go`, `kill.go`, `delete.go`.
struct ContainerLifeOperation: EngineOperation {
  /// What is to be done.
  enum Change: Sendable {
    case start
    case stop(signal: String?, seconds: Int?)
    case restart(signal: String?, seconds: Int?)
    case kill(signal: String)
    case remove(force: Bool, volumes: Bool)
  }

  private let change: Change
  private let name: String
  private var container: ContainerID?
  private var attaching: NetworkAttaching?
  private var settled: [EngineNetworkID] = []
  /// Whether this is a restart whose stop and start come one after the other, with new places on networks in between.
  private var isRestartingByParts = false

  init(_ change: Change, _ name: String) {
    self.change = change
    self.name = name
  }

  mutating func begin(_ turn: inout OperationTurn, on node: inout SwarmNode, network: inout SimNetwork<Wire>) {
    let (key, now) = (ContainerKey.typed(name), turn.now)
    do throws(APIError) {
      do { container = try asked { () throws(EngineError) in try node.engine.container(key).id } } catch {
        guard case .kill = change else { throw error }
        throw APIError(error.cause, "cannot kill container: \(name): \(error.message)")
      }
      switch change {
      case .start: try startOrAttach(&turn, on: &node, &network)
      case .stop(let signal, let seconds):
        try node.ask(at: now, &network) { engine, out throws(EngineError) in
          try engine.stop(key, timeout: seconds.patience, signal: signal, at: now, into: &out)
        }
      case .restart(let signal, let seconds) where try needsPlaces(node):
        isRestartingByParts = true
        try node.ask(at: now, &network) { engine, out throws(EngineError) in
          try engine.stop(key, timeout: seconds.patience, signal: signal, at: now, into: &out)
        }
      case .restart(let signal, let seconds):
        try node.ask(at: now, &network) { engine, out throws(EngineError) in
          try engine.restart(key, timeout: seconds.patience, signal: signal, at: now, into: &out)
        }
      case .kill(let signal):
        try node.ask(at: now, &network) { engine, out throws(EngineError) in
          try engine.kill(key, signal: signal, at: now, into: &out)
        }
        if !signal.isEmpty && Signal(signal) != .kill { turn.answer(.empty(204)) }
      case .remove(let force, let volumes):
        try node.ask(at: now, &network) { engine, out throws(EngineError) in
          try engine.remove(key, force: force, withVolumes: volumes, at: now, into: &out)
        }
      }
    } catch {
      turn.answer(.refusal(error))
    }
  }

  var nextDeadline: Instant? { attaching?.nextDeadline }

  mutating func hear(
    _ news: OperationNews, _ turn: inout OperationTurn, on node: inout SwarmNode, network: inout SimNetwork<Wire>
  ) {
    if attaching != nil { return goOnAttaching(news, &turn, on: &node, &network) }
    guard case .notice(let notice) = news, let container else { return }
    if isRestartingByParts, case .stopped(container) = notice {
      do throws(APIError) { try startOrAttach(&turn, on: &node, &network) } catch { turn.answer(.refusal(error)) }
      return
    }
    switch (change, notice) {
    case (.start, .started(container)), (.stop, .stopped(container)), (.restart, .restarted(container)),
      (.kill, .died(container, _)):
      turn.answer(.empty(204))
    // One that is gone is not running either.
    case (.remove, .removed(container)), (.stop, .removed(container)), (.kill, .removed(container)):
      turn.answer(.empty(204))
    case (.start, .startFailed(container, let error)), (.restart, .startFailed(container, let error)):
      turn.answer(.refusal(APIError(error)))
    case (.start, .removed(container)), (.restart, .removed(container)):
      turn.answer(.refusal(APIError(.noSuchContainer(name))))
    default: break
    }
  }
}

extension ContainerLifeOperation {
  /// Whether the container runs and holds places on the swarm's networks, which it loses when it stops.
  private func needsPlaces(_ node: SwarmNode) throws(APIError) -> Bool {
    guard let known = container.flatMap({ node.engine.container($0) }), known.task == nil else { return false }
    return known.state.isRunning && !known.host.value.autoRemove
      && known.endpoints.contains { node.engine.network($0.network)?.hasSwarmAddresses == true }
  }

  /// Starts the container, once it has its places on the networks of the swarm that it is to join.
  private mutating func startOrAttach(
    _ turn: inout OperationTurn, on node: inout SwarmNode, _ network: inout SimNetwork<Wire>
  ) throws(APIError) {
    guard let container, let known = node.engine.container(container) else { return }
    let (now, isRestart) = (turn.now, isRestartingByParts)
    if let next = NetworkAttaching.pendingNetwork(of: known, on: node, settled: settled) {
      attaching = NetworkAttaching(container, to: next.name, asking: next.address, at: now)
      attaching?.begin(turn.id, on: &node, at: now, &network)
      return
    }
    try node.ask(at: now, &network) { engine, out throws(EngineError) in
      try engine.start(.id(container), asRestart: isRestart, at: now, into: &out)
    }
  }

  private mutating func goOnAttaching(
    _ news: OperationNews, _ turn: inout OperationTurn, on node: inout SwarmNode, _ network: inout SimNetwork<Wire>
  ) {
    switch attaching?.hear(news, turn, on: &node, &network) {
    case .pending, nil: return
    case .failed(let error):
      turn.released = container.map { ($0, nil) }
      if let container, node.engine.container(container)?.host.value.autoRemove == true {
        try? node.ask(at: turn.now, &network) { engine, out throws(EngineError) in
          try engine.remove(.id(container), force: true, withVolumes: true, at: turn.now, into: &out)
        }
      }
      turn.answer(.refusal(APIError(error.cause, "failed to set up container networking: \(error.message)")))
    case .attached(let place, let address):
      attaching = nil
      settled.append(place.network)
      turn.places.append(place)
      do throws(APIError) {
        try node.ask(at: turn.now, &network) { engine, _ throws(EngineError) in
          try engine.giveAddress(address, to: .id(place.container), on: place.network)
        }
        try startOrAttach(&turn, on: &node, &network)
      } catch {
        turn.released = (place.container, nil)
        turn.answer(.refusal(error))
      }
    }
  }
}

extension Int? {
  /// How long to wait for a stop before SIGKILL: negative for ever, nil for the container's own time.
  fileprivate var patience: Duration? { map { .seconds(Int64($0)) } }
}
