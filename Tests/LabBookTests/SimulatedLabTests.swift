import FoundationEssentials
import SimBase
import Testing

@testable import LabBook

/// What a real swarm printed, the simulated one prints: recorded transcripts and the product's labs, in process.
@Suite struct SimulatedLabTests {
  private static let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

  static let transcripts: [String] =
    ((try? FileManager.default.contentsOfDirectory(atPath: root + "/Tests/Transcripts")) ?? [])
    .filter { $0.hasSuffix(".md") }.sorted()

  @Test("there are transcripts") func some() { #expect(Self.transcripts.count >= 10) }

  private static func run(_ path: String, seed: UInt64) throws -> LabReport {
    let document = try LabDocument(String(contentsOfFile: "\(root)/\(path)", encoding: .utf8))
    return LabRunner(document, file: path, on: try SimulatedLab(document, seed: seed)).run()
  }

  @Test("every command of a real swarm's transcript prints what it printed there", arguments: transcripts)
  func agrees(name: String) throws {
    let report = try SimulatedLabTests.run("Tests/Transcripts/\(name)", seed: 7)
    #expect(report.steps.count > 10)
    #expect(report.failed == 0, "\(report.text)")
  }

  @Test("the first lab holds on its own seed, command for command") func firstLab() throws {
    let report = try SimulatedLabTests.run("labs/001-a-swarm-in-your-laptop.lab.md", seed: 1)
    #expect(report.steps.count > 20)
    #expect(report.failed == 0, "\(report.text)")
  }

  @Test("one seed gives one history, another seed another") func seeds() throws {
    let path = "Tests/Transcripts/\(Self.transcripts[0])"
    let hashes = try [7, 7, 8].map { try SimulatedLabTests.run(path, seed: $0) }
    #expect(hashes[0].traceHash == hashes[1].traceHash)
    #expect(hashes[0].traceHash != hashes[2].traceHash)
  }
}
