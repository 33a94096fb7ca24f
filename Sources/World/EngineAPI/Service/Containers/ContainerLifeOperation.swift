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

  init(_ change: Change, _ name: String) {
    self.change = change
    self.name = name
  }

  mutating func begin(_ turn: inout OperationTurn, on node: inout SwarmNode, network: inout SimNetwork<Wire>) {
    let (key, now) = (ContainerKey.typed(name), turn.now)
    do throws(APIError) {
      container = try asked { () throws(EngineError) in try node.engine.container(key).id }
      switch change {
      case .start:
        try node.ask(at: now, &network) { engine, out throws(EngineError) in
          try engine.start(key, at: now, into: &out)
        }
      case .stop(let signal, let seconds):
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

  mutating func hear(
    _ news: OperationNews, _ turn: inout OperationTurn, on node: inout SwarmNode, network: inout SimNetwork<Wire>
  ) {
    guard case .notice(let notice) = news, let container else { return }
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

extension Int? {
  /// How long to wait for a stop before SIGKILL: negative for ever, nil for the container's own time.
  fileprivate var patience: Duration? { map { .seconds(Int64($0)) } }
}
