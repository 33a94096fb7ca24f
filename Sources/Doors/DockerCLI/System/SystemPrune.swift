import EngineTypes
import SimBase

/// `docker system prune`: removes all that nothing uses.
///
/// Source: docker/cli `cli/command/system/prune.go`.
enum SystemPrune {
  static let command = Command(
    use: "prune [OPTIONS]", short: "Remove unused data",
    options: [
      SharedOptions.force, Option("all", "a", .bool, "Remove all unused images not just dangling ones"),
      Option("volumes", nil, .bool, "Prune anonymous volumes"),
      Option("filter", nil, .filter, "Provide filter values (e.g. \"label=<key>=<value>\")"),
    ], run: run)

  private static func run(_ call: Invocation) throws(Failure) {
    let engine = call.session.engine()
    let filters = call.flags.filters()
    let (takesAll, takesVolumes) = (call.flags.isOn("all"), call.flags.isOn("volumes"))
    if takesVolumes, filters.contains("until") {
      throw Failure("ERROR: The \"until\" filter is not supported with \"--volumes\"")
    }
    if !call.flags.isOn("force"), !call.session.confirms(warning(takesAll, takesVolumes, filters)) { return }
    var space: Int64 = 0
    func prune(_ kind: String, _ title: String, _ key: String, _ query: Query) throws(Failure) {
      let answer = try engine.post("/\(kind)/prune", query)
      call.session.write(Pruned.list(title, answer[key]))
      space += answer["SpaceReclaimed"].int ?? 0
    }
    try prune("containers", "Deleted Containers:", "ContainersDeleted", filters.query)
    try prune("networks", "Deleted Networks:", "NetworksDeleted", filters.query)
    if takesVolumes { try prune("volumes", "Deleted Volumes:", "VolumesDeleted", filters.query) }
    let images = try ImagePrune.prune(filters, all: takesAll, engine)
    call.session.write(images.text)
    space += images.space
    var query: Query = ["filters": filters.isEmpty ? "" : filters.text]
    if takesAll { query["all"] = "1" }
    try prune("build", "Deleted build cache objects:", "CachesDeleted", query)
    call.session.print(Pruned.total(space))
  }

  private static func warning(_ takesAll: Bool, _ takesVolumes: Bool, _ filters: Filters) -> String {
    var lines = ["all stopped containers", "all networks not used by at least one container"]
    if takesVolumes { lines.append("all anonymous volumes not used by at least one container") }
    lines.append(takesAll ? "all images without at least one container associated to them" : "all dangling images")
    lines.append(takesAll ? "all build cache" : "unused build cache")
    var text = "WARNING! This will remove:\n" + lines.map { "  - \($0)\n" }.joined()
    if !filters.isEmpty {
      text += "\n  Items to be pruned will be filtered with:\n"
      for pair in filters.pairs { text += "  - \(pair.key)=\(pair.value)\n" }
    }
    return text + "\nAre you sure you want to continue?"
  }
}
