import DockerCLI
import EngineServer
import EngineTypes

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// What the built-in docker runs in when a person calls it: this process's terminal, files and environment.
final class TerminalHost: CLIHost {
  private let variables: [String: String?]

  /// A host whose environment is this process's, but for some variables; nil unsets one.
  init(variables: [String: String?]) { self.variables = variables }

  func write(_ bytes: [UInt8], to stream: CLIStream) { Terminal.put(bytes, TerminalHost.file(stream)) }

  func readInput() -> [UInt8]? {
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    let count = read(0, &chunk, chunk.count)
    return count > 0 ? Array(chunk[..<count]) : nil
  }

  func isTerminal(_ stream: CLIStream) -> Bool { isatty(TerminalHost.file(stream)) == 1 }

  var terminalSize: (columns: Int, rows: Int)? {
    var size = winsize()
    for file: Int32 in [1, 2, 0] where ioctl(file, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 {
      return (Int(size.ws_col), Int(size.ws_row))
    }
    return nil
  }

  func readFile(_ path: String) throws(FileTrouble) -> [UInt8] {
    do {
      return try Files.read(path)
    } catch {
      throw FileTrouble(reason: TerminalHost.reason(error))
    }
  }

  func writeFile(_ path: String, _ bytes: [UInt8]) throws(FileTrouble) {
    do {
      if let slash = path.lastIndex(of: "/"), slash != path.startIndex { try Files.makeFolder(String(path[..<slash])) }
      try Files.write(bytes, to: path)
    } catch {
      throw FileTrouble(reason: TerminalHost.reason(error))
    }
  }

  func makeFolder(_ path: String) throws(FileTrouble) {
    do { try Files.makeFolder(path) } catch { throw FileTrouble(reason: TerminalHost.reason(error)) }
  }

  func mode(_ path: String) -> UInt16? {
    var facts = stat()
    return stat(path, &facts) == 0 ? UInt16(truncatingIfNeeded: facts.st_mode & 0o7777) : nil
  }

  func setMode(_ path: String, _ mode: UInt16) throws(FileTrouble) {
    if chmod(path, mode_t(mode)) != 0 { throw FileTrouble(reason: DoorError.words(of: errno)) }
  }

  func fileExists(_ path: String) -> Bool { Files.exists(path) }

  func isFolder(_ path: String) -> Bool {
    var facts = stat()
    return stat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFDIR
  }

  func list(_ folder: String) -> [String] { Files.names(in: folder) }

  func environment(_ name: String) -> String? {
    if let value = variables[name] { return value }
    return Terminal.environment(name)
  }

  var workingDirectory: String {
    guard let path = getcwd(nil, 0) else { return "/" }
    defer { free(path) }
    return String(cString: path)
  }

  func client(for host: String?) throws(EngineUnreachable) -> any EngineClient {
    try SocketClient(host: host ?? "unix:///var/run/docker.sock")
  }

  var isInterrupted: Bool { Interrupt.isRaised }

  private static func file(_ stream: CLIStream) -> Int32 {
    switch stream {
    case .input: 0
    case .output: 1
    case .error: 2
    }
  }

  private static func reason(_ error: DoorError) -> String {
    if case .system(_, _, let code) = error { return DoorError.words(of: code) }
    return "\(error)"
  }
}
