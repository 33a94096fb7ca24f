import EngineTypes
import SimBase

/// What the global flags say.
struct GlobalOptions: Sendable {
  var host: String?
  var context: String?
  var configFolder: String?
  var isDebug = false
  /// The authority's certificate, where TLS is asked for.
  var certificate: String?
}

/// One run of the command line: its host, its engine, and how it prints.
final class Session {
  let host: any CLIHost
  let globals: GlobalOptions
  private var connected: Engine?

  init(host: any CLIHost, globals: GlobalOptions) {
    self.host = host
    self.globals = globals
  }

  /// Writes text to standard output as it is.
  func write(_ text: String) { host.write(Array(text.utf8), to: .output) }
  /// Writes a line to standard output.
  func print(_ line: String) { write(line + "\n") }
  /// Writes a line to standard error.
  func warn(_ line: String) { host.write(Array((line + "\n").utf8), to: .error) }

  /// The engine that the command line is about; the first call says hello to it.
  func engine() -> Engine {
    if let connected { return connected }
    let engine = Engine(address: engineAddress, host: host)
    connected = engine
    return engine
  }

  /// Where the engine is as somebody wrote it: `-H`, then the environment, then the context; nil if nobody did.
  private var writtenAddress: String? {
    if let address = globals.host { return address }
    let name = contextName
    if name != "default" { return ContextStore(session: self).endpoint(of: name) }
    return host.environment("DOCKER_HOST").flatMap { $0.isEmpty ? nil : $0 }
  }

  /// Where the engine is; nil is the default socket.
  var engineAddress: String? { writtenAddress.flatMap { try? EngineAddress.parsed($0) } }

  /// The columns that help is laid out in.
  var helpWidth: Int { host.isTerminal(.input) ? (host.terminalSize?.columns ?? 80) - 1 : 79 }

  /// What `--help` prints of a command: what the engine cannot do is left out.
  func help(on command: Command, path: String) -> String {
    HelpText(path: path, command: command, standing: engine().standing, width: helpWidth).text
  }

  /// What keeps the command line from beginning: an address that is none, or certificates that are not there.
  func checkEndpoint() throws(Failure) {
    do throws(FlagTrouble) {
      if let written = writtenAddress { _ = try EngineAddress.parsed(written) }
    } catch {
      throw Failure("Failed to initialize: \(error.reason)")
    }
    guard let certificate = globals.certificate else { return }
    if !host.fileExists(host.absolute(certificate)) {
      throw Failure(
        "Failed to initialize: unable to resolve docker endpoint: open \(certificate): no such file or directory")
    }
    throw Failure("Failed to initialize: the built-in docker does not speak TLS; use an address without it")
  }

  /// The context in use by its name.
  var contextName: String {
    if let name = globals.context, !name.isEmpty { return name }
    if globals.host != nil || host.environment("DOCKER_HOST")?.isEmpty == false { return "default" }
    return ContextStore(session: self).chosen ?? "default"
  }

  /// The context in use where there is no record of it.
  var missingContext: String? {
    let name = contextName
    if name == "default" || globals.host != nil { return nil }
    return ContextStore(session: self).record(of: name) == nil ? name : nil
  }

  /// Where the engine of the default context is.
  var defaultAddress: String {
    let written = globals.host ?? host.environment("DOCKER_HOST") ?? ""
    return (try? EngineAddress.parsed(written)) ?? written
  }

  /// The date that ages are reckoned from.
  var now: Timestamp { engine().now }

  /// The folder of the user's settings.
  var configFolder: String {
    if let folder = globals.configFolder { return folder }
    if let folder = host.environment("DOCKER_CONFIG"), !folder.isEmpty { return folder }
    return (host.environment("HOME") ?? "/root") + "/.docker"
  }

  /// The user's settings file; empty where there is none.
  lazy var settings: JSON = {
    guard let bytes = try? host.readFile(configFolder + "/config.json") else { return .object([]) }
    return (try? JSON.parse(bytes)) ?? .object([])
  }()

  /// All of standard input.
  func readAllInput() -> [UInt8] {
    var bytes: [UInt8] = []
    while let more = host.readInput() { bytes += more }
    return bytes
  }

  /// One line of standard input, without its end.
  func readLine() -> String {
    var bytes: [UInt8] = []
    while !bytes.contains(UInt8(ascii: "\n")), let more = host.readInput() { bytes += more }
    let line = bytes.prefix { $0 != UInt8(ascii: "\n") }
    return String(decoding: line, as: UTF8.self)
  }

  /// Asks a question; only `y` or `Y` confirms.
  func confirms(_ question: String) -> Bool {
    write(question + " [y/N] ")
    let answer = readLine().trimmed().lowercased()
    return answer == "y"
  }
}

extension CLIHost {
  /// A path as files are asked for: absolute.
  func absolute(_ path: String) -> String {
    path.hasPrefix("/") ? path : workingDirectory + (workingDirectory.hasSuffix("/") ? "" : "/") + path
  }
}
