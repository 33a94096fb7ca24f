import ArgumentParser
import EngineServer

/// The built-in docker.
struct Docker: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "The built-in docker: at $DOCKER_HOST if that is a lab's, else at the first manager.",
    usage: "swarmlab docker [--name <lab>] <docker's own arguments>")

  @OptionGroup var lab: LabOption
  @Argument(parsing: .captureForPassthrough, help: "What docker is to do.") var arguments: [String] = []

  func run() throws {
    let words = arguments.first == "--" ? Array(arguments.dropFirst()) : arguments
    throw BuiltInDocker.run(words, at: try host())
  }

  /// `$DOCKER_HOST` where it points into a lab and no lab is named, else the first node, which is a manager if any is.
  private func host() throws -> String {
    let folders = try LabFolders.current()
    if lab.name == LabName.standard, let host = Terminal.environment("DOCKER_HOST"), folders.isOfLab(host) {
      return host
    }
    let folder = try lab.existing()
    if !folder.isRunning { throw DoorError.notRunning(folder.name) }
    return folder.sockets.host(try folder.plan().nodes[0].name)
  }
}
