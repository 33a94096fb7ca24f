import EngineServer
import EngineTypes
import SimBase

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// What verbs print with.
enum Terminal {
  /// A line on the standard output.
  static func say(_ text: String) { put(text + "\n", 1) }
  /// Text that ends its own lines.
  static func write(_ text: String) { put(text, 1) }
  /// A line on the standard error.
  static func complain(_ text: String) { put(text + "\n", 2) }

  /// A line that the next one writes over, on a terminal; nothing elsewhere.
  static func progress(_ text: String) {
    if isatty(2) == 1 { put("\r\u{1B}[2K\(text)", 2) }
  }

  private static func put(_ text: String, _ file: Int32) { put(Array(text.utf8), file) }

  /// Bytes on a descriptor, all of them unless nobody reads any more.
  static func put(_ bytes: [UInt8], _ file: Int32) {
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes { posixWrite(file, $0.baseAddress?.advanced(by: done), bytes.count - done) }
      if count < 0 && errno != EINTR { return }
      done += max(0, count)
    }
  }

  /// Rows with their columns aligned, three blanks apart, as docker prints tables.
  static func table(_ rows: [[String]]) {
    var widths: [Int] = []
    for row in rows {
      for (column, text) in row.enumerated() {
        if column == widths.count { widths.append(0) }
        widths[column] = max(widths[column], text.count)
      }
    }
    for row in rows {
      var line = ""
      for (column, text) in row.enumerated() {
        line += column == row.count - 1 ? text : text.padded(to: widths[column] + 3)
      }
      say(line)
    }
  }

  /// Whether a program of this name is on the PATH.
  static func hasProgram(_ name: String) -> Bool {
    guard let path = environment("PATH") else { return false }
    return path.split(separator: ":").contains { access("\($0)/\(name)", X_OK) == 0 }
  }

  /// A variable of the environment.
  static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

  /// How the person called us, for lines that they are to type.
  static var program: String {
    let called = CommandLine.arguments.first ?? "swarmlab"
    if let wrapper = environment("SWARMLAB_CALLED_AS") { return wrapper }
    return called.hasSuffix("/swarmlab") && !hasProgram("swarmlab") ? called : "swarmlab"
  }
}

/// The system's `write`, under a name that no method of ours hides.
private func posixWrite(_ file: Int32, _ buffer: UnsafeRawPointer?, _ count: Int) -> Int { write(file, buffer, count) }
