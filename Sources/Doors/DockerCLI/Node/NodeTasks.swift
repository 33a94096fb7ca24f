import EngineTypes

/// `docker node ps`: the tasks of nodes, of this one where none is named.
///
/// Source: docker/cli `cli/command/node/ps.go`.
enum NodeTasks {
  static let command = Command(
    use: "ps [OPTIONS] [NODE...]", short: "List tasks running on one or more nodes, defaults to current node",
    arity: .any,
    options: TaskListing.options + [
      SharedOptions.taskFormat, Option("quiet", "q", .bool, "Only display task IDs"),
    ], run: run)

  private static func run(_ call: Invocation) throws(Failure) {
    let engine = call.session.engine()
    var tasks: [JSON] = []
    var failures = Failures()
    // The filter grows from node to node, so the tasks of the first are listed once for each: docker's own list does so.
    var filters = call.flags.filters()
    for name in call.arguments.isEmpty ? ["self"] : call.arguments {
      do throws(Failure) {
        let node = try engine.get("/nodes/\(pathEscaped(try nodeReference(name, engine)))")
        filters.add("node", node["ID"].string ?? "")
        tasks += try engine.get("/tasks", filters.query).array ?? []
      } catch {
        failures.note(error)
      }
    }
    if !(tasks.isEmpty && !failures.all.isEmpty) {
      try TaskListing(call, isTruncated: !call.flags.isOn("no-trunc")).print(tasks)
    }
    try failures.raise()
  }
}
