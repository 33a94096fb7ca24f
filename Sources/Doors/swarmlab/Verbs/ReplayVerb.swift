import ArgumentParser
import EngineServer

/// Runs a journal again.
struct ReplayVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Run a lab's journal again, and show that it takes the same way.",
    discussion: "Give a lab's folder or the journal in it, or name a lab; a running one is not disturbed.")

  @OptionGroup var lab: LabOption
  @Argument(help: "A lab's folder, or its journal.") var file: String?

  func run() throws {
    let path = try file ?? lab.existing().path
    let history = try History.replay(path) { Terminal.progress($0) }
    Terminal.progress("")
    Terminal.say("\(history.inputs) inputs replayed, to \(history.end) s of virtual time")
    Terminal.say("trace \(TraceText.hex(history.traceHash)) seed \(history.seed)")
  }
}
