import EngineTypes

/// `docker stack ps`: the tasks of a stack.
///
/// Source: docker/cli `cli/command/stack/ps.go`.
enum StackTasks {
  static let command = Command(
    use: "ps [OPTIONS] STACK", short: "List the tasks in the stack", arity: .exactly(1),
    options: TaskListing.options + [
      SharedOptions.tableFormat, Option("quiet", "q", .bool, "Only display task IDs"),
    ], run: run)

  private static func run(_ call: Invocation) throws(Failure) {
    let namespace = try StackNamespace(call.arguments[0])
    var filters = call.flags.filters()
    filters.add("label", "\(StackNamespace.label)=\(namespace.name)")
    let tasks = try call.session.engine().get("/tasks", filters.query).array ?? []
    if tasks.isEmpty { throw Failure("nothing found in stack: \(namespace.name)") }
    try TaskListing(call, isTruncated: !call.flags.isOn("no-trunc")).print(tasks)
  }
}
