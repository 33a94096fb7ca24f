import EngineTypes

/// `docker container inspect`: all about containers.
enum ContainerInspect {
  static let command = Command(
    use: "inspect [OPTIONS] CONTAINER [CONTAINER...]",
    short: "Display detailed information on one or more containers", arity: .atLeast(1),
    options: [Inspector.formatOption, Option("size", "s", .bool, "Display total file sizes")],
    run: { (call: Invocation) throws(Failure) in
      let query: Query = call.flags.isOn("size") ? ["size": "1"] : [:]
      try Inspector.run(
        call.arguments, format: call.flags.text("format"), badFormatStatus: 64, in: call.session
      ) { (name: String) throws(Failure) in
        Inspector.Element(
          ordered: try call.session.engine().raw("/containers/\(pathEscaped(name))/json", query),
          named: "container.InspectResponse")
      }
    })
}

extension Inspector.Element {
  /// The engine's document, which templates see in its own order first.
  init(ordered document: [UInt8], named name: String) {
    self.init(typed: (try? JSON.parse(document)).map { Document.value($0, named: name) }, raw: document)
  }
}
