import EngineTypes

/// `docker network inspect`: all about networks.
enum NetworkInspect {
  static let command = Command(
    use: "inspect [OPTIONS] NETWORK [NETWORK...]", short: "Display detailed information on one or more networks",
    arity: .atLeast(1),
    options: [Inspector.formatOption, Option("verbose", "v", .bool, "Verbose output for diagnostics")],
    run: { (call: Invocation) throws(Failure) in
      let query: Query = call.flags.isOn("verbose") ? ["verbose": "true"] : [:]
      try Inspector.run(
        call.arguments, format: call.flags.text("format"), badFormatStatus: 64, in: call.session
      ) { (name: String) throws(Failure) in
        try Inspector.Element(
          document: call.session.engine().raw("/networks/\(pathEscaped(name))", query), as: "network.Inspect")
      }
    })
}
