import EngineTypes
import SimBase

extension CommandTree {
  static let builder = Command.group("builder", "Manage builds", [ImageBuild.command, BuilderPrune.command])

  /// What `build` and `builder` say before anything else, since the builder of today is a plugin that is not here; nil
  /// for other commands.
  ///
  /// Source: docker/cli `cmd/docker/builder.go`.
  static func builderNotice(_ words: [String], _ host: any CLIHost) throws(Failure) -> String? {
    let isBuild = words.first == "build" || words.first == "builder" || words.prefix(2) == ["image", "build"]
    if !isBuild { return nil }
    let deprecated = "DEPRECATED: The legacy builder is deprecated and will be removed in a future release.\n"
    let install = "Install the buildx component to build images with BuildKit:\n"
    guard let choice = host.environment("DOCKER_BUILDKIT"), !choice.isEmpty else {
      return deprecated + "            \(install)            https://docs.docker.com/go/buildx/\n"
    }
    let isWanted: Bool
    do throws(FlagTrouble) {
      isWanted = try goBool(choice)
    } catch {
      throw Failure("DOCKER_BUILDKIT environment variable expects boolean value: \(error.reason)")
    }
    if isWanted {
      throw Failure(
        "ERROR: BuildKit is enabled but the buildx component is missing or broken.\n"
          + "       \(install)       https://docs.docker.com/go/buildx/")
    }
    return deprecated + "            BuildKit is currently disabled; enable it by removing the DOCKER_BUILDKIT=0\n"
      + "            environment-variable.\n"
  }
}

/// `docker builder prune`: the room that builds have left behind.
///
/// Source: docker/cli `cli/command/builder/prune.go`.
enum BuilderPrune {
  static let command = Command(
    use: "prune", short: "Remove build cache",
    options: [
      Option("all", "a", .bool, "Remove all unused build cache, not just dangling ones"),
      Option("filter", nil, .filter, "Provide filter values (e.g. \"until=24h\")"), SharedOptions.force,
      Option("keep-storage", nil, .bytes, "Amount of disk space to keep for cache"),
    ], run: run)

  private static func run(_ call: Invocation) throws(Failure) {
    let takesAll = call.flags.isOn("all")
    let what = takesAll ? "all build cache" : "all dangling build cache"
    let question = "WARNING! This will remove \(what). Are you sure you want to continue?"
    if !call.flags.isOn("force"), !call.session.confirms(question) { return }
    var query = call.flags.filters().query
    if takesAll { query["all"] = "1" }
    if call.flags.isSet("keep-storage") { query["keep-storage"] = String(call.flags.size("keep-storage")) }
    let answer = try call.session.engine().post("/build/prune", query)
    let lines = (answer["CachesDeleted"].array ?? []).compactMap(\.string)
    if !lines.isEmpty { call.session.print("Deleted build cache objects:\n" + lines.joined(separator: "\n") + "\n") }
    call.session.print(Pruned.total(answer["SpaceReclaimed"].int ?? 0))
  }
}
