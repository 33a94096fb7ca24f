import EngineTypes

/// `docker top`: the processes of a container.
enum ContainerTop {
  static let command = Command(
    use: "top CONTAINER [ps OPTIONS]", short: "Display the running processes of a container",
    aliases: ["docker container top", "docker top"], arity: .atLeast(1), endsFlagsAtArgument: true,
    run: { (call: Invocation) throws(Failure) in
      let options = call.arguments.dropFirst().joined(separator: " ")
      let query: Query = options.isEmpty ? [:] : ["ps_args": options]
      let answer = try call.session.engine().get("/containers/\(pathEscaped(call.arguments[0]))/top", query)
      func line(_ cells: JSON) -> String { (cells.array ?? []).compactMap(\.string).joined(separator: "\t") + "\n" }
      let text = line(answer["Titles"]) + (answer["Processes"].array ?? []).map(line).joined()
      call.session.write(TabWriter(minimum: 20, padding: 1).aligned(text))
    })
}
