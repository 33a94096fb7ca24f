import SimBase
import Workloads

/// What a new network of this engine is to be.
public struct NetworkSpec: Sendable {
  /// Its name.
  public var name: String
  /// Its driver; empty for `bridge`.
  public var driver = ""
  /// Whose it is to be, as asked: `swarm`, `local`, another word or empty.
  public var scope = ""
  /// Whether it has IPv4.
  public var hasIPv4 = true
  /// Whether it has IPv6.
  public var hasIPv6 = false
  /// The address manager's options; nil is JSON's null.
  public var ipamOptions: Table<String, String>?
  /// Blocks of addresses; none for one from the pools.
  public var subnets: [SubnetConfig] = []
  /// Whether it leads nowhere else.
  public var isInternal = false
  /// Whether it may be attached to by hand.
  public var isAttachable = false
  /// Whether it is the routing mesh's, which only the swarm can have.
  public var isIngress = false
  /// The template to take settings from.
  public var configFrom = ""
  /// Whether it is a template.
  public var isConfigOnly = false
  /// The driver's options.
  public var options: Table<String, String> = [:]
  /// Its labels.
  public var labels: Table<String, String> = [:]

  /// A bridge of this name.
  public init(_ name: String) { self.name = name }
}

/// One container on a network, as the network's inspect shows it.
public struct NetworkMember: Sendable, Hashable {
  /// The key it is shown under: the container's ID, or a sandbox's name.
  public var key: String
  /// The endpoint's name: the container's.
  public var name: String
  /// The endpoint's ID.
  public var endpoint: EndpointID
  /// Its hardware address.
  public var macAddress: String
  /// Its address.
  public var address: IPv4Address
}

extension Engine {
  static let bridgeName = "bridge"
  /// Names that no network may be given.
  public static let predefinedNetworkNames = ["bridge", "host", "none", "default"]
  /// The network by which containers on overlays alone reach the world.
  public static let gatewayBridge = "docker_gwbridge"
  static let nobody = ContainerID()

  /// All networks that this engine knows: its own, then the swarm's that are here.
  public var networks: [NetworkRecord] { disk.networks.values }

  /// The network with this ID, name or beginning of an ID.
  ///
  /// Source: measured: full ID, then name, then a beginning that is unique.
  public func network(_ text: String) throws(EngineError) -> NetworkRecord {
    if let id = EngineNetworkID(text), let record = disk.networks[id] { return record }
    if let record = disk.networks.values.first(where: { $0.name == text }) { return record }
    if text.isEmpty { throw .noSuchNetwork(text) }
    let matches = disk.networks.values.filter { $0.id.description.hasPrefix(text) }
    if matches.count > 1 { throw .network(.ambiguous(text, count: matches.count)) }
    guard let record = matches.first else { throw .noSuchNetwork(text) }
    return record
  }

  /// The network with this ID; nil if it is not here.
  public func network(_ id: EngineNetworkID) -> NetworkRecord? { disk.networks[id] }

  /// The containers on a network, by key.
  public func members(of id: EngineNetworkID) -> [NetworkMember] {
    let isOverlay = disk.networks[id]?.driver == "overlay"
    var members: [NetworkMember] = []
    for container in disk.containers.values {
      for endpoint in container.endpoints + (container.gatewayEndpoint.map { [$0] } ?? [])
      where endpoint.network == id {
        guard let endpointID = endpoint.id(in: container.id), let address = endpoint.address else { continue }
        // An endpoint on the gateway bridge is named for its sandbox.
        let isGateway = container.gatewayEndpoint?.network == id
        let sandbox: HexID<ContainerTag> = container.id.derived(1)
        members.append(
          NetworkMember(
            key: container.id.description, name: isGateway ? "gateway_\(sandbox.short)" : container.name,
            endpoint: endpointID, macAddress: endpoint.macAddress(in: container.id, isOverlay: isOverlay) ?? "",
            address: address))
      }
    }
    return members.sorted { $0.key < $1.key }
  }

  /// Makes a network of this engine.
  ///
  /// Source: moby/moby `daemon/network.go`; texts and their order measured.
  public mutating func createNetwork(
    _ spec: NetworkSpec, at now: Instant, into out: inout Outbox<EngineNotice>
  ) throws(EngineError) -> EngineNetworkID {
    var spec = spec
    if spec.driver.isEmpty || spec.driver == "default" { spec.driver = "bridge" }
    try check(spec)
    if !spec.isConfigOnly { try checkDriver(spec) }
    if let template = networks.first(where: { $0.isConfigOnly && $0.name == spec.configFrom }) {
      (spec.hasIPv4, spec.hasIPv6) = (template.hasIPv4, template.hasIPv6)
      (spec.ipamOptions, spec.subnets) = (template.ipamOptions, template.subnets)
      (spec.options, spec.labels) = (template.options, template.labels)
    }
    // A template is of no use to a driver.
    if spec.isConfigOnly { spec.driver = "null" }
    var record = NetworkRecord(.local(drawID()), name: spec.name, driver: spec.driver, created: now)
    (record.hasIPv4, record.hasIPv6) = (spec.hasIPv4, spec.hasIPv6)
    record.ipamOptions = spec.ipamOptions
    (record.isInternal, record.isAttachable) = (spec.isInternal, spec.isAttachable)
    (record.configFrom, record.isConfigOnly) = (spec.configFrom, spec.isConfigOnly)
    (record.options, record.labels) = (spec.options, spec.labels)
    record.hasOwnSubnet = !spec.subnets.isEmpty
    if spec.isConfigOnly {
      record.subnets = spec.subnets
    } else if !["host", "null"].contains(spec.driver) {
      try allocate(spec.subnets, for: &record)
    }
    disk.networks[record.id] = record
    post(networkEvent("create", record, at: now), into: &out)
    return record.id
  }

  /// Removes a network of this engine on which nobody is.
  public mutating func removeNetwork(
    _ text: String, at now: Instant, into out: inout Outbox<EngineNotice>
  ) throws(EngineError) {
    let record = try network(text)
    if record.isPredefined { throw .network(.removePredefined(record.name)) }
    if record.isConfigOnly, networks.contains(where: { $0.configFrom == record.name }) {
      throw .network(.configurationInUse(record.name))
    }
    var endpoints = members(of: record.id).map { "name:\"\($0.name)\" id:\"\($0.endpoint.short)\"" }
    if record.name == Engine.gatewayBridge && networks.contains(where: \.isIngress) {
      // The routing mesh's sandbox goes out this way as long as there is a mesh here.
      let id = hexText(SHA256.digest("gateway_ingress-sbox \(record.id)".utf8)).prefix(12)
      endpoints.insert("name:\"gateway_ingress-sbox\" id:\"\(id)\"", at: 0)
    }
    if !endpoints.isEmpty { throw .network(.activeEndpoints(record.name, endpoints: endpoints)) }
    disk.networks[record.id] = nil
    post(networkEvent("destroy", record, at: now), into: &out)
  }

  /// A network of the swarm is needed here: the agent brings it with its addresses. One of a driver that works on a single
  /// node gets addresses of this engine's own.
  ///
  /// - Throws: `poolOverlap` if its block overlaps a network that is here, as on a real node; `noConfiguration` if it is to
  ///   be made from a template that is not here.
  public mutating func addSwarmNetwork(_ given: NetworkRecord) throws(EngineError) {
    precondition(given.isSwarm, "\(given.name) is not the swarm's")
    if disk.networks.contains(given.id) { return }
    var record = given
    if record.hasSwarmAddresses {
      if let subnet = record.subnet, overlaps(subnet) { throw .network(.poolOverlap) }
    } else {
      if ["host", "null"].contains(record.driver) { throw .network(.onlyOne(driver: record.driver)) }
      if !record.configFrom.isEmpty {
        guard let template = networks.first(where: { $0.isConfigOnly && $0.name == given.configFrom }) else {
          throw .network(.noConfiguration(given.configFrom))
        }
        record.take(template)
      }
      try allocate(record.subnets, for: &record)
    }
    disk.networks[record.id] = record
  }

  /// A network of the swarm is needed here no longer.
  public mutating func removeSwarmNetwork(_ id: EngineNetworkID) { disk.networks[id] = nil }

  /// Takes the node's own endpoint, of the routing mesh or of load balancing, off a network of the swarm.
  public mutating func removeSandbox(from id: EngineNetworkID) { disk.networks.update(id) { $0.loseSandbox() } }

  /// Makes `docker_gwbridge`, the way out for containers on overlays; a node has it from its join on.
  public mutating func ensureGatewayBridge(at now: Instant, into out: inout Outbox<EngineNotice>) {
    if networks.contains(where: { $0.name == Engine.gatewayBridge }) { return }
    var record = NetworkRecord(.local(drawID()), name: Engine.gatewayBridge, driver: "bridge", created: now)
    record.options = [
      "com.docker.network.bridge.enable_icc": "false", "com.docker.network.bridge.enable_ip_masquerade": "true",
      "com.docker.network.bridge.name": Engine.gatewayBridge,
    ]
    // Without a free pool there is no way out; containers on overlays then have none.
    guard (try? allocate([], for: &record)) != nil else { return }
    // The routing mesh's sandbox is the first on it.
    if let address = Engine.ingressSandboxAddress(on: record) { _ = record.take(address) }
    disk.networks[record.id] = record
    post(networkEvent("create", record, at: now), into: &out)
  }

  /// The address of the routing mesh's sandbox on `docker_gwbridge`: the one after the gateway's.
  public static func ingressSandboxAddress(on record: NetworkRecord) -> IPv4Address? {
    record.gateway.map { IPv4Address(raw: $0.raw + 1) }
  }

  mutating func addPredefinedNetworks() {
    var bridge = NetworkRecord(.local(drawID()), name: Engine.bridgeName, driver: "bridge", created: .zero)
    bridge.options = [
      "com.docker.network.bridge.default_bridge": "true", "com.docker.network.bridge.enable_icc": "true",
      "com.docker.network.bridge.enable_ip_masquerade": "true",
      "com.docker.network.bridge.host_binding_ipv4": "0.0.0.0", "com.docker.network.bridge.name": "docker0",
      "com.docker.network.driver.mtu": "1500",
    ]
    // The pools of an empty engine have room.
    try? allocate([], for: &bridge)
    disk.networks[bridge.id] = bridge
    for (name, driver) in [("host", "host"), ("none", "null")] {
      let record = NetworkRecord(.local(drawID()), name: name, driver: driver, created: .zero)
      disk.networks[record.id] = record
    }
  }

  func networkEvent(
    _ action: String, _ record: NetworkRecord, container: ContainerID? = nil, at now: Instant
  ) -> EngineEvent {
    var attributes = [("name", record.name), ("type", record.driver)]
    if let container { attributes.append(("container", container.description)) }
    return EngineEvent(.network, action, actor: record.id.description, attributes: attributes, at: now)
  }
}
