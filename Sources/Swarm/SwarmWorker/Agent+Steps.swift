import Engine
import GoTemplate
import SimBase
import SwarmModel
import Workloads

/// A task's steps on the engine: start, wait, shut down, remove; `+Prepare` has the first.
///
/// Source: moby/moby `daemon/cluster/executor/container/controller.go`, `adapter.go`.
extension Agent {
  /// Takes the task's next steps until one of them takes time or none is left.
  mutating func advance(
    _ id: TaskID, at now: Instant, engine: inout Engine, into out: inout Outbox<AgentOrder>
  ) {
    while let runner = tasks[id], runner.work == .idle {
      let step = runner.nextStep
      switch step {
      case .none:
        if runner.isRemoved { removeContainer(id, at: now, engine: &engine, into: &out) }
        return
      case .move(let state, let message): move(id, to: state, message, at: now, engine: engine, into: &out)
      case .prepare: prepare(id, at: now, engine: &engine, into: &out)
      case .start: start(id, at: now, engine: &engine, into: &out)
      case .wait: wait(id, at: now, engine: &engine, into: &out)
      case .shutdown: shutDown(id, at: now, engine: &engine, into: &out)
      }
    }
  }

  /// A step has succeeded: the state rises and the error is cleared.
  mutating func move(
    _ id: TaskID, to state: TaskState, _ message: String, at now: Instant, engine: Engine,
    into out: inout Outbox<AgentOrder>
  ) {
    setStatus(id, at: now, engine: engine, into: &out) { status in
      status.state = state
      status.message = message
      status.error = ""
    }
  }

  /// A step has failed for good: REJECTED before the start, FAILED after it. The message stays.
  mutating func fail(
    _ id: TaskID, _ error: String, at now: Instant, engine: Engine, into out: inout Outbox<AgentOrder>
  ) {
    setStatus(id, at: now, engine: engine, into: &out) { status in
      status.state = status.state < .starting ? .rejected : .failed
      status.error = error
    }
  }

  mutating func setStatus(
    _ id: TaskID, at now: Instant, engine: Engine, into out: inout Outbox<AgentOrder>,
    _ change: (inout TaskStatus) -> Void
  ) {
    guard tasks.contains(id) else { return }
    let container = tasks[existing: id].container.flatMap { engine.container($0) }
    let hostPorts = container.map { self.hostPorts(of: $0) } ?? []
    tasks.update(id) { runner in
      change(&runner.status)
      runner.status.timestamp = now
      runner.status.appliedAt = nil
      runner.status.appliedBy = nil
      guard runner.status.state >= .starting, let container else { return }
      var status = ContainerStatus()
      status.containerID = container.id.description
      status.pid = Int64(container.state.pid)
      status.exitCode = Int64(container.state.exitCode)
      runner.status.container = status
      runner.status.hostPorts = hostPorts
    }
    report(id, at: now, into: &out)
  }

  // MARK: Start and wait

  private mutating func start(
    _ id: TaskID, at now: Instant, engine: inout Engine, into out: inout Outbox<AgentOrder>
  ) {
    guard let container = tasks[id]?.container, let known = engine.container(container) else {
      if tasks[id]?.task.value.spec.container == nil {
        move(id, to: .running, "started", at: now, engine: engine, into: &out)
      } else {
        fail(id, "dockerexec: container destroyed", at: now, engine: engine, into: &out)
      }
      return
    }
    if known.state.isRunning {
      becameRunning(id, at: now, engine: engine, into: &out)
      return
    }
    if let task = tasks[id]?.task.value {
      do throws(TemplateError) {
        engine.hand(try handedFiles(for: task), to: container)
      } catch {
        return fail(id, "starting container failed: \(error.message)", at: now, engine: engine, into: &out)
      }
    }
    tasks.update(id) { $0.work = .starting }
    var notices = Outbox<EngineNotice>()
    do throws(EngineError) {
      try engine.start(.id(container), at: now, into: &notices)
    } catch {
      tasks.update(id) { $0.work = .idle }
      fail(id, "starting container failed: \(error.message)", at: now, engine: engine, into: &out)
    }
    pass(&notices, at: now, engine: &engine, into: &out)
  }

  /// The container runs; with a health check the task stays STARTING until the first good probe.
  mutating func becameRunning(
    _ id: TaskID, at now: Instant, engine: Engine, into out: inout Outbox<AgentOrder>
  ) {
    guard let container = tasks[id]?.container.flatMap({ engine.container($0) }) else { return }
    if let health = container.health, health.status != .healthy {
      tasks.update(id) { $0.work = .starting }
      return
    }
    tasks.update(id) { $0.work = .idle }
    move(id, to: .running, "started", at: now, engine: engine, into: &out)
  }

  private mutating func wait(
    _ id: TaskID, at now: Instant, engine: inout Engine, into out: inout Outbox<AgentOrder>
  ) {
    guard let runner = tasks[id] else { return }
    if runner.task.value.spec.container == nil {
      tasks.update(id) { $0.work = .running }
      return
    }
    guard let container = runner.container.flatMap({ engine.container($0) }) else {
      fail(id, "dockerexec: container destroyed", at: now, engine: engine, into: &out)
      return
    }
    if container.state.isRunning {
      tasks.update(id) { $0.work = .running }
    } else {
      ended(id, code: container.state.exitCode, cause: "", at: now, engine: engine, into: &out)
    }
  }

  mutating func ended(
    _ id: TaskID, code: Int32, cause: String, at now: Instant, engine: Engine, into out: inout Outbox<AgentOrder>
  ) {
    tasks.update(id) { $0.work = .idle }
    if code == 0 && cause.isEmpty {
      setStatus(id, at: now, engine: engine, into: &out) { status in
        status.state = .complete
        status.message = "finished"
        status.error = ""
      }
    } else {
      let text = cause.isEmpty ? "task: non-zero exit (\(code))" : "task: non-zero exit (\(code)): \(cause)"
      fail(id, text, at: now, engine: engine, into: &out)
    }
  }

  // MARK: Shutdown and removal

  private mutating func shutDown(
    _ id: TaskID, at now: Instant, engine: inout Engine, into out: inout Outbox<AgentOrder>
  ) {
    guard let runner = tasks[id] else { return }
    guard let container = runner.container.flatMap({ engine.container($0) }) else {
      finishShutdown(id, at: now, engine: engine, into: &out)
      return
    }
    // A container that is being started is not up yet and will be: it has to be stopped all the same.
    if runner.task.value.networks.isEmpty || !container.state.isRunning {
      stop(id, isUnhealthy: false, at: now, engine: &engine, into: &out)
    } else {
      tasks.update(id) { $0.work = .leavingNetworks(until: now + Agent.gossipDelay) }
      deadlines.set(id, to: now + Agent.gossipDelay)
    }
  }

  mutating func stop(
    _ id: TaskID, isUnhealthy: Bool, at now: Instant, engine: inout Engine, into out: inout Outbox<AgentOrder>
  ) {
    guard let runner = tasks[id], let container = runner.container else { return }
    tasks.update(id) { $0.work = .stopping(isUnhealthy: isUnhealthy) }
    var notices = Outbox<EngineNotice>()
    do throws(EngineError) {
      try engine.stop(
        .id(container), timeout: runner.task.value.spec.container?.stopGracePeriod, at: now, into: &notices)
    } catch {
      // It has stopped by itself: what was to come is here.
      let code = engine.container(container)?.state.exitCode ?? 0
      stopped(id, code: code, isUnhealthy: isUnhealthy, at: now, engine: engine, into: &out)
    }
    pass(&notices, at: now, engine: &engine, into: &out)
  }

  mutating func stopped(
    _ id: TaskID, code: Int32, isUnhealthy: Bool, at now: Instant, engine: Engine,
    into out: inout Outbox<AgentOrder>
  ) {
    if isUnhealthy && (tasks[id]?.desired ?? .remove) < .shutdown {
      if code == 0 && tasks[id]?.status.state == .starting {
        // An unhealthy container that ends well counts as started, and then as finished.
        move(id, to: .running, "started", at: now, engine: engine, into: &out)
        ended(id, code: 0, cause: "", at: now, engine: engine, into: &out)
      } else {
        ended(id, code: code, cause: "dockerexec: unhealthy container", at: now, engine: engine, into: &out)
      }
      return
    }
    tasks.update(id) { $0.work = .idle }
    finishShutdown(id, at: now, engine: engine, into: &out)
  }

  private mutating func finishShutdown(
    _ id: TaskID, at now: Instant, engine: Engine, into out: inout Outbox<AgentOrder>
  ) {
    setStatus(id, at: now, engine: engine, into: &out) { status in
      status.state = .shutdown
      status.message = "shutdown"
      status.error = ""
    }
  }

  /// The assignment is gone and the container has stopped: the container goes, and networks that nobody needs.
  private mutating func removeContainer(
    _ id: TaskID, at now: Instant, engine: inout Engine, into out: inout Outbox<AgentOrder>
  ) {
    guard let runner = tasks.removeValue(id) else { return }
    deadlines.cancel(id)
    networkWaits[id] = nil
    guard let container = runner.container else { return }
    byContainer[container] = nil
    var notices = Outbox<EngineNotice>()
    // A container that a user has removed is gone already.
    try? engine.remove(.id(container), force: true, withVolumes: true, at: now, into: &notices)
    for attachment in runner.task.value.networks where !attachment.network.value.spec.isIngress {
      guard let network = EngineNetworkID(attachment.network.value.id.description) else { continue }
      let isUsed = engine.containers.contains { $0.endpoints.contains { $0.network == network } }
      if !isUsed { engine.removeSwarmNetwork(network) }
    }
    pass(&notices, at: now, engine: &engine, into: &out)
  }
}
