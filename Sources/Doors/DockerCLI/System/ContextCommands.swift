import EngineTypes
import SimBase

extension CommandTree {
  static let context = Command.group(
    "context", "Manage contexts",
    [
      ContextCommands.create, ContextTransfer.export, ContextTransfer.import, ContextCommands.inspect,
      ContextCommands.list, ContextCommands.remove, ContextCommands.show, ContextTransfer.update, ContextCommands.use,
    ])
}

/// `docker context`: named engines.
///
/// Source: docker/cli `cli/command/context`. **Differs from Docker:** no TLS material.
enum ContextCommands {
  static let show = Command(
    use: "show", short: "Print the name of the current context",
    run: { (call: Invocation) throws(Failure) in call.session.print(call.session.contextName) })

  static let list = Command(
    use: "ls [OPTIONS]", short: "List contexts", aliases: ["docker context ls", "docker context list"],
    otherNames: ["list"],
    options: [
      SharedOptions.tableFormat, Option("quiet", "q", .bool, "Only show context names"),
    ], run: runList)

  static let use = Command(
    use: "use CONTEXT", short: "Set the current docker context", arity: .any, run: runUse)

  static let create = Command(
    use: "create [OPTIONS] CONTEXT", short: "Create a context",
    long: describing("Create a context", verb: "create"),
    arity: .exactly(1),
    options: [
      Option("description", nil, "Description of the context"),
      Option(
        "docker", nil, .pairs, shows: "[]",
        "set the docker endpoint"),
      Option("from", nil, "create context from a named context"),
    ], run: runCreate)

  static let remove = Command(
    use: "rm CONTEXT [CONTEXT...]", short: "Remove one or more contexts",
    aliases: ["docker context rm", "docker context remove"], otherNames: ["remove"], arity: .atLeast(1),
    options: [Option("force", "f", .bool, "Force the removal of a context in use")], run: runRemove)

  static let inspect = Command(
    use: "inspect [OPTIONS] [CONTEXT] [CONTEXT...]", short: "Display detailed information on one or more contexts",
    arity: .any, options: [Inspector.formatOption], run: runInspect)

  /// The long help of a command that takes an endpoint.
  static func describing(_ short: String, verb: String) -> String {
    """
    \(short)

    Docker endpoint config:

    NAME                DESCRIPTION
    from                Copy named context's Docker endpoint configuration
    host                Docker endpoint on which to connect
    ca                  Trust certs signed only by this CA
    cert                Path to TLS certificate file
    key                 Path to TLS key file
    skip-tls-verify     Skip TLS certificate validation

    Example:

    $ docker context \(verb) my-context --description "some description" --docker \
    "host=tcp://myserver:2376,ca=~/ca-file,cert=~/cert-file,key=~/key-file"
    """
  }

  private static let defaultDescription = "Current DOCKER_HOST based configuration"

  private static func runList(_ call: Invocation) throws(Failure) {
    let session = call.session
    let store = ContextStore(session: session)
    let current = session.contextName
    var rows = [row("default", defaultDescription, session.defaultAddress, current == "default")]
    for record in store.records {
      let name = record["Name"].string ?? ""
      let host = record["Endpoints"]["docker"]["Host"].string ?? ""
      rows.append(row(name, record["Metadata"]["Description"].string ?? "", host, current == name))
    }
    let listing = Listing(
      headers: [
        ("Name", "NAME"), ("Current", ""), ("Description", "DESCRIPTION"), ("DockerEndpoint", "DOCKER ENDPOINT"),
        ("Error", "ERROR"),
      ],
      table: "{{.Name}}{{if .Current}} *{{end}}\t{{.Description}}\t{{.DockerEndpoint}}\t{{.Error}}", quiet: "{{.Name}}")
    let sorted = rows.sorted(naturallyBy: { $0.member("Name", [])?.string ?? "" })
    session.write(
      try listing.text(sorted, format: call.flags.text("format"), quiet: call.flags.isOn("quiet")))
    if session.host.environment("DOCKER_HOST")?.isEmpty == false, session.globals.context == nil {
      session.warn(
        "Warning: DOCKER_HOST environment variable overrides the active context. To use a context, either set the"
          + " global --context flag, or unset DOCKER_HOST environment variable.")
    }
  }

  private static func row(_ name: String, _ description: String, _ host: String, _ isCurrent: Bool) -> TableRow {
    TableRow(
      "formatter.clientContextContext",
      [
        ("Name", .string(name)), ("Current", .bool(isCurrent)), ("Description", .string(description)),
        ("DockerEndpoint", .string(host)), ("Error", ""),
      ])
  }

  private static func runUse(_ call: Invocation) throws(Failure) {
    let session = call.session
    // The one command whose arguments are counted by the library's own words.
    guard call.arguments.count == 1, let name = call.arguments.first else {
      throw Failure("accepts 1 arg(s), received \(call.arguments.count)")
    }
    if name != "default" { _ = try existing(name, session) }
    var fields = (session.settings.fields ?? []).filter { $0.key != "currentContext" }
    if name != "default" { fields.append(.init("currentContext", .string(name))) }
    do throws(FileTrouble) {
      let text = indentedJSON(Array(JSON.object(fields).text.utf8), by: "\t")
      try session.host.writeFile(session.configFolder + "/config.json", Array(text.utf8))
    } catch {
      throw Failure(error.reason)
    }
    session.print(name)
    session.warn("Current context is now \(name.goQuoted)")
    if name != "default", session.host.environment("DOCKER_HOST")?.isEmpty == false {
      session.warn(
        "Warning: DOCKER_HOST environment variable overrides the active context. To use \(name.goQuoted), either set"
          + " the global --context flag, or unset DOCKER_HOST environment variable.")
    }
  }

  /// A context's record; throws if there is none.
  static func existing(_ name: String, _ session: Session) throws(Failure) -> JSON {
    let store = ContextStore(session: session)
    if let record = store.record(of: name) { return record }
    throw Failure(
      "context \(name.goQuoted): context not found: open \(store.path(of: name)): no such file or directory")
  }

  private static func runCreate(_ call: Invocation) throws(Failure) {
    let session = call.session
    let name = call.arguments[0]
    try checkNew(name, session)
    var host = ""
    if call.flags.isSet("from") {
      if call.flags.isSet("docker") { throw Failure("cannot use --docker flag when --from is set") }
      let source = call.flags.text("from")
      host =
        source == "default"
        ? session.defaultAddress : try existing(source, session)["Endpoints"]["docker"]["Host"].string ?? ""
    } else {
      guard call.flags.isSet("docker") else { throw Failure("docker endpoint configuration is required") }
      host = self.host(of: call)
    }
    try write(name, host: host, description: call.flags.text("description"), in: session)
    session.print(name)
    session.warn("Successfully created context \(name.goQuoted)")
  }

  /// Throws if a context cannot have this name.
  static func checkName(_ name: String) throws(Failure) {
    if name == "default" { throw Failure("\"default\" is a reserved context name") }
    func isWord(_ c: Character) -> Bool { c.isASCII && (c.isLetter || c.isNumber) }
    guard name.count > 1, let first = name.first, isWord(first), name.allSatisfy({ isWord($0) || "_.+-".contains($0) })
    else {
      throw Failure(
        "context name \(name.goQuoted) is invalid, names are validated against regexp"
          + " \"^[a-zA-Z0-9][a-zA-Z0-9_.+-]+$\""
      )
    }
  }

  /// Throws if a context cannot have this name, or another has it.
  static func checkNew(_ name: String, _ session: Session) throws(Failure) {
    try checkName(name)
    if ContextStore(session: session).record(of: name) != nil {
      throw Failure("context \(name.goQuoted) already exists")
    }
  }

  /// The engine that `--docker` names.
  static func host(of call: Invocation) -> String {
    keyValues(call.flags.text("docker").split(separator: ",").map(String.init))["host"] ?? call.session.defaultAddress
  }

  /// A context as its file holds it.
  static func record(of name: String, host: String, description: String) -> JSON {
    [
      "Name": .string(name), "Metadata": description.isEmpty ? [:] : ["Description": .string(description)],
      "Endpoints": ["docker": ["Host": .string(host), "SkipTLSVerify": false]],
    ]
  }

  /// Writes a context's file.
  static func write(
    _ name: String, host: String, description: String, in session: Session
  ) throws(Failure) {
    let record = record(of: name, host: host, description: description)
    do throws(FileTrouble) {
      try session.host.writeFile(ContextStore(session: session).path(of: name), Array(record.text.utf8))
    } catch {
      throw Failure(error.reason)
    }
  }

  private static func runRemove(_ call: Invocation) throws(Failure) {
    let store = ContextStore(session: call.session)
    try call.eachArgument { (name: String) throws(Failure) in
      if name == "default" { throw Failure("context \"default\" cannot be removed") }
      if store.record(of: name) == nil { throw Failure("context \(name.goQuoted) does not exist") }
      if name == call.session.contextName, !call.flags.isOn("force") {
        throw Failure("context \(name.goQuoted) is in use, set -f flag to force remove")
      }
      // An empty record reads as none: the host's files cannot be removed, only written.
      try? call.session.host.writeFile(store.path(of: name), [])
      call.session.print(name)
    }
  }

  private static func runInspect(_ call: Invocation) throws(Failure) {
    let session = call.session
    let names = call.arguments.isEmpty ? [session.contextName] : call.arguments
    try Inspector.run(names, format: call.flags.text("format"), in: session) { (name: String) throws(Failure) in
      let isDefault = name == "default"
      let record: JSON =
        isDefault
        ? ["Endpoints": ["docker": ["Host": .string(session.defaultAddress), "SkipTLSVerify": false]]]
        : try existing(name, session)
      let folder = isDefault ? "<IN MEMORY>" : session.configFolder + "/contexts"
      let id = SHA256.hex(name)
      let document: JSON = [
        "Name": .string(name), "Metadata": record["Metadata"].isNull ? [:] : record["Metadata"],
        "Endpoints": record["Endpoints"], "TLSMaterial": [:],
        "Storage": [
          "MetadataPath": .string(isDefault ? folder : "\(folder)/meta/\(id)"),
          "TLSPath": .string(isDefault ? folder : "\(folder)/tls/\(id)"),
        ],
      ]
      return Inspector.Element(typed: Document.value(document, named: "context.contextWithTLSListing"), raw: nil)
    }
  }
}
