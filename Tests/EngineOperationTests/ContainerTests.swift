import EngineTypes
import Lab
import SimBase
import Testing

/// The lists that the command line always sends, and that a recorded answer shows as empty ones.
private let unsaid: [JSON.Field] = [
  "Dns", "DnsOptions", "DnsSearch", "BlkioWeightDevice", "BlkioDeviceReadBps", "BlkioDeviceWriteBps",
  "BlkioDeviceReadIOps", "BlkioDeviceWriteIOps", "Devices", "Ulimits",
].map { JSON.Field($0, []) }

private let sleeper: JSON = [
  "Image": "busybox", "Cmd": ["sleep", "100000"], "Env": ["X=y"], "Labels": ["l": "1"],
  "ExposedPorts": ["80/tcp": [:]],
  "HostConfig": .object(
    unsaid + [
      JSON.Field("NetworkMode", "local-net"), JSON.Field("Binds", ["data:/data"]),
      JSON.Field("RestartPolicy", ["Name": "unless-stopped"]),
      JSON.Field("PortBindings", ["80/tcp": [["HostPort": "18080"]]]),
    ]),
  "NetworkingConfig": ["EndpointsConfig": ["local-net": ["Aliases": ["box"]]]],
]
private let printer: JSON = [
  "Image": "busybox", "Cmd": ["sh", "-c", "echo out; echo err >&2; exit 3"], "AttachStdout": true, "AttachStderr": true,
  "HostConfig": .object(unsaid + [JSON.Field("PortBindings", [:])]),
]

private func boxes() throws -> Bench {
  var bench = Bench.plain()
  try bench.pull("busybox")
  try bench.post("/networks/create", ["Name": "local-net", "IPAM": ["Options": [:]]], expecting: 201)
  try bench.run("plain-box", sleeper)
  try bench.run("done-box", printer)
  bench.lab.advance(by: .seconds(12))
  return bench
}

@Suite struct ContainerTests {
  @Test("inspecting shows the fields that a real engine shows, in its order") func inspect() throws {
    var bench = try boxes()
    for name in ["plain-box", "done-box"] {
      let path = "/containers/\(name)/json"
      let (ours, theirs) = (try bench.get(path), Recorded.answer(path))
      #expect(form(ours) == form(theirs), "\(name)")
    }
    let box = try bench.get("/containers/plain-box/json")
    let network = box["NetworkSettings"]["Networks"]["local-net"]
    #expect(network["DNSNames"].array?.prefix(2) == ["plain-box", "box"])
    #expect(network["IPAddress"] == "172.18.0.2")
    #expect(
      box["NetworkSettings"]["Ports"].text
        == #"{"80/tcp":[{"HostIp":"0.0.0.0","HostPort":"18080"},{"HostIp":"::","HostPort":"18080"}]}"#)
    #expect(box["Mounts"][0]["Source"] == "/var/lib/docker/volumes/data/_data")
  }

  @Test("lists that a client leaves out are shown as null, and those that it sends empty as empty") func leftOut()
    throws
  {
    var bench = Bench.plain()
    try bench.pull("busybox")
    try bench.post("/containers/create?name=bare", ["Image": "busybox"], expecting: 201)
    try bench.post("/containers/create?name=full", ["Image": "busybox", "HostConfig": .object(unsaid)], expecting: 201)
    for key in ["Dns", "DnsSearch", "BlkioDeviceReadBps", "Devices", "Ulimits"] {
      #expect(try bench.get("/containers/bare/json")["HostConfig"][key].isNull, "\(key)")
      #expect(try bench.get("/containers/full/json")["HostConfig"][key] == [], "\(key)")
    }
  }

  @Test("a list shows the fields that a real engine shows, newest first") func list() throws {
    var bench = try boxes()
    let listed = try bench.get("/containers/json?all=1&size=1")
    let recorded = Recorded.answer("/containers/json?all=1&size=1")
    #expect(listed.array?.map { $0["Names"][0].string } == ["/done-box", "/plain-box"])
    #expect(form(listed[0]) == form(recorded[0]))
    #expect(form(listed[1]) == form(recorded[1]))
    #expect(listed[0]["Command"] == "sh -c 'echo out; echo err >&2; exit 3'")
    #expect(listed[0]["Status"].string?.hasPrefix("Exited (3) 1") == true)
    #expect(listed[1]["Status"].string?.hasPrefix("Up 1") == true)
    #expect(listed[1]["HostConfig"]["NetworkMode"] == "local-net")
  }

  @Test(
    "filters of the list",
    arguments: [
      (#"{"status":["exited"]}"#, ["/done-box"]), (#"{"name":["^/?plain"]}"#, ["/plain-box"]),
      (#"{"exited":["3"]}"#, ["/done-box"]), (#"{"exited":["0"]}"#, []), (#"{"label":["l=1"]}"#, ["/plain-box"]),
      (#"{"network":["local-net"]}"#, ["/plain-box"]), (#"{"volume":["data"]}"#, ["/plain-box"]),
      (#"{"ancestor":["busybox"]}"#, ["/done-box", "/plain-box"]), (#"{"before":["done-box"]}"#, ["/plain-box"]),
      (#"{"since":["plain-box"]}"#, ["/done-box"]), (#"{"health":["none"]}"#, ["/done-box", "/plain-box"]),
      (#"{"publish":["80"]}"#, []), (#"{"publish":["18080"]}"#, ["/plain-box"]), (#"{"is-task":["true"]}"#, []),
    ])
  func filters(filter: String, names: [String]) throws {
    var bench = try boxes()
    let encoded = filter.utf8.map { "%" + hexText([$0]) }.joined()
    let listed = try bench.get("/containers/json?all=1&filters=\(encoded)")
    #expect(listed.array?.compactMap { $0["Names"][0].string } == names)
  }

  @Test("only running containers are listed without `all`, and a limit counts the newest") func limits() throws {
    var bench = try boxes()
    #expect(try bench.get("/containers/json").array?.count == 1)
    #expect(try bench.get("/containers/json?limit=1").array?.map { $0["Names"][0].string } == ["/done-box"])
  }

  @Test("top and stats have a real engine's fields") func use() throws {
    var bench = try boxes()
    let top = try bench.get("/containers/plain-box/top")
    #expect(form(top) == form(Recorded.answer("/containers/plain-box/top")))
    #expect(top["Titles"] == Recorded.answer("/containers/plain-box/top")["Titles"])
    #expect(top["Processes"][0][4] == "00:00" && top["Processes"][0][7] == "sleep 100000")
    let path = "/containers/plain-box/stats?stream=false&one-shot=true"
    #expect(form(try bench.get(path)) == form(Recorded.answer(path)))
    let two = try bench.get("/containers/plain-box/stats?stream=false")
    #expect(two["name"] == "/plain-box" && two["preread"] != "0001-01-01T00:00:00Z")
    let spent = (two["cpu_stats"], two["precpu_stats"])
    #expect(spent.0["cpu_usage"]["total_usage"].int ?? 0 > spent.1["cpu_usage"]["total_usage"].int ?? 0)
    let stream = bench.open("GET", "/containers/plain-box/stats")
    #expect(JSON.parseStream(bench.read(stream, for: .milliseconds(3_500))).count == 4)
  }

  @Test("logs come line by line in frames, with timestamps if asked for, and with a tail") func logs() throws {
    var bench = try boxes()
    let both = try bench.ask("GET", "/containers/done-box/logs?stdout=1&stderr=1")
    #expect(both.header("Content-Type") == "application/vnd.docker.multiplexed-stream")
    #expect(frames(both.body).sorted() == ["1 out\n", "2 err\n"])
    let errors = try bench.ask("GET", "/containers/done-box/logs?stderr=1&timestamps=1&details=1")
    let line = try #require(frames(errors.body).first)
    #expect(line.hasPrefix("2 2026-01-01T00:00:0") && line.hasSuffix("Z  err\n"))
    #expect(frames(try bench.ask("GET", "/containers/done-box/logs?stdout=1&stderr=1&tail=1").body).count == 1)
  }

  @Test("followed logs go on until the container ends") func following() throws {
    var bench = Bench.plain()
    try bench.pull("lab/chatty")
    try bench.run("c1", ["Image": "lab/chatty"])
    let stream = bench.open("GET", "/containers/c1/logs?stdout=1&follow=1&tail=0")
    #expect(frames(bench.read(stream, for: .milliseconds(2_500))).count >= 2)
    try bench.post("/containers/c1/kill", expecting: 204)
    _ = bench.read(stream, for: .seconds(1))
    #expect(bench.lab.hasEnded(stream))
  }

  @Test("wait answers its head at once and the exit code when the container ends") func wait() throws {
    var bench = Bench.plain()
    try bench.pull("busybox")
    try bench.post("/containers/create?name=w1", ["Image": "busybox", "Cmd": ["sh", "-c", "exit 3"]], expecting: 201)
    let wait = bench.open("POST", "/containers/w1/wait?condition=next-exit")
    #expect(bench.lab.head(of: wait, by: bench.lab.now)?.status == 200)
    #expect(bench.read(wait, for: .milliseconds(100)).isEmpty)
    try bench.post("/containers/w1/start", expecting: 204)
    #expect(String(decoding: bench.read(wait, for: .seconds(2)), as: UTF8.self) == "{\"StatusCode\":3}\n")
    let again = try bench.ask("POST", "/containers/w1/wait")
    #expect(String(decoding: again.body, as: UTF8.self) == "{\"StatusCode\":3}\n")
  }

  @Test("start, stop, kill, pause and remove answer as Docker does, redundant or refused") func life() throws {
    var bench = try boxes()
    #expect(try bench.refusal("POST", "/containers/plain-box/start") == "304 ")
    #expect(try bench.refusal("POST", "/containers/done-box/stop") == "304 ")
    let id = try bench.get("/containers/done-box/json")["Id"].string ?? ""
    #expect(
      try bench.refusal("POST", "/containers/done-box/kill")
        == "409 cannot kill container: done-box: container \(id) is not running")
    #expect(
      try bench.refusal("DELETE", "/containers/plain-box")
        == "409 cannot remove container \"plain-box\": container is running: stop the container before removing or "
        + "force remove")
    try bench.post("/containers/plain-box/pause", expecting: 204)
    #expect(try bench.get("/containers/json")[0]["Status"].string?.hasSuffix("(Paused)") == true)
    try bench.post("/containers/plain-box/unpause", expecting: 204)
    try bench.post("/containers/plain-box/rename?name=other", expecting: 204)
    let before = bench.lab.now
    try bench.post("/containers/other/stop?t=2", expecting: 204)
    #expect(bench.lab.now - before >= .seconds(2), "sleep does not hear SIGTERM as a first process")
    try bench.post("/containers/other/restart?t=0", expecting: 204)
    #expect(try bench.get("/containers/other/json")["State"]["Running"] == true)
    #expect(try bench.refusal("DELETE", "/containers/other?force=1") == "204 ")
    #expect(try bench.refusal("GET", "/containers/other/json") == "404 No such container: other")
    #expect(try bench.post("/containers/prune")["ContainersDeleted"].array?.count == 1)
    #expect(try bench.post("/containers/prune")["ContainersDeleted"].isNull)
  }

  @Test("creating refuses what Docker refuses") func refusals() throws {
    var bench = try boxes()
    let id = try bench.get("/containers/plain-box/json")["Id"].string ?? ""
    #expect(
      try bench.refusal("POST", "/containers/create?name=plain-box", ["Image": "busybox:latest"])
        == "409 Conflict. The container name \"/plain-box\" is already in use by container \"\(id)\". You have to remove "
        + "(or rename) that container to be able to reuse that name.")
    #expect(
      try bench.refusal("POST", "/containers/create", ["Image": "nothere:1"]) == "404 No such image: nothere:1")
    #expect(
      try bench.refusal("POST", "/containers/create", ["image": "busybox", "tty": "yes"])
        == "400 invalid JSON: json: cannot unmarshal string into Go struct field .Tty of type bool")
    try bench.post(
      "/containers/create?name=bad", ["Image": "busybox", "Cmd": ["nosuch"]], expecting: 201)
    #expect(
      try bench.refusal("POST", "/containers/bad/start").hasSuffix(
        #"exec: "nosuch": executable file not found in $PATH"#))
  }

  @Test("limits and policy can be updated, other settings stay") func update() throws {
    var bench = try boxes()
    try bench.post("/containers/plain-box/update", ["Memory": 67_108_864, "RestartPolicy": ["Name": "always"]])
    let host = try bench.get("/containers/plain-box/json")["HostConfig"]
    #expect(host["Memory"] == 67_108_864 && host["RestartPolicy"]["Name"] == "always")
    #expect(host["Binds"] == ["data:/data"])
  }
}
