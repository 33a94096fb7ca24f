import EngineTypes

/// `docker logs`: what a container has printed.
enum ContainerLogs {
  static let command = Command(
    use: "logs [OPTIONS] CONTAINER", short: "Fetch the logs of a container",
    aliases: ["docker container logs", "docker logs"], arity: .exactly(1),
    options: LogOptions.options + [
      Option(
        "until", nil,
        "Show logs before a timestamp (e.g. \"2013-01-02T13:23:37Z\") or relative (e.g. \"42m\" for 42 minutes)")
    ],
    run: { (call: Invocation) throws(Failure) in
      let engine = call.session.engine()
      let container = try engine.get("/containers/\(pathEscaped(call.arguments[0]))/json")
      var query = try LogOptions.query(call)
      if let until = call.flags.given("until") {
        query["until"] = try engineDate(until, now: call.session.now, of: "until")
      }
      let stream = try engine.open("GET", "/containers/\(container["Id"].string ?? "")/logs", query)
      defer { stream.close() }
      try LogStream(stream: stream, isFramed: container["Config"]["Tty"].bool != true).copy(to: call.session)
    })
}
