import EngineTypes
import SimBase

/// The table of tasks that `service ps`, `node ps` and `stack ps` print.
///
/// Source: docker/cli `cli/command/task/print.go`, `formatter.go`.
struct TaskListing {
  static let options: [Option] = [
    Option("no-trunc", nil, .bool, "Do not truncate output"),
    Option("no-resolve", nil, .bool, "Do not map IDs to Names"),
    Option("filter", "f", .filter, "Filter output based on conditions provided"),
  ]

  private static let listing = Listing(
    headers: [
      ("ID", "ID"), ("Name", "NAME"), ("Image", "IMAGE"), ("Node", "NODE"), ("DesiredState", "DESIRED STATE"),
      ("CurrentState", "CURRENT STATE"), ("Error", "ERROR"), ("Ports", "PORTS"),
    ],
    table:
      "{{.ID}}\t{{.Name}}\t{{.Image}}\t{{.Node}}\t{{.DesiredState}}\t{{.CurrentState}}\t{{.Error}}\t{{.Ports}}",
    raw: "id: {{.ID}}\nname: {{.Name}}\nimage: {{.Image}}\nnode: {{.Node}}\ndesired_state: {{.DesiredState}}\n"
      + "current_state: {{.CurrentState}}\nerror: {{.Error}}\nports: {{.Ports}}\n")

  let session: Session
  var resolver: NameResolver
  var isTruncated: Bool
  var isQuiet: Bool
  var format: String

  init(_ call: Invocation, isTruncated: Bool) {
    session = call.session
    resolver = NameResolver(engine: call.session.engine(), isOff: call.flags.isOn("no-resolve"))
    self.isTruncated = isTruncated
    isQuiet = call.flags.isOn("quiet")
    format = call.flags.text("format")
    if format.isEmpty, !isQuiet { format = call.session.settings["tasksFormat"].string ?? "" }
  }

  /// Prints the tasks: by name, newest first.
  func print(_ tasks: [JSON]) throws(Failure) {
    var named: [(name: String, task: JSON)] = []
    for task in tasks { named.append((try name(of: task), task)) }
    named = named.sorted { a, b in
      if a.name != b.name { return naturallyPrecedes(a.name, b.name) }
      return (date(a.task["CreatedAt"].string ?? "") ?? .distantPast)
        > (date(b.task["CreatedAt"].string ?? "") ?? .distantPast)
    }
    // The tree's branches are drawn in tables only.
    let drawsTree = format.isEmpty || format.hasPrefix("table")
    // By ID, as the real CLI has it: a task that is listed twice is a branch both times.
    var names: [String: String] = [:]
    var previous = ""
    for (name, task) in named {
      names[task["ID"].string ?? ""] = drawsTree && name == previous ? " \\_ " + name : name
      previous = name
    }
    var rows: [TableRow] = []
    for (name, task) in named { rows.append(try row(task, name: names[task["ID"].string ?? ""] ?? name)) }
    session.write(try Self.listing.text(rows, format: format, quiet: isQuiet))
  }

  /// `web.1`, or `agent.<node>` for a task without a slot.
  private func name(of task: JSON) throws(Failure) -> String {
    let service = try resolver.service(task["ServiceID"].string ?? "")
    let slot = task["Slot"].int ?? 0
    return "\(service).\(slot != 0 ? String(slot) : task["NodeID"].string ?? "")"
  }

  private func row(_ task: JSON, name: String) throws(Failure) -> TableRow {
    let id = task["ID"].string ?? ""
    let status = task["Status"]
    let age = humanAge(date(status["Timestamp"].string ?? ""), now: session.now).lowercased()
    var error = status["Err"].string ?? ""
    if isTruncated { error = ellipsis(error, 30) }
    let ports = (status["PortStatus"]["Ports"].array ?? []).map { port in
      "*:\(port["PublishedPort"].int ?? 0)->\(port["TargetPort"].int ?? 0)/\(port["Protocol"].string ?? "")"
    }
    return TableRow(
      "task.taskContext",
      [
        ("ID", .string(isTruncated ? truncatedID(id) : id)), ("Name", .string(name)),
        ("Image", .string(image(task["Spec"]["ContainerSpec"]["Image"].string ?? ""))),
        ("Node", .string(try resolver.node(task["NodeID"].string ?? ""))),
        ("DesiredState", .string(prettyWord(task["DesiredState"].string ?? ""))),
        ("CurrentState", .string("\(prettyWord(status["State"].string ?? "")) \(age) ago")),
        ("Error", .string(error.isEmpty ? "" : "\"\(error)\"")), ("Ports", .string(ports.joined(separator: ","))),
      ])
  }

  private func image(_ image: String) -> String {
    guard isTruncated, let reference = try? ImageReference(image), let tag = reference.tag else { return image }
    return reference.familiarName + ":" + tag
  }
}

extension Timestamp {
  /// Before any date that an answer can hold.
  static let distantPast = Timestamp(unixNanoseconds: .min)
}

/// Turns IDs of nodes and services into names, asking once for each.
///
/// Source: docker/cli `cli/command/idresolver/idresolver.go`.
final class NameResolver {
  private let engine: Engine
  private let isOff: Bool
  private var names: [String: String] = [:]

  init(engine: Engine, isOff: Bool) {
    self.engine = engine
    self.isOff = isOff
  }

  /// The service's name; the ID where there is none.
  func service(_ id: String) throws(Failure) -> String {
    try resolve(id) { (engine: Engine) throws(Failure) -> String in
      try engine.get("/services/\(pathEscaped(id))", ["insertDefaults": "false"])["Spec"]["Name"].string ?? ""
    }
  }

  /// The node's name, or its host's; the ID where there is none.
  func node(_ id: String) throws(Failure) -> String {
    try resolve(id) { (engine: Engine) throws(Failure) -> String in
      let node = try engine.get("/nodes/\(pathEscaped(id))")
      return node["Spec"]["Name"].string ?? node["Description"]["Hostname"].string ?? ""
    }
  }

  private func resolve(_ id: String, _ ask: (Engine) throws(Failure) -> String) throws(Failure) -> String {
    if isOff || id.isEmpty { return id }
    if let known = names[id] { return known }
    var name = id
    do throws(Failure) {
      let answer = try ask(engine)
      if !answer.isEmpty { name = answer }
    } catch {
      // An object that is gone, or an engine that will not say, leaves the ID.
    }
    names[id] = name
    return name
  }
}
