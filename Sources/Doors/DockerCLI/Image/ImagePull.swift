import EngineTypes
import SimBase

/// `docker pull`: an image from its registry.
///
/// Source: docker/cli `cli/command/image/pull.go`.
enum ImagePull {
  static let command = Command(
    use: "pull [OPTIONS] NAME[:TAG|@DIGEST]", short: "Download an image from a registry",
    aliases: ["docker image pull", "docker pull"], arity: .exactly(1),
    options: [
      Option("all-tags", "a", .bool, "Download all tagged images in the repository"),
      Option("quiet", "q", .bool, "Suppress verbose output"),
      Option("platform", nil, "Set platform if server is multi-platform capable"),
      Option("disable-content-trust", nil, .bool, default: "true", "Skip image verification"),
    ], run: run)

  private static func run(_ call: Invocation) throws(Failure) {
    var reference: ImageReference
    do throws(FlagTrouble) { reference = try ImageReference(call.arguments[0]) } catch { throw error.failure }
    let takesAll = call.flags.isOn("all-tags")
    let isQuiet = call.flags.isOn("quiet")
    if takesAll, reference.tag != nil || reference.digest != nil {
      throw Failure("tag can't be used with --all-tags/-a")
    }
    if !takesAll, reference.tag == nil, reference.digest == nil {
      reference.addDefaultTag()
      if !isQuiet { call.session.print("Using default tag: latest") }
    }
    try pull(reference, platform: call.flags.text("platform"), in: call.session, to: .output, isQuiet: isQuiet)
    call.session.print(reference.canonical)
  }

  /// Pulls an image and shows how; quietly where asked to.
  static func pull(
    _ reference: ImageReference, platform: String, in session: Session, to stream: CLIStream, isQuiet: Bool
  ) throws(Failure) {
    var query: Query = ["fromImage": reference.name]
    if let tag = reference.digest ?? reference.tag { query["tag"] = tag }
    if !platform.isEmpty { query["platform"] = platform }
    let login = HTTPHeader("X-Registry-Auth", RegistryLogin(session: session).header(for: reference.name))
    let answer = try session.engine().open("POST", "/images/create", query, headers: [login])
    var printer = ProgressPrinter(session: session, isQuiet: isQuiet, stream: stream)
    try printer.follow(answer)
  }
}
