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
      Option("cluster", nil, .bool, "Display only cluster volumes, and use cluster volume list formatting")
        .needing(.manager),
    ], run: run)

  static let listing = Listing(
    headers: [
      ("Name", "VOLUME NAME"), ("Driver", "DRIVER"), ("Scope", "SCOPE"), ("Mountpoint", "MOUNTPOINT"),
      ("Labels", "LABELS"), ("Links", "LINKS"), ("Size", "SIZE"), ("Availability", "AVAILABILITY"),
      ("Group", "GROUP"), ("Status", "STATUS"),
    ],
    table: "{{.Driver}}\t{{.Name}}", quiet: "{{.Name}}", raw: "name: {{.Name}}\ndriver: {{.Driver}}\n")

  private static let clusterTable = "table {{.Name}}\t{{.Group}}\t{{.Driver}}\t{{.Availability}}\t{{.Status}}"

  private static func run(_ call: Invocation) throws(Failure) {
    let volumes = try call.session.engine().get("/volumes", call.flags.filters().query)["Volumes"].array ?? []
    let isCluster = call.flags.isOn("cluster")
    let shown = isCluster ? volumes.filter { !$0["ClusterVolume"].isNull } : volumes
    let rows = shown.sorted(naturallyBy: { $0["Name"].string ?? "" }).map(row)
    let isQuiet = call.flags.isOn("quiet")
    // A form for cluster volumes stands in for the one that was asked for.
    let format = isCluster ? (isQuiet ? "table" : clusterTable) : call.listFormat(setting: "volumesFormat")
    call.session.write(try listing.text(rows, format: format, quiet: isQuiet))
  }

  /// A volume as a row; `system df -v` has the same.
  static func row(_ volume: JSON) -> TableRow {
    let usage = volume["UsageData"]
    let labels = labelTable(volume["Labels"])
    let unknown = GoValue.string("N/A")
    let cluster = volume["ClusterVolume"]
    func ofCluster(_ value: String) -> GoValue { cluster.isNull ? unknown : .string(value) }
    return TableRow(
      "formatter.volumeContext",
      [
        ("Name", .string(volume["Name"].string ?? "")), ("Driver", .string(volume["Driver"].string ?? "")),
        ("Scope", .string(volume["Scope"].string ?? "")), ("Mountpoint", .string(volume["Mountpoint"].string ?? "")),
        ("Labels", .string(joinedLabels(labels))),
        ("Links", usage["RefCount"].int.map { .string(String($0)) } ?? unknown),
        ("Size", usage["Size"].int.map { .string(humanSize(Double($0))) } ?? unknown),
        ("Availability", ofCluster(cluster["Spec"]["Availability"].string ?? "")),
        ("Group", ofCluster(cluster["Spec"]["Group"].string ?? "")), ("Status", ofCluster(status(cluster))),
      ], labels: labels)
  }

  private static func status(_ cluster: JSON) -> String {
    if (cluster["Info"]["VolumeID"].string ?? "").isEmpty { return "pending creation" }
    let nodes = cluster["PublishStatus"].array?.count ?? 0
    return nodes == 0 ? "created" : "in use (\(nodes) \(nodes == 1 ? "node" : "nodes"))"
  }
}
