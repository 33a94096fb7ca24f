import Shell
import SimBase

/// A shell at a prompt of a lab, with the files of its place.
final class LabSession {
  let place: LabPlace
  let files: LabFiles
  private unowned let runner: LabRunner
  private let host: any LabHost
  private var line: LabShell

  init(_ place: LabPlace, host: any LabHost, runner: LabRunner) {
    self.place = place
    self.host = host
    self.runner = runner
    files = LabFiles(host.files(of: place))
    let configuration = LabSession.configuration(of: place, host: host, isSession: true)
    try? files.tree.makeDirectory(configuration.directory, parents: true, at: host.now)
    line = LabShell(ShellProcess(script: "", configuration))
    line.session = self
    // The empty script ends at once: the session then waits for its first command.
    line.send(.endOfInput)
  }

  var shell: ShellProcess { line.shell }
  /// When a background job goes on.
  var alarm: Instant? { line.shell.nextDeadline }

  func wake() { line.send(.wake) }

  /// What a shell at this place starts with.
  static func configuration(
    of place: LabPlace, host: any LabHost, isSession: Bool
  ) -> ShellProcess.Configuration {
    let home = place == .laptop ? "/home/you" : "/root"
    let environment: Table<String, String> = [
      "COLUMNS": "200", "HOME": home, "HOSTNAME": place.name,
      "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM": "dumb",
      "USER": place == .laptop ? "you" : "root",
    ]
    return ShellProcess.Configuration(
      environment: environment, directory: place == .laptop ? "/home/you/lab" : home, processID: 100,
      isSession: isSession, isBash: true, zeroSeconds: host.zeroSeconds, programs: host.programs)
  }

  /// Runs a command at the prompt. A status that is missing says that it was hung up on.
  func run(_ script: String, until limit: Instant) -> (output: [UInt8], status: Int?) {
    line.run(script, until: limit)
    let hasEnded = line.finish()
    // A line that traps ^C is ended all the same: the next command needs the prompt.
    for signal in [2, 9] where line.shell.exitStatus == nil { line.send(.signal(signal)) }
    let output = line.output.flatMap(\.bytes)
    line.output = []
    return (output, hasEnded ? line.shell.exitStatus : nil)
  }

  /// Runs a command that came by `docker exec`: a process of its own, over this place's files.
  func run(_ exec: NodeExec, _ call: LabCall) -> LabAnswer {
    var configuration = LabSession.configuration(of: place, host: host, isSession: false)
    configuration.directory = exec.directory ?? "/"
    for setting in exec.environment {
      let parts = setting.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      configuration.environment[parts[0]] = parts.count > 1 ? parts[1] : ""
    }
    let process = LabShell(ShellProcess(command: exec.command, configuration))
    process.session = self
    process.limit = call.limit
    if exec.takesInput { process.outerInput = call.input } else { process.send(.endOfInput) }
    process.send(.start)
    return process.finish()
      ? .ended(process.output, status: process.shell.exitStatus ?? 0) : .unanswered(process.output)
  }

  // MARK: What its shells ask of it

  var now: Instant { host.now }

  func run(_ command: ExternalCommand, limit: Instant, input: @escaping () -> [UInt8]?) -> LabAnswer {
    runner.run(LabCall(place: place, command: command, files: files, input: input, limit: limit))
  }

  func advance(to instant: Instant) { if instant > host.now { runner.advance(by: instant - host.now) } }
}

/// A shell that is driven to its end: programs run when it asks, time passes when it waits.
final class LabShell {
  var shell: ShellProcess
  var output: [LabOutput] = []
  /// When it will be hung up on.
  var limit = Instant.distantFuture
  /// Where its own standard input comes from; nil where it has none.
  var outerInput: (() -> [UInt8]?)?
  weak var session: LabSession?
  private var orders: [ShellOrder] = []
  private var dice = Dice(seed: 1, label: "labbook")
  private var fed: [ExternalID: [UInt8]] = [:]
  private var fullyFed: Set<ExternalID> = []
  private var wasHungUp = false

  init(_ shell: ShellProcess) { self.shell = shell }

  /// Begins a session's next script.
  func run(_ script: String, until limit: Instant) {
    self.limit = limit
    wasHungUp = false
    shell.run(script)
    send(.start)
  }

  func send(_ input: ShellInput) {
    guard let session else { return }
    var out = Outbox<ShellOrder>()
    shell.step(input, at: session.now, files: &session.files.tree, dice: &dice, into: &out)
    orders += out.drain()
    while !orders.isEmpty { obey(orders.removeFirst(), session) }
  }

  /// Lets time pass until the shell has ended; false when its time was up, or when nothing would ever end it.
  func finish() -> Bool {
    while shell.exitStatus == nil, !wasHungUp, let session {
      if let bytes = outerInput?() {
        send(.bytes(bytes))
        continue
      }
      if outerInput != nil {
        outerInput = nil
        send(.endOfInput)
        continue
      }
      guard let next = shell.nextDeadline, next <= limit else {
        session.advance(to: min(limit, session.now + .hours(1)))
        return false
      }
      session.advance(to: next)
      send(.wake)
    }
    return shell.exitStatus != nil && !wasHungUp
  }

  private func obey(_ order: ShellOrder, _ session: LabSession) {
    switch order {
    case .write(let stream, let bytes): output.append(LabOutput(stream, bytes))
    case .run(let id, let command):
      let ownLimit = shell.limit(of: id)
      // What it has said by then is passed on before the shell sees that the time is up.
      let end = ownLimit.map { min(limit, $0 - .nanoseconds(1)) } ?? limit
      let answer = session.run(command, limit: end) { [weak self] in self?.input(of: id) }
      switch answer {
      case .notFound: send(.notFound(id))
      case .unanswered(let pieces) where ownLimit.map { $0 < limit } ?? false:
        for piece in pieces { send(.wrote(id, piece.stream, piece.bytes)) }
        session.advance(to: ownLimit ?? limit)
        send(.wake)
      case .unanswered(let pieces):
        wasHungUp = true
        for piece in pieces { send(.wrote(id, piece.stream, piece.bytes)) }
        // The rest of the line goes with it, as after ^C.
        send(.signal(2))
      case .ended(let pieces, let status):
        for piece in pieces { send(.wrote(id, piece.stream, piece.bytes)) }
        send(.ended(id, status: status))
      }
    case .feed(let id, let bytes): fed[id, default: []] += bytes
    case .endFeed(let id): fullyFed.insert(id)
    case .signal, .exit: break
    }
  }

  /// The next bytes for a program, from wherever its standard input leads; time passes while none are there.
  private func input(of id: ExternalID) -> [UInt8]? {
    send(.wantsInput(id))
    while true {
      if let bytes = fed.removeValue(forKey: id) { return bytes }
      if fullyFed.contains(id) { return nil }
      guard let session, let next = shell.nextDeadline, next <= limit else { return nil }
      session.advance(to: next)
      send(.wake)
    }
  }
}
