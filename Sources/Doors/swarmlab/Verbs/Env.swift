import ArgumentParser
import EngineServer

/// Prints what points a shell's docker at a node.
struct Env: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "env", abstract: "Print the lines that point docker at a node, for `eval`.")

  @OptionGroup var lab: LabOption
  @Flag(help: "Print the lines that point docker back at the laptop's own engine.") var unset = false
  @Argument(help: "The node.") var node: String?

  func validate() throws {
    if node == nil && !unset { throw ValidationError("Which node? `swarmlab ports` lists them.") }
  }

  /// Left over from another engine, each of these would break or bend what DOCKER_HOST says.
  private static let others = "DOCKER_TLS_VERIFY DOCKER_CERT_PATH DOCKER_TLS DOCKER_API_VERSION DOCKER_CONTEXT"

  func run() throws {
    guard let node, !unset else {
      Terminal.say("unset DOCKER_HOST \(Env.others)")
      return
    }
    let folder = try lab.existing()
    _ = try folder.plan().index(of: node)
    if !folder.isRunning { throw DoorError.notRunning(folder.name) }
    Terminal.say("export DOCKER_HOST=\"\(folder.sockets.host(node))\"")
    Terminal.say("unset \(Env.others)")
    Terminal.say("# Run this command to point docker at \(node):")
    Terminal.say("# eval \"$(\(Terminal.program) env\(lab.typed) \(node))\"")
  }
}
