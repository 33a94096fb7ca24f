import SimBase

/// One thing that a simulated program does.
public enum Step: Hashable, Sendable {
  /// Prints a line. `{n}` stands for the number of the round, from 1; `{hostname}` for the container's host name.
  case print(String)
  /// Prints a line on standard error.
  case complain(String)
  /// Does nothing for a while.
  case pause(Duration)
}

/// What a simulated program does from its start to its end: first its prologue, then its rounds for ever if it has any,
/// else its ending.
public struct Program: Hashable, Sendable {
  /// What happens when the steps are done.
  public enum Ending: Hashable, Sendable {
    /// It serves until it is told to stop.
    case serve
    /// It ends with this code.
    case exit(Int32)
  }

  /// What a program does when it is asked to stop.
  public enum StopReaction: Hashable, Sendable {
    /// It tidies up for a while, then ends with the code.
    case exits(Int32, after: Duration)
    /// It has no handler. As a container's first process it then lives on, for the kernel shields that one; elsewhere
    /// it ends.
    case none
  }

  /// The steps at its start.
  public var prologue: [Step]
  /// The steps that it repeats; none if it does not.
  public var rounds: [Step]
  /// How it ends, where it has no rounds.
  public var ending: Ending
  /// How it takes a signal that asks it to stop.
  public var onStop: StopReaction

  /// A program; one without steps serves at once.
  public init(
    prologue: [Step] = [], rounds: [Step] = [], ending: Ending = .serve,
    onStop: StopReaction = .exits(0, after: .milliseconds(5))
  ) {
    self.prologue = prologue
    self.rounds = rounds
    self.ending = ending
    self.onStop = onStop
  }
}

extension Program {
  /// What a plain command does that needs no shell: `sleep 10`, `tail -f /dev/null`, `true`, `false`, also behind `sh -c`. Nil for all
  /// others.
  ///
  /// Containers that sleep and probes that only say yes or no are the bulk of every storm; a shell for each would cost
  /// a hundred times the memory.
  public init?(plainCommand words: [String]) {
    var words = words
    words[0] = String(words[0].split(separator: "/").last ?? "")
    if ["sh", "ash", "dash", "bash"].contains(words[0]), words.count == 3, words[1] == "-c" {
      let line = words[2]
      guard line.utf8.allSatisfy({ 48...57 ~= $0 || 97...122 ~= $0 || [32, 45, 46, 47].contains($0) }) else {
        return nil
      }
      words = line.split(separator: " ").map(String.init)
    }
    switch (words.first, words.count) {
    case ("true", _): self.init(ending: .exit(0), onStop: .none)
    case ("false", _): self.init(ending: .exit(1), onStop: .none)
    case ("sleep", 2):
      if words[1] == "infinity" {
        self.init(onStop: .none)
        return
      }
      let unit = ["s", "m", "h", "d"].firstIndex { words[1].hasSuffix($0) }
      let number = unit == nil ? words[1] : String(words[1].dropLast())
      guard let count = Int64(number), count >= 0, count < 100_000_000 else { return nil }
      let span = Duration.seconds(count * [1, 60, 3_600, 86_400][unit ?? 0])
      self.init(prologue: [.pause(span)], ending: .exit(0), onStop: .none)
    case ("tail", 3) where ["-f", "-F"].contains(words[1]) && words[2] == "/dev/null": self.init(onStop: .none)
    default: return nil
    }
  }
}

/// A program as it runs: where it is in its steps.
///
/// Its states: in its steps, with or without a pause to wait out; serving, with nothing due; stopping, with its end
/// due; over. Rounds without a pause would never let time pass, so each round then takes a millisecond.
public struct ProgramRun: Sendable {
  private let program: Shared<Program>
  /// The place among prologue and rounds, counted through.
  private var place: UInt32 = 0
  private var round: UInt32 = 1
  private var stopCode: Int32 = 0
  private var isStopping = false
  private var isOver = false
  /// When it goes on by itself; nil while it serves or is over.
  public private(set) var nextDeadline: Instant?

  /// Whether its start is behind it and it answers on its ports.
  var isServing: Bool { !isOver && !isStopping && Int(place) >= program.value.prologue.count }

  /// A run that begins now.
  public init(_ program: Shared<Program>, at now: Instant) {
    self.program = program
    nextDeadline = now
  }

  /// Does what is due: steps up to the next pause, or the end.
  mutating func advance(to now: Instant, hostname: String, into out: inout Outbox<ProcessOrder>) {
    guard let due = nextDeadline, due <= now else { return }
    if isStopping {
      end(stopCode, into: &out)
      return
    }
    nextDeadline = nil
    let program = program.value
    while !isOver && nextDeadline == nil {
      let index = Int(place)
      if index < program.prologue.count {
        place += 1
        take(program.prologue[index], at: now, hostname: hostname, into: &out)
      } else if program.rounds.isEmpty {
        if case .exit(let code) = program.ending { end(code, into: &out) }
        return
      } else {
        let inRound = index - program.prologue.count
        take(program.rounds[inRound], at: now, hostname: hostname, into: &out)
        place += 1
        if inRound + 1 == program.rounds.count {
          place = UInt32(program.prologue.count)
          round &+= 1
          let passesTime = program.rounds.contains { if case .pause = $0 { true } else { false } }
          if !passesTime { nextDeadline = now + .milliseconds(1) }
        }
      }
    }
  }

  /// Takes a signal. A container's first process is deaf to signals that it does not handle, but for SIGKILL.
  mutating func take(
    _ signal: Signal, isInit: Bool, asksToStop: Bool, at now: Instant, into out: inout Outbox<ProcessOrder>
  ) {
    if isOver { return }
    if signal == .kill {
      end(signal.exitCode, into: &out)
    } else if asksToStop, case .exits(let code, let delay) = program.value.onStop {
      if isStopping { return }
      isStopping = true
      stopCode = code
      nextDeadline = now + delay
    } else if !isInit && signal.endsByDefault {
      end(signal.exitCode, into: &out)
    }
  }

  private mutating func take(_ step: Step, at now: Instant, hostname: String, into out: inout Outbox<ProcessOrder>) {
    switch step {
    case .print(let text): out.post(.write(.output, Array((filled(text, hostname) + "\n").utf8)))
    case .complain(let text): out.post(.write(.error, Array((filled(text, hostname) + "\n").utf8)))
    case .pause(let span): nextDeadline = now + span
    }
  }

  private func filled(_ text: String, _ hostname: String) -> String {
    text.includes("{") ? text.replacing("{n}", with: String(round)).replacing("{hostname}", with: hostname) : text
  }

  private mutating func end(_ code: Int32, into out: inout Outbox<ProcessOrder>) {
    isOver = true
    nextDeadline = nil
    out.post(.exit(code))
  }
}
