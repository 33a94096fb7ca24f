import EngineTypes
import SimBase

/// `docker ps`: the containers of the node.
///
/// Source: docker/cli `cli/command/container/list.go`, `cli/command/formatter/container.go`.
enum ContainerList {
  static let command = Command(
    use: "ls [OPTIONS]", short: "List containers",
    aliases: ["docker container ls", "docker container list", "docker container ps", "docker ps"],
    otherNames: ["ps", "list"],
    options: [
      Option("quiet", "q", .bool, "Only display container IDs"), Option("size", "s", .bool, "Display total file sizes"),
      Option("all", "a", .bool, "Show all containers (default shows just running)"),
      Option("no-trunc", nil, .bool, "Don't truncate output"),
      Option("latest", "l", .bool, "Show the latest created container (includes all states)"),
      Option("last", "n", .int, default: "-1", "Show n last created containers (includes all states)"),
      SharedOptions.tableFormat, SharedOptions.filter,
    ], run: run)

  static let listing = Listing(
    headers: [
      ("ID", "CONTAINER ID"), ("Names", "NAMES"), ("Image", "IMAGE"), ("Command", "COMMAND"),
      ("CreatedAt", "CREATED AT"), ("RunningFor", "CREATED"), ("Ports", "PORTS"), ("State", "STATE"),
      ("Status", "STATUS"), ("Size", "SIZE"), ("Labels", "LABELS"), ("Mounts", "MOUNTS"),
      ("LocalVolumes", "LOCAL VOLUMES"), ("Networks", "NETWORKS"), ("Platform", "PLATFORM"),
    ],
    table:
      "{{.ID}}\t{{.Image}}\t{{.Command}}\t{{.RunningFor}}\t{{.Status}}\t{{.Ports}}\t{{.Names}}",
    raw: "container_id: {{.ID}}\nimage: {{.Image}}\ncommand: {{.Command}}\ncreated_at: {{.CreatedAt}}\n"
      + "state: {{- pad .State 1 0}}\nstatus: {{- pad .Status 1 0}}\nnames: {{.Names}}\n"
      + "labels: {{- pad .Labels 1 0}}\nports: {{- pad .Ports 1 0}}\n", rawQuiet: "container_id: {{.ID}}")

  private static func run(_ call: Invocation) throws(Failure) {
    let flags = call.flags
    let isQuiet = flags.isOn("quiet")
    var format = flags.text("format")
    if format.isEmpty {
      format = call.session.settings["psFormat"].string ?? ""
    } else if isQuiet {
      call.session.warn("WARNING: Ignoring custom format, because both --format and --quiet are set.")
    }
    var query = flags.filters().query
    let count = flags.isOn("latest") && flags.int("last") == -1 ? 1 : flags.int("last")
    if flags.isOn("all") { query["all"] = "1" }
    if count > 0 { query["limit"] = String(count) }
    let asksForSize = try asksForSize(format) && !isQuiet && !flags.isSet("size")
    if flags.isOn("size") || asksForSize { query["size"] = "1" }
    if isQuiet, format != "raw" { format = "" }
    let containers = try call.session.engine().get("/containers/json", query).array ?? []
    let isTruncated = !flags.isOn("no-trunc")
    let now = call.session.now
    let rows = containers.map { row($0, isTruncated: isTruncated, now: now) }
    var listing = listing
    if flags.isOn("size") {
      listing.table += "\t{{.Size}}"
      listing.raw?.append("size: {{.Size}}\n")
    }
    call.session.write(try listing.text(rows, format: format, quiet: isQuiet))
  }

  /// Whether a template reads the size, which the engine only reckons when asked. The template is run over a row
  /// without values, so one that cannot run ends the command here.
  private static func asksForSize(_ format: String) throws(Failure) -> Bool {
    if format.isEmpty { return false }
    let template: Template
    do throws(TemplateError) {
      template = try Template(format)
    } catch {
      throw Failure("failed to parse template: \(error.message)")
    }
    do throws(TemplateError) {
      _ = try template.run(on: .object(row(.object([]), isTruncated: true, now: Timestamp(unixNanoseconds: 0))))
    } catch {
      throw Failure("failed to execute template: \(error.message)")
    }
    // A row that is written out whole has its size in it.
    return format.includes(".Size") || format.includes("json .}}")
  }

  /// A container as a row; `system df -v` has the same.
  static func row(_ container: JSON, isTruncated: Bool, now: Timestamp) -> TableRow {
    let id = container["Id"].string ?? ""
    let labels = labelTable(container["Labels"])
    let created = Timestamp(unixNanoseconds: (container["Created"].int ?? 0) * 1_000_000_000)
    var names = (container["Names"].array ?? []).compactMap(\.string).map { String($0.drop { $0 == "/" }) }
    // A name with a slash in it is another container's link.
    if isTruncated, names.count > 1 { names = names.filter { !$0.contains("/") } }
    let command = container["Command"].string ?? ""
    let mounts = (container["Mounts"].array ?? []).map { mount in
      let name = mount["Name"].string ?? ""
      return name.isEmpty ? mount["Source"].string ?? "" : name
    }
    let volumes = (container["Mounts"].array ?? []).count { $0["Driver"].string == "local" }
    let networks = (container["NetworkSettings"]["Networks"].fields ?? []).map(\.key)
    let (own, whole) = (container["SizeRw"].int ?? 0, container["SizeRootFs"].int ?? 0)
    let size = humanSize(Double(own), digits: 3)
    return TableRow(
      "formatter.ContainerContext",
      [
        ("ID", .string(isTruncated ? truncatedID(id) : id)), ("Names", .string(names.joined(separator: ","))),
        ("Image", .string(image(container, isTruncated))),
        ("Command", .string((isTruncated ? ellipsis(command, 20) : command).goQuoted)),
        ("CreatedAt", .string(goTime(created))), ("RunningFor", .string(humanAge(created, now: now) + " ago")),
        ("Ports", .string(PortList.text(container["Ports"].array ?? []))),
        ("State", .string(container["State"].string ?? "")), ("Status", .string(container["Status"].string ?? "")),
        ("Size", .string(whole > 0 ? "\(size) (virtual \(humanSize(Double(whole), digits: 3)))" : size)),
        ("Labels", .string(listedLabels(container["Labels"]))),
        ("Mounts", .string(mounts.map { isTruncated ? ellipsis($0, 15) : $0 }.joined(separator: ","))),
        ("LocalVolumes", .string(String(volumes))), ("Networks", .string(networks.joined(separator: ","))),
        ("Platform", .pointer(.any, nil)),
      ], labels: labels)
  }

  /// Pairs sorted as whole texts: `a.b=1` before `a=2`.
  private static func listedLabels(_ labels: JSON) -> String {
    (labels.fields ?? []).map { "\($0.key)=\($0.value.string ?? "")" }.sorted().joined(separator: ",")
  }

  private static func image(_ container: JSON, _ isTruncated: Bool) -> String {
    let image = container["Image"].string ?? ""
    if image.isEmpty { return "<no image>" }
    guard isTruncated else { return image }
    // An image without a name is listed by its ID.
    if truncatedID(container["ImageID"].string ?? "") == truncatedID(image) { return truncatedID(image) }
    guard let reference = try? ImageReference(image) else { return image }
    return reference.tag.map { reference.familiarName + ":" + $0 } ?? reference.familiarName
  }
}

/// A container's ports as lists show them, neighbours merged: `0.0.0.0:80-81->80-81/tcp`.
///
/// Source: docker/cli `cli/command/formatter/container.go` (`DisplayablePorts`).
enum PortList {
  private struct Run {
    var address: String
    var transport: String
    var ports: ClosedRange<Int64>
  }

  static func text(_ ports: [JSON]) -> String {
    let sorted = ports.sorted { a, b in
      func key(_ port: JSON) -> (Int64, String, Int64, String) {
        (port["PrivatePort"].int ?? 0, port["IP"].string ?? "", port["PublicPort"].int ?? 0, port["Type"].string ?? "")
      }
      return key(a) < key(b)
    }
    var runs: [Run] = []
    var singles: [String] = []
    for port in sorted {
      let (target, published) = (port["PrivatePort"].int ?? 0, port["PublicPort"].int ?? 0)
      let (address, transport) = (port["IP"].string ?? "", port["Type"].string ?? "")
      if !address.isEmpty, published != target {
        singles.append("\(bracketed(address)):\(published)->\(target)/\(transport)")
        continue
      }
      if let place = runs.lastIndex(where: { $0.address == address && $0.transport == transport }),
        runs[place].ports.upperBound + 1 == target
      {
        runs[place].ports = runs[place].ports.lowerBound...target
      } else if !runs.contains(where: {
        $0.address == address && $0.transport == transport && $0.ports.contains(target)
      }) {
        runs.append(Run(address: address, transport: transport, ports: target...target))
      }
    }
    let merged = runs.map { run in
      let span =
        run.ports.count == 1 ? String(run.ports.lowerBound) : "\(run.ports.lowerBound)-\(run.ports.upperBound)"
      return (run.address.isEmpty ? "" : "\(bracketed(run.address)):\(span)->") + "\(span)/\(run.transport)"
    }
    return (merged + singles).joined(separator: ", ")
  }

  private static func bracketed(_ address: String) -> String { address.contains(":") ? "[\(address)]" : address }
}
