import Engine
import SimBase
import Testing
import Workloads

/// Source: a real 28.5.2 engine.
@Suite struct NetworkTests {
  private func refusal(_ body: () throws -> Void) -> EngineError? {
    do { try body() } catch { return error as? EngineError }
    return nil
  }

  private func network(_ rig: inout Rig, _ name: String, subnet: SubnetConfig? = nil) throws -> NetworkRecord {
    var spec = NetworkSpec(name)
    if let subnet { spec.subnets = [subnet] }
    let id = try rig.engine.createNetwork(spec, at: rig.now, into: &rig.out)
    return try #require(rig.engine.network(id))
  }

  private func container(_ rig: inout Rig, on network: String, name: String? = nil, ports: [PortBinding] = []) throws
    -> ContainerID
  {
    var config = ContainerConfig()
    config.image = "nginx"
    var host = HostConfig()
    host.networkMode = network
    host.portBindings = ports
    return try rig.create(ContainerSpec(name: name, config: config, host: host))
  }

  @Test("every engine has bridge, host and none") func predefined() throws {
    let engine = Rig().engine
    #expect(engine.networks.map(\.name).sorted() == ["bridge", "host", "none"])
    #expect(try engine.network("bridge").subnets.map(\.subnet) == ["172.17.0.0/16"])
    #expect(try engine.network("bridge").gateway == IPv4Address(172, 17, 0, 1))
  }

  @Test("31 local networks fit into the pools, the lowest free block first") func pools() throws {
    var rig = Rig()
    rig.engine.ensureGatewayBridge(at: rig.now, into: &rig.out)
    #expect(try rig.engine.network("docker_gwbridge").subnet?.description == "172.18.0.0/16")
    #expect(try network(&rig, "n1").subnet?.description == "172.19.0.0/16")
    #expect(try network(&rig, "n2").subnet?.description == "172.20.0.0/16")
    try rig.engine.removeNetwork("n1", at: rig.now, into: &rig.out)
    #expect(try network(&rig, "n3").subnet?.description == "172.19.0.0/16")
    for count in 4..<31 { _ = try network(&rig, "n\(count)") }
    #expect(try rig.engine.network("n30").subnet?.description == "192.168.240.0/20")
    #expect(
      refusal { _ = try network(&rig, "n31") }?.message == "all predefined address pools have been fully subnetted")
  }

  @Test("addresses are the lowest free ones, and come back at once") func addresses() throws {
    var rig = Rig()
    _ = try network(&rig, "n1")
    let ids = try (0..<3).map { _ in try container(&rig, on: "n1") }
    for id in ids { try rig.start(id) }
    func address(_ id: ContainerID) -> String? { rig.engine.container(id)?.endpoints.first?.address?.description }
    #expect(ids.map { address($0) } == ["172.18.0.2", "172.18.0.3", "172.18.0.4"])
    try rig.stop(ids[1])
    rig.run(for: .seconds(1))
    #expect(address(ids[1]) == nil)
    let next = try container(&rig, on: "n1")
    try rig.start(next)
    #expect(address(next) == "172.18.0.3")
    let members = rig.engine.members(of: try rig.engine.network("n1").id)
    #expect(members.map(\.address.description).sorted() == ["172.18.0.2", "172.18.0.3", "172.18.0.4"])
    #expect(Set(members.map(\.macAddress)).count == 3)
    #expect(members.allSatisfy { UInt8($0.macAddress.prefix(2), radix: 16).map { $0 & 3 == 2 } ?? false })
  }

  @Test("range, gateway and addresses set aside are respected, and a full block refuses") func ranges() throws {
    var rig = Rig()
    var subnet = SubnetConfig(subnet: "172.30.0.0/29", gateway: "172.30.0.6", range: "172.30.0.0/30")
    subnet.auxiliary = ["a": "172.30.0.1"]
    let record = try network(&rig, "tight", subnet: subnet)
    let ids = try (0..<3).map { _ in try container(&rig, on: "tight") }
    try rig.start(ids[0])
    try rig.start(ids[1])
    #expect(
      ids.prefix(2).map { rig.engine.container($0)?.endpoints.first?.address?.description } == [
        "172.30.0.2", "172.30.0.3",
      ])
    let error = refusal { try rig.start(ids[2]) }
    #expect(
      error?.message
        == "failed to set up container networking: no available IPv4 addresses on this network's address pools: "
        + "tight (\(record.id))")
    #expect(rig.state(ids[2])?.exitCode == 128)
    var asked = EndpointSettings()
    asked.address = IPv4Address(172, 30, 0, 5)
    try rig.start("nginx", name: "free")
    try rig.engine.connect("free", to: "tight", settings: asked, at: rig.now, into: &rig.out)
    #expect(try rig.engine.container("free").endpoints.last?.address == asked.address)
    asked.address = IPv4Address(172, 31, 0, 5)
    try rig.engine.disconnect("free", from: "tight", at: rig.now, into: &rig.out)
    #expect(
      refusal { try rig.engine.connect("free", to: "tight", settings: asked, at: rig.now, into: &rig.out) }?.message
        == "invalid endpoint settings:\nno configured subnet or ip-range contain the IP address 172.31.0.5")
  }

  @Test("a template is no network, gives its settings to others, and stays while they are there") func templates()
    throws
  {
    var rig = Rig()
    var template = NetworkSpec("tmpl")
    template.isConfigOnly = true
    template.subnets = [SubnetConfig(subnet: "172.30.0.0/24", gateway: "172.30.0.9")]
    template.labels = ["x": "y"]
    _ = try rig.engine.createNetwork(template, at: rig.now, into: &rig.out)
    #expect(try rig.engine.network("tmpl").driver == "null")
    var made = NetworkSpec("made")
    made.configFrom = "tmpl"
    _ = try rig.engine.createNetwork(made, at: rig.now, into: &rig.out)
    let record = try rig.engine.network("made")
    #expect(record.driver == "bridge" && record.subnets == template.subnets && record.labels == template.labels)
    #expect(
      refusal { try rig.engine.removeNetwork("tmpl", at: rig.now, into: &rig.out) }?.message
        == "error while removing network: configuration network \"tmpl\" is in use")
    try rig.engine.removeNetwork("made", at: rig.now, into: &rig.out)
    try rig.engine.removeNetwork("tmpl", at: rig.now, into: &rig.out)
  }

  @Test("what goes together with a template is refused") func templateRefusals() throws {
    var rig = Rig()
    var template = NetworkSpec("tmpl")
    template.isConfigOnly = true
    _ = try rig.engine.createNetwork(template, at: rig.now, into: &rig.out)
    let engine = rig.engine
    func words(_ change: (inout NetworkSpec) -> Void) -> String? {
      var spec = NetworkSpec("n")
      spec.driver = "bridge"
      change(&spec)
      return refusal { try engine.check(spec) }?.message
    }
    #expect(words { $0.configFrom = "nope" } == "configuration network \"nope\" does not exist")
    #expect(
      words { ($0.configFrom, $0.labels) = ("tmpl", ["a": "b"]) }
        == "user specified configurations are not supported if the network depends on a configuration network")
    #expect(
      words { ($0.configFrom, $0.options) = ("tmpl", ["a": "b"]) }
        == "network driver options are not supported if the network depends on a configuration network")
    #expect(
      words { ($0.configFrom, $0.isConfigOnly) = ("tmpl", true) }
        == "a configuration network cannot depend on another configuration network")
    #expect(
      words { ($0.isConfigOnly, $0.isAttachable) = (true, true) }?.hasPrefix("configuration network can only") == true)
  }

  @Test(
    "blocks that make no sense are refused in Docker's words",
    arguments: [
      (SubnetConfig(subnet: "foo"), "invalid subnet foo: invalid CIDR block notation"),
      (SubnetConfig(subnet: "", gateway: "172.31.0.1"), "invalid subnet : invalid CIDR block notation"),
      (SubnetConfig(subnet: "172.30.0.5/16"), "invalid subnet 172.30.0.5/16: it should be 172.30.0.0/16"),
      (
        SubnetConfig(subnet: "172.30.0.0/16", gateway: "172.31.0.1"),
        "invalid gateway 172.31.0.1: parent subnet 172.30.0.0/16 doesn't contain this address"
      ),
      (SubnetConfig(subnet: "172.30.0.0/16", gateway: "foo"), "invalid gateway foo: invalid address"),
      (
        SubnetConfig(subnet: "172.30.0.0/16", range: "172.31.0.0/24"),
        "invalid ip-range 172.31.0.0/24: parent subnet 172.30.0.0/16 doesn't contain ip-range"
      ),
      (
        SubnetConfig(subnet: "172.30.0.0/16", range: "172.30.5.5/24"),
        "invalid ip-range 172.30.5.5/24: it should be 172.30.5.0/24"
      ),
      (
        SubnetConfig(subnet: "172.30.0.0/24", range: "172.30.0.0/16"),
        "invalid ip-range 172.30.0.0/16: CIDR block is bigger than its parent subnet 172.30.0.0/24"
      ),
      (
        SubnetConfig(subnet: "172.30.0.5/16", gateway: "foo"),
        "* invalid subnet 172.30.0.5/16: it should be 172.30.0.0/16\n* invalid gateway foo: invalid address"
      ),
    ])
  func badBlocks(subnet: SubnetConfig, words: String) throws {
    var rig = Rig()
    #expect(refusal { _ = try network(&rig, "x", subnet: subnet) }?.message == "invalid network config:\n" + words)
  }

  @Test("names, drivers and overlaps are refused in Docker's words") func badNetworks() throws {
    var rig = Rig()
    _ = try network(&rig, "n1", subnet: SubnetConfig(subnet: "10.1.0.0/16"))
    #expect(refusal { _ = try network(&rig, "") }?.message == "invalid name: name is empty")
    #expect(
      refusal { _ = try network(&rig, "host") }?.message == "operation is not permitted on predefined host network ")
    #expect(refusal { _ = try network(&rig, "n1") }?.message == "network with name n1 already exists")
    let overlap = refusal { _ = try network(&rig, "n2", subnet: SubnetConfig(subnet: "10.1.5.0/24")) }
    #expect(overlap?.message == "invalid pool request: Pool overlaps with other one on this address space")
    #expect(overlap?.kind == .forbidden)
    #expect(
      refusal { try rig.engine.removeNetwork("bridge", at: rig.now, into: &rig.out) }?.message
        == "bridge is a pre-defined network and cannot be removed")
    let id = try container(&rig, on: "n1", name: "obs")
    try rig.start(id)
    let endpoint = try #require(rig.engine.members(of: try rig.engine.network("n1").id).first?.endpoint)
    #expect(
      refusal { try rig.engine.removeNetwork("n1", at: rig.now, into: &rig.out) }?.message
        == "error while removing network: network n1 has active endpoints (name:\"obs\" id:\"\(endpoint.short)\")")
  }

  @Test("connecting and disconnecting at run time is seen at once") func connecting() throws {
    var rig = Rig()
    _ = try network(&rig, "n1")
    let id = try rig.start("nginx", name: "c1")
    try rig.engine.connect("c1", to: "n1", at: rig.now, into: &rig.out)
    #expect(rig.engine.container(id)?.endpoints.map(\.address?.description) == ["172.17.0.2", "172.18.0.2"])
    #expect(
      refusal { try rig.engine.connect("c1", to: "n1", at: rig.now, into: &rig.out) }?.message
        == "endpoint with name c1 already exists in network n1")
    try rig.engine.disconnect("c1", from: "n1", at: rig.now, into: &rig.out)
    #expect(
      refusal { try rig.engine.disconnect("c1", from: "n1", at: rig.now, into: &rig.out) }?.message
        == "container \(id) is not connected to network n1")
    #expect(
      refusal { try rig.engine.connect("c1", to: "host", at: rig.now, into: &rig.out) }?.message
        == "cannot connect container to host network - container must be created in host network mode")
    #expect(rig.actions.suffix(2) == ["network connect", "network disconnect"])
    let event = try #require(rig.engine.events(from: 0).last)
    #expect(event.attributes == ["container": id.description, "name": "n1", "type": "bridge"])
  }

  @Test("a port of the machine has one holder, and the other's start is refused with Docker's words") func ports()
    throws
  {
    var rig = Rig()
    let first = try container(&rig, on: "bridge", name: "a1", ports: [PortBinding(ContainerPort(80), hostPort: "8081")])
    let second = try container(
      &rig, on: "bridge", name: "a2", ports: [PortBinding(ContainerPort(80), hostPort: "8081")])
    try rig.start(first)
    let error = try #require(refusal { try rig.start(second) })
    #expect(
      error.message.hasPrefix(
        "failed to set up container networking: driver failed programming external connectivity on endpoint a2 ("))
    #expect(error.message.hasSuffix("): Bind for 0.0.0.0:8081 failed: port is already allocated"))
    #expect(error.kind == .system)
    #expect(rig.state(second)?.status == .created)
    #expect(rig.state(second)?.error == error.message)
    #expect(rig.engine.container(second)?.endpoints.first?.address == nil)
    try rig.stop(first)
    rig.run(for: .seconds(1))
    #expect(rig.engine.container(first)?.boundPorts == [])
    try rig.start(second)
    #expect(rig.state(second)?.status == .running)
  }

  @Test("ports that nobody chose come in a row from 32768 and do not come back") func ephemeral() throws {
    var rig = Rig()
    let id = try container(
      &rig, on: "bridge", ports: [PortBinding(ContainerPort(80)), PortBinding(ContainerPort(53, .udp))])
    try rig.start(id)
    #expect(rig.engine.container(id)?.boundPorts.map(\.hostPort) == [32_768, 32_769])
    #expect(rig.engine.container(id)?.boundPorts.map(\.port.description) == ["53/udp", "80/tcp"])
    try rig.stop(id)
    rig.run(for: .seconds(1))
    try rig.start(id)
    #expect(rig.engine.container(id)?.boundPorts.map(\.hostPort) == [32_770, 32_771])
    let ranged = try container(&rig, on: "bridge", ports: [PortBinding(ContainerPort(80), hostPort: "9000-9002")])
    let other = try container(&rig, on: "bridge", ports: [PortBinding(ContainerPort(80), hostPort: "9000-9002")])
    try rig.start(ranged)
    try rig.start(other)
    #expect(rig.engine.container(other)?.boundPorts.map(\.hostPort) == [9_001])
  }

  @Test("a container on an overlay wears the swarm's address and leaves by docker_gwbridge") func overlay() throws {
    var rig = Rig()
    let id = try #require(EngineNetworkID("uz401kltwj392nht7gor8osex") ?? EngineNetworkID("0000000000000000000000000"))
    var record = NetworkRecord(id, name: "ov1", driver: "overlay", created: rig.now)
    record.subnets = [SubnetConfig(subnet: "10.0.1.0/24", gateway: "10.0.1.1")]
    try rig.engine.addSwarmNetwork(record)
    var config = ContainerConfig()
    config.image = "nginx"
    var settings = EndpointSettings()
    settings.address = IPv4Address(10, 0, 1, 4)
    var spec = ContainerSpec(name: "web.1.x", config: config)
    spec.networks = [ContainerSpec.NetworkRequest("ov1", settings: settings)]
    spec.task = TaskMark(nodeID: "n", serviceID: "s", serviceName: "web", taskID: "t", taskName: "web.1.t")
    let container = try rig.create(spec)
    try rig.start(container)
    let inside = try #require(rig.engine.container(container))
    #expect(inside.endpoints.map(\.address) == [settings.address])
    #expect(inside.endpoints.first?.macAddress(in: container, isOverlay: true) == "02:42:0a:00:01:04")
    #expect(inside.gatewayEndpoint?.address == IPv4Address(172, 18, 0, 3))
    #expect(inside.labels["com.docker.swarm.task.name"] == "web.1.t")
    #expect(inside.labels.count == 6)
    let gateway = try rig.engine.network("docker_gwbridge")
    #expect(rig.engine.members(of: gateway.id).first?.name.hasPrefix("gateway_") == true)
    #expect(refusal { _ = try network(&rig, "x", subnet: SubnetConfig(subnet: "10.0.1.0/24")) }?.kind == .forbidden)
    try rig.stop(container)
    rig.run(for: .seconds(1))
    #expect(rig.engine.members(of: gateway.id).isEmpty)
  }

  @Test("a network that is not here is only missed at the start, and then joined if it has come") func wanted() throws {
    var rig = Rig()
    let id = try container(&rig, on: "later", name: "c1")
    #expect(refusal { try rig.start(id) }?.message == "failed to set up container networking: network later not found")
    rig.engine.isInSwarm = true
    let error = refusal { try rig.start(id) }
    #expect(
      error?.message == "failed to set up container networking: Could not attach to network later: "
        + "rpc error: code = NotFound desc = network later not found")
    #expect(error?.kind == .system)
    let record = try network(&rig, "later")
    try rig.start(id)
    #expect(rig.engine.container(id)?.endpoints.map(\.network) == [record.id])
  }

  @Test("a container that shares another's network needs it to run") func shared() throws {
    var rig = Rig()
    let missing = try container(&rig, on: "container:nosuch")
    #expect(
      refusal { try rig.start(missing) }?.message
        == "joining network namespace of container: No such container: nosuch")
    try rig.create("nginx", name: "zz")
    let waiting = try container(&rig, on: "container:zz")
    #expect(
      refusal { try rig.start(waiting) }?.message
        == "cannot join network namespace of a non running container: "
        + "container zz is created")
  }
}
