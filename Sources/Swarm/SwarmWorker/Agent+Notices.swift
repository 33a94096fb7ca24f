import Engine
import SimBase
import SwarmModel

/// What the engine tells the agent of its containers, and what a task makes of it.
///
/// Source: moby/moby `daemon/cluster/executor/container/controller.go`, `Wait`, `checkHealth`.
extension Agent {
  /// What a call of the agent's own has brought about.
  mutating func pass(
    _ notices: inout Outbox<EngineNotice>, at now: Instant, engine: inout Engine,
    into out: inout Outbox<AgentOrder>
  ) {
    for notice in notices.drain() {
      out.post(.noticed(notice))
      handle(notice, at: now, engine: &engine, into: &out)
    }
  }

  mutating func handle(
    _ notice: EngineNotice, at now: Instant, engine: inout Engine, into out: inout Outbox<AgentOrder>
  ) {
    switch notice {
    case .pulled(let pull, _):
      guard let id = byPull.removeValue(pull) else { return }
      create(id, at: now, engine: &engine, into: &out)
      advance(id, at: now, engine: &engine, into: &out)
    case .started(let container):
      guard let id = byContainer[container], tasks[id]?.work == .starting else { return }
      becameRunning(id, at: now, engine: engine, into: &out)
      advance(id, at: now, engine: &engine, into: &out)
    case .startFailed(let container, let error):
      guard let id = byContainer[container], tasks[id]?.work == .starting else { return }
      tasks.update(id) { $0.work = .idle }
      fail(id, "starting container failed: \(error.message)", at: now, engine: engine, into: &out)
    case .healthChanged(let container, let health):
      healthChanged(container, health, at: now, engine: &engine, into: &out)
    case .died(let container, let code):
      guard let id = byContainer[container] else { return }
      died(id, code: code, at: now, engine: &engine, into: &out)
    case .removed(let container):
      guard let id = byContainer[container] else { return }
      if tasks[id]?.work == .running { died(id, code: 137, at: now, engine: &engine, into: &out) }
    case .logged(let container): logged(container, engine: engine, into: &out)
    case .pullProgressed, .pushed, .registryReplied, .stopped, .restarted, .output, .execStarted, .execOutput,
      .execEnded,
      .commandWanted, .commandFed, .commandInputEnded, .commandSignalled, .commandForgotten, .eventsAdded, .shutDown:
      break
    }
  }

  private mutating func healthChanged(
    _ container: ContainerID, _ health: Health.Status, at now: Instant, engine: inout Engine,
    into out: inout Outbox<AgentOrder>
  ) {
    guard let id = byContainer[container], let runner = tasks[id] else { return }
    switch (runner.work, health) {
    case (.starting, .healthy):
      becameRunning(id, at: now, engine: engine, into: &out)
      advance(id, at: now, engine: &engine, into: &out)
    case (.starting, .unhealthy), (.running, .unhealthy):
      stop(id, isUnhealthy: true, at: now, engine: &engine, into: &out)
    default: break
    }
  }

  private mutating func died(
    _ id: TaskID, code: Int32, at now: Instant, engine: inout Engine, into out: inout Outbox<AgentOrder>
  ) {
    switch tasks[id]?.work {
    case .starting: ended(id, code: code, cause: "", at: now, engine: engine, into: &out)
    case .running: ended(id, code: code, cause: "", at: now, engine: engine, into: &out)
    case .leavingNetworks:
      deadlines.cancel(id)
      stopped(id, code: code, isUnhealthy: false, at: now, engine: engine, into: &out)
    case .stopping(let isUnhealthy):
      stopped(id, code: code, isUnhealthy: isUnhealthy, at: now, engine: engine, into: &out)
    case .idle, .awaitingNetworks, .pulling, .retrying, nil: return
    }
    advance(id, at: now, engine: &engine, into: &out)
  }
}
