import Shell
import SimBase

@testable import LabBook

/// A host whose programs say what a test tells them to.
final class ScriptedHost: LabHost {
  var now = Instant.zero
  let zeroSeconds: Int64 = 1_767_225_600
  var nodeNames: [String]
  let programs = ["docker", "curl"]
  let seed: UInt64
  let traceHash = "00000000deadbeef"
  /// What ran: the place and the words.
  var calls: [(place: String, words: [String], input: String)] = []
  var controls: [[String]] = []
  var answer: (ScriptedHost, LabCall) -> LabAnswer

  init(
    nodes: [String], seed: UInt64 = 7, answer: @escaping (ScriptedHost, LabCall) -> LabAnswer = { _, _ in .printed("") }
  ) {
    nodeNames = nodes
    self.seed = seed
    self.answer = answer
  }

  func files(of place: LabPlace) -> FileTree {
    var files = FileTree()
    for path in ["/tmp", "/root"] { try? files.makeDirectory(path, at: now) }
    return files
  }

  func run(_ call: LabCall) -> LabAnswer {
    guard programs.contains(call.command.arguments[0]) else { return .notFound }
    let words = call.command.arguments
    let input = words.last == "-" ? String(decoding: call.wholeInput(), as: UTF8.self) : ""
    calls.append((call.place.name, words, input))
    return answer(self, call)
  }

  func control(_ words: [String], limit: Instant) -> LabAnswer {
    controls.append(words)
    return .printed("")
  }

  func advance(by span: Duration) { now += span }
}
