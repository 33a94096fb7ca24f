import Shell
import SimBase

/// One of a process's two ways out.
public enum OutputStream: UInt8, Sendable, Hashable {
  /// Standard output.
  case output = 1
  /// Standard error.
  case error = 2
}

/// What a process is told.
public enum ProcessInput: Sendable {
  /// Its start, or its `nextDeadline`, has come.
  case wake
  /// A signal.
  case signal(Signal)
  /// Bytes on its standard input.
  case bytes([UInt8])
  /// Its standard input has ended.
  case endOfInput
  /// A command that runs for it has written something.
  case wrote(ExternalID, OutputStream, [UInt8])
  /// A command that runs for it would read from its standard input.
  case wantsInput(ExternalID)
  /// A command that ran for it has ended.
  case ended(ExternalID, Int32)
  /// There is no command of that name.
  case notFound(ExternalID)
}

/// What a process wants done.
public enum ProcessOrder: Sendable, Equatable {
  /// Bytes to write.
  case write(OutputStream, [UInt8])
  /// A part of it, or all of it, is killed for want of memory.
  case ranOutOfMemory
  /// It has ended with this code.
  case exit(Int32)
  /// A command to run that needs more than the process and its files: `ping`, `ps`.
  case run(ExternalID, ExternalCommand)
  /// Bytes for a command that asked for input.
  case feed(ExternalID, [UInt8])
  /// A command that asked for input has had all of it.
  case endFeed(ExternalID)
  /// A signal for a command.
  case signal(ExternalID, Signal)
}

/// What a process finds around it when it starts.
public struct ProcessSetting: Sendable {
  /// Its environment: `NAME=value`, later ones first; a name alone takes the variable away.
  public var environment: [String] = []
  /// Where it starts.
  public var directory = "/"
  /// Its number, as it sees it itself.
  public var processID = 1
  /// Whether it is its container's first one: the kernel shields that from signals that it does not handle.
  public var isInit = true
  /// Whether a person types at it.
  public var isTerminal = false
  /// Whether its standard descriptors are a terminal's.
  public var hasTerminal = false
  /// The signal that asks it to stop beside SIGTERM, SIGINT and SIGQUIT.
  public var stopSignal = Signal.terminate
  /// Whose it is.
  public var user = UserIdentity()
  /// How much memory it may fill; nil for as much as there is.
  public var memory: Int64?
  /// The image that it is in.
  public var persona: Shared<Persona>

  fileprivate var variables: Table<String, String> {
    var table: Table<String, String> = [:]
    for entry in environment {
      let name = String(entry.prefix { $0 != "=" })
      table[name] = entry.contains("=") ? String(entry.dropFirst(name.count + 1)) : nil
    }
    return table
  }

  /// A first process in an image.
  public init(in persona: Shared<Persona>) { self.persona = persona }
}

/// A simulated process: a persona's program, or commands in the shell and the programs that these start.
///
/// It is stepped like any machine: whoever holds it starts it, wakes it at `nextDeadline`, hands it input and signals,
/// and obeys its orders. After `.exit` it does nothing more. While it is frozen nothing is due; `freeze(for:)` then
/// tells how long that was, and its own clock runs on from where it stood.
public struct Process: Sendable {
  /// A shell, which is large: kept apart, so that the many processes without one stay small.
  private struct Commands: Sendable {
    var shell: ShellProcess
    /// The persona's programs that the shell has started.
    var programs: Table<ExternalID, ProgramRun> = [:]
    let persona: Shared<Persona>
  }

  private var program: ProgramRun?
  /// One or none.
  private var commands: [Commands] = []
  private let isInit: Bool
  private let stopSignal: Signal
  private var frozenFor = Duration.zero

  /// A process that is about to begin; the first `step` is its first moment.
  public init(_ launch: Launch, _ setting: ProcessSetting, at now: Instant) {
    isInit = setting.isInit
    stopSignal = setting.stopSignal
    switch launch {
    case .program(let steps): program = ProgramRun(steps, at: now)
    case .command(let words):
      let persona = setting.persona.value
      var configuration = ShellProcess.Configuration(
        environment: setting.variables, directory: setting.directory, processID: setting.processID,
        isFirstProcess: setting.isInit, isTerminal: setting.isTerminal, hasTerminal: setting.hasTerminal,
        user: setting.user, programs: persona.hostedTools, mortalPrograms: Persona.Toolbox.mortal)
      if let memory = setting.memory { configuration.memory = min(configuration.memory, Int(clamping: memory)) }
      configuration.hasBusybox = persona.toolbox == .busybox
      commands = [Commands(shell: ShellProcess(command: words, configuration), persona: setting.persona)]
      startAt = now
    }
  }

  /// When a shell has yet to begin; its own deadlines come after.
  private var startAt: Instant?

  /// When it goes on by itself; nil while it only waits.
  public var nextDeadline: Instant? {
    var due = earliest(program?.nextDeadline, startAt)
    if let commands = commands.first {
      due = earliest(due, commands.shell.nextDeadline)
      for (_, run) in commands.programs { due = earliest(due, run.nextDeadline) }
    }
    return due.map { $0 + frozenFor }
  }

  /// Whether it reads or writes files.
  public var usesFiles: Bool { !commands.isEmpty }

  /// Its processes with their command lines, itself first; empty for a program, whose command line its owner knows.
  public var processes: [(processID: Int, command: String)] { commands.first?.shell.processes ?? [] }

  /// Whether the persona's main program, in it or started by it, has come up and answers on its ports.
  public var isServing: Bool {
    program?.isServing ?? commands.contains { $0.programs.contains { $0.value.isServing } }
  }

  /// It was frozen for so long.
  public mutating func freeze(for span: Duration) { frozenFor += span }

  /// Takes an input, does what follows from it, and says what it wants done.
  public mutating func step(
    _ input: ProcessInput, at now: Instant, hostname: String, files: inout FileTree, dice: inout Dice,
    into out: inout Outbox<ProcessOrder>
  ) {
    let now = now - frozenFor
    if program != nil {
      switch input {
      case .wake: program?.advance(to: now, hostname: hostname, into: &out)
      case .signal(let signal):
        let asksToStop = asksToStop(signal)
        program?.take(signal, isInit: isInit, asksToStop: asksToStop, at: now, into: &out)
      case .bytes, .endOfInput, .wrote, .wantsInput, .ended, .notFound: break
      }
    } else if !commands.isEmpty {
      stepShell(input, at: now, hostname: hostname, files: &files, dice: &dice, into: &out)
    }
  }

  private func asksToStop(_ signal: Signal) -> Bool {
    [.terminate, .interrupt, .quit].contains(signal) || signal == stopSignal
  }

  private mutating func stepShell(
    _ input: ProcessInput, at now: Instant, hostname: String, files: inout FileTree, dice: inout Dice,
    into out: inout Outbox<ProcessOrder>
  ) {
    if case .signal(.kill) = input {
      commands = []
      startAt = nil
      out.post(.exit(Signal.kill.exitCode))
      return
    }
    var inputs = [input.forShell]
    if startAt != nil { inputs.insert(.start, at: 0) }
    startAt = nil
    var orders = Outbox<ShellOrder>()
    while !commands.isEmpty {
      // Programs speak only when the shell has nothing left to do, and then the lowest number first.
      if inputs.isEmpty { inputs = advancePrograms(at: now, hostname: hostname) }
      if inputs.isEmpty { return }
      commands[0].shell.step(inputs.removeFirst(), at: now, files: &files, dice: &dice, into: &orders)
      if commands[0].shell.takeOutOfMemory() { out.post(.ranOutOfMemory) }
      for order in orders.drain() {
        switch order {
        case .write(let stream, let bytes): out.post(.write(stream == .output ? .output : .error, bytes))
        case .run(let id, let command): if !startProgram(id, command, at: now) { out.post(.run(id, command)) }
        case .feed(let id, let bytes): out.post(.feed(id, bytes))
        case .endFeed(let id): out.post(.endFeed(id))
        case .signal(let id, let number):
          let signal = Signal(number: UInt8(clamping: number))
          inputs += self.signal(signal, to: id, at: now) ?? []
          if commands.first?.programs[id] == nil { out.post(.signal(id, signal)) }
        case .exit(let status):
          // What the shell left behind dies with it: it is alone in its container, or nobody waits for it.
          commands = []
          out.post(.exit(Int32(truncatingIfNeeded: status)))
          return
        }
      }
    }
  }

  private mutating func startProgram(_ id: ExternalID, _ command: ExternalCommand, at now: Instant) -> Bool {
    let persona = commands[0].persona.value
    let own = persona.program(for: command.arguments)
    // Whom a ping asks on the internet is beyond any engine, too; the image must have the tool.
    let ping = persona.has(tool: "ping") ? Program(pinging: command.arguments) : nil
    guard let program = own ?? ping.map({ Shared($0) }) else { return false }
    commands[0].programs[id] = ProgramRun(program, at: now)
    return true
  }

  private mutating func signal(_ signal: Signal, to id: ExternalID, at now: Instant) -> [ShellInput]? {
    if commands[0].programs[id] == nil { return nil }
    var out = Outbox<ProcessOrder>()
    commands[0].programs[existing: id].take(
      signal, isInit: false, asksToStop: asksToStop(signal), at: now, into: &out)
    return inputs(from: out, of: id)
  }

  private mutating func advancePrograms(at now: Instant, hostname: String) -> [ShellInput] {
    for id in commands[0].programs.keys {
      guard let due = commands[0].programs[id]?.nextDeadline, due <= now else { continue }
      var out = Outbox<ProcessOrder>()
      commands[0].programs[existing: id].advance(to: now, hostname: hostname, into: &out)
      let told = inputs(from: out, of: id)
      if !told.isEmpty { return told }
    }
    return []
  }

  private mutating func inputs(from out: Outbox<ProcessOrder>, of id: ExternalID) -> [ShellInput] {
    out.orders.compactMap { order in
      switch order {
      case .write(let stream, let bytes): return .wrote(id, stream == .output ? .output : .error, bytes)
      case .exit(let code):
        commands[0].programs[id] = nil
        return .ended(id, status: Int(code))
      case .run, .feed, .endFeed, .signal, .ranOutOfMemory: return nil
      }
    }
  }
}

extension ProcessInput {
  fileprivate var forShell: ShellInput {
    switch self {
    case .wake: .wake
    case .signal(let signal): .signal(Int(signal.number))
    case .bytes(let bytes): .bytes(bytes)
    case .endOfInput: .endOfInput
    case .wrote(let id, let stream, let bytes): .wrote(id, stream == .output ? .output : .error, bytes)
    case .wantsInput(let id): .wantsInput(id)
    case .ended(let id, let code): .ended(id, status: Int(code))
    case .notFound(let id): .notFound(id)
    }
  }
}
