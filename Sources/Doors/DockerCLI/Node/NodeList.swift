import EngineTypes
import SimBase

/// `docker node ls`: the nodes of the swarm.
///
/// Source: docker/cli `cli/command/node/list.go`, `formatter.go`.
enum NodeList {
  static let command = Command(
    use: "ls [OPTIONS]", short: "List nodes in the swarm",
    aliases: ["docker node ls", "docker node list"], otherNames: ["list"],
    options: [SharedOptions.quietIDs, SharedOptions.tableFormat, SharedOptions.filter], run: run)

  private static let listing = Listing(
    headers: [
      ("ID", "ID"), ("Self", ""), ("Hostname", "HOSTNAME"), ("Status", "STATUS"), ("Availability", "AVAILABILITY"),
      ("ManagerStatus", "MANAGER STATUS"), ("EngineVersion", "ENGINE VERSION"), ("TLSStatus", "TLS STATUS"),
    ],
    table: "{{.ID}} {{if .Self}}*{{else}} {{ end }}\t{{.Hostname}}\t{{.Status}}\t{{.Availability}}\t"
      + "{{.ManagerStatus}}\t{{.EngineVersion}}",
    raw: "node_id: {{.ID}}\nhostname: {{.Hostname}}\nstatus: {{.Status}}\navailability: {{.Availability}}\n"
      + "manager_status: {{.ManagerStatus}}\n")

  private static func run(_ call: Invocation) throws(Failure) {
    let engine = call.session.engine()
    let nodes = try engine.get("/nodes", call.flags.filters().query).array ?? []
    let isQuiet = call.flags.isOn("quiet")
    let swarm = nodes.isEmpty || isQuiet ? JSON.null : try engine.get("/info")["Swarm"]
    let rows = nodes.sorted(naturallyBy: { $0["Description"]["Hostname"].string ?? "" }).map { row($0, swarm) }
    call.session.write(try listing.text(rows, format: call.listFormat(setting: "nodesFormat"), quiet: isQuiet))
  }

  private static func row(_ node: JSON, _ swarm: JSON) -> TableRow {
    let id = node["ID"].string ?? ""
    let manager = node["ManagerStatus"]
    let reachability = manager["Leader"].bool == true ? "Leader" : prettyWord(manager["Reachability"].string ?? "")
    let (mine, cluster) = (node["Description"]["TLSInfo"], swarm["Cluster"]["TLSInfo"])
    let isUnknown = (mine.fields ?? []).isEmpty || (cluster.fields ?? []).isEmpty
    return TableRow(
      "node.nodeContext",
      [
        ("ID", .string(id)), ("Self", .bool(id == swarm["NodeID"].string)),
        ("Hostname", .string(node["Description"]["Hostname"].string ?? "")),
        ("Status", .string(prettyWord(node["Status"]["State"].string ?? ""))),
        ("Availability", .string(prettyWord(node["Spec"]["Availability"].string ?? ""))),
        ("ManagerStatus", .string(manager.isNull ? "" : reachability)),
        ("EngineVersion", .string(node["Description"]["Engine"]["EngineVersion"].string ?? "")),
        ("TLSStatus", .string(isUnknown ? "Unknown" : mine == cluster ? "Ready" : "Needs Rotation")),
      ])
  }
}
