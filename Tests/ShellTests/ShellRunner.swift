import SimBase

@testable import Shell

/// Drives a shell to its end, as a host does: time jumps from deadline to deadline, programs answer at once.
final class ShellRunner {
  struct Answer {
    var out = ""
    var err = ""
    var status = 0
  }

  /// A program of the host: its words, and a way to read all its standard input. Nil where there is no such program.
  typealias Program = (ExternalCommand, _ input: () -> String) -> Answer?

  var files: FileTree
  var shell: ShellProcess
  var now = Instant.zero
  var out = ""
  var err = ""
  /// Standard output and standard error in the order of writing.
  var both = ""
  var program: Program
  private var dice = Dice(seed: 7, label: "shell")
  private var queue: [ShellOrder] = []
  private var fed: [ExternalID: [UInt8]] = [:]
  private var fullyFed: Set<ExternalID> = []

  static let usualFiles: FileTree = {
    var files = FileTree()
    for path in ["/tmp", "/root", "/etc", "/bin"] { try? files.makeDirectory(path, at: .zero) }
    return files
  }()

  init(_ shell: ShellProcess, files: FileTree = ShellRunner.usualFiles, program: @escaping Program = { _, _ in nil }) {
    self.shell = shell
    self.files = files
    self.program = program
  }

  static let configuration = ShellProcess.Configuration(
    environment: ["HOME": "/root", "PATH": "/bin"], directory: "/tmp", processID: 10)

  /// Runs a script to its end.
  static func run(
    _ script: String, input: String = "", files: FileTree = usualFiles, arguments: [String] = [],
    program: @escaping Program = { _, _ in nil }
  ) -> ShellRunner {
    let shell = ShellProcess(script: script, arguments: arguments, configuration)
    let runner = ShellRunner(shell, files: files, program: program)
    runner.send(.bytes(Array(input.utf8)))
    runner.send(.endOfInput)
    runner.finish()
    return runner
  }

  func send(_ input: ShellInput) {
    var out = Outbox<ShellOrder>()
    shell.step(input, at: now, files: &files, dice: &dice, into: &out)
    queue += out.drain()
    while !queue.isEmpty { obey(queue.removeFirst()) }
  }

  /// Lets time pass until the shell has ended, or nothing will happen any more; at most two virtual hours.
  func finish() {
    while shell.exitStatus == nil, let next = shell.nextDeadline, next < .zero + .hours(2) {
      now = max(now, next)
      send(.wake)
    }
  }

  func advance(by span: Duration) {
    let end = now + span
    while let next = shell.nextDeadline, next <= end {
      now = max(now, next)
      send(.wake)
    }
    now = end
  }

  var status: Int? { shell.exitStatus }

  private func obey(_ order: ShellOrder) {
    switch order {
    case .write(let stream, let bytes):
      let text = String(decoding: bytes, as: UTF8.self)
      both += text
      if stream == .output { out += text } else { err += text }
    case .run(let id, let command):
      guard let answer = program(command, { self.input(of: id) }) else { return send(.notFound(id)) }
      send(.wrote(id, .output, Array(answer.out.utf8)))
      send(.wrote(id, .error, Array(answer.err.utf8)))
      send(.ended(id, status: answer.status))
    case .feed(let id, let bytes): fed[id, default: []] += bytes
    case .endFeed(let id): fullyFed.insert(id)
    case .signal, .exit: break
    }
  }

  private func input(of id: ExternalID) -> String {
    send(.wantsInput(id))
    while !fullyFed.contains(id), let next = shell.nextDeadline {
      now = max(now, next)
      send(.wake)
    }
    return String(decoding: fed[id] ?? [], as: UTF8.self)
  }
}
