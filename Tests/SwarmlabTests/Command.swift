import Foundation

/// The binary, run as a person runs it, over labs of its own in a folder that is gone afterwards.
final class Command {
  let home: String
  static let binary = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    .appendingPathComponent("swarmlab").path

  init() throws {
    home = "/tmp/slv\(ProcessInfo.processInfo.processIdentifier)-\(UInt16.random(in: 0 ... .max))"
    try FileManager.default.createDirectory(atPath: home + "/run", withIntermediateDirectories: true)
  }

  deinit {
    for lab in (try? FileManager.default.contentsOfDirectory(atPath: home + "/labs")) ?? [] where !lab.hasPrefix(".") {
      _ = try? run("down", "--name", lab)
    }
    try? FileManager.default.removeItem(atPath: home)
  }

  struct Result {
    var code: Int32
    var out: String
    var error: String
    var lines: [String] { out.split(separator: "\n").map(String.init) }
  }

  /// Runs a verb to its end.
  @discardableResult
  func run(_ arguments: String..., environment: [String: String] = [:]) throws -> Result {
    try run(arguments, environment: environment)
  }

  @discardableResult
  func run(_ arguments: [String], environment: [String: String] = [:], program: String = binary) throws -> Result {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.environment = [
      "SWARMLAB_HOME": home + "/labs", "XDG_RUNTIME_DIR": home + "/run", "PATH": "/usr/local/bin:/usr/bin:/bin",
    ].merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    let (out, error) = (home + "/out-\(UUID())", home + "/error-\(UUID())")
    for path in [out, error] { try Data().write(to: URL(fileURLWithPath: path)) }
    process.standardOutput = FileHandle(forWritingAtPath: out)
    process.standardError = FileHandle(forWritingAtPath: error)
    try process.run()
    process.waitUntilExit()
    func text(_ path: String) -> String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }
    return Result(code: process.terminationStatus, out: text(out), error: text(error))
  }

  /// A fact of `status --json`, as JSON's own types.
  func status(_ lab: String = "lab") throws -> [String: Any] {
    let text = try run("status", "--json", "--name", lab).out
    return try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] ?? [:]
  }
}
