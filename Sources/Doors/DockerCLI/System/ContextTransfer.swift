import EngineTypes
import SimBase

/// `docker context update`, `export` and `import`: a context changed, and carried as an archive.
///
/// Source: docker/cli `cli/command/context` (`update.go`, `export.go`, `import.go`), `cli/context/store/store.go`.
enum ContextTransfer {
  static let update = Command(
    use: "update [OPTIONS] CONTEXT", short: "Update a context",
    long: ContextCommands.describing("Update a context", verb: "update"), arity: .exactly(1),
    options: [
      Option("description", nil, "Description of the context"),
      Option("docker", nil, .pairs, shows: "[]", "set the docker endpoint"),
    ], run: runUpdate)

  static let export = Command(
    use: "export [OPTIONS] CONTEXT [FILE|-]",
    short: "Export a context to a tar archive FILE or a tar stream on STDOUT.", arity: .between(1, 2), run: runExport)

  static let `import` = Command(
    use: "import CONTEXT FILE|-", short: "Import a context from a tar or zip file", arity: .exactly(2), run: runImport)

  private static func runUpdate(_ call: Invocation) throws(Failure) {
    let session = call.session
    let name = call.arguments[0]
    try ContextCommands.checkName(name)
    let old = try ContextCommands.existing(name, session)
    let host =
      call.flags.isSet("docker")
      ? ContextCommands.host(of: call) : old["Endpoints"]["docker"]["Host"].string ?? ""
    let description =
      call.flags.text("description").isEmpty
      ? old["Metadata"]["Description"].string ?? "" : call.flags.text("description")
    try ContextCommands.write(name, host: host, description: description, in: session)
    session.print(name)
    session.warn("Successfully updated context \(name.goQuoted)")
  }

  private static func runExport(_ call: Invocation) throws(Failure) {
    let session = call.session
    let name = call.arguments[0]
    if name != "default" { try ContextCommands.checkName(name) }
    let target = call.arguments.count > 1 ? call.arguments[1] : name + ".dockercontext"
    let record =
      name == "default"
      ? ContextCommands.record(of: "default", host: session.defaultAddress, description: "")
      : try ContextCommands.existing(name, session)
    var archive = TapeArchive()
    archive.add(.init(path: "meta.json", kind: .file(Array(record.text.utf8)), mode: 0o644))
    archive.add(.init(path: "tls", kind: .directory, mode: 0o700))
    if target == "-" {
      if session.host.isTerminal(.output) {
        throw Failure("cowardly refusing to export to a terminal, specify a file path")
      }
      return session.host.write(archive.bytes, to: .output)
    }
    let path = session.host.absolute(target)
    if session.host.fileExists(path) { throw Failure("open \(target): file exists") }
    do throws(FileTrouble) {
      try session.host.writeFile(path, archive.bytes)
    } catch {
      throw Failure("open \(target): \(error.reason)")
    }
    session.warn("Written file \(target.goQuoted)")
  }

  private static func runImport(_ call: Invocation) throws(Failure) {
    let session = call.session
    let (name, source) = (call.arguments[0], call.arguments[1])
    try ContextCommands.checkNew(name, session)
    let bytes: [UInt8]
    if source == "-" {
      bytes = session.readAllInput()
    } else {
      do throws(FileTrouble) {
        bytes = try session.host.readFile(session.host.absolute(source))
      } catch {
        throw Failure("open \(source): \(error.reason)")
      }
    }
    guard let archive = TapeArchive(bytes) else { throw Failure("unexpected context file") }
    var record: JSON?
    for item in archive.items where item.path == "/meta.json" {
      if case .file(let text) = item.kind { record = try? JSON.parse(text) }
    }
    guard let record else { throw Failure("invalid context: no metadata found") }
    try ContextCommands.write(
      name, host: record["Endpoints"]["docker"]["Host"].string ?? "",
      description: record["Metadata"]["Description"].string ?? "", in: session)
    session.print(name)
    session.warn("Successfully imported context \(name.goQuoted)")
  }
}
