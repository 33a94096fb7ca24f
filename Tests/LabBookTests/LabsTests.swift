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
}
