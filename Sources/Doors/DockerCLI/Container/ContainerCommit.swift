import EngineTypes

/// `docker commit`: an image out of a container.
///
/// Source: docker/cli `cli/command/container/commit.go`; docker/docker `client/container_commit.go`.
enum ContainerCommit {
  static let command = Command(
    use: "commit [OPTIONS] CONTAINER [REPOSITORY[:TAG]]", short: "Create a new image from a container's changes",
    aliases: ["docker container commit", "docker commit"], arity: .between(1, 2),
    options: [
      Option("author", "a", "Author (e.g., \"John Hannibal Smith <hannibal@a-team.com>\")"),
      Option("change", "c", .list, "Apply Dockerfile instruction to the created image"),
      Option("message", "m", "Commit message"),
      Option("pause", "p", .bool, default: "true", "Pause container during commit"),
    ], run: run)

  private static func run(_ call: Invocation) throws(Failure) {
    var query: Query = [
      "author": call.flags.text("author"), "comment": call.flags.text("message"), "container": call.arguments[0],
      "repo": "", "tag": "",
    ]
    if call.arguments.count > 1, !call.arguments[1].isEmpty {
      var reference: ImageReference
      do throws(FlagTrouble) { reference = try ImageReference(call.arguments[1]) } catch { throw error.failure }
      if reference.digest != nil { throw Failure("refusing to create a tag with a digest reference") }
      reference.addDefaultTag()
      query["repo"] = reference.familiarName
      query["tag"] = reference.tag
    }
    if !call.flags.isOn("pause") { query["pause"] = "0" }
    query.append("changes", call.flags.list("change"))
    let answer = try call.session.engine().post("/commit", query)
    call.session.print(answer["Id"].string ?? "")
  }
}
