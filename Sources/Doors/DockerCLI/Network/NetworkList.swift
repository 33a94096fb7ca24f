import EngineTypes
import SimBase

/// `docker network ls`: the networks that the node knows.
///
/// Source: docker/cli `cli/command/network/list.go`, `formatter.go`.
enum NetworkList {
  static let command = Command(
    use: "ls [OPTIONS]", short: "List networks", aliases: ["docker network ls", "docker network list"],
    otherNames: ["list"],
    options: [
      Option("quiet", "q", .bool, "Only display network IDs"),
      Option("no-trunc", nil, .bool, "Do not truncate the output"), SharedOptions.tableFormat,
      Option("filter", "f", .filter, "Provide filter values (e.g. \"driver=bridge\")"),
    ], run: run)

  private static let listing = Listing(
    headers: [
      ("ID", "NETWORK ID"), ("Name", "NAME"), ("Driver", "DRIVER"), ("Scope", "SCOPE"), ("IPv4", "IPV4"),
      ("IPv6", "IPV6"), ("Internal", "INTERNAL"), ("Labels", "LABELS"), ("CreatedAt", "CREATED AT"),
    ],
    table: "{{.ID}}\t{{.Name}}\t{{.Driver}}\t{{.Scope}}",
    raw: "network_id: {{.ID}}\nname: {{.Name}}\ndriver: {{.Driver}}\nscope: {{.Scope}}\n")

  private static func run(_ call: Invocation) throws(Failure) {
    let networks = try call.session.engine().get("/networks", call.flags.filters().query).array ?? []
    let isTruncated = !call.flags.isOn("no-trunc")
    let rows = networks.sorted(naturallyBy: { $0["Name"].string ?? "" }).map { row($0, isTruncated) }
    call.session.write(
      try listing.text(
        rows, format: call.listFormat(setting: "networksFormat"), quiet: call.flags.isOn("quiet")))
  }

  private static func row(_ network: JSON, _ isTruncated: Bool) -> TableRow {
    let id = network["Id"].string ?? ""
    let labels = labelTable(network["Labels"])
    return TableRow(
      "network.networkContext",
      [
        ("ID", .string(isTruncated ? truncatedID(id) : id)), ("Name", .string(network["Name"].string ?? "")),
        ("Driver", .string(network["Driver"].string ?? "")), ("Scope", .string(network["Scope"].string ?? "")),
        ("IPv4", .string(String(network["EnableIPv4"].bool ?? false))),
        ("IPv6", .string(String(network["EnableIPv6"].bool ?? false))),
        ("Internal", .string(String(network["Internal"].bool ?? false))), ("Labels", .string(joinedLabels(labels))),
        ("CreatedAt", .string(goTime(date(network["Created"].string ?? "")))),
      ], labels: labels)
  }
}

/// An object's labels.
func labelTable(_ json: JSON) -> Table<String, String> {
  Table((json.fields ?? []).map { ($0.key, $0.value.string ?? "") })
}

/// Labels as lists show them: `a=b,c=d`.
func joinedLabels(_ labels: Table<String, String>) -> String {
  labels.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
}
