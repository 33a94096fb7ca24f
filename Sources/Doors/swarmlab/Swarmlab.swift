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

  /// The verbs that people use.
  private static var verbs: [String] { configuration.groupedSubcommands.flatMap(\.subcommands).map { $0._commandName } }

  /// The verbs of verbs, where those take a lab.
  private static var innerVerbs: [String: [String]] {
    let outer: [any ParsableCommand.Type] = [Clock.self, Chaos.self]
    return Dictionary(
      uniqueKeysWithValues: outer.map { verb in
        (verb._commandName, verb.configuration.subcommands.map { $0._commandName })
      })
  }

  /// Runs the command line. Errors of ours are a line each, with what to try; those of the command line exit with 64.
  static func main() {
    do {
      let words = Array(CommandLine.arguments.dropFirst())
      if let docker = Docker.words(CommandLine.arguments) {
        throw BuiltInDocker.run(docker.arguments, at: try Docker.host(of: docker.lab, for: docker.arguments))
      }
      try checkVerbs(words)
      var command = try parseAsRoot(LabOption.moved(words, behind: innerVerbs))
      try command.run()
    } catch let code as ExitCode {
      exit(withError: code)
    } catch let error as DoorError {
      Terminal.complain("swarmlab: \(error)")
      exit(withError: ExitCode(error.exitCode))
    } catch {
      exit(withError: error)
    }
  }

  /// Refuses a verb that there is not, by the names of those that there are: the parser would call it an argument.
  private static func checkVerbs(_ words: [String]) throws {
    let spoken = words.first == "help" ? Array(words.dropFirst()) : words
    guard let verb = spoken.first, !verb.hasPrefix("-") else { return }
    if !(verbs + ["serve", "help"]).contains(verb) {
      throw DoorError.malformed(
        "there is no verb '\(verb)'. There are \(verbs.joined(separator: ", ")): `swarmlab --help` tells of them.")
    }
    // What is no verb of `chaos` is a fault, and only a lab can tell which nodes it means.
    let inner = innerVerbs[verb] ?? (verb == LabVerb._commandName ? LabVerb.innerVerbs : [])
    if verb == Chaos._commandName || inner.isEmpty { return }
    guard let second = LabOption.moved(spoken, behind: innerVerbs).dropFirst().first, !second.hasPrefix("-"),
      !(inner + ["help"]).contains(second)
    else { return }
    throw DoorError.malformed(
      "\(verb) has no verb '\(second)'. It has \(inner.joined(separator: ", ")): `swarmlab \(verb) --help` tells of them."
    )
  }
}
