import EngineTypes
import Lab
import Shell
import SimBase
import SimKernel
import Testing

@testable import EngineAPI

@Suite struct MadeImageTests {
  private static func archive(_ files: [(String, String)]) -> [UInt8] {
    var archive = TapeArchive()
    for (path, text) in files {
      archive.add(TapeArchive.Item(path: path, kind: .file(Array(text.utf8)), mode: 0o644))
    }
    return archive.bytes
  }

  private static func send(
    _ bench: inout Bench, _ target: String, _ body: [UInt8], on node: Int = 0
  ) throws -> [JSON] {
    let headers = [HTTPHeader("Content-Type", "application/x-tar")]
    let answer = try bench.lab.send(
      EngineRequest("POST", "/v1.51" + target, headers: headers, body: body), to: HostID(node))
    #expect(answer.status == 200, "\(String(decoding: answer.body, as: UTF8.self))")
    return JSON.parseStream(answer.body)
  }

  private static func output(_ bench: inout Bench, _ image: String, _ command: JSON = .null, on node: Int = 0) throws
    -> String
  {
    var config: JSON = ["Image": .string(image)]
    if !command.isNull { config = ["Image": .string(image), "Cmd": command] }
    let id = try bench.post("/containers/create", config, expecting: 201, on: node)["Id"].string ?? ""
    try bench.post("/containers/\(id)/start", expecting: 204, on: node)
    try bench.post("/containers/\(id)/wait", on: node)
    return frames(try bench.ask("GET", "/containers/\(id)/logs?stdout=1&stderr=1", on: node).body).joined()
  }

  @Test("a build tells its steps, makes what they ask for, and finds them again") func building() throws {
    var bench = Bench.plain()
    try bench.pull("busybox")
    let file = "FROM busybox\nENV WHO=me\nCOPY a /b\nRUN echo $WHO >> /b\nCMD cat /b\n"
    let context = Self.archive([("Dockerfile", file), ("a", "hello\n")])
    let told = try Self.send(&bench, "/build?t=one", context)
    let text = told.compactMap { $0["stream"].string }.joined()
    #expect(text.hasPrefix("Step 1/5 : FROM busybox\n ---> "))
    #expect(text.includes("Step 5/5 : CMD cat /b\n ---> Running in "))
    #expect(text.hasSuffix("Successfully tagged one:latest\n"))
    let id = told.compactMap { $0["aux"]["ID"].string }.last
    #expect(try bench.get("/images/one/json")["Id"].string == id)
    #expect(try Self.output(&bench, "one") == "1 hello\n1 me\n")
    let again = try Self.send(&bench, "/build?t=two", context)
    #expect(again.count { $0["stream"] == " ---> Using cache\n" } == 4)
    #expect(again.compactMap { $0["aux"]["ID"].string }.last == id)
    // Steps on the way are images, too, and hidden.
    #expect(try bench.get("/images/json").array?.count == 2)
    #expect(try bench.get("/images/json?all=1").array?.count == 5)
    let other = try Self.send(&bench, "/build?cachefrom=%5B%22nosuch%22%5D", context)
    #expect(!other.contains { $0["stream"] == " ---> Using cache\n" })
  }

  @Test("a command that fails ends its build with its code, and its container stays") func failing() throws {
    var bench = Bench.plain()
    let context = Self.archive([("Dockerfile", "FROM busybox\nRUN echo no >&2; exit 3\n")])
    let told = try Self.send(&bench, "/build", context)
    #expect(told.contains { $0["status"] == "Pulling from library/busybox" })
    #expect(told.contains { $0["stream"] == "\u{1B}[91mno\n\u{1B}[0m" })
    let error = try #require(told.last)
    #expect(error["error"] == "The command '/bin/sh -c echo no >&2; exit 3' returned a non-zero code: 3")
    #expect(error["errorDetail"]["code"] == 3)
    #expect(try bench.get("/containers/json?all=1").array?.count == 1)
    #expect(try Self.send(&bench, "/build?q=1&forcerm=1&nocache=1", context).count > 3)
    #expect(try bench.get("/containers/json?all=1").array?.count == 1)
  }

  @Test("what is saved on one engine is loaded by another, behaviour included") func carrying() throws {
    var bench = Bench.plain(2)
    try bench.pull("nginx")
    let context = Self.archive([("Dockerfile", "FROM nginx\nCOPY page /page\n"), ("page", "mine")])
    _ = try Self.send(&bench, "/build?t=web", context)
    let saved = try bench.ask("GET", "/images/get?names=web&names=nginx").body
    let told = try Self.send(&bench, "/images/load", saved, on: 1)
    #expect(told.compactMap { $0["stream"].string } == ["Loaded image: web:latest\n", "Loaded image: nginx:latest\n"])
    for name in ["web", "nginx"] {
      let here = try bench.get("/images/\(name)/json")
      let there = try bench.get("/images/\(name)/json", on: 1)
      #expect(here["Id"] == there["Id"] && here["RootFS"] == there["RootFS"] && here["Config"] == there["Config"])
    }
    #expect(try Self.output(&bench, "web", ["cat", "/page"], on: 1) == "1 mine")
    // Every layer is named by the digest of its bytes, as an engine that checks will want it.
    let items = try #require(TapeArchive(saved)).items
    for item in items where item.path.hasPrefix("/blobs/sha256/") {
      guard case .file(let bytes) = item.kind else { continue }
      #expect(item.path.hasSuffix(hexText(SHA256.digest(bytes))))
    }
  }

  @Test("a registry in the swarm keeps what is pushed to it, for every node") func registry() throws {
    var bench = try Bench.swarm(workers: 1)
    try bench.pull("busybox")
    _ = try Self.send(
      &bench, "/build?t=localhost:5000/mine", Self.archive([("Dockerfile", "FROM busybox\nRUN echo 1 > /f\n")]))
    let refused = JSON.parseStream(try bench.ask("POST", "/images/localhost:5000/mine/push").body)
    #expect(
      refused.last?["error"] == "Get \"http://localhost:5000/v2/\": dial tcp [::1]:5000: connect: connection refused")
    let ports: JSON = [["Protocol": "tcp", "TargetPort": 5_000, "PublishedPort": 5_000, "PublishMode": "ingress"]]
    let spec: JSON = [
      "Name": "registry", "TaskTemplate": ["ContainerSpec": ["Image": "registry:2"]], "EndpointSpec": ["Ports": ports],
    ]
    try bench.post("/services/create", spec, expecting: 201)
    bench.lab.advance(by: .seconds(20))
    let pushed = JSON.parseStream(try bench.ask("POST", "/images/localhost:5000/mine/push").body)
    #expect(pushed.count { $0["status"] == "Pushed" } == 2)
    let digest = try #require(pushed.last?["aux"]["Digest"].string)
    let again = JSON.parseStream(try bench.ask("POST", "/images/localhost:5000/mine/push").body)
    #expect(again.count { $0["status"] == "Layer already exists" } == 2)
    #expect(try bench.get("/distribution/localhost:5000/mine/json")["Descriptor"]["digest"].string == digest)
    try bench.pull("localhost:5000/mine", on: 1)
    #expect(try Self.output(&bench, "localhost:5000/mine", ["cat", "/f"], on: 1) == "1 1\n")
    #expect(
      try bench.refusal("POST", "/images/create?fromImage=localhost:5000/other&tag=x", on: 1)
        == "404 manifest for localhost:5000/other:x not found: manifest unknown: manifest unknown")
  }
}
