import EngineTypes
import SimBase

/// `docker volume ls`: the volumes of the node.
///
/// Source: docker/cli `cli/command/volume/list.go`, `cli/command/formatter/volume.go`.
enum VolumeList {
  static let command = Command(
    use: "ls [OPTIONS]", short: "List volumes", aliases: ["docker volume ls", "docker volume list"],
    otherNames: ["list"],
    options: [
      Option("quiet", "q", .bool, "Only display volume names"), SharedOptions.tableFormat,
      Option("filter", "f", .filter, "Provide filter values (e.g. \"dangling=true\")"),
      Option("cluster", nil, .bool, "Display only cluster volumes, and use cluster volume list formatting"),
    ], run: run)

  static let listing = Listing(
    headers: [
      ("Name", "VOLUME NAME"), ("Driver", "DRIVER"), ("Scope", "SCOPE"), ("Mountpoint", "MOUNTPOINT"),
      ("Labels", "LABELS"), ("Links", "LINKS"), ("Size", "SIZE"), ("Availability", "AVAILABILITY"),
      ("Group", "GROUP"), ("Status", "STATUS"),
    ],
    table: "{{.Driver}}\t{{.Name}}", quiet: "{{.Name}}", raw: "name: {{.Name}}\ndriver: {{.Driver}}\n")

  private static func run(_ call: Invocation) throws(Failure) {
    let volumes = try call.session.engine().get("/volumes", call.flags.filters().query)["Volumes"].array ?? []
    let rows = volumes.sorted(naturallyBy: { $0["Name"].string ?? "" }).map(row)
    let format = call.listFormat(setting: "volumesFormat")
    call.session.write(try listing.text(rows, format: format, quiet: call.flags.isOn("quiet")))
  }

  /// A volume as a row; `system df -v` has the same.
  static func row(_ volume: JSON) -> TableRow {
    let usage = volume["UsageData"]
    let labels = labelTable(volume["Labels"])
    let unknown = GoValue.string("N/A")
    return TableRow(
      "formatter.volumeContext",
      [
        ("Name", .string(volume["Name"].string ?? "")), ("Driver", .string(volume["Driver"].string ?? "")),
        ("Scope", .string(volume["Scope"].string ?? "")), ("Mountpoint", .string(volume["Mountpoint"].string ?? "")),
        ("Labels", .string(joinedLabels(labels))),
        ("Links", usage["RefCount"].int.map { .string(String($0)) } ?? unknown),
        ("Size", usage["Size"].int.map { .string(humanSize(Double($0))) } ?? unknown), ("Availability", unknown),
        ("Group", unknown), ("Status", unknown),
      ], labels: labels)
  }
}
