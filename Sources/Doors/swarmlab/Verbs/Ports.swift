import ArgumentParser
import EngineServer
import EngineTypes

/// Shows where a lab's nodes can be reached from the laptop.
struct Ports: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ports", abstract: "Show how to reach the nodes from here.")

  @OptionGroup var lab: LabOption
  @Flag(help: "Print JSON.") var json = false

  func run() throws {
    let ports = try lab.client().get("/ports")
    if json { Terminal.say(ports["nodes"].text) } else { NodeText.show(ports) }
  }
}
