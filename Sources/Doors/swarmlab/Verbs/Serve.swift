import ArgumentParser
import EngineServer
import SimBase

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// What `up` starts in the background.
struct Serve: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Serve a lab; `up` starts this.", shouldDisplay: false)

  @OptionGroup var lab: LabOption

  func run() throws {
    ServerLauncher.detach()
    let folder = try lab.existing()
    chdir("/")  // A background process must not keep a folder of the user's busy.
    do {
      let process = ServerProcess(folder) { Serve.tell("progress \($0)") }
      try process.run { _ in
        Serve.tell("ready")
        close(ServerLauncher.reportDescriptor)
      }
    } catch {
      Serve.tell("failed \("\(error)".split(separator: "\n").joined(separator: " "))")
      Terminal.complain("swarmlab: \(error)")
      throw ExitCode(1)
    }
  }

  private static func tell(_ line: String) {
    let text = line + "\n"
    write(ServerLauncher.reportDescriptor, text, text.utf8.count)
  }
}
