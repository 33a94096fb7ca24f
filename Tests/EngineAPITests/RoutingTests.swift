import EngineAPI
import EngineTypes
import SimBase
import SwarmManager
import SwarmModel
import Testing

/// A request with a JSON body.
func post(_ target: String, _ body: String = "", method: String = "POST") -> EngineRequest {
  EngineRequest(
    method, target, headers: body.isEmpty ? [] : [HTTPHeader("Content-Type", "application/json")],
    body: Array(body.utf8))
}

/// What a request is refused with by any node, or by a manager; nil where it is not.
func refusal(_ request: EngineRequest) -> (status: Int, message: String)? {
  switch EngineRouter.route(request).call {
  case .answered(let answer) where answer.status >= 400:
    let message = try? JSON.parse(answer.rendered(with: .fixed).body)["message"].string
    return (answer.status, message ?? "?")
  case .managerRefusal(let error): return (error.status, error.message)
  default: return nil
  }
}

@Suite struct RoutingTests {
  @Test(
    "each route makes its call",
    arguments: [
      ("GET", "/_ping", "ping"), ("HEAD", "/_ping", "ping"), ("GET", "/v1.51/_ping", "ping"),
      ("GET", "/version", "version"), ("GET", "/info", "info"),
      ("GET", "/events", "system(EngineAPI.SystemCall.events"),
      ("GET", "/system/df?type=image", "diskUsage([EngineAPI.DiskUsageKind.image])"),
      ("POST", "/swarm/leave?force=1", "leave(force: true)"), ("GET", "/swarm", "ControlRequest.getCluster"),
      ("GET", "/swarm/unlockkey", "getUnlockKey"), ("GET", "/nodes", "listNodes"),
      ("GET", "/nodes/n1", #"getNode("n1")"#),
      ("DELETE", "/nodes/n1?force=true", #"removeNode("n1", force: true)"#), ("GET", "/services", "withStatus: false"),
      ("GET", "/services?status=T", "withStatus: true"), ("GET", "/v1.40/services?status=x", "withStatus: false"),
      ("GET", "/services/web?insertDefaults=True", #"getService("web", insertDefaults: true)"#),
      ("DELETE", "/services/web", #"removeService("web"), EngineAPI.ReplyShape.empty"#),
      ("GET", "/services/web/logs?stdout=1", #"service("web")"#), ("GET", "/tasks/t/logs?stderr=1", #"task("t")"#),
      ("GET", "/tasks", "listTasks"), ("GET", "/tasks/t", #"getTask("t")"#), ("GET", "/secrets", "listSecrets"),
      ("DELETE", "/secrets/s", #"removeSecret("s"), EngineAPI.ReplyShape.noContent"#),
      ("GET", "/configs/c", "getConfig"),
      ("GET", "/networks", "NetworkCall.list"), ("GET", "/networks/", "NetworkCall.list"),
      ("GET", "/networks/front?scope=swarm&verbose=1", #"inspect("front", scope: "swarm", isVerbose: true)"#),
      ("DELETE", "/networks/front", #"NetworkCall.remove("front")"#), ("POST", "/networks/prune", "NetworkCall.prune"),
      ("GET", "/containers/json?all=1&limit=3", "limit: 3"),
      ("GET", "/containers/a/json", #"inspect("a", withSize: false)"#),
      ("POST", "/containers/a/stop?t=3", #"stop("a", signal: nil, seconds: Optional(3))"#),
      ("POST", "/containers/a/wait?condition=next-exit", "WaitCondition.nextExit"),
      ("DELETE", "/containers/a?force=1&v=1", #"remove("a", force: true, volumes: true, link: false)"#),
      ("POST", "/containers/a/resize?h=24&w=80", #"resize("a", height: 24, width: 80)"#),
      ("HEAD", "/containers/a/archive?path=/etc", #"statPath("a", path: "/etc")"#),
      ("GET", "/containers/a/stats", "isStream: true"), ("GET", "/containers/a/stats?stream=0", "isStream: false"),
      ("GET", "/exec/e/json", #"ExecCall.inspect("e")"#), ("GET", "/images/json", "ImageCall.list"),
      (
        "GET", "/v1.51/images/10.0.0.1:5000/team/app:1/json",
        #"ImageCall.inspect("10.0.0.1:5000/team/app:1", platform: "")"#
      ),
      ("GET", "/distribution/10.0.0.1:5000/team/app:1/json", #"distribution("10.0.0.1:5000/team/app:1""#),
      ("POST", "/images/host:5000/bb/push?tag=1", #"push("host:5000/bb", tag: "1""#),
      ("POST", "/images/create?fromImage=h/bb&tag=1", #"name: "h/bb", tag: "1""#),
      ("DELETE", "/images/bb:1?force=1", #"remove("bb:1", force: true"#),
      ("GET", "/volumes/v", #"VolumeCall.inspect("v", knowsSwarm: true)"#),
      ("GET", "/nodes/a%20b", #"getNode("a b")"#),
    ])
  func table(method: String, target: String, call: String) {
    #expect("\(EngineRouter.route(EngineRequest(method, target)).call)".contains(call))
  }

  @Test(
    "an unknown path and a wrong method are the same",
    arguments: [
      ("GET", "/nonsense"), ("PUT", "/nodes"), ("POST", "/nodes/n1"), ("DELETE", "/info"), ("GET", "/nodes/"),
      ("GET", "/services/a/b"), ("GET", "/v1.51"), ("GET", "/"), ("GET", "/images//json"), ("GET", "/vx/info"),
    ])
  func notFound(method: String, target: String) {
    guard case .answered(let answer) = EngineRouter.route(EngineRequest(method, target)).call else {
      Issue.record("\(target) has a route")
      return
    }
    if target.contains("//") {
      #expect(answer.status == 301 && answer.header("Location") == "/images/json")
    } else {
      #expect(answer.status == 404)
      #expect(answer.headers == [HTTPHeader("Content-Type", "application/json")])
      #expect(
        String(decoding: answer.rendered(with: .fixed).body, as: UTF8.self) == "{\"message\":\"page not found\"}\n")
    }
  }

  @Test("any path may be asked for its options") func options() {
    guard case .answered(let answer) = EngineRouter.route(EngineRequest("OPTIONS", "/what/ever")).call else {
      Issue.record("no answer")
      return
    }
    #expect(answer.status == 200 && answer.body.isEmpty)
  }

  @Test("versions have limits, and an error of theirs lacks one header") func versions() {
    #expect(
      refusal(EngineRequest("GET", "/v1.99/info"))?.message
        == "client version 1.99 is too new. Maximum supported API version is 1.51")
    guard case .answered(let old) = EngineRouter.route(EngineRequest("GET", "/v1.10/info")).call else {
      Issue.record("no answer")
      return
    }
    // Clients that old read plain text.
    #expect(old.status == 400 && old.header("Content-Type") == "text/plain; charset=utf-8")
    #expect(
      String(decoding: old.rendered(with: .fixed).body, as: UTF8.self)
        == "client version 1.10 is too old. Minimum supported API version is 1.24, "
        + "please upgrade your client to a newer version\n")
    for version in ["1.24", "1.9999999999999999999999", "1.51", "1.51.0"] {
      #expect((refusal(EngineRequest("GET", "/v\(version)/info")) == nil) == (version != "1.9999999999999999999999"))
    }
    guard case .answered(let answer) = EngineRouter.route(EngineRequest("GET", "/v1.99/info")).call else {
      Issue.record("no answer")
      return
    }
    #expect(answer.headers.map(\.name) == ["Api-Version", "Content-Type", "Ostype", "Server"])
  }

  @Test("every answer has the engine's headers in order; a ping has more") func headers() {
    let plain = EngineAnswer.refusal(.notInSwarm)
    #expect(
      plain.headers == [
        HTTPHeader("Api-Version", "1.51"), HTTPHeader("Content-Type", "application/json"),
        HTTPHeader("Docker-Experimental", "false"), HTTPHeader("Ostype", "linux"),
        HTTPHeader("Server", "Docker/28.5.2 (linux)"),
      ])
    var info = EngineSwarmInfo()
    #expect(info.pingWord == "inactive")
    info.state = .active
    #expect(info.pingWord == "active/worker")
    info.isManager = true
    let ping = EngineAnswer.ping(swarm: info.pingWord, isHead: true)
    #expect(ping.header("Swarm") == "active/manager" && ping.body.isEmpty)
    #expect(ping.header("Cache-Control") == "no-cache, no-store, must-revalidate")
    #expect(ping.headers.map(\.name) == ping.headers.map(\.name).sorted())
    #expect(EngineAnswer.empty(204).header("Content-Type") == nil)
    #expect(EngineAnswer.refusal(APIError(.notModified, "")).body.isEmpty)
  }

  @Test(
    "bodies need their content type and must be one JSON document",
    arguments: [
      (
        "application/x-www-form-urlencoded", "a=b",
        "unsupported Content-Type header (application/x-www-form-urlencoded): must be 'application/json'"
      ),
      ("", "{}", "malformed Content-Type header (): mime: no media type"),
      ("application/json", "{", "invalid JSON: unexpected EOF"),
      ("application/json; charset=utf-8", " \n", "invalid JSON: got EOF while reading request body"),
      ("application/json", "{} {}", "unexpected content after JSON"),
      (
        "application/json", "[]",
        "invalid JSON: json: cannot unmarshal array into Go value of type swarm.SecretSpec"
      ),
      (
        "application/json", #"{"name":1}"#,
        "invalid JSON: json: cannot unmarshal number into Go struct field SecretSpec.Name of type string"
      ),
      (
        "application/json", #"{"data":"aaaaa!"}"#,
        "invalid JSON: json: cannot unmarshal string into Go struct field SecretSpec.Data of type []uint8: "
          + "illegal base64 data at input byte 5"
      ),
      (
        "application/json", #"{"labels":{"a":1}}"#,
        "invalid JSON: json: cannot unmarshal number into Go struct field SecretSpec.Labels.a of type string"
      ),
      (
        "application/json", "{'a':1}",
        #"invalid JSON: invalid character '\'' looking for beginning of object key string"#
      ),
    ])
  func bodies(type: String, body: String, message: String) {
    let request = EngineRequest(
      "POST", "/secrets/create", headers: type.isEmpty ? [] : [HTTPHeader("content-type", type)],
      body: Array(body.utf8))
    #expect(refusal(request)?.status == 400)
    #expect(refusal(request)?.message == message)
  }

  @Test(
    "numbers and truths of queries are refused in Go's words",
    arguments: [
      (
        "POST", "/services/a/update",
        #"invalid service version '': strconv.ParseUint: parsing "": invalid syntax"#
      ),
      (
        "POST", "/nodes/a/update?version=-1",
        #"invalid node version '-1': strconv.ParseUint: parsing "-1": invalid syntax"#
      ),
      (
        "POST", "/swarm/update?version=99999999999999999999",
        "invalid swarm version '99999999999999999999': strconv.ParseUint: parsing \"99999999999999999999\": "
          + "value out of range"
      ),
      ("POST", "/secrets/a/update?version=x", "invalid secret version"),
      ("POST", "/configs/a/update", "invalid config version"),
      ("POST", "/swarm/update?version=1&rotateWorkerToken=yes", "invalid value for rotateWorkerToken: yes"),
      (
        "GET", "/services?status=yes",
        #"invalid value for status: yes: strconv.ParseBool: parsing "yes": invalid syntax"#
      ),
      ("POST", "/containers/a/wait?condition=foo", #"invalid condition: "foo""#),
      ("GET", "/system/df?type=foo", "unknown object type: foo"),
      ("GET", "/containers/a/logs", "Bad parameters: you must choose at least one stream"),
      ("GET", "/events?since=5&until=1", "`since` time (5) cannot be after `until` time (1)"),
      ("POST", "/containers/create", "invalid JSON: got EOF while reading request body"),
      ("POST", "/containers/a/exec", "No exec command specified"),
    ])
  func queries(method: String, target: String, message: String) {
    let found = refusal(EngineRequest(method, target))
    #expect(found?.message == message)
    #expect(found?.status == 400)
  }

  @Test("a service's logs without a stream are a server's error") func serviceLogs() throws {
    let found = refusal(EngineRequest("GET", "/services/a/logs"))
    #expect(found?.status == 500)
    #expect(found?.message == "Bad parameters: you must choose at least one stream")
    func options(_ tail: String) -> LogOptions? {
      guard
        case .swarmLogs(let call) =
          EngineRouter.route(EngineRequest("GET", "/services/a/logs?stdout=1&tail=\(tail)&since=12.5")).call
      else { return nil }
      return call.options
    }
    let odd = try #require(options("x"))
    #expect(throws: APIError(.system, "tail value must be a positive integer or \"all\"")) { try odd.checkTail() }
    #expect(throws: APIError(.system, "negative tail values not supported")) { try options("-1")?.checkTail() }
    let ten = try #require(options("10"))
    try ten.checkTail()
    #expect(ten.lineLimit == 10 && ten.since == .zero + .milliseconds(12_500))
    #expect(options("all")?.lineLimit == nil)
  }

  @Test(
    "loose truths deny with few words",
    arguments: [
      ("", false), ("0", false), ("No", false), ("%20false", false), ("NONE", false), ("1", true), ("off", true),
      ("False", false), ("True", true),
    ])
  func looseTruths(word: String, isTrue: Bool) {
    guard case .swarm(.leave(let force)) = EngineRouter.route(EngineRequest("POST", "/swarm/leave?force=\(word)")).call
    else {
      Issue.record("no leave")
      return
    }
    #expect(force == isTrue)
  }

  @Test("a refusal of a conversion is a manager's: other nodes say that they are none") func managersRefusal() {
    let request = post("/nodes/n1/update?version=1", #"{"Role":"boss","Availability":"active"}"#)
    guard case .managerRefusal(let error) = EngineRouter.route(request).call else {
      Issue.record("not a manager's refusal")
      return
    }
    #expect(error.message == #"invalid Role: "boss""#)
  }
}

/// Source: moby/moby `daemon/internal/filters`, `daemon/cluster/filters.go`.
@Suite struct FilterArgumentTests {
  private func listed(_ target: String, _ filters: String) -> EngineRequest {
    let encoded = Array(filters.utf8).map { byte in
      let digits = String(byte, radix: 16, uppercase: true)
      return "%" + (digits.count < 2 ? "0" : "") + digits
    }
    return EngineRequest("GET", "\(target)?filters=\(encoded.joined())")
  }

  @Test(
    "both encodings say the same, and a false entry counts",
    arguments: [
      #"{"label":{"a=b":true,"c":false},"name":{"x":true}}"#, #"{"label": ["a=b", "c"], "name": ["x"]}"#,
    ])
  func encodings(text: String) throws {
    let arguments = try FilterArguments(text)
    #expect(arguments.labels("label") == ["a": "b", "c": ""])
    #expect(arguments["name"] == ["x"] && arguments.names == ["label", "name"])
  }

  @Test("what is no filter is refused", arguments: ["x", "[]", #"{"a":1}"#, #"{"a":[1]}"#, #"{"a":{"b":"c"}}"#])
  func undecodable(text: String) {
    #expect(refusal(listed("/nodes", text))?.message == "invalid filter")
  }

  @Test("blanks come as plus signs too") func plus() {
    guard
      case .control(.listServices(let filter, _), _) =
        EngineRouter.route(EngineRequest("GET", "/services?filters=%7B%22name%22%3A+%5B%22a%22%5D%7D")).call
    else {
      Issue.record("no list")
      return
    }
    #expect(filter.namePrefixes == ["a"])
  }

  @Test(
    "names and words that a list does not know are refused",
    arguments: [
      ("/nodes", #"{"mode":["x"]}"#, 400, "invalid filter 'mode'"),
      ("/nodes", #"{"role":["foo"]}"#, 500, "Invalid role filter: 'foo'"),
      ("/nodes", #"{"membership":["x"]}"#, 500, "Invalid membership filter: 'x'"),
      ("/tasks", #"{"desired-state":["foo"]}"#, 500, "Invalid desired-state filter: 'foo'"),
      ("/services", #"{"role":["x"]}"#, 400, "invalid filter 'role'"),
      ("/secrets", #"{"driver":["x"]}"#, 400, "invalid filter 'driver'"),
      ("/configs", #"{"names":["x"]}"#, 400, "invalid filter 'names'"),
      ("/networks", #"{"type":["x"]}"#, 500, "invalid filter: 'type'='x'"),
      (
        "/containers/json", #"{"status":["foo"]}"#, 400,
        "invalid filter 'status=foo': invalid value for state (foo): must be one of created, running, paused, "
          + "restarting, removing, exited, dead"
      ),
      ("/volumes", #"{"dangling":["maybe"]}"#, 400, "invalid filter 'dangling=[maybe]'"),
    ])
  func unknown(target: String, filters: String, status: Int, message: String) {
    let found = refusal(listed(target, filters))
    #expect(found?.status == status)
    #expect(found?.message == message)
  }

  @Test("filters reach the control API decoded") func decoded() {
    let text = #"{"desired-state":["RUNNING"],"service":["web"],"node":["n"],"_up-to-date":["true"],"label":["a=b=c"]}"#
    guard case .control(.listTasks(let filter), _) = EngineRouter.route(listed("/tasks", text)).call else {
      Issue.record("no list")
      return
    }
    #expect(filter.desiredStates == [.running] && filter.services == ["web"] && filter.nodes == ["n"])
    #expect(filter.isUpToDate && filter.labels == ["a": "b=c"] && filter.runtimes == ["container", ""])
    guard
      case .control(.listNodes(let nodes), _) =
        EngineRouter.route(listed("/nodes", #"{"role":["Manager"],"node.label":["z"]}"#)).call
    else {
      Issue.record("no list")
      return
    }
    #expect(nodes.roles == [.manager] && nodes.nodeLabels == ["z": ""])
  }

  @Test("networks are filtered by parts of names, by type, scope, label and use") func networks() throws {
    func admits(_ filters: String, _ change: (inout NetworkView) -> Void = { _ in }) -> Bool {
      guard case .network(.list(let filter)) = EngineRouter.route(listed("/networks", filters)).call else {
        return false
      }
      var view = NetworkView()
      view.name = "frontend"
      view.driver = "overlay"
      view.scope = "swarm"
      view.labels = ["tier": "front"]
      change(&view)
      return filter.admits(view)
    }
    #expect(admits(#"{"name":["ont"]}"#) && !admits(#"{"name":["back"]}"#))
    #expect(admits(#"{"driver":["overlay"],"scope":["swarm"]}"#) && !admits(#"{"scope":["local"]}"#))
    #expect(admits(#"{"type":["custom"]}"#) && !admits(#"{"type":["builtin"]}"#))
    #expect(admits(#"{"type":["builtin"]}"#) { $0.name = "bridge" })
    #expect(admits(#"{"label":["tier=front"]}"#) && !admits(#"{"label":["tier=front","x"]}"#))
    #expect(admits(#"{"dangling":["true"]}"#) && !admits(#"{"dangling":["false"]}"#))
    #expect(!admits(#"{"dangling":["true"]}"#) { $0.name = "host" })
    #expect(admits(#"{"dangling":["false"]}"#) { $0.name = "host" })
  }
}
