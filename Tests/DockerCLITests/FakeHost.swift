import DockerCLI
import EngineTypes
import SimBase

/// A command line's surroundings as values: files, environment, input, and what was printed.
final class FakeHost: CLIHost {
  var output: [UInt8] = []
  var errors: [UInt8] = []
  var input: [UInt8] = []
  var files: [String: [UInt8]] = [:]
  var modes: [String: UInt16] = [:]
  var variables: [String: String] = ["HOME": "/root"]
  var terminals: Set<Int> = []
  var terminalSize: (columns: Int, rows: Int)?
  var workingDirectory = "/work"
  var isInterrupted = false
  /// The engine that every address reaches; nil is nobody there.
  var engine: FakeEngine?
  var engines: [String: FakeEngine] = [:]

  var outputText: String { String(decoding: output, as: UTF8.self) }
  var errorText: String { String(decoding: errors, as: UTF8.self) }

  func write(_ bytes: [UInt8], to stream: CLIStream) {
    if stream == .error { errors += bytes } else { output += bytes }
  }

  func readInput() -> [UInt8]? {
    defer { input = [] }
    return input.isEmpty ? nil : input
  }

  func isTerminal(_ stream: CLIStream) -> Bool {
    terminals.contains(stream == .input ? 0 : stream == .output ? 1 : 2)
  }

  func readFile(_ path: String) throws(FileTrouble) -> [UInt8] {
    guard let bytes = files[path] else { throw FileTrouble(reason: "no such file or directory") }
    return bytes
  }

  func writeFile(_ path: String, _ bytes: [UInt8]) throws(FileTrouble) { files[path] = bytes }
  func makeFolder(_ path: String) throws(FileTrouble) {}
  func mode(_ path: String) -> UInt16? { fileExists(path) ? modes[path] ?? (isFolder(path) ? 0o755 : 0o644) : nil }
  func setMode(_ path: String, _ mode: UInt16) throws(FileTrouble) { modes[path] = mode }
  func isFolder(_ path: String) -> Bool { files.keys.contains { $0.hasPrefix(path + "/") } }
  func fileExists(_ path: String) -> Bool { files[path] != nil || files.keys.contains { $0.hasPrefix(path + "/") } }
  func list(_ folder: String) -> [String] {
    let names = files.keys.filter { $0.hasPrefix(folder + "/") }.compactMap {
      $0.dropFirst(folder.count + 1).split(separator: "/").first.map(String.init)
    }
    return Set(names).sorted()
  }

  func environment(_ name: String) -> String? { variables[name] }

  func client(for host: String?) throws(EngineUnreachable) -> any EngineClient {
    if let host, let chosen = engines[host] { return chosen }
    guard host == nil || engines.isEmpty, let engine else {
      throw EngineUnreachable(reason: "dial unix /var/run/docker.sock: connect: no such file or directory")
    }
    return engine
  }
}
