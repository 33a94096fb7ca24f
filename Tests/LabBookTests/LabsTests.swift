import FoundationEssentials
import Shell
import SimBase
import Testing

@testable import LabBook

/// The labs that come with the product.
@Suite struct LabsTests {
  static let folder = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/") + "/labs/"

  static let names: [String] =
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { $0.hasSuffix(".lab.md") }.sorted()

  @Test("there are labs") func some() { #expect(!LabsTests.names.isEmpty) }

  @Test("a lab reads as one: a title, a seed, commands that are whole, expectations", arguments: names)
  func reads(name: String) throws {
    let lab = try LabDocument(String(contentsOfFile: LabsTests.folder + name, encoding: .utf8))
    #expect(!lab.title.isEmpty)
    #expect(lab.seed != nil)
    #expect(lab.commands.count > 5)
    for command in lab.commands { #expect(ShellText.isWhole(command.script), "\(name):\(command.line)") }
    for check in lab.checks {
      #expect(lab.solution(of: check) != nil, "\(name): check \(check.name)")
      #expect(!lab.wrongSolutions(of: check).isEmpty, "\(name): check \(check.name)")
    }
    // A lab that shows nothing could not fail.
    #expect(lab.commands.contains { !$0.expected.isEmpty })
  }

  @Test("the first lab agrees with a swarm under other names and addresses")
  func firstLab() throws {
    let name = "001-a-swarm-in-your-laptop.lab.md"
    let lab = try LabDocument(String(contentsOfFile: LabsTests.folder + name, encoding: .utf8))
    let host = try LabsTests.otherSwarm()
    let report = LabRunner(lab, file: name, on: host).run()
    #expect(report.failed == 0, "\(report.text)")
    // The join that ran has the token and the address that this swarm printed.
    let joins = host.calls.filter { $0.words.contains("join") }
    #expect(joins.count == 4)
    #expect(joins.allSatisfy { $0.words.suffix(2) == [LabsTests.token, "172.30.0.2:2377"] })
  }

  static let token = "SWMTKN-1-" + String(repeating: "a1", count: 25) + "-" + String(repeating: "b", count: 24) + "2"

  /// Answers the first lab's calls in turn, as a swarm of its own names would.
  private static func otherSwarm() throws -> ScriptedHost {
    let text = try String(contentsOfFile: folder + "../Tests/Sentences/lab-001.txt", encoding: .utf8)
    var entries = text.split(separator: "\n> ").dropFirst().map {
      $0.split(separator: "\n", omittingEmptySubsequences: false)
    }
    return ScriptedHost(nodes: ["manager", "worker01", "worker02", "worker03"]) { _, call in
      let words = call.command.arguments.dropFirst().joined(separator: " ")
      guard let entry = entries.first, let beginning = entry.first, words.hasPrefix(beginning) else {
        return .printed("not expected: \(words)\n", status: 99)
      }
      entries.removeFirst()
      var lines = entry.dropFirst()
      if lines.last == "" { lines.removeLast() }
      let hasFailed = lines.last == "[exit 1]"
      if hasFailed { lines.removeLast() }
      return .printed(lines.map { $0 + "\n" }.joined(), status: hasFailed ? 1 : 0)
    }
  }
}
