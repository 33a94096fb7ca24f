import EngineTypes
import SimBase

/// `docker stack services`: the services of a stack.
///
/// Source: docker/cli `cli/command/stack/services.go`.
enum StackServices {
  static let command = Command(
    use: "services [OPTIONS] STACK", short: "List the services in the stack", arity: .exactly(1),
    options: [SharedOptions.quietIDs, SharedOptions.tableFormat, SharedOptions.filter], run: run)

  private static func run(_ call: Invocation) throws(Failure) {
    let namespace = try StackNamespace(call.arguments[0])
    var filters = call.flags.filters()
    filters.add("label", "\(StackNamespace.label)=\(namespace.name)")
    var query = filters.query
    let isQuiet = call.flags.isOn("quiet")
    if !isQuiet { query["status"] = "true" }
    let services = try call.session.engine().get("/services", query).array ?? []
    if services.isEmpty { return call.session.warn("Nothing found in stack: \(namespace.name)") }
    let rows = services.sorted(naturallyBy: { $0["Spec"]["Name"].string ?? "" }).map(ServiceList.row)
    let format = call.listFormat(setting: "servicesFormat")
    call.session.write(try ServiceList.listing.text(rows, format: format, quiet: isQuiet))
  }
}
