import SimBase

/// The built-in `docker` command: what the real one prints, byte for byte, over any engine.
///
/// A command is data: its use line, flags, arguments and a `run`. The tree is walked as cobra does, flags are read as
/// pflag does; then the command speaks to the engine through the host's client.
///
/// **Differs from Docker:** no plugins (buildx, compose), no ssh and no TLS connections; dates are shown in UTC.
/// Source: docker/cli 28.5 `cmd/docker/docker.go`.
public enum DockerCommandLine {
  /// The version that the command says it is.
  static let version = "28.5.2"

  /// Runs a command line (its words without the program's name) and returns its exit status.
  public static func run(_ arguments: [String], in host: any CLIHost) -> Int32 {
    do throws(Failure) {
      try dispatch(arguments, in: host)
      return 0
    } catch {
      if !error.message.isEmpty { host.write(Array((error.message + "\n").utf8), to: .error) }
      return error.status
    }
  }

  private static func dispatch(_ words: [String], in host: any CLIHost) throws(Failure) {
    let root = CommandTree.root
    let parser = CommandParser(
      options: CommandTree.globalOptions(in: host), endsAtArgument: true, host: host)
    let outcome: CommandParser.Outcome
    do throws(FlagTrouble) {
      outcome = try parser.parse(words)
    } catch {
      throw Failure(
        "\(error.reason)\n\nUsage:  \(root.useLine("docker"))\n\nRun 'docker --help' for more information", status: 125)
    }
    guard case .parsed(let flags, let rest) = outcome else {
      return try rootHelp(outcome, host)
    }
    if flags.isOn("version"), rest.isEmpty {
      return write("Docker version \(version), build ecc6942\n", to: .output, host)
    }
    let level = flags.text("log-level")
    guard ["panic", "fatal", "error", "warn", "warning", "info", "debug", "trace"].contains(level) else {
      throw Failure("Unable to parse logging level: \(level)")
    }
    if flags.list("host").count > 1 {
      throw Failure("Failed to initialize: unable to resolve docker endpoint: specify only one -H")
    }
    if let host = flags.list("host").first, !host.isEmpty, !flags.text("context").isEmpty {
      throw Failure("conflicting options: cannot specify both --host and --context")
    }
    let globals = GlobalOptions(
      host: flags.list("host").first, context: flags.given("context"), configFolder: flags.given("config"),
      isDebug: flags.isOn("debug"),
      certificate: flags.isOn("tls") || flags.isSet("tlsverify") ? flags.text("tlscacert") : nil)
    let session = Session(host: host, globals: globals)
    guard let first = rest.first else {
      return write(CommandTree.rootHelp(in: session), to: .error, host)
    }
    if let notice = try CommandTree.builderNotice(rest, host) { session.warn(notice) }
    if first == "help" { return try help(on: Array(rest.dropFirst()), in: session) }
    guard let command = root.child(first) else {
      throw Failure("docker: unknown command: docker \(first)\n\nRun 'docker --help' for more information")
    }
    // A context that is not there is noticed before anything else, but by the commands that manage contexts.
    if first != "context", let name = session.missingContext {
      let path = ContextStore(session: session).path(of: name)
      throw Failure(
        "Failed to initialize: unable to resolve docker endpoint: context \(name.goQuoted): context not found: open"
          + " \(path): no such file or directory")
    }
    if first != "context" { try session.checkEndpoint() }
    try run(command, path: "docker \(command.name)", Array(rest.dropFirst()), in: session)
  }

  /// `docker --help`, and `docker --help ps`, which is about `ps`.
  private static func rootHelp(_ outcome: CommandParser.Outcome, _ host: any CLIHost) throws(Failure) {
    guard case .help(let isShort, let words) = outcome else { return }
    let session = Session(host: host, globals: GlobalOptions())
    if let first = words.first, let command = CommandTree.root.child(first) {
      return try run(command, path: "docker \(command.name)", words.dropFirst() + ["--help"], in: session)
    }
    session.write(CommandTree.rootHelp(in: session))
    if isShort { write("Flag shorthand -h has been deprecated, use --help\n", to: .error, host) }
  }

  private static func run(
    _ command: Command, path: String, _ words: [String], in session: Session
  ) throws(Failure) {
    if command.needsExperimentalEngine { return try refuseExperimental(command, path: path, words, in: session) }
    // A group's own flags are few: a command after them is looked for first, as it may be the one that help is about.
    if !command.children.isEmpty, let place = words.firstIndex(where: { !$0.hasPrefix("-") }),
      let child = command.child(words[place]),
      words[..<place].allSatisfy({ $0 == "--help" || $0 == "-h" || $0 == "--help=true" })
    {
      let rest = words[(place + 1)...] + (place > 0 ? ["--help"] : [])
      return try run(child, path: "\(path) \(child.name)", Array(rest), in: session)
    }
    let usage = "Usage:  \(command.useLine(path))"
    let parser = CommandParser(
      options: command.options, endsAtArgument: command.endsFlagsAtArgument, host: session.host)
    let outcome: CommandParser.Outcome
    do throws(FlagTrouble) {
      outcome = try parser.parse(words)
    } catch {
      throw Failure("\(error.reason)\n\n\(usage)\n\nRun '\(path) --help' for more information", status: 125)
    }
    guard case .parsed(let flags, let arguments) = outcome else {
      if case .help(byShorthand: true, _) = outcome {
        session.print("Flag shorthand -h has been deprecated, use --help")
      }
      return session.write(session.help(on: command, path: path))
    }
    guard let body = command.run else {
      if let word = arguments.first {
        let options = command.options.isEmpty ? "" : " [OPTIONS]"
        throw Failure(
          "docker: unknown command: \(path) \(word)\n\nUsage:  \(path)\(options)\n\n"
            + "Run '\(path) --help' for more information")
      }
      return write(session.help(on: command, path: path), to: .error, session.host)
    }
    if let (complaint, hint) = command.arity.complaint(arguments.count) {
      throw Failure("docker: '\(path)' \(complaint)\n\n\(usage)\n\n\(hint) '\(path) --help' for more information")
    }
    try body(Invocation(session: session, flags: flags, arguments: arguments, path: path, command: command))
  }

  /// What is said of a command that the engine's features do not allow, whatever is asked of it.
  private static func refuseExperimental(
    _ command: Command, path: String, _ words: [String], in session: Session
  ) throws(Failure) {
    let child = words.first { !$0.hasPrefix("-") }.flatMap { command.child($0) }
    let name = child.map { "\(path) \($0.name)" } ?? path
    let text = "\(name) is only supported on a Docker daemon with experimental features enabled"
    if words.contains("--help") { return session.print(text) }
    throw Failure(text)
  }

  /// `docker help service create`.
  private static func help(on words: [String], in session: Session) throws(Failure) {
    var command = CommandTree.root
    var path = "docker"
    if words == ["help"] {
      return session.write("Usage:  docker help [command]\n\nHelp about the command\n")
    }
    for (place, word) in words.enumerated() {
      guard let child = command.child(word) else {
        throw Failure("unknown help topic: \(words[place...].joined(separator: " "))")
      }
      command = child
      path += " " + child.name
    }
    session.write(words.isEmpty ? CommandTree.rootHelp(in: session) : session.help(on: command, path: path))
  }

  private static func write(_ text: String, to stream: CLIStream, _ host: any CLIHost) {
    host.write(Array(text.utf8), to: stream)
  }
}
