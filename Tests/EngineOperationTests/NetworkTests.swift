import EngineTypes
import Lab
import SimBase
import Testing

@Suite struct NetworkTests {
  @Test("a swarm's networks have a real engine's fields, on managers and on workers") func shapes() throws {
    var bench = try Bench.swarm(workers: 1)
    bench.lab.advance(by: .seconds(2))
    for name in ["ingress", "docker_gwbridge"] {
      #expect(form(try bench.get("/networks/\(name)")) == form(Recorded.answer("/networks/\(name)")), "\(name)")
    }
    let listed = try bench.get("/networks").array ?? []
    #expect(listed.map { $0["Name"].string }.first == "ingress")
    let recorded = Recorded.answer("/networks").array?.first { $0["Name"] == "ingress" } ?? .null
    #expect(form(listed[0]) == form(recorded))
    let onWorker = try bench.get("/networks", on: 1).array ?? []
    for name in ["ingress", "docker_gwbridge", "none"] {
      let ours = onWorker.first { $0["Name"].string == name } ?? .null
      let theirs = Recorded.answer("/networks", node: 2).array?.first { $0["Name"].string == name } ?? .null
      #expect(form(ours) == form(theirs), "\(name)")
    }
  }

  @Test("ingress knows its sandbox and all nodes as peers; the gateway bridge has its sandbox first") func ingress()
    throws
  {
    var bench = try Bench.swarm(workers: 2)
    bench.lab.advance(by: .seconds(2))
    let ingress = try bench.get("/networks/ingress")
    #expect(ingress["Containers"]["ingress-sbox"]["Name"] == "ingress-endpoint")
    #expect(ingress["Peers"].array?.count == 3)
    let bridge = try bench.get("/networks/docker_gwbridge")["Containers"]["ingress-sbox"]
    #expect(bridge["Name"] == "gateway_ingress-sbox" && bridge["IPv4Address"] == "172.18.0.2/16")
  }

  @Test("an overlay is made by managers alone, and seen by workers only while they use it") func overlay() throws {
    var bench = try Bench.swarm(workers: 1)
    let made = try bench.post("/networks/create", ["Name": "ov1", "Driver": "overlay"], expecting: 201)
    #expect(made["Id"].string?.utf8.count == 25 && made["Warning"] == "")
    #expect(
      try bench.refusal("POST", "/networks/create", ["Name": "ov1", "Driver": "overlay"])
        == "409 network with name ov1 already exists")
    #expect(
      try bench.refusal("POST", "/networks/create", ["Name": "ov1"]) == "409 network with name ov1 already exists")
    #expect(
      try bench.refusal("POST", "/networks/create", ["Name": "x", "Driver": "overlay"], on: 1).hasPrefix(
        "403 This node is not a swarm manager. Use \"docker swarm init\""))
    #expect(try bench.refusal("GET", "/networks/ov1", on: 1) == "404 network ov1 not found")
    #expect(try bench.refusal("DELETE", "/networks/ingress", on: 1) == "404 network ingress not found")
    bench.lab.advance(by: .seconds(1))
    let seen = try bench.get("/networks/ov1")
    #expect(seen["Containers"].isNull && seen["Scope"] == "swarm" && seen["Driver"] == "overlay")
    #expect(try bench.refusal("DELETE", "/networks/ov1") == "204 ")
    #expect(try bench.refusal("GET", "/networks/ov1") == "404 network ov1 not found")
  }

  @Test("a task's overlay shows its container, the balancer's endpoint and the node") func task() throws {
    var bench = try Bench.swarm()
    try bench.post("/networks/create", ["Name": "ov1", "Driver": "overlay"], expecting: 201)
    try bench.post(
      "/services/create",
      [
        "Name": "web",
        "TaskTemplate": ["ContainerSpec": ["Image": "lab/well"], "Networks": [["Target": "ov1"]]],
        "Mode": ["Replicated": ["Replicas": 1]],
      ], expecting: 201)
    bench.lab.advance(by: .seconds(15))
    let seen = try bench.get("/networks/ov1")
    let keys = seen["Containers"].fields?.map(\.key) ?? []
    #expect(keys.count == 2 && keys.last == "lb-ov1")
    #expect(seen["Peers"].array?.count == 1)
    let listed = try bench.get("/containers/json")[0]
    #expect(
      listed["NetworkSettings"]["Networks"]["ov1"]["IPAMConfig"]["IPv4Address"].string?.hasPrefix("10.0.1.") == true)
    let recorded = Recorded.answer("/containers/json", node: 2)[0]
    #expect(listed.fields?.map(\.key) == recorded.fields?.map(\.key))
    #expect(listed["Names"][0].string?.hasPrefix("/web.1.") == true)
    #expect(
      try bench.refusal("DELETE", "/networks/ov1").hasPrefix("400 rpc error: code = FailedPrecondition desc = network ")
    )
    #expect(try bench.post("/networks/prune")["NetworksDeleted"].isNull)
  }

  @Test("a plain container gets a place on an attachable network of the swarm, and gives it back", arguments: [0, 1])
  func attaching(node: Int) throws {
    var bench = try Bench.swarm(workers: 1)
    for (name, isAttachable) in [("ov1", true), ("ov2", false)] {
      try bench.post(
        "/networks/create", ["Name": .string(name), "Driver": "overlay", "Attachable": .bool(isAttachable)],
        expecting: 201)
    }
    try bench.pull("busybox", on: node)
    let config: (JSON) -> JSON = { network in
      ["Image": "busybox", "Cmd": ["sleep", "999"], "HostConfig": ["NetworkMode": network]]
    }
    try bench.post("/containers/create?name=c1", config("ov1"), expecting: 201, on: node)
    try bench.post("/containers/c1/start", expecting: 204, on: node)
    let joined = try bench.get("/containers/c1/json", on: node)["NetworkSettings"]["Networks"]["ov1"]
    #expect(joined["IPAddress"].string?.hasPrefix("10.0.1.") == true && joined["NetworkID"].string?.utf8.count == 25)
    #expect(try bench.get("/networks/ov1", on: node)["Attachable"] == true)
    #expect(
      try bench.refusal("DELETE", "/networks/ov1").hasPrefix("400 rpc error: code = FailedPrecondition desc = network ")
    )
    try bench.post("/containers/create?name=c2", config("ov2"), expecting: 201, on: node)
    #expect(
      try bench.refusal("POST", "/containers/c2/start", on: node)
        == "403 failed to set up container networking: Could not attach to network ov2: rpc error: code = "
        + "PermissionDenied desc = network ov2 not manually attachable")
    try bench.post("/containers/create?name=c3", config("nope"), expecting: 201, on: node)
    #expect(
      try bench.refusal("POST", "/containers/c3/start", on: node)
        == "500 failed to set up container networking: Could not attach to network nope: rpc error: code = NotFound "
        + "desc = network nope not found")
    #expect(try bench.ask("DELETE", "/containers/c1?force=1", on: node).status == 204)
    bench.lab.advance(by: .seconds(2))
    if node == 1 { #expect(try bench.refusal("GET", "/networks/ov1", on: 1) == "404 network ov1 not found") }
    #expect(try bench.refusal("DELETE", "/networks/ov1") == "204 ")
  }

  @Test("a running container can be connected to an attachable network and taken off it again") func connecting() throws
  {
    var bench = try Bench.swarm()
    try bench.post(
      "/networks/create", ["Name": "ov1", "Driver": "overlay", "Attachable": true], expecting: 201)
    try bench.pull("busybox")
    try bench.run("c1", ["Image": "busybox", "Cmd": ["sleep", "999"]])
    try bench.post("/networks/ov1/connect", ["Container": "c1"])
    let networks = try bench.get("/containers/c1/json")["NetworkSettings"]["Networks"]
    #expect(networks.fields?.map(\.key) == ["bridge", "ov1"])
    #expect(
      try bench.refusal("POST", "/networks/ov1/connect", ["Container": "c1"])
        == "409 c1 is already attached to network ov1")
    try bench.post("/networks/ov1/disconnect", ["Container": "c1"])
    bench.lab.advance(by: .seconds(2))
    #expect(try bench.refusal("DELETE", "/networks/ov1") == "204 ")
  }

  @Test("a container that restarts gets another address on an overlay, or again the one that it asked for")
  func restarting() throws {
    var bench = try Bench.swarm()
    try bench.post(
      "/networks/create",
      ["Name": "ov1", "Driver": "overlay", "Attachable": true, "IPAM": ["Config": [["Subnet": "10.9.0.0/28"]]]],
      expecting: 201)
    try bench.pull("busybox")
    func config(_ endpoint: JSON) -> JSON {
      [
        "Image": "busybox", "Cmd": ["sleep", "999"], "HostConfig": ["NetworkMode": "ov1"],
        "NetworkingConfig": ["EndpointsConfig": ["ov1": endpoint]],
      ]
    }
    func address(_ name: String) throws -> String? {
      try bench.get("/containers/\(name)/json")["NetworkSettings"]["Networks"]["ov1"]["IPAddress"].string
    }
    try bench.run("any", config([:]))
    try bench.run("own", config(["IPAMConfig": ["IPv4Address": "10.9.0.9"]]))
    let before = try address("any")
    #expect(try address("own") == "10.9.0.9")
    for name in ["any", "own"] { try bench.post("/containers/\(name)/restart?t=1", expecting: 204) }
    #expect(try address("any") != before)
    #expect(try address("own") == "10.9.0.9")
    #expect(
      try bench.refusal("POST", "/containers/create?name=far", config(["IPAMConfig": ["IPv4Address": "10.8.0.9"]]))
        == "400 invalid config for network ov1: invalid endpoint settings:\n"
        + "no configured subnet or ip-range contain the IP address 10.8.0.9")
  }

  @Test("a node that leaves keeps no network of the swarm, and its plain containers lose their places") func leaving()
    throws
  {
    var bench = try Bench.swarm(workers: 1)
    try bench.post("/networks/create", ["Name": "ov1", "Driver": "overlay", "Attachable": true], expecting: 201)
    try bench.pull("busybox", on: 1)
    let config: JSON = ["Image": "busybox", "Cmd": ["sleep", "999"], "HostConfig": ["NetworkMode": "ov1"]]
    try bench.post("/containers/create?name=c1", config, expecting: 201, on: 1)
    try bench.post("/containers/c1/start", expecting: 204, on: 1)
    try bench.post("/swarm/leave", on: 1)
    let scopes = try bench.get("/networks", on: 1).array?.map { $0["Scope"].string ?? "" } ?? []
    #expect(!scopes.isEmpty && !scopes.contains("swarm"))
    #expect(try bench.get("/containers/c1/json", on: 1)["NetworkSettings"]["Networks"].text == "{}")
  }

  @Test("with verbose a network shows its services wherever their tasks run, also on a worker") func verbose() throws {
    var bench = try Bench.swarm(workers: 1)
    try bench.post("/networks/create", ["Name": "ov1", "Driver": "overlay"], expecting: 201)
    try bench.post(
      "/services/create",
      [
        "Name": "web", "TaskTemplate": ["ContainerSpec": ["Image": "lab/well"], "Networks": [["Target": "ov1"]]],
        "Mode": ["Global": [:]],
      ], expecting: 201)
    bench.lab.advance(by: .seconds(15))
    for node in 0...1 {
      let network = try bench.get("/networks/ov1?verbose=true", on: node)
      let service = network["Services"]["web"]
      #expect(service["VIP"] == "10.0.1.2" && service["Tasks"].array?.count == 2)
      let hosts = service["Tasks"].array?.map { $0["Info"]["Host IP"].string ?? "" }.sorted() ?? []
      #expect(hosts == ["192.168.99.100", "192.168.99.101"])
      #expect(network["Peers"].array?.count == 2)
      #expect(try bench.get("/networks/ov1", on: node)["Services"].isNull)
    }
  }

  @Test("local networks are made, joined, left, refused and pruned as Docker does it") func local() throws {
    var bench = Bench.plain()
    try bench.pull("busybox")
    try bench.post("/networks/create", ["Name": "local-net", "IPAM": ["Options": [:]]], expecting: 201)
    let id = try bench.run("c1", ["Image": "busybox", "Cmd": ["sleep", "99"]])
    try bench.post("/networks/local-net/connect", ["Container": "c1", "EndpointConfig": ["Aliases": ["x"]]])
    let seen = try bench.get("/networks/local-net")
    #expect(form(seen) == form(Recorded.answer("/networks/local-net")))
    #expect(seen["Containers"][id]["Name"] == "c1")
    #expect(form(try bench.get("/networks/bridge")) == form(Recorded.answer("/networks/bridge")))
    #expect(
      try bench.refusal("DELETE", "/networks/local-net").hasPrefix(
        "403 error while removing network: network local-net has active endpoints (name:\"c1\" id:\""))
    try bench.post("/networks/local-net/disconnect", ["Container": "c1"])
    #expect(
      try bench.refusal("DELETE", "/networks/bridge") == "403 bridge is a pre-defined network and cannot be removed")
    #expect(
      try bench.refusal("POST", "/networks/local-net/connect", ["Container": "nope"]) == "404 No such container: nope")
    #expect(
      try bench.refusal("POST", "/networks/create", ["Name": "n2", "Driver": "nope"]) == "404 plugin \"nope\" not found"
    )
    #expect(
      try bench.refusal("POST", "/networks/nope/disconnect", ["Container": "c1"]) == "404 network nope not found")
    #expect(try bench.post("/networks/prune")["NetworksDeleted"] == ["local-net"])
  }

  @Test("a manager's events tell of services, nodes and networks; a worker's do not") func swarmEvents() throws {
    var bench = try Bench.swarm(workers: 1)
    let stream = bench.open("GET", "/events?filters=%7B%22scope%22%3A%5B%22swarm%22%5D%7D")
    try bench.post(
      "/services/create",
      [
        "Name": "web", "TaskTemplate": ["ContainerSpec": ["Image": "lab/well"]],
        "Mode": ["Replicated": ["Replicas": 1]],
      ], expecting: 201)
    let service = try bench.get("/services/web")
    var spec = service["Spec"].fields ?? []
    spec.removeAll { $0.key == "Mode" }
    spec.append(JSON.Field("Mode", ["Replicated": ["Replicas": 3]]))
    let version = service["Version"]["Index"].int ?? 0
    try bench.post("/services/web/update?version=\(version)", .object(spec))
    let events = JSON.parseStream(bench.read(stream, for: .seconds(3)))
    #expect(events.first?["Action"] == "create" && events.first?["Type"] == "service")
    let scaled = events.first { !$0["Actor"]["Attributes"]["replicas.new"].isNull } ?? .null
    #expect(
      scaled["Actor"]["Attributes"].text == #"{"name":"web","replicas.new":"3","replicas.old":"1"}"#)
    let replayed = JSON.parseStream(try bench.ask("GET", "/events?since=-1&until=0.5").body)
    #expect(replayed.allSatisfy { $0["timeNano"].int ?? 0 > 0 })
    let all = try bench.ask("GET", "/events?since=-1&until=\(bench.lab.now.nanoseconds / 1_000_000_000)", on: 1)
    #expect(JSON.parseStream(all.body).allSatisfy { $0["scope"] == "local" })
  }
}
