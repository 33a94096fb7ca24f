import EngineTypes
import SimBase

/// `docker stack ls`: the stacks of the swarm, known by their services.
///
/// Source: docker/cli `cli/command/stack/list.go`.
enum StackList {
  static let command = Command(
    use: "ls [OPTIONS]", short: "List stacks", aliases: ["docker stack ls", "docker stack list"],
    otherNames: ["list"], options: [SharedOptions.tableFormat], run: run)

  private static let listing = Listing(
    headers: [("Name", "NAME"), ("Services", "SERVICES")], table: "{{.Name}}\t{{.Services}}")

  private static func run(_ call: Invocation) throws(Failure) {
    let filters = Filters(("label", StackNamespace.label))
    var counts = Table<String, Int>()
    for service in try call.session.engine().get("/services", filters.query).array ?? [] {
      guard let name = service["Spec"]["Labels"][StackNamespace.label].string else { continue }
      counts[name, default: 0] += 1
    }
    let rows = counts.map { name, count in
      TableRow("formatter.stackContext", [("Name", .string(name)), ("Services", .string(String(count)))])
    }
    let sorted = rows.sorted(naturallyBy: { $0.member("Name", [])?.string ?? "" })
    call.session.write(try listing.text(sorted, format: call.flags.text("format"), quiet: false))
  }
}
