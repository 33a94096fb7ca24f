import FoundationEssentials
import Shell
import SimBase
import Testing

@testable import LabBook

/// The transcripts of a real swarm, run as labs against themselves with every drawn name changed.
@Suite struct TranscriptTests {
  static let folder: String = "/" + #filePath.split(separator: "/").dropLast(2).joined(separator: "/") + "/Transcripts/"

  static let names = [
    "01-form-a-swarm", "02-service-life", "03-rolling-update", "04-stack", "05-nodes-drain-label",
    "06-manager-failover",
    "07-networks", "08-secrets-configs", "09-global-and-jobs", "10-failures-and-restarts",
  ]

  static func document(_ name: String) throws -> LabDocument {
    try LabDocument(String(contentsOfFile: folder + name + ".md", encoding: .utf8))
  }

  /// Another swarm's name for the same thing: letters and digits turned by five places, fixed parts kept.
  static func renamed(_ text: String) -> String {
    Variables.pieces(of: text).map { piece in
      switch piece {
      case .text(let text): text
      case .variable(let name):
        String(
          decoding: zip(0..., name.utf8).map { place, byte in
            if name.hasPrefix("SWM"), place < 9 { return byte }
            switch byte {
            case 48...57: return (byte - 48 + 5) % 10 + 48
            // Within a..f, so that digests stay digests.
            case 97...102: return (byte - 97 + 5) % 6 + 97
            case 103...122: return (byte - 103 + 5) % 20 + 103
            default: return byte
            }
          }, as: UTF8.self)
      }
    }.joined()
  }

  /// What a program printed before a pipe changed it; transcripts only show what came out at the end.
  static let pipedOutputs: [String: String] = [
    "service ps web --format {{.Node}} --filter desired-state=running": "node3\nnode2\nnode4\nnode3\n",
    "node ps node2 --format {{.DesiredState}}": "Shutdown\nShutdown\n",
    "service ps web --filter desired-state=running --format {{.Node}}": "node4\nnode3\nnode3\nnode4\n",
    "node inspect node3 --pretty":
      "ID:\t\t\tkqu2yxsmtvslbp6wj9i8x35yn\nLabels:\n - disk=ssd\n - zone=a\nHostname:              \tnode3\n"
      + "Joined at:             \t2026-11-21 03:40:53.726339361 +0000 utc\nStatus:\n State:\t\t\tReady\n"
      + " Availability:         \tActive\n Address:\t\t10.99.0.13\nPlatform:\n Operating System:\tlinux\n"
      + " Architecture:\tx86_64\n",
    "node ls --format {{.Hostname}} {{.Status}} {{.ManagerStatus}}":
      "node1 Unknown Unreachable\nnode2 Ready Leader\nnode3 Ready Reachable\nnode4 Ready \n",
    "secret inspect --pretty api_key":
      "ID:              07qz8wedblj8weoqb7zpgtrwe\nName:              api_key\nLabels:\n - env=dev\nDriver:\n",
    "service ps batch --format {{.Name}} {{.DesiredState}} {{.CurrentState}}":
      "batch.1 Complete Complete 1 second ago\nbatch.mqx2fjl1fjh4lhrsbgrcb2bdv Complete Complete 1 second ago\n"
      + "batch.3 Complete Complete 2 seconds ago\nbatch.2 Complete Complete 2 seconds ago\n",
    "service ps ghost --no-trunc --format {{.Name}} {{.DesiredState}} {{.Error}}":
      "ghost.1 Ready \"No such image: lab/nosuch:latest\"\nghost.1 Shutdown \"No such image: lab/nosuch:latest@x\"\n"
      + "ghost.1 Shutdown \"No such image: lab/nosuch:latest@x\"\n",
    "ps -q": "cf4d245e65dd\n", "ps -q --filter name=web": "cf4d245e65dd\n",
  ]

  @Test("a transcript passes against itself under other names", arguments: names)
  func agreesUnderRenaming(name: String) throws {
    let document = try TranscriptTests.document(name)
    #expect(document.commands.count >= 20)
    var expected: [String] = []
    var managers: [String] = []
    let host = ScriptedHost(nodes: (1...4).map { "node\($0)" }) { _, call in
      let words = call.command.arguments.dropFirst().joined(separator: " ")
      var text = TranscriptTests.pipedOutputs[words]
      if words == "node ls --format {{.ManagerStatus}}" { text = managers.removeFirst() }
      if let text { return .printed(TranscriptTests.renamed(text)) }
      var lines = expected.map(TranscriptTests.renamed)
      var status = 0
      if let last = lines.last, last.hasPrefix("[exit ") {
        status = Int(last.dropFirst(6).dropLast()) ?? 0
        lines.removeLast()
      }
      return .printed(lines.map { $0 + "\n" }.joined(), status: status)
    }
    managers = ["Unreachable\nReachable\nLeader\n\n", "Reachable\n\nLeader\nReachable\n"]
    let runner = LabRunner(document, file: name, on: host)
    for command in document.commands {
      expected = command.expected
      let step = try #require(runner.step())
      #expect(step.verdict == .passed, "\(step.text)")
      #expect(step.line == command.line)
    }
    #expect(runner.step() == nil)
    // The commands that ran spoke the other swarm's names.
    let original = document.commands.flatMap { Variables.pieces(of: $0.script) }
    for call in host.calls {
      for piece in call.words.flatMap(Variables.pieces) {
        if case .variable = piece { #expect(!original.contains(piece), "\(call.words)") }
      }
    }
    #expect(
      runner.report.text.hasSuffix("\(document.commands.count) passed, 0 failed\ntrace 00000000deadbeef seed 7\n"))
  }

  @Test("a transcript whose lines are changed fails at that line and no other")
  func catchesChanges() throws {
    let document = try TranscriptTests.document("01-form-a-swarm")
    var expected: [String] = []
    let host = ScriptedHost(nodes: (1...4).map { "node\($0)" }) { _, call in
      let lines = expected.filter { !$0.hasPrefix("[exit") }.map(TranscriptTests.renamed)
      let isChanged = call.command.arguments == ["docker", "service", "ls"]
      let text = lines.map { $0 + "\n" }.joined()
      return .printed(isChanged ? text.replacing("1/1", with: "0/1") : text, status: expected.count - lines.count)
    }
    let runner = LabRunner(document, file: "01.md", on: host)
    for command in document.commands {
      expected = command.expected
      _ = runner.step()
    }
    let failures = runner.report.failures
    #expect(failures.count == 1)
    let first = try #require(failures.first)
    #expect(first.script == "docker service ls")
    #expect(first.text.includes("01.md:\(first.line): node1# docker service ls\n"))
    #expect(first.text.includes("test_swarm  replicated  1/1"))
    #expect(first.text.includes("\n  + gqm0v2kzc6nf  test_swarm  replicated  0/1"))
  }

  @Test("files and pipes of the stack transcript are real")
  func stackFiles() throws {
    let document = try TranscriptTests.document("04-stack")
    var seen: [String] = []
    let host = ScriptedHost(nodes: (1...4).map { "node\($0)" }) { _, call in
      if call.command.arguments.prefix(3) == ["docker", "stack", "deploy"] {
        seen.append(call.files.tree.text("/tmp/stackdemo/docker-compose.yml") ?? "")
      }
      return .printed("")
    }
    _ = LabRunner(document, file: "04.md", on: host).run()
    #expect(seen.count == 2)
    #expect(seen.first?.includes("      replicas: 2\n") == true)
    #expect(seen.last?.includes("      replicas: 4\n") == true)
    #expect(seen.last?.hasPrefix("version: \"3\"\nservices:\n  web:\n    image: nginx:alpine\n") == true)
  }

  @Test("a secret reaches the program through its pipe")
  func secretInput() throws {
    let document = try TranscriptTests.document("08-secrets-configs")
    let host = ScriptedHost(nodes: ["node1", "node2"])
    _ = LabRunner(document, file: "08.md", on: host).run()
    let inputs = host.calls.filter { $0.words.last == "-" }.map(\.input)
    #expect(inputs == ["s3cret", "other", "again", "listen 80"])
  }
}
