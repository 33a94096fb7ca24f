import EngineTypes
import SimBase

/// `docker service ls`: the services of the swarm.
///
/// Source: docker/cli `cli/command/service/list.go`, `formatter.go`.
enum ServiceList {
  static let command = Command(
    use: "ls [OPTIONS]", short: "List services", aliases: ["docker service ls", "docker service list"],
    otherNames: ["list"],
    options: [SharedOptions.quietIDs, SharedOptions.tableFormat, SharedOptions.filter], run: run)

  static let listing = Listing(
    headers: [
      ("ID", "ID"), ("Name", "NAME"), ("Mode", "MODE"), ("Replicas", "REPLICAS"), ("Image", "IMAGE"),
      ("Ports", "PORTS"),
    ],
    table: "{{.ID}}\t{{.Name}}\t{{.Mode}}\t{{.Replicas}}\t{{.Image}}\t{{.Ports}}",
    raw: "id: {{.ID}}\nname: {{.Name}}\nmode: {{.Mode}}\nreplicas: {{.Replicas}}\nimage: {{.Image}}\n"
      + "ports: {{.Ports}}\n")

  private static func run(_ call: Invocation) throws(Failure) {
    let isQuiet = call.flags.isOn("quiet")
    var query = call.flags.filters().query
    if !isQuiet { query["status"] = "true" }
    let services = try call.session.engine().get("/services", query).array ?? []
    let rows = services.sorted(naturallyBy: { $0["Spec"]["Name"].string ?? "" }).map(row)
    call.session.write(try listing.text(rows, format: call.listFormat(setting: "servicesFormat"), quiet: isQuiet))
  }

  /// A service as a row; `stack services` has the same.
  static func row(_ service: JSON) -> TableRow {
    let image = service["Spec"]["TaskTemplate"]["ContainerSpec"]["Image"].string ?? ""
    return TableRow(
      "service.serviceContext",
      [
        ("ID", .string(truncatedID(service["ID"].string ?? ""))),
        ("Name", .string(service["Spec"]["Name"].string ?? "")),
        ("Mode", .string(mode(service))), ("Replicas", .string(replicas(service))),
        ("Image", .string(listedImage(image))), ("Ports", .string(ports(service["Endpoint"]["Ports"].array ?? []))),
      ])
  }

  private static func mode(_ service: JSON) -> String {
    let mode = service["Spec"]["Mode"]
    if !mode["Global"].isNull { return "global" }
    if !mode["Replicated"].isNull { return "replicated" }
    if !mode["ReplicatedJob"].isNull { return "replicated job" }
    return mode["GlobalJob"].isNull ? "" : "global job"
  }

  private static func replicas(_ service: JSON) -> String {
    let status = service["ServiceStatus"]
    let (running, desired) = (status["RunningTasks"].int ?? 0, status["DesiredTasks"].int ?? 0)
    let completed = status["CompletedTasks"].int ?? 0
    let mode = service["Spec"]["Mode"]
    if !mode["ReplicatedJob"].isNull {
      let total = mode["ReplicatedJob"]["TotalCompletions"].int ?? 0
      return "\(running)/\(desired) (\(completed)/\(total) completed)"
    }
    if !mode["GlobalJob"].isNull { return "\(running)/\(desired) (\(completed)/\(desired + completed) completed)" }
    let limit = service["Spec"]["TaskTemplate"]["Placement"]["MaxReplicas"].int ?? 0
    let note = !mode["Replicated"].isNull && limit > 0 ? " (max \(limit) per node)" : ""
    return "\(running)/\(desired)\(note)"
  }

  private struct PortRange {
    var published: ClosedRange<Int64>
    var target: ClosedRange<Int64>
    var transport: String

    var text: String {
      func span(_ range: ClosedRange<Int64>) -> String {
        range.count == 1 ? String(range.lowerBound) : "\(range.lowerBound)-\(range.upperBound)"
      }
      return "*:\(span(published))->\(span(target))/\(transport)"
    }
  }

  /// Ingress ports, neighbours merged: `*:9000-9001->90-91/udp`.
  private static func ports(_ ports: [JSON]) -> String {
    let sorted = ports.filter { $0["PublishMode"].string == "ingress" }.sorted { a, b in
      let (x, y) = (a["Protocol"].string ?? "", b["Protocol"].string ?? "")
      return x == y ? (a["PublishedPort"].int ?? 0) < (b["PublishedPort"].int ?? 0) : x < y
    }
    var ranges: [PortRange] = []
    for port in sorted {
      let (published, target) = (port["PublishedPort"].int ?? 0, port["TargetPort"].int ?? 0)
      let transport = port["Protocol"].string ?? ""
      // One target under two ports begins a range, but a range that stands takes no target twice.
      if let last = ranges.last, last.transport == transport, (0...1).contains(published - last.published.upperBound),
        (last.target.count > 1 ? 1...1 : 0...1).contains(target - last.target.upperBound)
      {
        ranges[ranges.count - 1].published = last.published.lowerBound...published
        ranges[ranges.count - 1].target = last.target.lowerBound...target
      } else {
        ranges.append(PortRange(published: published...published, target: target...target, transport: transport))
      }
    }
    return ranges.map(\.text).joined(separator: ", ")
  }
}

/// An image as lists show it: a tagged one without its digest, any other as it is.
func listedImage(_ image: String) -> String {
  guard let reference = try? ImageReference(image), let tag = reference.tag else { return image }
  return reference.familiarName + ":" + tag
}
