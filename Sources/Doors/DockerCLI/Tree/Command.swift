/// A command of the tree, or a group of them.
struct Command: Sendable {
  /// How many arguments a command takes.
  enum Arity: Sendable {
    case none
    case exactly(Int)
    case atLeast(Int)
    case atMost(Int)
    case between(Int, Int)
    case any
  }

  typealias Run = @Sendable (Invocation) throws(Failure) -> Void

  /// `create [OPTIONS] IMAGE [COMMAND] [ARG...]`: the name, then what the use line shows after it.
  var use: String
  var short: String
  /// What the help shows instead of `short`.
  var long: String?
  /// The full names under which the command can also be had: `docker container ls`.
  var aliases: [String] = []
  /// Other words for the command in its group.
  var otherNames: [String] = []
  var arity = Arity.none
  var options: [Option] = []
  /// Flags end at the first argument, because the rest is somebody else's command line.
  var endsFlagsAtArgument = false
  var isHidden = false
  /// The help says that the command may still change.
  var isExperimental = false
  /// The command, or the group, is only for engines with experimental features, which no engine of a lab has.
  var needsExperimentalEngine = false
  /// What the engine must be for the help to show the command.
  var need: SwarmStanding.Need?
  var children: [Command] = []
  var run: Run?

  var name: String { use.cut(" ")?.before ?? use }

  /// The child of this name or other name.
  func child(_ name: String) -> Command? { children.first { $0.name == name || $0.otherNames.contains(name) } }

  /// Whether the help shows the command for an engine of this standing; nil if the engine did not tell.
  func isShown(to standing: SwarmStanding?) -> Bool {
    guard !isHidden, let need, let standing else { return !isHidden }
    return standing.meets(need)
  }

  /// The use line after `docker `, as help and errors show it.
  func useLine(_ path: String) -> String {
    let rest = use.cut(" ").map { " " + $0.after } ?? ""
    return path + rest
  }
}

/// One call of a command: what it was given, and where it runs.
struct Invocation {
  var session: Session
  var flags: Flags
  var arguments: [String]
  /// The command's full name: `docker service create`.
  var path: String
  /// The use line and what stands after it, for errors that show usage.
  var command: Command
}

extension Command {
  /// A group: its commands in the order of their names.
  static func group(
    _ name: String, _ short: String, otherNames: [String] = [], needs need: SwarmStanding.Need? = nil,
    _ children: [Command]
  ) -> Command {
    Command(use: name + " COMMAND", short: short, otherNames: otherNames, need: need, children: children)
  }
}
