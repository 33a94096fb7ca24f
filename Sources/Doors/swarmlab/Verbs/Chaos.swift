import ArgumentParser
import EngineServer
import EngineTypes

/// Breaks things.
struct Chaos: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Break something: `chaos kill node1`, `chaos restart node1`.",
    usage: "swarmlab chaos [--name <lab>] VERB TARGET ...")

  @OptionGroup var lab: LabOption
  @Argument(parsing: .allUnrecognized, help: "The fault and what it hits.") var words: [String] = []

  func validate() throws {
    if words.isEmpty { throw ValidationError("Which fault? `chaos kill NODE`, `chaos restart NODE`, …") }
  }

  func run() throws {
    _ = try lab.client().post("/chaos", ["words": .array(words.map { .string($0) })])
  }
}
