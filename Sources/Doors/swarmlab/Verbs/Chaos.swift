import ArgumentParser
import EngineServer
import EngineTypes

/// Breaks things.
struct Chaos: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "chaos", abstract: "Break something: `chaos kill node1`, `chaos restart node1`.",
    usage: "swarmlab chaos [--name <lab>] VERB TARGET ...",
    discussion: """
      kill NODE          its engine ends at once; what it has written stays
      power-cut NODE     the same, and what was not yet on the disk is lost
      restart NODE       it starts again
      cut NODE           its cable is pulled; heal puts it back
      block NODE NODE    nothing passes between the two; unblock lets it pass
      heal NODE          undoes what was done to its network; all: everywhere

      A NODE may be a pattern, as 'worker*'.
      """)

  @OptionGroup var lab: LabOption
  @Argument(parsing: .allUnrecognized, help: "The fault and what it hits.") var words: [String] = []

  func validate() throws {
    if words.isEmpty { throw ValidationError("Which fault? `chaos kill NODE`, `chaos restart NODE`, …") }
  }

  func run() throws {
    _ = try lab.client().post("/chaos", ["words": .array(words.map { .string($0) })])
  }
}
