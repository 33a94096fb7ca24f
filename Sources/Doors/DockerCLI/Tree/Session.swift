import EngineTypes
import SimBase

/// What the global flags say.
struct GlobalOptions: Sendable {
  var host: String?
  var context: String?
  var configFolder: String?
  var isDebug = false
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

  /// Where the engine is: `-H`, then the environment, then the context; nil is the default socket.
  var engineAddress: String? {
    if let address = globals.host { return address }
    if let name = globals.context, name != "default" { return ContextStore(session: self).endpoint(of: name) }
    if globals.context == nil, let address = host.environment("DOCKER_HOST"), !address.isEmpty { return address }
    if globals.context == nil, let name = ContextStore(session: self).chosen {
      return ContextStore(session: self).endpoint(of: name)
    }
    return nil
  }

  /// The context in use by its name.
  var contextName: String {
    if let name = globals.context { return name }
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
    if let address = globals.host { return address }
    if let address = host.environment("DOCKER_HOST"), !address.isEmpty { return address }
    return "unix:///var/run/docker.sock"
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
