import Shell
import SimBase

/// Runs a lab, one command after another, and judges what each prints.
///
/// Every prompt is a shell session that goes on from command to command: variables, functions and directories stay. A
/// command costs 40 virtual milliseconds, a CLI's start, and so does each further program that it runs; one that has not ended after its time limit is hung up on, as
/// by ^C, and counts as `[no answer]`. Background jobs go on while time passes; what they print stands before the next
/// output of their prompt.
public final class LabRunner {
  /// How a lab is run.
  public struct Options: Sendable {
    /// How long a command may take before it is hung up on.
    public var commandTimeout = Duration.seconds(90)
    /// What starting a command costs.
    public var commandCost = Duration.milliseconds(40)

    /// The usual settings.
    public init() {}
  }

  /// The lab.
  public let document: LabDocument
  private let file: String
  private let host: any LabHost
  private let options: Options
  private var unifier = Unifier()
  private var sessions: [LabPlace: LabSession] = [:]
  private var next = 0
  /// How many programs the present command has run.
  private var programsRun = 0
  private var steps: [LabStep] = []

  /// A run of a lab on a host that has its machines already.
  public init(_ document: LabDocument, file: String, on host: any LabHost, options: Options = Options()) {
    self.document = document
    self.file = file
    self.host = host
    self.options = options
  }

  /// Runs the whole lab; `each` sees every step when it is done.
  public func run(each: (LabStep) -> Void = { _ in }) -> LabReport {
    while let step = step() { each(step) }
    return report
  }

  /// What has been done so far.
  public var report: LabReport {
    LabReport(
      title: document.title, file: file, steps: steps, seed: host.seed, traceHash: host.traceHash,
      brokenLaws: host.brokenLaws)
  }

  /// Does the next thing that the lab says; nil at its end. Files are written on the way.
  public func step() -> LabStep? {
    while next < document.items.count {
      let item = document.items[next]
      next += 1
      switch item {
      case .file(let file): write(file)
      case .check, .solution, .wrong: break
      case .command(let command):
        let step = run(command)
        steps.append(step)
        return step
      }
    }
    return nil
  }

  /// Does what comes before the item of this index.
  func advance(toItem index: Int) {
    while next < index, next < document.items.count {
      switch document.items[next] {
      case .file(let file): write(file)
      case .command(let command): steps.append(run(command))
      case .check, .solution, .wrong: break
      }
      next += 1
    }
  }

  // MARK: Checks

  /// Asks a check's questions, and tells which goals are not reached.
  public func judge(_ check: LabCheck) -> LabFinding {
    // What a question binds is forgotten: a check that is asked twice must mean the same twice.
    let saved = unifier
    defer { unifier = saved }
    var failures: [LabFinding.Failure] = []
    for goal in check.goals {
      let step = run(goal.command)
      if step.verdict == .failed { failures.append(LabFinding.Failure(sentence: goal.sentence, step: step)) }
    }
    return LabFinding(name: check.name, line: check.line, goals: check.goals.count, failures: failures)
  }

  /// Does what a solution says; what it prints does not count.
  public func perform(_ script: LabScript) { for command in script.commands { _ = run(command) } }

  // MARK: Steps

  private func write(_ file: LabFile) {
    let session = session(at: file.place)
    let path = FileTree.absolute(file.path, from: session.shell.directory)
    let parent = FileTree.absolute("..", from: path)
    try? session.files.tree.makeDirectory(parent, parents: true, at: host.now)
    try? session.files.tree.write(path, Array(unifier.substituted(file.text).utf8), at: host.now)
  }

  private func run(_ command: LabCommand) -> LabStep {
    let script = unifier.substituted(command.script)
    var step = LabStep(
      file: file, line: command.line, place: command.place, script: script,
      expected: command.expected.map(unifier.substituted), actual: [], verdict: .passed)
    if case .node(let name) = step.place, !host.nodeNames.contains(name) {
      step.actual = ["there is no node \(name): the lab has \(host.nodeNames.joined(separator: ", "))"]
      step.verdict = .failed
      return step
    }
    if !isOwnVerb(script) { advance(by: options.commandCost) }
    programsRun = 0
    let session = session(at: step.place)
    let (output, status) = session.run(script, until: host.now + options.commandTimeout)
    step.actual = LabRunner.lines(output, status)
    // The lab's own verbs talk to the author: what they print counts only where the lab shows it.
    let counts = !isOwnVerb(script) || !Unifier.tidy(command.expected).isEmpty
    let agrees =
      counts
      ? unifier.agrees(expected: command.expected, actual: step.actual, isUnordered: command.isUnordered) : status == 0
    step.verdict = agrees ? .passed : .failed
    return step
  }

  private func isOwnVerb(_ script: String) -> Bool { script.hasPrefix("swarmlab ") }

  /// The lines of an output with the line for its status. A command without an answer has no other line.
  static func lines(_ output: [UInt8], _ status: Int?) -> [String] {
    guard let status else { return ["[no answer]"] }
    var lines = output.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { line in
      // A progress line goes back to its beginning before it ends: `\r\r\n`.
      String(decoding: line.reversed().drop { $0 == UInt8(ascii: "\r") }.reversed(), as: UTF8.self)
    }
    if lines.last == "" { lines.removeLast() }
    return lines + (status == 0 ? [] : ["[exit \(status)]"])
  }

  private func session(at place: LabPlace) -> LabSession {
    if let session = sessions[place] { return session }
    let session = LabSession(place, host: host, runner: self)
    sessions[place] = session
    return session
  }

  // MARK: What sessions ask of it

  /// Lets time pass, and background jobs with it.
  func advance(by span: Duration) {
    let end = host.now + span
    while true {
      let due = sessions.values.filter { $0.alarm.map { $0 <= end } ?? false }
        .min { ($0.alarm ?? .distantFuture, $0.place) < ($1.alarm ?? .distantFuture, $1.place) }
      guard let due, let alarm = due.alarm else { break }
      if alarm > host.now { host.advance(by: alarm - host.now) }
      due.wake()
    }
    if end > host.now { host.advance(by: end - host.now) }
  }

  /// Runs a program for a session.
  func run(_ call: LabCall) -> LabAnswer {
    let words = call.command.arguments
    if call.place == .laptop, words.first == "swarmlab" { return control(Array(words.dropFirst()), call.limit) }
    if call.place == .laptop, let inner = NodeExec(words), host.nodeNames.contains(inner.node) {
      return session(at: .node(inner.node)).run(inner, call)
    }
    // A command's cost is its first program's; each further one, as in a loop, starts anew.
    if programsRun > 0 { advance(by: options.commandCost) }
    programsRun += 1
    return host.run(call)
  }

  private func control(_ words: [String], _ limit: Instant) -> LabAnswer {
    guard words.first == "wait", words.count == 2 else { return host.control(words, limit: limit) }
    guard let span = Duration(go: words[1]), span >= .zero else {
      return .ended([LabOutput(.error, "swarmlab wait: not a duration: \(words[1]) (try 5s or 1m30s)\n")], status: 64)
    }
    advance(by: span)
    return .ended([], status: 0)
  }
}

/// `docker exec [-it] NODE CMD …` or `docker-machine ssh NODE CMD …` on the laptop, where NODE is a node of the lab.
struct NodeExec {
  var node: String
  var command: [String]
  var environment: [String] = []
  var directory: String?
  var takesInput = false

  init?(_ words: [String]) {
    guard words.count > 2 else { return nil }
    var rest = words.dropFirst()
    if words[0] == "docker-machine" {
      // What is left of the options, such as --native-ssh, changes how one gets there and not what runs.
      rest = rest.drop { $0.hasPrefix("--") }
      guard rest.popFirst() == "ssh", let name = rest.popFirst(), !rest.isEmpty else { return nil }
      node = name
      command = ["sh", "-c", rest.joined(separator: " ")]
      directory = "/root"
      return
    }
    guard words[0] == "docker" else { return nil }
    if rest.first == "container" { rest.removeFirst() }
    guard rest.popFirst() == "exec" else { return nil }
    while let word = rest.first, word.hasPrefix("-") {
      rest.removeFirst()
      switch word {
      case "-e", "--env": environment.append(rest.popFirst() ?? "")
      case "-w", "--workdir": directory = rest.popFirst()
      case "-u", "--user", "--env-file", "--detach-keys": _ = rest.popFirst()
      case "-i", "-it", "-ti", "--interactive": takesInput = true
      case "-t", "--tty", "--privileged": break
      default:
        // A detached or misspelt exec is the engine's own business.
        if !word.hasPrefix("--env=") && !word.hasPrefix("--workdir=") { return nil }
        let (name, value) = (word.prefix { $0 != "=" }, String(word.drop { $0 != "=" }.dropFirst()))
        if name == "--env" { environment.append(value) } else { directory = value }
      }
    }
    guard let name = rest.popFirst(), !rest.isEmpty else { return nil }
    node = name
    command = Array(rest)
  }
}
