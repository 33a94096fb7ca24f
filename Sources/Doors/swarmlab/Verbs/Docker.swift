import ArgumentParser
import EngineServer

/// The built-in docker.
struct Docker: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "docker",
    abstract: "The built-in docker: at $DOCKER_HOST if that is a lab's, else at the first manager.",
    usage: "swarmlab docker [--name <lab>] <docker's own arguments>")

  @OptionGroup var lab: LabOption
  @Argument(parsing: .captureForPassthrough, help: "What docker is to do.") var arguments: [String] = []

  /// The words of a docker command line, and the lab that it names; nil where the command line is another verb's.
  ///
  /// They are docker's to read, odd ones like `-=` and `--help` too, so that the verbs' parser never sees them. A link
  /// called `docker` to this program is the built-in docker as well.
  static func words(_ line: [String]) -> (arguments: [String], lab: String?)? {
    guard let program = line.first?.split(separator: "/").last else { return nil }
    var rest = line.dropFirst()
    if program == "docker" { return (Array(rest), nil) }
    guard rest.popFirst() == "docker" else { return nil }
    var lab: String?
    if let word = rest.first, word.hasPrefix("--name=") {
      lab = String(word.dropFirst(7))
      rest = rest.dropFirst()
    } else if rest.first == "--name", rest.count > 1 {
      lab = rest.dropFirst().first
      rest = rest.dropFirst(2)
    }
    if rest.first == "--" { rest = rest.dropFirst() }
    return (Array(rest), lab)
  }

  /// Only called where `words` did not know the command line for docker's.
  func run() throws { throw BuiltInDocker.run(arguments, at: try Docker.host(of: lab.name, for: arguments)) }

  /// `$DOCKER_HOST` where it points into a lab and no lab is named, else the first node, which is a manager if any is.
  ///
  /// What tells of docker itself needs no lab.
  static func host(of name: String?, for words: [String]) throws -> String {
    do {
      return try host(of: name)
    } catch let error as DoorError {
      let about = ["help", "--version", "-v", "-h"]
      if words.isEmpty || words.contains("--help") || about.contains(words[0]) { return "unix:///var/run/docker.sock" }
      throw error
    }
  }

  private static func host(of name: String?) throws -> String {
    let folders = try LabFolders.current()
    let isStandard = name == nil || name == LabName.standard
    if isStandard, let host = Terminal.environment("DOCKER_HOST"), folders.isOfLab(host) { return host }
    try LabName.check(name ?? LabName.standard, "lab")
    let folder = try folders.existing(name ?? LabName.standard)
    if !folder.isRunning { throw DoorError.notRunning(folder.name) }
    return folder.sockets.host(try folder.plan().nodes[0].name)
  }
}
