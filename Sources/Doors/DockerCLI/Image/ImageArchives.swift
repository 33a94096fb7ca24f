import EngineTypes

/// `docker save`, `load` and `import`: images as archives.
///
/// Source: docker/cli `cli/command/image` (`save.go`, `load.go`, `import.go`).
enum ImageArchives {
  static let save = Command(
    use: "save [OPTIONS] IMAGE [IMAGE...]",
    short: "Save one or more images to a tar archive (streamed to STDOUT by default)",
    aliases: ["docker image save", "docker save"], arity: .atLeast(1),
    options: [Option("output", "o", "Write to a file, instead of STDOUT"), platform("Save")],
    run: { (call: Invocation) throws(Failure) in
      let output = try ArchiveOutput(call, refusal: "failed to save image", verb: "save")
      var query = Query()
      query.append("names", call.arguments)
      try output.copy(try call.session.engine().open("GET", "/images/get", query))
    })

  static let load = Command(
    use: "load [OPTIONS]", short: "Load an image from a tar archive or STDIN",
    aliases: ["docker image load", "docker load"],
    options: [
      Option("input", "i", "Read from tar archive file, instead of STDIN"), platform("Load"),
      Option("quiet", "q", .bool, "Suppress the load output"),
    ], run: runLoad)

  static let `import` = Command(
    use: "import [OPTIONS] file|URL|- [REPOSITORY[:TAG]]",
    short: "Import the contents from a tarball to create a filesystem image",
    aliases: ["docker image import", "docker import"], arity: .atLeast(1),
    options: [
      Option("change", "c", .list, "Apply Dockerfile instruction to the created image"),
      Option("message", "m", "Set commit message for imported image"),
      Option("platform", nil, "Set platform if server is multi-platform capable"),
    ], run: runImport)

  private static func platform(_ verb: String) -> Option {
    Option(
      "platform", nil,
      "\(verb) only the given platform variant. Formatted as \"os[/arch[/variant]]\" (e.g., \"linux/amd64\")")
  }

  private static func runLoad(_ call: Invocation) throws(Failure) {
    let session = call.session
    let path = call.flags.text("input")
    if path.isEmpty, session.host.isTerminal(.input) {
      throw Failure("requested load from stdin, but stdin is empty")
    }
    let isQuiet = call.flags.isOn("quiet") || !session.host.isTerminal(.output)
    let bytes = path.isEmpty ? session.readAllInput() : try contents(of: path, in: session)
    let answer = try session.engine().open(
      "POST", "/images/load", ["quiet": isQuiet ? "1" : "0"], bytes: bytes,
      headers: [HTTPHeader("Content-Type", "application/x-tar")])
    var printer = ProgressPrinter(session: session)
    try printer.follow(answer)
  }

  private static func runImport(_ call: Invocation) throws(Failure) {
    let (session, source) = (call.session, call.arguments[0])
    var query: Query = ["fromSrc": source]
    var bytes: [UInt8] = []
    if source == "-" {
      bytes = session.readAllInput()
    } else if !source.hasPrefix("http://"), !source.hasPrefix("https://") {
      bytes = try contents(of: source, in: session)
      query["fromSrc"] = "-"
    }
    if call.arguments.count > 1 {
      var reference: ImageReference
      do throws(FlagTrouble) { reference = try ImageReference(call.arguments[1]) } catch { throw error.failure }
      query["repo"] = reference.familiar
      reference.addDefaultTag()
    }
    for flag in ["message", "platform"] where call.flags.isSet(flag) { query[flag] = call.flags.text(flag) }
    query.append("changes", call.flags.list("change"))
    let answer = try session.engine().open("POST", "/images/create", query, bytes: bytes)
    var printer = ProgressPrinter(session: session)
    try printer.follow(answer)
  }

  private static func contents(of path: String, in session: Session) throws(Failure) -> [UInt8] {
    do throws(FileTrouble) {
      return try session.host.readFile(session.host.absolute(path))
    } catch {
      throw Failure("open \(path): \(error.reason)")
    }
  }
}
