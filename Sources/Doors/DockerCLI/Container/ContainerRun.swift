import EngineTypes
import SimBase

/// `docker run` and `docker create`: a new container, pulled for where its image is missing.
///
/// Source: docker/cli `cli/command/container/run.go`, `create.go`.
enum ContainerRun {
  private static let help = Option("help", nil, .bool, "Print usage")

  static let run = Command(
    use: "run [OPTIONS] IMAGE [COMMAND] [ARG...]", short: "Create and run a new container from an image",
    aliases: ["docker container run", "docker run"], arity: .atLeast(1),
    options: RunOptions.shared + RunOptions.run + [help], endsFlagsAtArgument: true,
    run: { (call: Invocation) throws(Failure) in
      do throws(Failure) { try start(call) } catch { throw prefixed(error, call) }
    })

  static let create = Command(
    use: "create [OPTIONS] IMAGE [COMMAND] [ARG...]", short: "Create a new container",
    aliases: ["docker container create", "docker create"], arity: .atLeast(1),
    options: RunOptions.shared + RunOptions.create + [help], endsFlagsAtArgument: true,
    run: { (call: Invocation) throws(Failure) in
      do throws(Failure) {
        call.session.print(try make(call, isAttached: true))
      } catch {
        // What the flags say is told with the command's name, what the engine says as it is.
        throw error.status == 125 ? prefixed(error, call) : error
      }
    })

  private static let notTerminal = Failure("the input device is not a TTY")
  private static let bothWays = Failure("conflicting options: cannot specify both --attach and --detach")

  /// Trouble before the container's process runs is told with the command's name, and ends with 125 or what a shell
  /// would say: 127 for a command that is not there, 126 for one that cannot be run.
  private static func prefixed(_ failure: Failure, _ call: Invocation) -> Failure {
    if failure.message.isEmpty || failure == notTerminal || failure == bothWays { return failure }
    let text = failure.message
    let isOfFlags = failure.status == 125
    var status: Int32 = 125
    if isOfFlags {
      // The flags are read before there is a container.
    } else if text.includes("executable file not found") || text.includes("no such file or directory")
      || text.includes("system cannot find the file specified")
    {
      status = 127
    } else if text.includes("permission denied") || text.includes("is a directory") {
      status = 126
    }
    return Failure("docker: \(text)\n\nRun '\(call.path) --help' for more information", status: status)
  }

  private static func start(_ call: Invocation) throws(Failure) {
    let (flags, session) = (call.flags, call.session)
    let isDetached = flags.isOn("detach")
    if isDetached, !flags.list("attach").isEmpty {
      throw bothWays
    }
    if flags.isOn("interactive"), flags.isOn("tty"), !isDetached, !session.host.isTerminal(.input) {
      throw notTerminal
    }
    let id = try make(call, isAttached: !isDetached)
    let condition = flags.isOn("rm") ? "removed" : "next-exit"
    let engine = session.engine()
    if isDetached {
      let wait = try engine.open("POST", "/containers/\(id)/wait", ["condition": condition])
      defer { wait.close() }
      // The ID comes whether the start succeeds or not.
      session.print(id)
      try engine.post("/containers/\(id)/start")
      return
    }
    let chosen = flags.list("attach").map { $0.lowercased() }
    let attachment = Attachment(
      id: id, hasInput: flags.isOn("interactive"), hasOutput: chosen.isEmpty || chosen.contains("stdout"),
      hasErrors: chosen.isEmpty || chosen.contains("stderr"), isTerminal: flags.isOn("tty"))
    let status = try attachment.run(waitingFor: condition, in: session) { () throws(Failure) in
      try engine.post("/containers/\(id)/start")
    }
    if status != 0 { throw Failure("", status: status) }
  }

  /// Creates the container and returns its ID.
  private static func make(_ call: Invocation, isAttached: Bool) throws(Failure) -> String {
    let (flags, session) = (call.flags, call.session)
    let image = call.arguments[0]
    let request = RunRequest(
      flags: flags, host: session.host, image: image, command: Array(call.arguments.dropFirst()),
      isAttached: isAttached)
    let body: JSON
    do throws(Failure) { body = try request.body() } catch { throw Failure(error.message, status: 125) }
    let note = flags.text("cidfile")
    if !note.isEmpty, session.host.fileExists(session.host.absolute(note)) {
      throw Failure(
        "container ID file found, make sure the other container isn't running or delete \(note)")
    }
    var query = Query()
    if flags.isSet("name") { query["name"] = flags.text("name") }
    if flags.isSet("platform") {
      query["platform"] = flags.text("platform")
      try checkPlatform(flags.text("platform"))
    }
    try checkPull(flags)
    let policy = flags.text("pull")
    if policy == "always" { try pull(image, call) }
    let answer: JSON
    do throws(Failure) {
      answer = try session.engine().post("/containers/create", query, body: body)
    } catch {
      // Whatever is not found is taken for the image.
      guard error.isNotFound, policy == "missing" else { throw error }
      if !flags.isOn("quiet") {
        var reference = try? ImageReference(image)
        reference?.addDefaultTag()
        session.warn("Unable to find image '\(reference?.familiar ?? image)' locally")
      }
      try pull(image, call)
      answer = try session.engine().post("/containers/create", query, body: body)
    }
    for warning in answer["Warnings"].array ?? [] { session.warn("WARNING: \(warning.string ?? "")") }
    let id = answer["Id"].string ?? ""
    if !note.isEmpty {
      do throws(FileTrouble) {
        try session.host.writeFile(session.host.absolute(note), Array(id.utf8))
      } catch {
        throw Failure("failed to create the container ID file: open \(note): \(error.reason)")
      }
    }
    return id
  }

  /// A platform of one word is an operating system or an architecture.
  ///
  /// Source: containerd/platforms `platforms.go` (`Parse`), `database.go`.
  private static func checkPlatform(_ text: String) throws(Failure) {
    let known = [
      "aix", "android", "darwin", "dragonfly", "freebsd", "hurd", "illumos", "ios", "js", "linux", "nacl", "netbsd",
      "openbsd", "plan9", "solaris", "windows", "zos", "386", "amd64", "arm", "arm64", "loong64", "mips", "mips64",
      "mips64le", "mipsle", "ppc", "ppc64", "ppc64le", "riscv", "riscv64", "s390", "s390x", "sparc", "sparc64", "wasm",
      "x86_64", "x86-64", "aarch64", "armhf", "armel", "i386", "macos",
    ]
    if text.isEmpty || text.includes("/") || known.contains(text.lowercased()) { return }
    throw Failure(
      "error parsing specified platform: \(text.goQuoted): unknown operating system or architecture: invalid argument")
  }

  private static func checkPull(_ flags: Flags) throws(Failure) {
    let policy = flags.text("pull")
    if ["always", "missing", "never", ""].contains(policy) { return }
    throw Failure(
      "invalid pull option: '\(policy)': must be one of \"always\", \"missing\" or \"never\"", status: 125)
  }

  private static func pull(_ image: String, _ call: Invocation) throws(Failure) {
    var reference: ImageReference
    do throws(FlagTrouble) { reference = try ImageReference(image) } catch { throw error.failure }
    reference.addDefaultTag()
    try ImagePull.pull(
      reference, platform: call.flags.text("platform"), in: call.session, to: .error,
      isQuiet: call.flags.isOn("quiet"))
  }
}
