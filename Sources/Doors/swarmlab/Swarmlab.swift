import ArgumentParser
import EngineServer

/// The command `swarmlab`: it only lists its verbs; each has a file of its own.
@main
struct Swarmlab: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "swarmlab",
    abstract: "A Docker Swarm on your laptop, without Docker.",
    discussion: """
      `swarmlab up` makes a lab: virtual nodes that the docker CLI talks to as to real ones. \
      `swarmlab env NODE` points your docker at one of them. Docs: README.md.
      """,
    version: Build.version,
    subcommands: [Serve.self],
    groupedSubcommands: [
      CommandGroup(
        name: "Labs", subcommands: [Up.self, Down.self, Stop.self, List.self, Status.self, Ports.self]),
      CommandGroup(name: "Nodes", subcommands: [Env.self, Exec.self, Docker.self]),
      CommandGroup(name: "Labs as files", subcommands: [LabVerb.self]),
      CommandGroup(
        name: "Time and faults", subcommands: [Wait.self, Clock.self, Chaos.self, Trace.self, ReplayVerb.self]),
    ])

  /// Runs the command line. Errors of ours are a line each, with what to try; those of the command line exit with 64.
  static func main() {
    do {
      let words = Array(CommandLine.arguments.dropFirst())
      if let words = Docker.words(CommandLine.arguments) {
        throw BuiltInDocker.run(words.arguments, at: try Docker.host(of: words.lab))
      }
      var command = try parseAsRoot(words)
      try command.run()
    } catch let code as ExitCode {
      exit(withError: code)
    } catch let error as DoorError {
      Terminal.complain("swarmlab: \(error)")
      exit(withError: ExitCode(error.isUsage ? 64 : 1))
    } catch {
      exit(withError: error)
    }
  }
}
