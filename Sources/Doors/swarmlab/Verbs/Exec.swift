import ArgumentParser
import DockerCLI
import EngineServer

/// Runs a command on a node.
struct Exec: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "exec",
    abstract: "Run a docker command on a node, with the built-in docker: `exec node1 docker swarm init`.",
    usage: "swarmlab exec [--name <lab>] <node> docker ...")

  @OptionGroup var lab: LabOption
  @Argument(help: "The node.") var node: String
  @Argument(parsing: .captureForPassthrough, help: "The command and its arguments.") var command: [String] = []

  func run() throws {
    let folder = try lab.existing()
    _ = try folder.plan().index(of: node)
    if !folder.isRunning { throw DoorError.notRunning(folder.name) }
    let words = command.first == "--" ? Array(command.dropFirst()) : command
    guard words.first == "docker" else {
      let what = words.first.map { "\($0): command not found." } ?? "which command?"
      Terminal.complain("swarmlab: \(node): \(what) The nodes have docker: `swarmlab exec \(node) docker ps`.")
      throw ExitCode(words.isEmpty ? 64 : 127)
    }
    throw BuiltInDocker.run(Array(words.dropFirst()), at: folder.sockets.host(node))
  }
}

/// The built-in docker, called by a person.
enum BuiltInDocker {
  /// Runs a command line against an engine, and gives its exit status to leave with.
  static func run(_ arguments: [String], at host: String) -> ExitCode {
    Interrupt.watch()
    // What another engine may have left in the environment must not lead elsewhere.
    let variables: [String: String?] = [
      "DOCKER_HOST": host, "DOCKER_CONTEXT": .none, "DOCKER_TLS": .none, "DOCKER_TLS_VERIFY": .none,
      "DOCKER_CERT_PATH": .none, "DOCKER_API_VERSION": .none,
    ]
    return ExitCode(DockerCommandLine.run(arguments, in: TerminalHost(variables: variables)))
  }
}
