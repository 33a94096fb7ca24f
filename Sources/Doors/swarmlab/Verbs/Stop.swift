import ArgumentParser
import EngineServer

/// Ends a lab's process and keeps the lab.
struct Stop: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stop", abstract: "Stop a lab and keep it: the next `up` starts it again, as after a laptop's reboot.")

  @OptionGroup var lab: LabOption

  func run() throws {
    let folder = try lab.existing()
    try ServerLauncher(folder).stop(try ControlClient(folder))
    Terminal.say("Lab \(folder.name) is stopped. `\(Terminal.program) up\(lab.typed)` starts it again.")
  }
}
