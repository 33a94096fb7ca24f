import EngineTypes

/// `docker diff`: what a container has changed in its files.
enum ContainerDiff {
  static let command = Command(
    use: "diff CONTAINER", short: "Inspect changes to files or directories on a container's filesystem",
    aliases: ["docker container diff", "docker diff"], arity: .exactly(1),
    run: { (call: Invocation) throws(Failure) in
      let changes = try call.session.engine().get("/containers/\(pathEscaped(call.arguments[0]))/changes").array ?? []
      for change in changes {
        let kind = ["C", "A", "D"][Int(min(2, max(0, change["Kind"].int ?? 0)))]
        call.session.print("\(kind) \(change["Path"].string ?? "")")
      }
    })
}
