import EngineTypes
import SimBase

/// `docker push`: an image to its registry.
///
/// Source: docker/cli `cli/command/image/push.go`.
enum ImagePush {
  static let command = Command(
    use: "push [OPTIONS] NAME[:TAG]", short: "Upload an image to a registry",
    aliases: ["docker image push", "docker push"], arity: .exactly(1),
    options: [
      Option("all-tags", "a", .bool, "Push all tags of an image to the repository"),
      Option("quiet", "q", .bool, "Suppress verbose output"),
      Option(
        "platform", nil,
        """
        Push a platform-specific manifest as a single-platform image to the registry.
        Image index won't be pushed, meaning that other manifests, including attestations won't be preserved.
        'os[/arch[/variant]]': Explicit platform (eg. linux/amd64)
        """),
      Option("disable-content-trust", nil, .bool, default: "true", "Skip image signing"),
    ], run: run)

  private static func run(_ call: Invocation) throws(Failure) {
    var reference: ImageReference
    do throws(FlagTrouble) { reference = try ImageReference(call.arguments[0]) } catch { throw error.failure }
    let takesAll = call.flags.isOn("all-tags")
    let isQuiet = call.flags.isOn("quiet")
    if takesAll, reference.tag != nil { throw Failure("tag can't be used with --all-tags/-a") }
    if !takesAll, reference.tag == nil, reference.digest == nil {
      reference.addDefaultTag()
      if !isQuiet { call.session.print("Using default tag: latest") }
    }
    var query = Query()
    if let tag = reference.tag { query["tag"] = tag }
    let login = HTTPHeader("X-Registry-Auth", RegistryLogin(session: call.session).header(for: reference.name))
    let answer = try call.session.engine().open(
      "POST", "/images/\(pathEscaped(reference.familiarName))/push", query, headers: [login])
    var printer = ProgressPrinter(session: call.session, isQuiet: isQuiet)
    try printer.follow(answer)
    if isQuiet { call.session.print(reference.canonical) }
  }
}
