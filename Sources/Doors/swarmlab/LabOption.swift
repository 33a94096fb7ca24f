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

  /// ` --name x` where the lab is not the standard one: for lines that people are to type.
  var typed: String { name == LabName.standard ? "" : " --name \(name)" }
}
