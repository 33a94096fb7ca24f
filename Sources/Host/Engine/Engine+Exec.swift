import SimBase
import Workloads

/// What a command in a running container is to be.
public struct ExecSpec: Sendable, Hashable {
  /// The program and its arguments.
  public var command: [String]
  /// Who runs it; empty for the container's user.
  public var user = ""
  /// Whether it is all-powerful.
  public var isPrivileged = false
  /// Whether it has a terminal.
  public var tty = false
  /// Whether it is sent input.
  public var attachStdin = false
  /// Whether its output is wanted.
  public var attachStdout = true
  /// Whether its errors are wanted.
  public var attachStderr = true
  /// The keys that detach from it.
  public var detachKeys = ""
  /// `NAME=value` beyond the container's.
  public var env: [String] = []
  /// Where it runs; empty for the container's directory.
  public var workingDirectory = ""

  /// A command.
  public init(_ command: [String]) { self.command = command }
}

/// A command in a running container.
public struct Exec: Sendable {
  /// Its ID.
  public let id: ExecID
  /// The container that it is in.
  public let container: ContainerID
  /// What it is.
  public let spec: ExecSpec
  /// The number of its process on the machine; 0 before it runs.
  public internal(set) var pid = 0
  /// When its process began.
  public internal(set) var startedAt: Instant?
  /// Whether it has been started and has not ended.
  public internal(set) var isRunning = false
  /// How it ended; nil before.
  public internal(set) var exitCode: Int32?
  /// Whether nobody wants its output.
  public internal(set) var isDetached = false
  let host: ContainerNumber
  /// When it begins.
  var beginsAt: Instant?
  var process: Process?
  var earlyInput = EarlyInput()
  var terminal = Terminal()
  /// When it may be forgotten.
  var forgottenAt: Instant?

  var nextDeadline: Instant? { forgottenAt ?? beginsAt ?? process?.nextDeadline }
}

extension Engine {
  /// Prepares a command in a running container.
  ///
  /// Source: moby/moby `daemon/exec.go`.
  public mutating func createExec(
    in key: ContainerKey, _ spec: ExecSpec, at now: Instant, into out: inout Outbox<EngineNotice>
  ) throws(EngineError) -> ExecID {
    let number = try find(key)
    if spec.command.isEmpty { throw .noExecCommand }
    let container = disk.containers[existing: number]
    try checkActive(container, name: key.description)
    if !spec.user.isEmpty { _ = try identity(spec.user, of: number, at: now) }
    let exec = Exec(id: drawID(), container: container.id, spec: spec, host: number)
    memory.nextExec += 1
    memory.execs[memory.nextExec] = exec
    memory.execNumbers[exec.id] = memory.nextExec
    noteExec("exec_create: " + Engine.commandLine(spec.command), exec, at: now, into: &out)
    return exec.id
  }

  /// Starts a prepared command. `.execStarted`, `.execOutput` and `.execEnded` follow.
  public mutating func startExec(
    _ text: String, detach: Bool = false, at now: Instant, into out: inout Outbox<EngineNotice>
  ) throws(EngineError) {
    let number = try execNumber(text)
    let exec = memory.execs[existing: number]
    guard let container = container(exec.container) else { throw .noSuchContainer(text) }
    try checkActive(container, name: container.id.description)
    if exec.exitCode != nil { throw .execHasRun(exec.id) }
    if exec.isRunning { throw .execIsRunning(exec.id) }
    if !exec.spec.user.isEmpty { _ = try identity(exec.spec.user, of: exec.host, at: now) }
    let beginsAt = now + drawCost(config.costs.exec)
    memory.execs.update(number) { exec in
      exec.isRunning = true
      exec.isDetached = detach
      exec.beginsAt = beginsAt
    }
    noteExec("exec_start: " + Engine.commandLine(exec.spec.command), exec, at: now, into: &out)
    memory.deadlines.set(.exec(number), to: beginsAt)
  }

  /// A command as its events show it: the program, a blank, its arguments, so a bare program has a blank after it.
  static func commandLine(_ words: [String]) -> String {
    (words.first ?? "") + " " + words.dropFirst().joined(separator: " ")
  }

  /// A command in a container, as its inspect shows it.
  public func exec(_ text: String) throws(EngineError) -> Exec { memory.execs[existing: try execNumber(text)] }

  /// A terminal has another size. Nothing here draws by it.
  public func resizeExec(_ text: String) throws(EngineError) {
    if !(try exec(text).isRunning) { throw .resizeOfStopped }
  }

  /// The commands that run in a container, in the order of their start.
  public func execs(in id: ContainerID) -> [ExecID] {
    memory.execs.values.filter { $0.container == id && $0.isRunning }.map(\.id)
  }

  mutating func continueExec(_ number: Int, at now: Instant, into out: inout Outbox<EngineNotice>) {
    guard let exec = memory.execs[number] else { return }
    if exec.forgottenAt != nil {
      memory.execs[number] = nil
      memory.execNumbers[exec.id] = nil
      return
    }
    let wasWaiting = exec.beginsAt != nil
    if wasWaiting {
      memory.execs[existing: number].beginsAt = nil
      memory.nextPID += 37
      memory.execs[existing: number].pid = memory.nextPID
      memory.execs[existing: number].startedAt = now
      do {
        let setting = setting(for: exec, number: number, at: now)
        let launch = try launch(exec.spec.command, in: exec.host, directory: setting.directory, at: now)
        memory.execs[existing: number].process = Process(launch, setting, at: now)
        out.post(.execStarted(exec.id))
      } catch {
        let text = "OCI runtime exec failed: exec failed: unable to start container process: \(error.sentence)\r\n"
        if !exec.isDetached { out.post(.execOutput(exec.id, .output, Array(text.utf8))) }
        endExec(number, code: error.exitCode, at: now, into: &out)
        return
      }
    }
    step(.exec(number), .wake, at: now, into: &out)
    if wasWaiting && !exec.spec.attachStdin { step(.exec(number), .endOfInput, at: now, into: &out) }
    if wasWaiting { takeEarlyInput(ofExec: number, at: now, into: &out) }
    rescheduleExec(number)
  }

  /// Sends a command what a person typed or a pipe brought.
  public mutating func sendInput(
    toExec text: String, _ bytes: [UInt8], at now: Instant, into out: inout Outbox<EngineNotice>
  ) throws(EngineError) {
    let number = try execNumber(text)
    let exec = memory.execs[existing: number]
    if exec.beginsAt != nil {
      memory.execs[existing: number].earlyInput.bytes += bytes
      return
    }
    if exec.spec.tty {
      for effect in memory.execs[existing: number].terminal.type(bytes) {
        switch effect {
        case .echo(let shown): if !exec.isDetached { out.post(.execOutput(exec.id, .output, shown)) }
        case .input(let line): step(.exec(number), .bytes(line), at: now, into: &out)
        case .endOfInput: step(.exec(number), .endOfInput, at: now, into: &out)
        case .signal(let signal): step(.exec(number), .signal(signal), at: now, into: &out)
        }
      }
    } else {
      step(.exec(number), .bytes(bytes), at: now, into: &out)
    }
    rescheduleExec(number)
  }

  /// A command's input has ended.
  public mutating func closeInput(
    ofExec text: String, at now: Instant, into out: inout Outbox<EngineNotice>
  ) throws(EngineError) {
    let number = try execNumber(text)
    if memory.execs[existing: number].beginsAt != nil {
      memory.execs[existing: number].earlyInput.hasEnded = true
      return
    }
    step(.exec(number), .endOfInput, at: now, into: &out)
    rescheduleExec(number)
  }

  private mutating func takeEarlyInput(ofExec number: Int, at now: Instant, into out: inout Outbox<EngineNotice>) {
    guard let exec = memory.execs[number] else { return }
    memory.execs[existing: number].earlyInput = EarlyInput()
    let id = exec.id.description
    if !exec.earlyInput.bytes.isEmpty { try? sendInput(toExec: id, exec.earlyInput.bytes, at: now, into: &out) }
    if exec.earlyInput.hasEnded { try? closeInput(ofExec: id, at: now, into: &out) }
  }

  mutating func rescheduleExec(_ number: Int) {
    if let next = memory.execs[number]?.nextDeadline {
      memory.deadlines.set(.exec(number), to: next)
    } else {
      memory.deadlines.cancel(.exec(number))
    }
  }

  mutating func endExec(_ number: Int, code: Int32, at now: Instant, into out: inout Outbox<EngineNotice>) {
    forgetCommands(of: .exec(number), into: &out)
    memory.execs.update(number) { exec in
      exec.isRunning = false
      exec.exitCode = code
      exec.process = nil
      exec.beginsAt = nil
      // Docker sweeps every five minutes; what it sweeps has been dead for one round.
      exec.forgottenAt = now + .minutes(5)
    }
    rescheduleExec(number)
    let exec = memory.execs[existing: number]
    if let container = container(exec.container) {
      let attributes = [("execID", exec.id.description), ("exitCode", String(code))]
      post(EngineEvent("exec_die", container: container, attributes: attributes, at: now), into: &out)
    }
    out.post(.execEnded(exec.id, exitCode: code))
  }

  /// A container's commands die with it.
  mutating func endExecs(of host: ContainerNumber, at now: Instant, into out: inout Outbox<EngineNotice>) {
    for (number, exec) in memory.execs where exec.host == host && exec.isRunning {
      endExec(number, code: 137, at: now, into: &out)
    }
  }

  private func execNumber(_ text: String) throws(EngineError) -> Int {
    guard let id = ExecID(text), let number = memory.execNumbers[id] else { throw .noSuchExec(text) }
    return number
  }

  private func checkActive(_ container: Container, name: String) throws(EngineError) {
    switch container.state.status {
    case .paused: throw .execInPaused(name)
    case .restarting: throw .isRestarting(container.id)
    case .running: break
    case .created, .removing, .exited, .dead: throw .notRunning(container.id)
    }
  }

  private mutating func noteExec(
    _ action: String, _ exec: Exec, at now: Instant, into out: inout Outbox<EngineNotice>
  ) {
    guard let container = container(exec.container) else { return }
    post(EngineEvent(action, container: container, attributes: [("execID", exec.id.description)], at: now), into: &out)
  }
}
