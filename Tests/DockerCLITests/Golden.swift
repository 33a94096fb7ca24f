import DockerCLI
import EngineTypes
import Foundation
import SimBase
import Testing

/// A command line, what the real CLI asked of a recorded engine, and what it printed.
///
/// A file's cases: `$ words`, `> METHOD target body` for each request, `|` lines of standard output, `!` lines of
/// standard error, `= status`. A line that ends in `␄` had no newline. `$@2` asks the second node,
/// `$!` nobody; `<text>` is the input.
struct GoldenCase {
  var command: String
  var node = "1"
  var input = ""
  var requests: [String] = []
  var output = ""
  var errors = ""
  var status: Int32 = 0

  /// The case as text, for comparison and for people.
  var text: String {
    func lines(_ mark: String, _ text: String) -> String {
      text.isEmpty
        ? ""
        : text.split(separator: "\n", omittingEmptySubsequences: false).map { mark + $0 }.joined(separator: "\n")
          + "␄\n"
    }
    return "$ \(command)\n" + requests.map { "> \($0)\n" }.joined() + lines("|", output) + lines("!", errors)
      + "= \(status)\n"
  }
}

enum Golden {
  static let folder = Bundle.module.resourceURL?.appendingPathComponent("Fixtures")

  static func read(_ path: String) -> String {
    guard let url = folder?.appendingPathComponent(path), let text = try? String(contentsOf: url, encoding: .utf8)
    else {
      preconditionFailure("no fixture \(path)")
    }
    return text
  }

  /// The recording: answers by node, method and target.
  static let answers: [String: FakeEngine.Answer] = {
    var answers: [String: FakeEngine.Answer] = [:]
    for line in read("answers.jsonl").split(separator: "\n") {
      guard let record = try? JSON.parse(String(line)), let request = record["request"].string else { continue }
      var body: [UInt8] = []
      if let raw = record["bytes"].string {
        body = raw.unicodeScalars.map { UInt8($0.value) }
      } else if let lines = record["lines"].array {
        body = lines.flatMap { Array(($0.text + "\n").utf8) }
      } else if record.fields?.contains(where: { $0.key == "answer" }) == true {
        body = Array((record["answer"].text + "\n").utf8)
      }
      answers[request] = FakeEngine.Answer(
        status: Int(record["status"].int ?? 0), type: record["type"].string ?? "", body: body)
    }
    return answers
  }()

  /// The date at which a file was recorded, and its cases.
  static func cases(_ name: String) -> (now: Timestamp, cases: [GoldenCase]) {
    var now = Timestamp(unixNanoseconds: 0)
    var cases: [GoldenCase] = []
    for line in read("golden/\(name).txt").split(separator: "\n", omittingEmptySubsequences: false) {
      let rest = String(line.dropFirst())
      func append(_ text: inout String) { text += rest.hasSuffix("␄") ? String(rest.dropLast()) : rest + "\n" }
      switch line.first {
      case "n" where line.hasPrefix("now "):
        now = Timestamp(unixNanoseconds: Int64(line.dropFirst(4)) ?? 0)
      case "$":
        var words = rest
        var new = GoldenCase(command: "")
        if words.hasPrefix("@") {
          new.node = String(words.dropFirst().prefix(1))
          words = String(words.dropFirst(2))
        }
        words = String(words.drop { $0 == " " })
        if words.hasPrefix("<"), let end = words.range(of: "> ") {
          new.input = String(words[words.index(after: words.startIndex)..<end.lowerBound]).replacing("\\n", with: "\n")
          words = String(words[end.upperBound...])
        }
        new.command = words
        cases.append(new)
      case ">": cases[cases.count - 1].requests.append(String(rest.dropFirst()))
      case "|": append(&cases[cases.count - 1].output)
      case "!": append(&cases[cases.count - 1].errors)
      case "=": cases[cases.count - 1].status = Int32(rest.trimmed()) ?? -1
      default: break
      }
    }
    return (now, cases)
  }

  /// Runs a case's command line here.
  static func run(_ golden: GoldenCase, now: Timestamp) -> GoldenCase {
    let host = FakeHost()
    let isLost = golden.command.hasPrefix("!")
    let engine = FakeEngine(node: golden.node, now: now, answers: answers)
    host.engine = isLost ? nil : engine
    host.engines = ["tcp://engine:2375": engine]
    host.variables["MODE"] = "demo"
    host.variables["DOCKER_HOST"] = isLost ? "unix:///var/run/docker.sock" : "tcp://engine"
    host.input = Array(golden.input.utf8)
    loadFiles(into: host)
    var result = golden
    result.status = DockerCommandLine.run(words(isLost ? String(golden.command.dropFirst()) : golden.command), in: host)
    result.output = host.outputText
    result.errors = host.errorText
    result.requests = engine.requests
    return result
  }

  private static func loadFiles(into host: FakeHost) {
    guard let folder = folder?.appendingPathComponent("files"),
      let names = try? FileManager.default.subpathsOfDirectory(atPath: folder.path)
    else { return }
    for name in names {
      guard let data = try? Data(contentsOf: folder.appendingPathComponent(name)) else { continue }
      host.files[host.workingDirectory + "/" + name] = Array(data)
    }
  }

  /// The words of a command line as `sh` splits them.
  static func words(_ line: String) -> [String] {
    var words: [String] = []
    var word: String?
    var quote: Character?
    var rest = line[...]
    while let character = rest.popFirst() {
      if let open = quote {
        if character == open {
          quote = nil
        } else if character == "\\", open == "\"", let next = rest.popFirst() {
          word = (word ?? "") + (next == "\"" || next == "\\" ? "" : "\\") + String(next)
        } else {
          word = (word ?? "") + String(character)
        }
      } else if character == "'" || character == "\"" {
        quote = character
        word = word ?? ""
      } else if character == " " {
        if let done = word { words.append(done) }
        word = nil
      } else if character == "\\", let next = rest.popFirst() {
        word = (word ?? "") + String(next)
      } else {
        word = (word ?? "") + String(character)
      }
    }
    if let last = word { words.append(last) }
    return words
  }
}
