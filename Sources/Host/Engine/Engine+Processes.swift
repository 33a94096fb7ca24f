import Shell
import SimBase
import Workloads

/// Names a command that a process in a container has asked for and that reaches beyond it. Numbers never repeat within
/// an engine.
public struct CommandID: Hashable, Comparable, Sendable {
  /// The number.
  public let number: Int

  /// Earlier commands come first.
  public static func < (a: CommandID, b: CommandID) -> Bool { a.number < b.number }
}

/// What is told to a process about a command that it waits for.
public enum CommandAnswer: Sendable, Equatable {
  /// It has written something.
  case wrote(OutputStream, [UInt8])
  /// It would read from its standard input.
  case wantsInput
  /// It has ended with this code.
  case ended(Int32)
  /// There is no such command.
  case notFound
}

/// Whose process it is.
enum ProcessOwner: Hashable, Sendable {
  case main(ContainerNumber)
  case exec(Int)
  case probe(ContainerNumber)
}

struct HostedCommand: Sendable {
  var owner: ProcessOwner
  var external: ExternalID
}

/// How processes are stepped, whoever they belong to, and what becomes of their orders.
extension Engine {
  /// Tells a process something about a command that it waits for.
  public mutating func answer(
    _ id: CommandID, _ answer: CommandAnswer, at now: Instant, into out: inout Outbox<EngineNotice>
  ) {
    guard let command = memory.commands[id] else { return }
    let input: ProcessInput
    switch answer {
    case .wrote(let stream, let bytes): input = .wrote(command.external, stream, bytes)
    case .wantsInput: input = .wantsInput(command.external)
    case .ended(let code):
      memory.commands[id] = nil
      input = .ended(command.external, code)
    case .notFound:
      memory.commands[id] = nil
      input = .notFound(command.external)
    }
    step(command.owner, input, at: now, into: &out)
    switch command.owner {
    case .main(let number), .probe(let number): reschedule(number)
    case .exec(let number): rescheduleExec(number)
    }
  }

  /// Steps a process and obeys its orders, and so on until it waits.
  mutating func step(
    _ owner: ProcessOwner, _ input: ProcessInput, at now: Instant, into out: inout Outbox<EngineNotice>
  ) {
    var inputs = [input]
    while !inputs.isEmpty {
      var orders = Outbox<ProcessOrder>()
      stepOnce(owner, inputs.removeFirst(), at: now, into: &orders)
      for order in orders.orders { inputs += obey(order, of: owner, at: now, into: &out) }
    }
  }

  private mutating func stepOnce(
    _ owner: ProcessOwner, _ input: ProcessInput, at now: Instant, into orders: inout Outbox<ProcessOrder>
  ) {
    guard let (number, usesFiles) = process(of: owner), let container = disk.containers[number] else { return }
    var files = usesFiles ? takeFiles(number, at: now) : Engine.noFiles
    switch owner {
    case .main:
      memory.running[existing: number].process?.step(
        input, at: now, hostname: container.hostname, files: &files, dice: &processDice, into: &orders)
    case .probe:
      memory.running[existing: number].probe?.process?.step(
        input, at: now, hostname: container.hostname, files: &files, dice: &processDice, into: &orders)
    case .exec(let exec):
      memory.execs[existing: exec].process?.step(
        input, at: now, hostname: container.hostname, files: &files, dice: &processDice, into: &orders)
    }
    if usesFiles { putFiles(files, number, at: now) }
  }

  private static let noFiles = FileTree()

  /// The container of a process, and whether the process uses its files; nil if there is no process to step.
  private func process(of owner: ProcessOwner) -> (ContainerNumber, Bool)? {
    switch owner {
    case .main(let number):
      guard let run = memory.running[number], case .running = run.phase, let process = run.process else { return nil }
      return (number, process.usesFiles)
    case .probe(let number): return memory.running[number]?.probe?.process.map { (number, $0.usesFiles) }
    case .exec(let exec): return memory.execs[exec].flatMap { exec in exec.process.map { (exec.host, $0.usesFiles) } }
    }
  }

  /// Obeys an order; what the process is to be told at once comes back.
  private mutating func obey(
    _ order: ProcessOrder, of owner: ProcessOwner, at now: Instant, into out: inout Outbox<EngineNotice>
  ) -> [ProcessInput] {
    switch order {
    case .write(let stream, let bytes): write(bytes, to: stream, of: owner, at: now, into: &out)
    case .ranOutOfMemory: if let (number, _) = process(of: owner) { noteOutOfMemory(number, at: now, into: &out) }
    case .exit(let code):
      switch owner {
      case .main(let number): processEnded(number, code: code, at: now)
      case .probe(let number): endProbe(number, code: code, note: nil, at: now, into: &out)
      case .exec(let exec): endExec(exec, code: code, at: now, into: &out)
      }
    case .run(let external, let command): return run(command, external, for: owner, at: now, into: &out)
    case .feed(let external, let bytes):
      if let id = command(external, of: owner) { out.post(.commandFed(id, bytes)) }
    case .endFeed(let external): if let id = command(external, of: owner) { out.post(.commandInputEnded(id)) }
    case .signal(let external, let signal):
      if let id = command(external, of: owner) { out.post(.commandSignalled(id, signal)) }
    }
    return []
  }

  private mutating func run(
    _ command: ExternalCommand, _ external: ExternalID, for owner: ProcessOwner, at now: Instant,
    into out: inout Outbox<EngineNotice>
  ) -> [ProcessInput] {
    guard let (number, _) = process(of: owner) else { return [] }
    let name = command.arguments.first?.split(separator: "/").last.map(String.init) ?? ""
    if !persona(of: number).value.has(tool: name) { return [.notFound(external)] }
    if let done = runInside(command, of: number, at: now) {
      var inputs: [ProcessInput] = []
      if !done.output.isEmpty { inputs.append(.wrote(external, .output, Array(done.output.utf8))) }
      if !done.error.isEmpty { inputs.append(.wrote(external, .error, Array(done.error.utf8))) }
      return done.isOver ? inputs + [.ended(external, done.code)] : inputs
    }
    memory.nextCommand += 1
    let id = CommandID(number: memory.nextCommand)
    memory.commands[id] = HostedCommand(owner: owner, external: external)
    out.post(.commandWanted(id, disk.containers[existing: number].id, command))
    return []
  }

  private func command(_ external: ExternalID, of owner: ProcessOwner) -> CommandID? {
    memory.commands.first { $0.value.owner == owner && $0.value.external == external }?.key
  }

  /// A process is gone, so nobody waits for its commands.
  mutating func forgetCommands(of owner: ProcessOwner, into out: inout Outbox<EngineNotice>) {
    if memory.commands.isEmpty { return }
    for (id, command) in memory.commands where command.owner == owner {
      memory.commands[id] = nil
      out.post(.commandForgotten(id))
    }
  }

  private mutating func write(
    _ bytes: [UInt8], to stream: OutputStream, of owner: ProcessOwner, at now: Instant,
    into out: inout Outbox<EngineNotice>
  ) {
    switch owner {
    case .main(let number):
      let tty = disk.containers[existing: number].config.value.tty
      write(tty ? Terminal.shown(bytes) : bytes, to: tty ? .output : stream, of: number, at: now, into: &out)
    case .probe(let number): memory.running[existing: number].probe?.output.append(contentsOf: bytes)
    case .exec(let number):
      let exec = memory.execs[existing: number]
      let isWanted = stream == .output || exec.spec.tty ? exec.spec.attachStdout : exec.spec.attachStderr
      if !isWanted || exec.isDetached { return }
      let shown = exec.spec.tty ? Terminal.shown(bytes) : bytes
      out.post(.execOutput(exec.id, exec.spec.tty ? .output : stream, shown))
    }
  }

  // MARK: What a process finds around it

  mutating func setting(
    for container: Container, of number: ContainerNumber, tty: Bool, user: String = "", extra: [String] = [],
    at now: Instant
  ) -> ProcessSetting {
    var setting = ProcessSetting(in: persona(of: number))
    let config = container.config.value
    // Who it is was looked up when it was started; its files may have changed since.
    setting.user = (try? identity(user, of: number, at: now)) ?? UserIdentity()
    setting.environment = environment(of: container, tty: tty, extra: extra, home: setting.user.home)
    setting.directory = config.workingDirectory.isEmpty ? "/" : config.workingDirectory
    setting.isTerminal = tty && config.openStdin
    setting.hasTerminal = tty
    if container.host.value.memory > 0 { setting.memory = container.host.value.memory }
    setting.stopSignal = config.stopSignal.flatMap { Signal($0) } ?? .terminate
    return setting
  }

  mutating func setting(for exec: Exec, number: Int, at now: Instant) -> ProcessSetting {
    let container = disk.containers[existing: exec.host]
    var setting = setting(
      for: container, of: exec.host, tty: exec.spec.tty, user: exec.spec.user, extra: exec.spec.env, at: now)
    if !exec.spec.workingDirectory.isEmpty { setting.directory = exec.spec.workingDirectory }
    setting.processID = 7 + number % 30_000
    setting.isInit = false
    setting.isTerminal = exec.spec.tty && exec.spec.attachStdin
    return setting
  }

  /// Source: moby/moby `daemon/container/container_unix.go` (`CreateDaemonEnvironment`).
  private func environment(of container: Container, tty: Bool, extra: [String], home: String) -> [String] {
    var words = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOSTNAME=\(container.hostname)"]
    if tty { words.append("TERM=xterm") }
    return words + ["HOME=\(home)"] + linkVariables(of: container) + container.config.value.env + extra
  }
}
