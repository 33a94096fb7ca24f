import SimBase

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// What can go wrong between a person's command and a world. `description` has the words: what, which, why, what to try.
public enum DoorError: Error, Sendable, Equatable {
  /// No lab has this name.
  case unknownLab(String, known: [String])
  /// The lab has no node of this name.
  case unknownNode(String, lab: String, known: [String])
  /// The lab is there but nothing serves it.
  case notRunning(String)
  /// A second `up`.
  case alreadyRunning(String, pid: Int?)
  /// The lab was made with something else than what is asked for now.
  case madeDifferently(String, what: String)
  /// A socket's path that clients cannot take.
  case pathTooLong(String)
  /// An address that another program has.
  case addressInUse(String)
  /// An address that cannot be had for another reason.
  case cannotListen(String, reason: String)
  /// The system refused: what was being done, to what, and `errno`.
  case system(doing: String, String, Int32)
  /// A file of the lab's that does not read as one.
  case damaged(String, why: String)
  /// The server ended before it was ready; its last words.
  case serverEnded(lab: String, words: String)
  /// The server's refusal, in its words.
  case refused(String)
  /// A value that no lab can have; the command line was wrong.
  case malformed(String)
  /// Nothing went wrong, and nothing was done that could tell anything: no commands in a lab, a fault that was there already.
  case undecided(String)

  /// What a verb that ends with it leaves with: 64 where the command line itself was wrong, 2 where nobody can tell.
  public var exitCode: Int32 {
    switch self {
    case .malformed: 64
    case .undecided: 2
    case .unknownLab, .unknownNode, .notRunning, .alreadyRunning, .madeDifferently, .pathTooLong, .addressInUse,
      .cannotListen, .system, .damaged, .serverEnded, .refused:
      1
    }
  }
}

extension DoorError: CustomStringConvertible {
  /// The system's words for an error number: `no such file or directory`.
  public static func words(of code: Int32) -> String { systemText(code) }

  /// The error in words.
  public var description: String {
    switch self {
    case .unknownLab(let name, let known):
      let others = known.isEmpty ? "" : "; --name picks one of those that there are: \(shortened(known))"
      return "no lab is called \(name). `swarmlab up\(nameOption(name))` makes it\(others)."
    case .unknownNode(let name, let lab, let known):
      return "lab \(lab) has no node \(name). It has \(shortened(known))."
    case .notRunning(let name):
      return "lab \(name) is not running. `swarmlab up\(nameOption(name))` starts it again, "
        + "`swarmlab down\(nameOption(name))` clears it away."
    case .alreadyRunning(let name, let pid):
      let process = pid.map { " (process \($0))" } ?? ""
      return "lab \(name) is running already\(process). `swarmlab status\(nameOption(name))` shows it, "
        + "`swarmlab down\(nameOption(name))` ends it, `swarmlab up --name OTHER` makes another."
    case .madeDifferently(let name, let what):
      return "lab \(name) was made with \(what). `swarmlab up\(nameOption(name))` without options resumes it, "
        + "`swarmlab down\(nameOption(name))` clears it away."
    case .pathTooLong(let path):
      return "the socket path \(path) is \(path.utf8.count) bytes long, and clients take 100 at most. "
        + "Choose a shorter --name, or set XDG_RUNTIME_DIR to a shorter folder."
    case .addressInUse(let address):
      return "cannot listen on \(address): address already in use. End the program that has it, or make the lab anew "
        + "(`swarmlab down`, `swarmlab up`): it then takes other addresses."
    case .cannotListen(let address, let reason):
      return "cannot listen on \(address): \(reason)."
    case .system(let doing, let what, let code):
      return "cannot \(doing) \(what): \(systemText(code))."
    case .damaged(let path, let why):
      return "\(path) does not read as a lab's file: \(why). `swarmlab down` clears the lab away."
    case .serverEnded(let lab, let words):
      return words.isEmpty
        ? "the server of lab \(lab) ended before it was ready; `swarmlab up --foreground` shows why." : words
    case .refused(let words), .malformed(let words), .undecided(let words):
      return words
    }
  }

  private func nameOption(_ name: String) -> String { name == LabName.standard ? "" : " --name \(name)" }

  private func shortened(_ names: [String]) -> String {
    names.count <= 12
      ? names.joined(separator: ", ") : names.prefix(10).joined(separator: ", ") + " … \(names.last ?? "")"
  }
}

/// The system's sentence for an error number, beginning small: it stands after a colon.
func systemText(_ code: Int32) -> String {
  let text = String(cString: strerror(code))
  return text.prefix(1).lowercased() + text.dropFirst()
}
