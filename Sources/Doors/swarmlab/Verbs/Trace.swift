import ArgumentParser
import EngineServer
import EngineTypes

/// Shows the history's hash.
struct Trace: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trace", abstract: "Show the hash of a lab's history: the same seed and inputs give the same.")

  @OptionGroup var lab: LabOption
  @Flag(help: "Print the hash alone.") var hash = false
  @Flag(help: "Print JSON.") var json = false

  func run() throws {
    let trace = try lab.client().get("/trace")
    if json {
      Terminal.say(trace.text)
    } else if hash {
      Terminal.say(trace["hash"].string ?? "")
    } else {
      Terminal.say(
        "trace \(trace["hash"].string ?? "") seed \(trace["seed"].string ?? "") at \(trace["now"].string ?? "") s")
    }
  }
}
