import EngineTypes
import SimBase

/// What a command line runs in: its terminal, its files, its environment, and a way to its engine.
///
/// A process implements it over the real things, a lab over a node's simulated files and virtual time.
public protocol CLIHost: AnyObject {
  /// Writes to the standard output or error.
  func write(_ bytes: [UInt8], to stream: CLIStream)
  /// Waits for more of the standard input; nil at its end.
  func readInput() -> [UInt8]?
  /// Whether a stream is a terminal.
  func isTerminal(_ stream: CLIStream) -> Bool
  /// The terminal's columns and rows; nil where there is none.
  var terminalSize: (columns: Int, rows: Int)? { get }
  /// The bytes of a file; throws why not, in the words of Go's `os` package: `no such file or directory`.
  func readFile(_ path: String) throws(FileTrouble) -> [UInt8]
  /// Replaces a file's bytes, making its folders as needed.
  func writeFile(_ path: String, _ bytes: [UInt8]) throws(FileTrouble)
  /// Makes a folder and those above it; one that is there already stays as it is.
  func makeFolder(_ path: String) throws(FileTrouble)
  /// The permission bits of a file or folder; nil where there is none.
  func mode(_ path: String) -> UInt16?
  /// Sets a file's or folder's permission bits.
  func setMode(_ path: String, _ mode: UInt16) throws(FileTrouble)
  /// Whether there is a file or folder of this path.
  func fileExists(_ path: String) -> Bool
  /// Whether this path is a folder, or leads to one.
  func isFolder(_ path: String) -> Bool
  /// The names in a folder, sorted; empty where there is none.
  func list(_ folder: String) -> [String]
  /// A variable of the environment; nil where it is unset.
  func environment(_ name: String) -> String?
  /// The absolute path of the working directory.
  var workingDirectory: String { get }
  /// The engine at an address (`unix://…`, `tcp://…`); nil asks for the default one.
  func client(for host: String?) throws(EngineUnreachable) -> any EngineClient
  /// Whether the user has pressed ^C since the command began.
  var isInterrupted: Bool { get }
}

/// One of a command's three streams.
public enum CLIStream: Sendable {
  /// Standard input.
  case input
  /// Standard output.
  case output
  /// Standard error.
  case error
}

/// Why a file cannot be read or written, in the words of the operating system: `no such file or directory`.
public struct FileTrouble: Error, Sendable, Equatable {
  /// The operating system's words.
  public var reason: String
  /// A trouble with its reason.
  public init(reason: String) { self.reason = reason }
}
