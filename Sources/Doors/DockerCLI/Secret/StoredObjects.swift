import EngineTypes
import SimBase

/// What secrets and configs have in common: they are listed, inspected and removed alike.
///
/// Source: docker/cli `cli/command/secret`, `cli/command/config`.
struct StoredObjects: Sendable {
  /// `secret` or `config`.
  var kind: String
  /// The struct that templates see.
  var type: String

  static let secrets = StoredObjects(kind: "secret", type: "swarm.Secret")
  static let configs = StoredObjects(kind: "config", type: "swarm.Config")

  private var isSecret: Bool { kind == "secret" }
  private var title: String { kind.uppercased() }

  var list: Command {
    Command(
      use: "ls [OPTIONS]", short: "List \(kind)s", aliases: ["docker \(kind) ls", "docker \(kind) list"],
      otherNames: ["list"], options: [SharedOptions.quietIDs, SharedOptions.tableFormat, SharedOptions.filter],
      run: { (call: Invocation) throws(Failure) in try runList(call) })
  }

  var inspect: Command {
    Command(
      use: "inspect [OPTIONS] \(title) [\(title)...]", short: "Display detailed information on one or more \(kind)s",
      arity: .atLeast(1), options: [Inspector.formatOption, SharedOptions.pretty],
      run: { (call: Invocation) throws(Failure) in try runInspect(call) })
  }

  var remove: Command {
    Command(
      use: "rm \(title) [\(title)...]", short: "Remove one or more \(kind)s",
      aliases: ["docker \(kind) rm", "docker \(kind) remove"], otherNames: ["remove"], arity: .atLeast(1),
      run: { (call: Invocation) throws(Failure) in
        try call.eachArgument { (name: String) throws(Failure) in
          try call.session.engine().delete("/\(kind)s/\(pathEscaped(name))")
          call.session.print(name)
        }
      })
  }

  /// The bytes of a file, or of the standard input for `-`.
  static func contents(of path: String, in session: Session) throws(Failure) -> [UInt8] {
    let place = path == "-" ? "STDIN" : path
    let bytes: [UInt8]
    if path == "-" {
      bytes = session.readAllInput()
    } else {
      do throws(FileTrouble) {
        bytes = try session.host.readFile(session.host.absolute(path))
      } catch {
        throw Failure("error reading from \(path): open \(path): \(error.reason)")
      }
    }
    if bytes.isEmpty { throw Failure("error reading from \(place): data is empty") }
    return bytes
  }

  private func runList(_ call: Invocation) throws(Failure) {
    let objects = try call.session.engine().get("/\(kind)s", call.flags.filters().query).array ?? []
    let now = call.session.now
    let rows = objects.sorted(naturallyBy: { $0["Spec"]["Name"].string ?? "" }).map { object in
      let labels = labelTable(object["Spec"]["Labels"])
      func age(_ field: String) -> GoValue { .string(humanAge(date(object[field].string ?? ""), now: now) + " ago") }
      var fields: [(String, GoValue)] = [
        ("ID", .string(object["ID"].string ?? "")), ("Name", .string(object["Spec"]["Name"].string ?? "")),
        ("CreatedAt", age("CreatedAt")), ("UpdatedAt", age("UpdatedAt")), ("Labels", .string(joinedLabels(labels))),
      ]
      if isSecret { fields.append(("Driver", .string(object["Spec"]["Driver"]["Name"].string ?? ""))) }
      return TableRow("\(kind).\(kind)Context", fields, labels: labels)
    }
    let listing = Listing(
      headers: [
        ("ID", "ID"), ("Name", "NAME"), ("Driver", "DRIVER"), ("CreatedAt", "CREATED"), ("UpdatedAt", "UPDATED"),
        ("Labels", "LABELS"),
      ],
      table: "{{.ID}}\t{{.Name}}\t\(isSecret ? "{{.Driver}}\t" : ""){{.CreatedAt}}\t{{.UpdatedAt}}")
    let format = call.listFormat(setting: "\(kind)Format")
    call.session.write(try listing.text(rows, format: format, quiet: call.flags.isOn("quiet")))
  }

  private func runInspect(_ call: Invocation) throws(Failure) {
    let format = try call.prettyOrFormat()
    func find(_ name: String) throws(Failure) -> Inspector.Element {
      try Inspector.Element(document: call.session.engine().raw("/\(kind)s/\(pathEscaped(name))"), as: type)
    }
    let pretty = { (object: GoValue) in isSecret ? prettySecret(object) : prettyConfig(object) }
    try PrettyInspector.run(call, format: format, find: find, pretty: pretty)
  }

  private func dates(_ object: GoValue, _ gap: String) -> String {
    func line(_ title: String, _ field: String) -> String {
      guard case .time(let date) = object[field] else { return "" }
      return title + gap + prettyDate(date)
    }
    return line("Created at:", "CreatedAt") + "\n" + line("Updated at:", "UpdatedAt")
  }

  private func labelLines(_ object: GoValue) -> String {
    object["Spec"]["Labels"].textMap.map { " - \($0.key)\($0.value.isEmpty ? "" : "=" + $0.value)\n" }.joined()
  }

  private func prettySecret(_ secret: GoValue) -> String {
    "ID:              \(secret["ID"].printed)\nName:              \(secret["Spec"]["Name"].printed)\n"
      + (secret["Spec"]["Labels"].isTrue ? "Labels:\n" + labelLines(secret) : "")
      + "Driver:            \(secret["Spec"]["Driver"]["Name"].printed)\n" + dates(secret, "        ")
  }

  private func prettyConfig(_ config: GoValue) -> String {
    var data = ""
    if case .bytes(let bytes) = config["Spec"]["Data"] { data = String(decoding: bytes, as: UTF8.self) }
    return "ID:\t\t\t\(config["ID"].printed)\nName:\t\t\t\(config["Spec"]["Name"].printed)\n"
      + (config["Spec"]["Labels"].isTrue ? "Labels:\n" + labelLines(config) : "") + dates(config, "            \t")
      + "\nData:\n" + data
  }
}
