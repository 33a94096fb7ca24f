import EngineTypes

/// `docker export`: a container's files as an archive.
///
/// Source: docker/cli `cli/command/container/export.go`.
enum ContainerExport {
  static let command = Command(
    use: "export [OPTIONS] CONTAINER", short: "Export a container's filesystem as a tar archive",
    aliases: ["docker container export", "docker export"], arity: .exactly(1),
    options: [Option("output", "o", "Write to a file, instead of STDOUT")],
    run: { (call: Invocation) throws(Failure) in
      let output = try ArchiveOutput(call, refusal: "failed to export container", verb: "export")
      let stream = try call.session.engine().open("GET", "/containers/\(pathEscaped(call.arguments[0]))/export")
      try output.copy(stream)
    })
}

/// Where an archive goes: to a file, or to a standard output that is no terminal.
struct ArchiveOutput {
  private let session: Session
  private let path: String
  private let refusal: String

  /// The place that `--output` names; refuses a terminal, and a file in a folder that is not there.
  init(_ call: Invocation, refusal: String, verb: String) throws(Failure) {
    session = call.session
    path = call.flags.text("output")
    self.refusal = refusal
    if path.isEmpty {
      if session.host.isTerminal(.output) {
        throw Failure("cowardly refusing to \(verb) to a terminal. Use the -o flag or redirect")
      }
      return
    }
    let folder = parentFolder(path)
    if !session.host.fileExists(session.host.absolute(folder)) {
      throw Failure("\(refusal): invalid output path: stat \(folder): no such file or directory")
    }
  }

  /// Copies a stream to its end.
  func copy(_ stream: any EngineStream) throws(Failure) {
    defer { stream.close() }
    var bytes: [UInt8] = []
    while let more = stream.read() {
      if path.isEmpty { session.host.write(more, to: .output) } else { bytes += more }
    }
    if path.isEmpty { return }
    do throws(FileTrouble) {
      try session.host.writeFile(session.host.absolute(path), bytes)
    } catch {
      throw Failure("\(refusal): open \(path): \(error.reason)")
    }
  }
}

/// The folder that a path is in, as Go's `filepath.Dir` has it.
func parentFolder(_ path: String) -> String {
  guard let slash = path.lastIndex(of: "/") else { return "." }
  return slash == path.startIndex ? "/" : String(path[..<slash])
}
