import SimBase
import Workloads

/// A probe of a container's health that is under way.
struct HealthProbe: Sendable {
  let began: Instant
  let execID: ExecID
  let command: [String]
  /// When the command runs; before, containerd is busy with it.
  let runsAt: Instant
  /// When patience with it ends, counted from then.
  let timeoutAt: Instant
  var process: Process?
  var output: [UInt8] = []

  var nextDeadline: Instant? { process == nil ? runsAt : earliest(process?.nextDeadline, timeoutAt) }
}

/// How probes follow each other.
///
/// The first comes an interval after the start, each next one an interval after the end of the last. A success makes
/// healthy at any time; a failure counts unless its probe began within the start period of a container that was never
/// healthy.
///
/// Source: moby/moby `daemon/health.go`, checked by measurement.
extension Engine {
  /// Sets when the next probe begins, if the container has a check and runs.
  mutating func scheduleProbe(_ number: ContainerNumber, after now: Instant) {
    let container = disk.containers[existing: number]
    guard let check = container.config.value.healthCheck, check.command != nil else { return }
    let sinceStart = now - (container.state.startedAt ?? now)
    let isEarly = sinceStart < check.startPeriod && container.health?.status == .starting
    let wait =
      isEarly
      ? (check.startInterval == .zero ? .seconds(5) : check.startInterval)
      : (check.interval == .zero ? .seconds(30) : check.interval)
    memory.running[existing: number].nextProbe = now + wait
  }

  /// Begins, continues or ends a probe, whichever is due.
  mutating func continueHealth(_ number: ContainerNumber, at now: Instant, into out: inout Outbox<EngineNotice>) {
    guard let run = memory.running[number], case .running = run.phase else { return }
    if let due = run.nextProbe, due <= now { beginProbe(number, at: now, into: &out) }
    guard let probe = memory.running[existing: number].probe, let due = probe.nextDeadline, due <= now else { return }
    if probe.process == nil { launchProbe(number, probe, at: now, into: &out) }
    step(.probe(number), .wake, at: now, into: &out)
    if let probe = memory.running[existing: number].probe, probe.timeoutAt <= now {
      let limit = probe.timeoutAt - probe.runsAt
      endProbe(number, code: -1, note: "Health check exceeded timeout (\(limit))", at: now, into: &out)
    }
  }

  private mutating func beginProbe(_ number: ContainerNumber, at now: Instant, into out: inout Outbox<EngineNotice>) {
    memory.running[existing: number].nextProbe = nil
    let container = disk.containers[existing: number]
    guard let check = container.config.value.healthCheck, let command = check.command else { return }
    let runsAt = now + drawCost(config.costs.exec)
    let timeout = check.timeout == .zero ? .seconds(30) : check.timeout
    let id: ExecID = drawID()
    memory.running[existing: number].probe = HealthProbe(
      began: now, execID: id, command: command, runsAt: runsAt, timeoutAt: runsAt + timeout)
    let words = Engine.commandLine(command)
    for action in ["exec_create: ", "exec_start: "] {
      let attributes = [("execID", id.description)]
      post(EngineEvent(action + words, container: container, attributes: attributes, at: now), into: &out)
    }
  }

  private mutating func launchProbe(
    _ number: ContainerNumber, _ probe: HealthProbe, at now: Instant, into out: inout Outbox<EngineNotice>
  ) {
    do {
      var setting = setting(for: disk.containers[existing: number], of: number, tty: false, at: now)
      let launch = try launch(probe.command, in: number, directory: setting.directory, at: now)
      setting.isInit = false
      setting.processID = 7
      memory.running[existing: number].probe?.process = Process(launch, setting, at: now)
      step(.probe(number), .endOfInput, at: now, into: &out)
    } catch {
      let text = "OCI runtime exec failed: exec failed: unable to start container process: \(error.sentence)"
      endProbe(number, code: -1, note: text, at: now, into: &out)
    }
  }

  mutating func endProbe(
    _ number: ContainerNumber, code: Int32, note: String?, at now: Instant, into out: inout Outbox<EngineNotice>
  ) {
    guard let probe = memory.running[existing: number].probe else { return }
    forgetCommands(of: .probe(number), into: &out)
    memory.running[existing: number].probe = nil
    var printed = Array(probe.output.prefix(4_096))
    if probe.output.count > 4_096 { printed += Array("...".utf8) }
    var text = String(decoding: printed, as: UTF8.self)
    if let note { text = text.isEmpty ? note : "\(note): \(text)" }
    var code = code
    if let forced = memory.running[existing: number].forcedHealth { code = forced ? 0 : 1 }
    let result = Health.Result(start: probe.began, end: now, exitCode: code, output: text)
    let container = disk.containers[existing: number]
    post(
      EngineEvent(
        "exec_die", container: container,
        attributes: [("execID", probe.execID.description), ("exitCode", String(code == -1 ? 137 : code))], at: now),
      into: &out)
    count(result, number, at: now, into: &out)
    scheduleProbe(number, after: now)
  }

  /// Source: moby/moby `daemon/health.go` (`handleProbeResult`).
  private mutating func count(
    _ result: Health.Result, _ number: ContainerNumber, at now: Instant, into out: inout Outbox<EngineNotice>
  ) {
    let container = disk.containers[existing: number]
    guard let check = container.config.value.healthCheck else { return }
    var health = container.health ?? Health()
    let before = health.status
    health.log = health.log.suffix(4) + [result]
    if result.exitCode == 0 {
      health.failingStreak = 0
      health.status = .healthy
    } else {
      let sinceStart = result.start - (container.state.startedAt ?? result.start)
      if health.status != .starting || sinceStart >= check.startPeriod {
        health.failingStreak += 1
        if health.failingStreak >= (check.retries > 0 ? check.retries : 3) { health.status = .unhealthy }
      }
    }
    disk.containers[existing: number].health = health
    if health.status == before { return }
    let action = "health_status: \(health.status.text)"
    post(EngineEvent(action, container: container, attributes: [], at: now), into: &out)
    out.post(.healthChanged(container.id, health.status))
  }
}
