import EngineTypes

/// `docker volume prune`: removes the volumes that no container uses.
///
/// Source: docker/cli `cli/command/volume/prune.go`.
enum VolumePrune {
  static let command = Command(
    use: "prune [OPTIONS]", short: "Remove unused local volumes",
    options: [
      Option("all", "a", .bool, "Remove all unused volumes, not just anonymous ones"), SharedOptions.force,
      Option("filter", nil, .filter, "Provide filter values (e.g. \"label=<label>\")"),
    ], run: run)

  private static func run(_ call: Invocation) throws(Failure) {
    var filters = call.flags.filters()
    let takesAll = call.flags.isOn("all")
    if takesAll {
      if filters.contains("all") {
        throw Failure("conflicting options: cannot specify both --all and --filter all=1")
      }
      filters.add("all", "true")
    }
    let question =
      "WARNING! This will remove \(takesAll ? "all" : "anonymous") local volumes not used by at least one container.\n"
      + "Are you sure you want to continue?"
    if !call.flags.isOn("force"), !call.session.confirms(question) { return }
    let answer = try call.session.engine().post("/volumes/prune", filters.query)
    call.session.write(Pruned.list("Deleted Volumes:", answer["VolumesDeleted"]))
    call.session.print(Pruned.total(answer["SpaceReclaimed"].int ?? 0))
  }
}
