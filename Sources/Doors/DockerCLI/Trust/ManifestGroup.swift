import EngineTypes
import SimBase

extension CommandTree {
  static let manifest = Command(
    use: "manifest COMMAND", short: "Manage Docker image manifests and manifest lists",
    long: """
      The **docker manifest** command has subcommands for managing image manifests and
      manifest lists. A manifest list allows you to use one name to refer to the same image
      built for multiple architectures.

      To see help for a subcommand, use:

          docker manifest CMD --help

      For full details on using docker manifest lists, see the registry v2 specification.
      """,
    isExperimental: true,
    children: [
      ManifestCommands.annotate, ManifestCommands.create, ManifestCommands.inspect, ManifestCommands.push,
      ManifestCommands.remove,
    ])
}

/// `docker manifest`: the manifests of images at their registries, which the command line itself asks.
///
/// **Differs from Docker:** the registries of a lab are inside it, where only its engines reach them: the command line
/// finds no manifest anywhere.
/// Source: docker/cli `cli/command/manifest`.
enum ManifestCommands {
  private static let insecure = Option(
    "insecure", nil, .bool, "Allow communication with an insecure registry")

  static let inspect = make(
    "inspect [OPTIONS] [MANIFEST_LIST] MANIFEST", "Display an image manifest, or manifest list", .between(1, 2),
    [insecure, Option("verbose", "v", .bool, "Output additional info including layers and platform")])
  static let create = make(
    "create MANIFEST_LIST MANIFEST [MANIFEST...]",
    "Create a local manifest list for annotating and pushing to a registry", .atLeast(2),
    [Option("amend", "a", .bool, "Amend an existing manifest list"), insecure])
  static let annotate = make(
    "annotate [OPTIONS] MANIFEST_LIST MANIFEST", "Add additional information to a local image manifest", .exactly(2),
    [
      Option("arch", nil, "Set architecture"), Option("os", nil, "Set operating system"),
      Option("os-features", nil, .strings, "Set operating system feature"),
      Option("os-version", nil, "Set operating system version"),
      Option("variant", nil, "Set architecture variant"),
    ])
  static let push = make(
    "push [OPTIONS] MANIFEST_LIST", "Push a manifest list to a repository", .exactly(1),
    [
      Option("insecure", nil, .bool, "Allow push to an insecure registry"),
      Option("purge", "p", .bool, "Remove the local manifest list after push"),
    ])
  static let remove = make(
    "rm MANIFEST_LIST [MANIFEST_LIST...]", "Delete one or more manifest lists from local storage", .atLeast(1), [])

  private static func make(_ use: String, _ short: String, _ arity: Command.Arity, _ options: [Option]) -> Command {
    Command(
      use: use, short: short, arity: arity, options: options, isExperimental: true,
      run: { (call: Invocation) throws(Failure) in
        var reference: ImageReference
        do throws(FlagTrouble) {
          reference = try ImageReference(call.arguments.last ?? "")
        } catch {
          throw error.failure
        }
        reference.addDefaultTag()
        throw Failure("no such manifest: \(reference.canonical)")
      })
  }
}
