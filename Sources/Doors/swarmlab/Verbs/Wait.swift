import ArgumentParser
import EngineServer
import EngineTypes
import SimBase

/// Waits in virtual time.
struct Wait: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "wait", abstract: "Wait until so much virtual time has passed.")

  @OptionGroup var lab: LabOption
  @Argument(help: "How long: 500ms, 5s, 2m, 1h30m, 3d.") var span: String

  func validate() throws {
    if Duration(span: span) == nil {
      throw ValidationError("'\(span)' is no span of time: write 500ms, 5s, 2m or 3d.")
    }
  }

  func run() throws { _ = try lab.client().post("/wait", ["for": .string(span)]) }
}
