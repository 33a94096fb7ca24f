import SimBase
import Workloads

extension Engine {
  /// Asks a container to stop and, when patience ends, kills it. `.died` and `.stopped` follow.
  ///
  /// - Parameters:
  ///   - timeout: how long to wait before SIGKILL; negative for ever, nil for the container's own or 10 s.
  ///   - signal: what to send instead of the container's stop signal.
  /// - Throws: `.alreadyStopped` if there is nothing to stop.
  ///
  /// Source: moby/moby `daemon/stop.go`.
  public mutating func stop(
    _ key: ContainerKey, timeout: Duration? = nil, signal: String? = nil, at now: Instant,
    into out: inout Outbox<EngineNotice>
  ) throws(EngineError) {
    let number = try find(key)
    if disk.containers[existing: number].state.status == .restarting && !memory.running.contains(number) {
      cancelRestart(number, at: now)
      disk.containers[existing: number].state.isStoppedByUser = true
      let container = disk.containers[existing: number]
      post(EngineEvent("stop", container: container, attributes: [], at: now), into: &out)
      out.post(.stopped(container.id))
      return
    }
    if !memory.running.contains(number) { throw .alreadyStopped }
    try beginStop(number, timeout: timeout, signal: signal, at: now, into: &out)
  }

  mutating func beginStop(
    _ number: ContainerNumber, timeout: Duration?, signal: String?, at now: Instant,
    into out: inout Outbox<EngineNotice>
  ) throws(EngineError) {
    let container = disk.containers[existing: number].config.value
    let name = signal.flatMap { $0.isEmpty ? nil : $0 } ?? container.stopSignal ?? "SIGTERM"
    guard let asked = Signal(name) else {
      throw .invalidSignal(name, .stop(disk.containers[existing: number].name))
    }
    let patience = timeout ?? container.stopTimeoutSeconds.map { .seconds(Int64($0)) } ?? config.stopTimeout
    disk.containers[existing: number].state.isStoppedByUser = !memory.isShuttingDown
    memory.running[existing: number].isStopAsked = true
    noteKill(asked, number, at: now, into: &out)
    deliver(asked, to: number, at: now, into: &out)
    if patience >= .zero && !isEnding(number) { memory.running[existing: number].killAt = now + patience }
    reschedule(number)
  }

  /// Sends a signal to a container's process. With SIGKILL, `.died` follows.
  ///
  /// Source: moby/moby `daemon/kill.go`.
  public mutating func kill(
    _ key: ContainerKey, signal: String? = nil, at now: Instant, into out: inout Outbox<EngineNotice>
  ) throws(EngineError) {
    let name = signal.flatMap { $0.isEmpty ? nil : $0 } ?? "SIGKILL"
    guard let signal = Signal(name) else { throw .invalidSignal(name, .kill(key.description)) }
    let number = try find(key)
    guard memory.running.contains(number) else {
      throw .cannotKill(name: key.description, disk.containers[existing: number].id)
    }
    // A signal that is not the one to stop with leaves the restart policy at work.
    let own = disk.containers[existing: number].config.value.stopSignal.flatMap { Signal($0) }
    if own == nil || own == signal || signal == .kill { disk.containers[existing: number].state.isStoppedByUser = true }
    noteKill(signal, number, at: now, into: &out)
    deliver(signal, to: number, at: now, into: &out)
    reschedule(number)
  }

  /// Freezes a container's processes.
  public mutating func pause(
    _ key: ContainerKey, at now: Instant, into out: inout Outbox<EngineNotice>
  ) throws(EngineError) {
    let number = try find(key)
    let container = disk.containers[existing: number]
    switch container.state.status {
    case .paused: throw .alreadyPaused(container.id)
    case .restarting: throw .isRestarting(container.id)
    case .running: break
    case .created, .removing, .exited, .dead: throw .notRunning(container.id)
    }
    disk.containers[existing: number].state.status = .paused
    memory.running.update(number) { run in
      run.pausedAt = now
      run.probe = nil
      run.nextProbe = nil
    }
    post(EngineEvent("pause", container: container, attributes: [], at: now), into: &out)
    reschedule(number)
  }

  /// Lets a frozen container go on. Its health checks begin anew with a whole interval.
  public mutating func unpause(
    _ key: ContainerKey, at now: Instant, into out: inout Outbox<EngineNotice>
  ) throws(EngineError) {
    let number = try find(key)
    if disk.containers[existing: number].state.status != .paused {
      throw .notPaused(disk.containers[existing: number].id)
    }
    thaw(number, at: now)
    post(EngineEvent("unpause", container: disk.containers[existing: number], attributes: [], at: now), into: &out)
    reschedule(number)
  }

  private mutating func thaw(_ number: ContainerNumber, at now: Instant) {
    disk.containers[existing: number].state.status = .running
    memory.running.update(number) { run in
      if let pausedAt = run.pausedAt { run.process?.freeze(for: now - pausedAt) }
      run.pausedAt = nil
    }
    scheduleProbe(number, after: now)
  }

  /// Removes a container that does not run; with force, kills it first. `.removed` follows, at once or when it has
  /// ended.
  ///
  /// Source: moby/moby `daemon/delete.go`.
  public mutating func remove(
    _ key: ContainerKey, force: Bool = false, withVolumes: Bool = false, at now: Instant,
    into out: inout Outbox<EngineNotice>
  ) throws(EngineError) {
    let number = try find(key)
    let state = disk.containers[existing: number].state
    if state.status == .restarting && !force {
      throw .cannotRemove(name: key.description, status: .restarting)
    }
    cancelRestart(number, at: now)
    guard memory.running.contains(number) else {
      erase(number, withVolumes: withVolumes, at: now, into: &out)
      return
    }
    if !force {
      // One that is starting runs, as far as anybody can wait for it.
      throw .cannotRemove(name: key.description, status: state.isRunning ? state.status : .running)
    }
    memory.running[existing: number].removal = RunningContainer.Removal(withVolumes: withVolumes)
    disk.containers[existing: number].state.isStoppedByUser = true
    noteKill(.kill, number, at: now, into: &out)
    deliver(.kill, to: number, at: now, into: &out)
    reschedule(number)
  }

  /// Removes containers that do not run and were made before `until`.
  ///
  /// - Returns: their IDs, oldest first.
  public mutating func pruneContainers(
    until: Instant? = nil, at now: Instant, into out: inout Outbox<EngineNotice>
  ) -> [ContainerID] {
    var removed: [ContainerID] = []
    for (number, container) in disk.containers
    where !container.state.isRunning && !memory.running.contains(number)
      && until.map({ container.created < $0 }) ?? true
    {
      erase(number, withVolumes: false, at: now, into: &out)
      removed.append(container.id)
    }
    return removed
  }

  /// Stops a container from being started again by its policy; one that waits for that has ended for good.
  mutating func cancelRestart(_ number: ContainerNumber, at now: Instant) {
    memory.restarts[number] = nil
    if disk.containers[existing: number].state.status == .restarting && !memory.running.contains(number) {
      disk.containers[existing: number].state.status = .exited
    }
    reschedule(number)
  }

  private func isEnding(_ number: ContainerNumber) -> Bool {
    if case .ending? = memory.running[number]?.phase { true } else { false }
  }

  mutating func noteKill(
    _ signal: Signal, _ number: ContainerNumber, at now: Instant, into out: inout Outbox<EngineNotice>
  ) {
    let attributes = [("signal", String(signal.number))]
    post(EngineEvent("kill", container: disk.containers[existing: number], attributes: attributes, at: now), into: &out)
  }

  /// Hands a signal to a container's process, or keeps it until there is one. A frozen process is thawed for it.
  mutating func deliver(
    _ signal: Signal, to number: ContainerNumber, at now: Instant, into out: inout Outbox<EngineNotice>
  ) {
    guard let phase = memory.running[number]?.phase else { return }
    switch phase {
    case .ending: return
    case .starting: memory.running[existing: number].asked.append(signal)
    case .running:
      if memory.running[existing: number].pausedAt != nil { thaw(number, at: now) }
      if memory.running[existing: number].isHung && signal != .kill { return }
      step(.main(number), .signal(signal), at: now, into: &out)
    }
  }
}
