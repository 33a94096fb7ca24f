import EngineTypes
import SimBase

/// `docker network connect` and `disconnect`: a container's place on a network.
///
/// Source: docker/cli `cli/command/network/connect.go`, `disconnect.go`.
enum NetworkAttach {
  static let connect = Command(
    use: "connect [OPTIONS] NETWORK CONTAINER", short: "Connect a container to a network", arity: .exactly(2),
    options: [
      Option("ip", nil, "IPv4 address (e.g., \"172.30.100.104\")"),
      Option("ip6", nil, "IPv6 address (e.g., \"2001:db8::33\")"),
      Option("link", nil, .list, "Add link to another container"),
      Option("alias", nil, .strings, "Add network-scoped alias for the container"),
      Option("link-local-ip", nil, .strings, "Add a link-local address for the container"),
      Option("driver-opt", nil, .strings, "driver options for the network"),
      Option(
        "gw-priority", nil, .int,
        "Highest gw-priority provides the default gateway. Accepts positive and negative values."),
    ],
    run: { (call: Invocation) throws(Failure) in
      let flags = call.flags
      var address = GoValue.zero("network.EndpointIPAMConfig")
      address["IPv4Address"] = .string(flags.text("ip"))
      address["IPv6Address"] = .string(flags.text("ip6"))
      address["LinkLocalIPs"] = .strings(flags.list("link-local-ip"))
      var endpoint = GoValue.zero("network.EndpointSettings")
      endpoint["IPAMConfig"] = address
      let links = flags.list("link")
      endpoint["Links"] = .strings(links.isEmpty ? nil : links)
      endpoint["Aliases"] = .strings(flags.list("alias"))
      endpoint["DriverOpts"] = .strings(flags.map("driver-opt"))
      endpoint["GwPriority"] = .int(flags.int("gw-priority"))
      try call.session.engine().post(
        "/networks/\(pathEscaped(call.arguments[0]))/connect",
        body: ["Container": .string(call.arguments[1]), "EndpointConfig": endpoint.json])
    })

  static let disconnect = Command(
    use: "disconnect [OPTIONS] NETWORK CONTAINER", short: "Disconnect a container from a network", arity: .exactly(2),
    options: [Option("force", "f", .bool, "Force the container to disconnect from a network")],
    run: { (call: Invocation) throws(Failure) in
      try call.session.engine().post(
        "/networks/\(pathEscaped(call.arguments[0]))/disconnect",
        body: ["Container": .string(call.arguments[1]), "Force": .bool(call.flags.isOn("force"))])
    })
}
