import EngineTypes
import SimBase

/// `docker network create`: a new network, of the swarm where its driver is.
///
/// Source: docker/cli `cli/command/network/create.go` (`createIPAMConfig`).
enum NetworkCreate {
  static let command = Command(
    use: "create [OPTIONS] NETWORK", short: "Create a network", arity: .exactly(1),
    options: [
      Option("driver", "d", default: "bridge", "Driver to manage the Network"),
      Option("opt", "o", .map, shows: "map[]", "Set driver specific options"),
      Option("label", nil, .labels, "Set metadata on a network"),
      Option("internal", nil, .bool, "Restrict external access to the network"),
      Option("ipv4", nil, .bool, default: "true", "Enable or disable IPv4 address assignment"),
      Option("ipv6", nil, .bool, "Enable or disable IPv6 address assignment"),
      Option("attachable", nil, .bool, "Enable manual container attachment"),
      Option("ingress", nil, .bool, "Create swarm routing-mesh network"),
      Option("scope", nil, "Control the network's scope"),
      Option("config-only", nil, .bool, "Create a configuration only network"),
      Option("config-from", nil, "The network from which to copy the configuration"),
      Option("ipam-driver", nil, default: "default", "IP Address Management Driver"),
      Option("subnet", nil, .strings, "Subnet in CIDR format that represents a network segment"),
      Option("ip-range", nil, .strings, "Allocate container ip from a sub-range"),
      Option("gateway", nil, .strings, "IPv4 or IPv6 Gateway for the master subnet"),
      Option("aux-address", nil, .map, shows: "map[]", "Auxiliary IPv4 or IPv6 addresses used by Network driver"),
      Option("ipam-opt", nil, .map, shows: "map[]", "Set IPAM driver specific options"),
    ], run: run)

  private static func run(_ call: Invocation) throws(Failure) {
    let flags = call.flags
    var request = GoValue.zero("network.CreateRequest")
    request["Name"] = .string(call.arguments[0])
    request["Driver"] = .string(flags.text("driver"))
    request["Scope"] = .string(flags.text("scope"))
    for (flag, field) in [("ipv4", "EnableIPv4"), ("ipv6", "EnableIPv6")] where flags.isSet(flag) {
      request[field] = .pointer(.bool, .bool(flags.isOn(flag)))
    }
    for (flag, field) in [
      ("internal", "Internal"), ("attachable", "Attachable"), ("ingress", "Ingress"), ("config-only", "ConfigOnly"),
    ] { request[field] = .bool(flags.isOn(flag)) }
    request["Options"] = .strings(flags.map("opt"))
    request["Labels"] = .strings(flags.map("label"))
    if flags.isSet("config-from") { request["ConfigFrom"]["Network"] = .string(flags.text("config-from")) }
    request["IPAM"]["Driver"] = .string(flags.text("ipam-driver"))
    request["IPAM"]["Options"] = .strings(flags.map("ipam-opt"))
    request["IPAM"]["Config"] = try addressing(flags)
    let answer = try call.session.engine().post("/networks/create", body: request.json)
    if let warning = answer["Warning"].string, !warning.isEmpty { call.session.warn(warning) }
    call.session.print(answer["Id"].string ?? "")
  }

  /// Each range, gateway and auxiliary address with the subnet that it lies in.
  private static func addressing(_ flags: Flags) throws(Failure) -> GoValue {
    let (subnets, ranges, gateways) = (flags.list("subnet"), flags.list("ip-range"), flags.list("gateway"))
    if subnets.count < ranges.count || subnets.count < gateways.count {
      throw Failure("every ip-range or gateway must have a corresponding subnet")
    }
    for (place, subnet) in subnets.enumerated() {
      for earlier in subnets[..<place] where try overlaps(subnet, earlier) {
        throw Failure("multiple overlapping subnet configuration is not supported")
      }
    }
    let type = GoType.structure(engineStructs["network.IPAMConfig"])
    var configs = Table<String, GoValue>()
    for subnet in subnets {
      var config = type.zero
      config["Subnet"] = .string(subnet)
      configs[subnet] = config
    }
    for range in ranges {
      let subnet = try home(of: range.cut("/")?.before ?? range, subnets, "range \(range)")
      configs[existing: subnet]["IPRange"] = .string(range)
    }
    for gateway in gateways {
      let subnet = try home(of: gateway, subnets, "gateway \(gateway)")
      if let other = configs[subnet]?["Gateway"].string, !other.isEmpty {
        throw Failure("cannot configure multiple gateways (\(gateway), \(other)) for the same subnet (\(subnet))")
      }
      configs[existing: subnet]["Gateway"] = .string(gateway)
    }
    for (name, address) in flags.map("aux-address") {
      let subnet = try home(of: address, subnets, "aux-address \(address)")
      var addresses = configs[subnet]?["AuxAddress"].textMap ?? Table()
      addresses[name] = address
      configs[existing: subnet]["AuxAddress"] = .strings(addresses)
    }
    return .slice(type, configs.values)
  }

  private static func home(of address: String, _ subnets: [String], _ what: String) throws(Failure) -> String {
    for subnet in subnets where try contains(subnet, address) { return subnet }
    throw Failure("no matching subnet for \(what)")
  }

  private static func overlaps(_ a: String, _ b: String) throws(Failure) -> Bool {
    try prefix(a).overlaps(try prefix(b))
  }

  private static func contains(_ subnet: String, _ address: String) throws(Failure) -> Bool {
    let network = try prefix(subnet)
    return NetworkAddress(address).map(network.contains) ?? false
  }

  private static func prefix(_ text: String) throws(Failure) -> NetworkPrefix {
    guard let parsed = NetworkPrefix(text) else { throw Failure("invalid subnet: invalid CIDR address: \(text)") }
    return parsed
  }
}
