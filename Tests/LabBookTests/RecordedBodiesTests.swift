import EngineTypes
import FoundationEssentials
import Personas
import SimBase
import Testing

@testable import LabBook

/// What a real swarm's Engine API answered after a scenario, ours answers too, given the images that swarm had.
@Suite("Recorded answers of the Engine API")
struct RecordedBodiesTests {
  private static let folder =
    "/" + #filePath.split(separator: "/").dropLast(2).joined(separator: "/") + "/Bodies/"

  private static func file(_ name: String) throws -> String {
    try String(contentsOfFile: folder + name, encoding: .utf8)
  }

  /// Bodies whose values are the recorded swarm's own, with the reason. Their shapes agree.
  private static let ownValues = [
    // Of a service scaled to two and updated at once it updated the second slot first, before that had a container; the
    // order is chance there, and by number here.
    "/containers/json?all=1&size=1", "/system/df",
  ]

  @Test("every answer agrees in shape, and in value but for what each run draws")
  func agree() throws {
    let document = try LabDocument(Self.file("scenario.md"))
    let shelf = try PersonaShelf([PersonaFile(name: "images.yml", text: Self.file("images.yml"))])
    let lab = try SimulatedLab(document, seed: 7, shelf: shelf)
    let report = LabRunner(document, file: "scenario.md", on: lab).run()
    #expect(report.isPassed, "\(report.text)")
    var asked = 0
    for line in try Self.file("bodies.jsonl").split(separator: "\n") {
      let recorded = try JSON.parse(Array(line.utf8))
      let path = try #require(recorded["path"].string)
      let target = path.prefixMatch(of: /\/v\d/) == nil ? "/v1.51\(path)" : path
      let body = recorded["body"].string ?? (recorded["body"].isNull ? nil : recorded["body"].text)
      let answer = try lab.ask(
        EngineRequest(
          try #require(recorded["method"].string), target,
          headers: body == nil ? [] : [HTTPHeader("Content-Type", "application/json")], body: Array((body ?? "").utf8)),
        of: "node\(try #require(recorded["node"].int))")
      asked += 1
      #expect(Int64(answer.status) == recorded["status"].int, "\(path)")
      let types = [answer.header("Content-Type") ?? "", recorded["type"].string ?? ""].map { $0.prefix { $0 != ";" } }
      #expect(types[0] == types[1], "\(path)")
      guard case .string = recorded["answer"] else {
        let comparison = BodyComparison(recorded["answer"], (try? JSON.parse(answer.body)) ?? .null)
        #expect(comparison.shape == [], "\(path)")
        if !Self.ownValues.contains(path) { #expect(comparison.value == [], "\(path)") }
        continue
      }
    }
    #expect(asked == 117)
  }
}
