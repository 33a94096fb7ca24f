import EngineTypes

/// `docker rmi`: removes images.
///
/// Source: docker/cli `cli/command/image/remove.go`.
enum ImageRemove {
  static let command = Command(
    use: "rm [OPTIONS] IMAGE [IMAGE...]", short: "Remove one or more images",
    aliases: ["docker image rm", "docker image remove", "docker rmi"], otherNames: ["remove"], arity: .atLeast(1),
    options: [
      Option("force", "f", .bool, "Force removal of the image"),
      Option("no-prune", nil, .bool, "Do not delete untagged parents"),
      Option(
        "platform", nil, .strings,
        "Remove only the given platform variant. Formatted as \"os[/arch[/variant]]\" (e.g., \"linux/amd64\")"),
    ], run: run)

  private static func run(_ call: Invocation) throws(Failure) {
    let isForced = call.flags.isOn("force")
    var query = Query()
    if isForced { query["force"] = "1" }
    if call.flags.isOn("no-prune") { query["noprune"] = "1" }
    var failures = Failures()
    var isFatal = false
    for image in call.arguments {
      do throws(Failure) {
        for change in try call.session.engine().delete("/images/\(pathEscaped(image))", query).array ?? [] {
          if let id = change["Deleted"].string {
            call.session.print("Deleted: \(id)")
          } else {
            call.session.print("Untagged: \(change["Untagged"].string ?? "")")
          }
        }
      } catch {
        if !error.isNotFound { isFatal = true }
        failures.note(error)
      }
    }
    if isFatal || !isForced { return try failures.raise() }
    for failure in failures.all { call.session.warn(failure.message) }
  }
}
