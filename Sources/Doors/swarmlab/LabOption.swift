import ArgumentParser
import EngineServer

/// The option that picks a lab, the same for all verbs.
struct LabOption: ParsableArguments {
  @Option(help: ArgumentHelp("Which lab.", valueName: "lab"))
  var name = LabName.standard

  /// The lab's folder, whether the lab is there or not.
  func folder() throws -> LabFolder {
    try LabName.check(name, "lab")
    return try LabFolders.current().lab(name)
  }

  /// The folder of a lab that is there.
  func existing() throws -> LabFolder {
    try LabName.check(name, "lab")
    return try LabFolders.current().existing(name)
  }

  /// A client of a lab that runs.
  func client() throws -> ControlClient { try ControlClient(existing()) }

  /// The words of a command line with the option behind the verb's own verb: `clock --name x speed 2` means the same as
  /// `clock speed --name x 2`. The parser takes options only behind the word that they belong to.
  static func moved(_ words: [String], behind verbs: [String: [String]]) -> [String] {
    guard let verb = words.first, let inner = verbs[verb], words.count > 2 else { return words }
    let length = words[1] == "--name" ? 2 : words[1].hasPrefix("--name=") ? 1 : 0
    guard length > 0, words.count > 1 + length, inner.contains(words[1 + length]) else { return words }
    return [verb, words[1 + length]] + words[1...length] + words[(2 + length)...]
  }

  /// ` --name x` where the lab is not the standard one: for lines that people are to type.
  var typed: String { name == LabName.standard ? "" : " --name \(name)" }
}
