import SimBase

/// One of a process's two ways out.
public enum OutputStream: UInt8, Sendable, Hashable {
  /// Standard output.
  case output = 1
  /// Standard error.
  case error = 2
}

/// What a process is told.
public enum ProcessInput: Sendable, Equatable {
  /// Its start, or its `nextDeadline`, has come.
  case wake
  /// A signal.
  case signal(Signal)
}

/// What a process wants done.
public enum ProcessOrder: Sendable, Equatable {
  /// Bytes to write.
  case write(OutputStream, [UInt8])
  /// It has ended with this code.
  case exit(Int32)
}

/// A simulated process: a persona's program, or commands in the shell.
///
/// It is stepped like any machine: whoever holds it starts it, wakes it at `nextDeadline`, hands it input and signals, and
/// obeys its orders. After `.exit` it does nothing more.
public struct Process: Sendable {
  private var program: ProgramRun
  /// The first process of a container: the kernel shields it from signals that it does not handle.
  public let isInit: Bool
  private let stopSignals: [Signal]

  /// A run of a persona's program.
  public init(_ program: Shared<Program>, isInit: Bool, stopSignal: Signal, at now: Instant) {
    self.program = ProgramRun(program, at: now)
    self.isInit = isInit
    stopSignals = [stopSignal]
  }

  /// A run of what a command line turned out to be.
  public init(_ launch: Launch, isInit: Bool, stopSignal: Signal, at now: Instant) {
    switch launch {
    case .program(let program): self.init(Shared(program), isInit: isInit, stopSignal: stopSignal, at: now)
    case .command: self.init(Shared(Program(ending: .exit(0))), isInit: isInit, stopSignal: stopSignal, at: now)
    }
  }

  /// When it goes on by itself; nil while it only waits.
  public var nextDeadline: Instant? { program.nextDeadline }

  /// Takes an input, does what follows from it, and says what it wants done.
  public mutating func step(
    _ input: ProcessInput, at now: Instant, hostname: String, into out: inout Outbox<ProcessOrder>
  ) {
    switch input {
    case .wake: program.advance(to: now, hostname: hostname, into: &out)
    case .signal(let signal):
      let asksToStop = [.terminate, .interrupt, .quit].contains(signal) || stopSignals.contains(signal)
      program.take(signal, isInit: isInit, asksToStop: asksToStop, at: now, into: &out)
    }
  }

  /// Puts everything off by a span for which it was frozen.
  public mutating func postpone(by span: Duration) { program.postpone(by: span) }
}
