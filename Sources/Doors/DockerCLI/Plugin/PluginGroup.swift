import EngineTypes
import SimBase

extension CommandTree {
  static let plugin = Command.group(
    "plugin", "Manage plugins",
    [
      PluginCommands.create, PluginCommands.disable, PluginCommands.enable, PluginCommands.inspect,
      PluginCommands.install, PluginCommands.list, PluginCommands.push, PluginCommands.remove, PluginCommands.set,
      PluginCommands.upgrade,
    ])
}

/// `docker plugin`: what extends the engine.
///
/// **Differs from Docker:** `install` and `upgrade` grant what a plugin asks for without a question.
/// Source: docker/cli `cli/command/plugin`.
enum PluginCommands {
  private static let unverified = Option(
    "disable-content-trust", nil, .bool, default: "true", "Skip image verification")
  private static let grant = Option(
    "grant-all-permissions", nil, .bool, "Grant all permissions necessary to run the plugin")

  static let list = Command(
    use: "ls [OPTIONS]", short: "List plugins", aliases: ["docker plugin ls", "docker plugin list"],
    otherNames: ["list"],
    options: [
      Option("quiet", "q", .bool, "Only display plugin IDs"),
      Option("no-trunc", nil, .bool, "Don't truncate output"), SharedOptions.tableFormat,
      Option("filter", "f", .filter, "Provide filter values (e.g. \"enabled=true\")"),
    ], run: runList)

  static let inspect = Command(
    use: "inspect [OPTIONS] PLUGIN [PLUGIN...]", short: "Display detailed information on one or more plugins",
    arity: .atLeast(1), options: [Inspector.formatOption],
    run: { (call: Invocation) throws(Failure) in
      try Inspector.run(call.arguments, format: call.flags.text("format"), in: call.session) {
        (name: String) throws(Failure) in
        try Inspector.Element(
          ordered: call.session.engine().raw("/plugins/\(pathEscaped(name))/json"), named: "types.Plugin")
      }
    })

  static let enable = Command(
    use: "enable [OPTIONS] PLUGIN", short: "Enable a plugin", arity: .exactly(1),
    options: [Option("timeout", nil, .int, default: "30", "HTTP client timeout (in seconds)")],
    run: { (call: Invocation) throws(Failure) in
      try change(call, "enable", ["timeout": String(call.flags.int("timeout"))])
    })

  static let disable = Command(
    use: "disable [OPTIONS] PLUGIN", short: "Disable a plugin", arity: .exactly(1),
    options: [Option("force", "f", .bool, "Force the disable of an active plugin")],
    run: { (call: Invocation) throws(Failure) in
      try change(call, "disable", call.flags.isOn("force") ? ["force": "1"] : [:])
    })

  static let remove = Command(
    use: "rm [OPTIONS] PLUGIN [PLUGIN...]", short: "Remove one or more plugins",
    aliases: ["docker plugin rm", "docker plugin remove"], otherNames: ["remove"], arity: .atLeast(1),
    options: [Option("force", "f", .bool, "Force the removal of an active plugin")],
    run: { (call: Invocation) throws(Failure) in
      try call.eachArgument { (name: String) throws(Failure) in
        try call.session.engine().delete(
          "/plugins/\(pathEscaped(name))", call.flags.isOn("force") ? ["force": "1"] : [:])
        call.session.print(name)
      }
    })

  static let set = Command(
    use: "set PLUGIN KEY=VALUE [KEY=VALUE...]", short: "Change settings for a plugin", arity: .atLeast(2),
    run: { (call: Invocation) throws(Failure) in
      let settings = JSON.array(call.arguments.dropFirst().map { .string($0) })
      try call.session.engine().post("/plugins/\(pathEscaped(call.arguments[0]))/set", body: settings)
    })

  static let create = Command(
    use: "create [OPTIONS] PLUGIN PLUGIN-DATA-DIR",
    short: "Create a plugin from a rootfs and configuration. Plugin data directory must contain config.json and rootfs"
      + " directory.",
    arity: .exactly(2), options: [Option("compress", nil, .bool, "Compress the context using gzip")], run: runCreate)

  static let push = Command(
    use: "push [OPTIONS] PLUGIN[:TAG]", short: "Push a plugin to a registry", arity: .exactly(1),
    options: [Option("disable-content-trust", nil, .bool, default: "true", "Skip image signing")],
    run: { (call: Invocation) throws(Failure) in
      let name = try reference(call.arguments[0])
      try follow("/plugins/\(pathEscaped(name.familiar))/push", [:], of: name, call)
    })

  static let install = Command(
    use: "install [OPTIONS] PLUGIN [KEY=VALUE...]", short: "Install a plugin", arity: .atLeast(1),
    options: [
      Option("alias", nil, "Local name for plugin"),
      Option("disable", nil, .bool, "Do not enable the plugin on install"), unverified, grant,
    ],
    run: { (call: Invocation) throws(Failure) in
      let remote = try reference(call.arguments[0])
      let name = call.flags.isSet("alias") ? call.flags.text("alias") : remote.familiar
      try follow("/plugins/pull", ["remote": remote.familiar, "name": name], of: remote, call)
      if !call.flags.isOn("disable") {
        try call.session.engine().post("/plugins/\(pathEscaped(name))/enable", ["timeout": "0"])
      }
      call.session.print("Installed plugin \(call.arguments[0])")
    })

  static let upgrade = Command(
    use: "upgrade [OPTIONS] PLUGIN [REMOTE]", short: "Upgrade an existing plugin", arity: .between(1, 2),
    options: [
      unverified, grant,
      Option(
        "skip-remote-check", nil, .bool, "Do not check if specified remote plugin matches existing plugin image"),
    ],
    run: { (call: Invocation) throws(Failure) in
      let name = call.arguments[0]
      let plugin = try call.session.engine().get("/plugins/\(pathEscaped(name))/json")
      if plugin["Enabled"].bool == true { throw Failure("the plugin must be disabled before upgrading") }
      let remote = try reference(call.arguments.count > 1 ? call.arguments[1] : plugin["PluginReference"].string ?? "")
      try follow("/plugins/\(pathEscaped(name))/upgrade", ["remote": remote.familiar], of: remote, call)
    })

  private static let listing = Listing(
    headers: [
      ("ID", "ID"), ("Name", "NAME"), ("Description", "DESCRIPTION"), ("Enabled", "ENABLED"),
      ("PluginReference", "PLUGIN REFERENCE"),
    ],
    table: "{{.ID}}\t{{.Name}}\t{{.Description}}\t{{.Enabled}}",
    raw: "plugin_id: {{.ID}}\nname: {{.Name}}\ndescription: {{.Description}}\nenabled: {{.Enabled}}\n",
    rawQuiet: "plugin_id: {{.ID}}")

  private static func runList(_ call: Invocation) throws(Failure) {
    let plugins = try call.session.engine().get("/plugins", call.flags.filters().query).array ?? []
    let isTruncated = !call.flags.isOn("no-trunc")
    let rows = plugins.sorted(naturallyBy: { $0["Name"].string ?? "" }).map { plugin in
      let id = plugin["Id"].string ?? ""
      let text = (plugin["Config"]["Description"].string ?? "").replacing("\n", with: "").replacing("\r", with: "")
      return TableRow(
        "plugin.pluginContext",
        [
          ("ID", .string(isTruncated ? truncatedID(id) : id)), ("Name", .string(plugin["Name"].string ?? "")),
          ("Description", .string(isTruncated ? ellipsis(text, 45) : text)),
          ("Enabled", .bool(plugin["Enabled"].bool == true)),
          ("PluginReference", .string(plugin["PluginReference"].string ?? "")),
        ])
    }
    let format = call.listFormat(setting: "pluginsFormat")
    call.session.write(try listing.text(rows, format: format, quiet: call.flags.isOn("quiet")))
  }

  private static func runCreate(_ call: Invocation) throws(Failure) {
    let host = call.session.host
    let folder = cleanPath(host.absolute(call.arguments[1]))
    _ = try reference(call.arguments[0])
    for name in ["", "/config.json", "/rootfs"] where !host.fileExists(folder + name) {
      throw Failure("stat \(folder)\(name): no such file or directory")
    }
    var archive = TapeArchive()
    for name in host.list(folder) { try archive.add(folder + "/" + name, as: name, from: host) }
    try call.session.engine().send(
      "POST", "/plugins/create", ["name": call.arguments[0]], bytes: archive.bytes,
      headers: [HTTPHeader("Content-Type", "application/x-tar")])
    call.session.print(call.arguments[0])
  }

  private static func change(_ call: Invocation, _ verb: String, _ query: Query) throws(Failure) {
    try call.session.engine().post("/plugins/\(pathEscaped(call.arguments[0]))/\(verb)", query)
    call.session.print(call.arguments[0])
  }

  private static func reference(_ text: String) throws(Failure) -> ImageReference {
    do throws(FlagTrouble) {
      var reference = try ImageReference(text)
      reference.addDefaultTag()
      return reference
    } catch {
      throw error.failure
    }
  }

  private static func follow(
    _ path: String, _ query: Query, of reference: ImageReference, _ call: Invocation
  ) throws(Failure) {
    let login = HTTPHeader("X-Registry-Auth", RegistryLogin(session: call.session).header(for: reference.name))
    let answer = try call.session.engine().open("POST", path, query, headers: [login])
    var printer = ProgressPrinter(session: call.session)
    try printer.follow(answer)
  }
}
