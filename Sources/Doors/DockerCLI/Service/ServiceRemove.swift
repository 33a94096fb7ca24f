/// `docker service rm`: removes services and their tasks.
enum ServiceRemove {
  static let command = Command(
    use: "rm SERVICE [SERVICE...]", short: "Remove one or more services",
    aliases: ["docker service rm", "docker service remove"], otherNames: ["remove"], arity: .atLeast(1),
    run: { (call: Invocation) throws(Failure) in
      try call.eachArgument { (name: String) throws(Failure) in
        try call.session.engine().delete("/services/\(pathEscaped(name))")
        call.session.print(name)
      }
    })
}
