import EngineTypes

/// `docker image prune`: removes the images that nothing uses.
///
/// Source: docker/cli `cli/command/image/prune.go`.
enum ImagePrune {
  static let command = Command(
    use: "prune [OPTIONS]", short: "Remove unused images",
    options: [
      SharedOptions.force, Option("all", "a", .bool, "Remove all unused images, not just dangling ones"),
      Option("filter", nil, .filter, "Provide filter values (e.g. \"until=<timestamp>\")"),
    ], run: run)

  private static func run(_ call: Invocation) throws(Failure) {
    let takesAll = call.flags.isOn("all")
    let what =
      takesAll ? "all images without at least one container associated to them." : "all dangling images."
    let question = "WARNING! This will remove \(what)\nAre you sure you want to continue?"
    if !call.flags.isOn("force"), !call.session.confirms(question) { return }
    let (text, space) = try prune(call.flags.filters(), all: takesAll, call.session.engine())
    call.session.write(text)
    call.session.print(Pruned.total(space))
  }

  /// Prunes; what it says was removed, and how much room that made.
  static func prune(_ filters: Filters, all: Bool, _ engine: Engine) throws(Failure) -> (text: String, space: Int64) {
    var filters = filters
    filters.add("dangling", String(!all))
    let answer = try engine.post("/images/prune", filters.query)
    let lines = (answer["ImagesDeleted"].array ?? []).map { change in
      change["Untagged"].string.map { "untagged: \($0)\n" } ?? "deleted: \(change["Deleted"].string ?? "")\n"
    }
    let text = lines.isEmpty ? "" : "Deleted Images:\n" + lines.joined() + "\n"
    return (text, answer["SpaceReclaimed"].int ?? 0)
  }
}
