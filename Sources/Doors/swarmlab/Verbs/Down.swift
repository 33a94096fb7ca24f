import ArgumentParser
import EngineServer

/// Ends a lab and leaves nothing behind.
struct Down: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "down", abstract: "End a lab and remove all that it has.")

  @OptionGroup var lab: LabOption

  func run() throws {
    let folder = try lab.existing()
    if let client = try? ControlClient(folder) { try ServerLauncher(folder).stop(client) }
    try folder.remove()
    Terminal.say("Lab \(folder.name) is gone.")
  }
}
