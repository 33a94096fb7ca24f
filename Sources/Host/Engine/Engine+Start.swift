import SimBase
import Workloads

extension Engine {
  /// Starts a container. `.started` follows when its process runs; `.restarted` where this is a restart's second half.
  ///
  /// A refusal leaves it as it was, with the reason in its state: exit code 127 or 126 for a command that cannot run,
  /// 128 for networks that cannot be set up.
  ///
  /// Source: moby/moby `daemon/start.go`.
  public mutating func start(
    _ key: ContainerKey, asRestart isRestart: Bool = false, at now: Instant, into out: inout Outbox<EngineNotice>
  ) throws(EngineError) {
    let number = try find(key)
    switch disk.containers[existing: number].state.status {
    case .paused: throw .startOfPaused
    case .running, .restarting: throw .alreadyStarted
    case .removing, .dead: throw .markedForRemoval
    case .created, .exited: break
    }
    if memory.running.contains(number) { throw .alreadyStarted }
    memory.restarts[number] = nil
    disk.containers[existing: number].state.isStoppedByUser = false
    try begin(number, at: now, into: &out)
    if isRestart { memory.running[existing: number].isRestart = true }
  }

  /// Stops a container if it runs, and starts it again. `.restarted` follows.
  ///
  /// Source: moby/moby `daemon/restart.go`.
  public mutating func restart(
    _ key: ContainerKey, timeout: Duration? = nil, signal: String? = nil, at now: Instant,
    into out: inout Outbox<EngineNotice>
  ) throws(EngineError) {
    let number = try find(key)
    if memory.running.contains(number) {
      do { try beginStop(number, timeout: timeout, signal: signal, at: now, into: &out) } catch {
        guard case .invalidSignal(let text, .stop(let name)) = error else { throw error }
        throw .invalidSignal(text, .restart(name))
      }
      memory.running[existing: number].restartsAfter = true
      return
    }
    cancelRestart(number, at: now)
    disk.containers[existing: number].state.isStoppedByUser = false
    try begin(number, at: now, into: &out)
    memory.running[existing: number].isRestart = true
  }

  /// Sets up networks and what will run; the process begins when containerd has had its time.
  mutating func begin(
    _ number: ContainerNumber, at now: Instant, into out: inout Outbox<EngineNotice>
  ) throws(EngineError) {
    disk.containers[existing: number].state.error = ""
    do { try checkSharedNamespace(number) } catch {
      throw refuseStart(number, error, code: 128, at: now, into: &out)
    }
    do { try joinNetworks(number, at: now, into: &out) } catch {
      throw refuseStart(number, .networking(error), code: 128, at: now, into: &out)
    }
    let launch: Launch
    do throws(EngineError) {
      try checkLinks(of: number)
      try checkRuntimeSettings(of: number, at: now)
      launch = try resolveCommand(of: number, at: now)
    } catch {
      leaveNetworks(number, at: now, into: &out)
      var code: Int32 = 128
      if case .launch(let refusal) = error { code = refusal.exitCode }
      throw refuseStart(number, error, code: code, at: now, into: &out)
    }
    noteMounts("mount", number, at: now, into: &out)
    memory.running[number] = RunningContainer(startingUntil: now + drawCost(config.costs.start), launch: launch)
    reschedule(number)
  }

  private mutating func refuseStart(
    _ number: ContainerNumber, _ error: EngineError, code: Int32, at now: Instant,
    into out: inout Outbox<EngineNotice>
  ) -> EngineError {
    disk.containers[existing: number].state.error = error.message
    disk.containers[existing: number].state.exitCode = code
    if disk.containers[existing: number].host.value.autoRemove {
      erase(number, withVolumes: true, at: now, into: &out)
    }
    return error
  }

  /// The container's process begins.
  mutating func becomeRunning(_ number: ContainerNumber, at now: Instant, into out: inout Outbox<EngineNotice>) {
    memory.nextPID += 37
    let container = disk.containers[existing: number]
    let setting = setting(for: container, of: number, tty: container.config.value.tty, at: now)
    disk.containers.update(number) { container in
      container.state.status = .running
      container.state.pid = memory.nextPID
      container.state.exitCode = 0
      container.state.isOOMKilled = false
      container.state.startedAt = now
      if container.config.value.healthCheck?.command != nil {
        if container.health == nil { container.health = Health() }
        container.health?.status = .starting
        container.health?.failingStreak = 0
      }
    }
    memory.running.update(number) { run in
      run.phase = .running
      run.process = Process(run.launch, setting, at: now)
    }
    scheduleProbe(number, after: now)
    post(EngineEvent("start", container: container, attributes: [], at: now), into: &out)
    out.post(.started(container.id))
    if memory.running[existing: number].isRestart {
      memory.running[existing: number].isRestart = false
      post(EngineEvent("restart", container: container, attributes: [], at: now), into: &out)
      out.post(.restarted(container.id))
    }
    let asked = memory.running[existing: number].asked
    memory.running[existing: number].asked = []
    step(.main(number), .wake, at: now, into: &out)
    if !container.config.value.openStdin && !container.config.value.tty {
      step(.main(number), .endOfInput, at: now, into: &out)
    }
    takeEarlyInput(number, at: now, into: &out)
    for signal in asked { deliver(signal, to: number, at: now, into: &out) }
    reschedule(number)
  }

  /// Does what is due in a container.
  mutating func continueContainer(_ number: ContainerNumber, at now: Instant, into out: inout Outbox<EngineNotice>) {
    if let timer = memory.restarts[number], let due = timer.due, due <= now {
      memory.restarts[existing: number].due = nil
      startAgain(number, at: now, into: &out)
      return
    }
    guard let phase = memory.running[number]?.phase else { return }
    switch phase {
    case .starting(let instant): if instant <= now { becomeRunning(number, at: now, into: &out) }
    case .ending(let code, let instant): if instant <= now { finish(number, code: code, at: now, into: &out) }
    case .running:
      if let killAt = memory.running[existing: number].killAt, killAt <= now {
        memory.running[existing: number].killAt = nil
        noteKill(.kill, number, at: now, into: &out)
        deliver(.kill, to: number, at: now, into: &out)
      }
      if memory.running[existing: number].pausedAt == nil {
        step(.main(number), .wake, at: now, into: &out)
        continueHealth(number, at: now, into: &out)
      }
      reschedule(number)
    }
  }

  /// The process is gone; the engine hears of it a little later.
  mutating func processEnded(_ number: ContainerNumber, code: Int32, at now: Instant) {
    let reportedAt = now + drawCost(config.costs.exit)
    memory.running.update(number) { run in
      run.phase = .ending(code: code, reportedAt: reportedAt)
      run.endedAt = now
      run.killAt = nil
    }
  }

  /// Sets a container's one deadline to whatever comes first.
  mutating func reschedule(_ number: ContainerNumber) {
    if let next = earliest(memory.running[number]?.nextDeadline, memory.restarts[number]?.due) {
      memory.deadlines.set(.container(number), to: next)
    } else {
      memory.deadlines.cancel(.container(number))
    }
  }

  /// The behaviour of a container's image.
  mutating func persona(of number: ContainerNumber) -> Shared<Persona> {
    let id = disk.containers[existing: number].image
    if let known = memory.personas[id] { return known }
    let image = disk.images[id]
    let persona = Shared(config.library.value.persona(named: image?.persona ?? "", tag: image?.personaTag))
    memory.personas[id] = persona
    return persona
  }
}
