import EngineTypes

/// `docker service ps`: the tasks of services.
///
/// Source: docker/cli `cli/command/service/ps.go`.
enum ServiceTasks {
  static let command = Command(
    use: "ps [OPTIONS] SERVICE [SERVICE...]", short: "List the tasks of one or more services", arity: .atLeast(1),
    options: TaskListing.options + [
      SharedOptions.taskFormat, Option("quiet", "q", .bool, "Only display task IDs"),
    ], run: run)

  private static func run(_ call: Invocation) throws(Failure) {
    let engine = call.session.engine()
    var byID = Filters()
    var byName = Filters()
    for name in call.arguments {
      byID.add("id", name)
      byName.add("name", name)
    }
    let found = try engine.get("/services", byID.query).array ?? []
    let named = try engine.get("/services", byName.query).array ?? []
    var filters = call.flags.filters()
    var failures = Failures()
    for name in call.arguments {
      do throws(Failure) {
        if let id = try lookUp(name, byID: found, byName: named) {
          filters.add("service", id)
        } else {
          failures.note(Failure("no such service: \(name)"))
        }
      } catch {
        failures.note(error)
      }
    }
    if !filters.contains("service") { return try failures.raise() }
    if filters.contains("node") {
      let nodes = filters.values("node")
      filters.remove("node")
      for node in nodes { filters.add("node", try nodeReference(node, engine)) }
    }
    let tasks = try engine.get("/tasks", filters.query).array ?? []
    let isTruncated = !call.flags.isOn("no-trunc") && !call.flags.isOn("quiet")
    try TaskListing(call, isTruncated: isTruncated).print(tasks)
    try failures.raise()
  }

  /// A service's ID by a full ID, else a name, else the start of an ID; nil where there is none.
  private static func lookUp(_ name: String, byID: [JSON], byName: [JSON]) throws(Failure) -> String? {
    if let exact = byID.first(where: { $0["ID"].string == name }) { return exact["ID"].string }
    if let exact = byName.first(where: { $0["Spec"]["Name"].string == name }) { return exact["ID"].string }
    let prefixed = byID.filter { ($0["ID"].string ?? "").hasPrefix(name) }
    if prefixed.count > 1 { throw Failure("multiple services found with provided prefix: \(name)") }
    return prefixed.first?["ID"].string
  }
}
