import EngineTypes
import SimBase
import Testing

@testable import EngineServer

@Suite struct ControlTests {
  @Test("three days pass in one answer, and what was made before is three days old by the laptop's clock")
  func advance() throws {
    let lab = try TestLab()
    let made = try lab.onLoop { $0.world.now() }
    let clock = try lab.control("POST", "/clock/advance", ["for": "3d"])
    #expect(clock.status == 200)
    #expect(try lab.onLoop { $0.world.now() } == made + .hours(72))
    let epoch = try lab.onLoop { $0.epoch }
    #expect(lab.clock.date - epoch.date(made) == .hours(72))
    #expect(try lab.client().send(EngineRequest("GET", "/date")).text == "\(lab.clock.date.unixNanoseconds)")
  }

  @Test("hanging up ends an advance where it has got to; status answers meanwhile")
  func interruptedAdvance() throws {
    let lab = try TestLab()
    let events = try lab.client().open(EngineRequest("GET", "/events"))  // A tick a second makes the way long.
    let request = EngineRequest(
      "POST", "/clock/advance", headers: [HTTPHeader("Host", "swarmlab")], body: Array(#"{"for":"30000d"}"#.utf8))
    let connection = try SocketConnection(to: SocketAddressText("unix://" + lab.folder.sockets.control))
    try connection.write(
      Array("POST /clock/advance HTTP/1.1\r\nHost: swarmlab\r\nContent-Length: \(request.body.count)\r\n\r\n".utf8)
        + request.body)
    var status = try lab.control("GET", "/clock")
    while status.document["advancingTo"].isNull { status = try lab.control("GET", "/clock") }
    connection.hangUp()
    while !(try lab.control("GET", "/clock").document["advancingTo"].isNull) {}
    #expect(try lab.onLoop { $0.world.now() } < .zero + .hours(24 * 30_000))
    events.close()
  }

  @Test("a paused clock stands, a wait on it is refused, and a step moves it by one event")
  func pause() throws {
    let lab = try TestLab()
    let events = try lab.client().open(EngineRequest("GET", "/events"))
    #expect(try lab.control("POST", "/clock/pause").document["paused"] == true)
    let paused = try lab.onLoop { $0.world.now() }
    try lab.pass(.seconds(60))
    #expect(try lab.onLoop { $0.world.now() } == paused)
    let wait = try lab.control("POST", "/wait", ["for": "1s"])
    #expect(wait.status == 409)
    #expect(wait.document["message"].string?.includes("clock resume") == true)
    #expect(try lab.control("POST", "/clock/step").status == 200)
    #expect(try lab.onLoop { $0.world.now() } == paused + .seconds(1))
    #expect(try lab.control("POST", "/clock/resume").document["paused"] == false)
    events.close()
  }

  @Test("what swarmlab itself does wrong is in the log once, loudly, and in the lab's status from then on")
  func bugs() throws {
    let lab = try TestLab()
    #expect(try lab.control("GET", "/status").document["bugs"].array?.isEmpty == true)
    let log = Log()
    try lab.onLoop { $0.tellBug = { log.lines.append($0) } }
    #expect(try lab.control("POST", "/chaos", ["words": ["misdo", "node1"]]).status == 200)
    for _ in 0..<2 {
      let bugs = try lab.control("GET", "/status").document["bugs"].array?.compactMap(\.string)
      #expect(bugs == ["node1: scheduler, task a: it gives no addresses"])
    }
    let lines = try lab.onLoop { _ in log.lines }
    #expect(
      lines.count == 1 && lines[0].includes("a fault of swarmlab's") && lines[0].includes("it gives no addresses"))
  }

  private final class Log: @unchecked Sendable { var lines: [String] = [] }

  @Test("a wait ends when its virtual time has passed, at ten times the pace of the wall")
  func wait() throws {
    let lab = try TestLab(speed: 10, realClock: true)
    let before = WallClock.system.monotonic()
    #expect(try lab.control("POST", "/wait", ["for": "1s"]).status == 200)
    let took = WallClock.system.monotonic() - before
    #expect(took >= 99_000_000)
    #expect(try lab.onLoop { $0.world.now() } >= .zero + .seconds(1))
  }

  @Test(
    "nonsense is refused with a reason, and changes nothing",
    arguments: [
      ("/clock/speed", #"{"speed":0}"#), ("/clock/speed", "{}"), ("/clock/advance", #"{"for":"soon"}"#),
      ("/clock/advance", #"{"for":"-3s"}"#), ("/clock/step", #"{"events":0}"#), ("/wait", ""), ("/chaos", "{}"),
    ])
  func nonsense(path: String, body: String) throws {
    let lab = try TestLab()
    let before = try lab.onLoop { $0.world.traceHash() }
    let request = EngineRequest("POST", path, headers: [HTTPHeader("Host", "swarmlab")], body: Array(body.utf8))
    let answer = try lab.control().send(request)
    #expect(answer.status == 400)
    #expect(try JSON.parse(answer.body)["message"].string?.isEmpty == false)
    #expect(try lab.onLoop { $0.world.traceHash() } == before)
  }

  @Test(
    "a page of another host cannot rule the lab",
    arguments: [
      [HTTPHeader("Host", "evil.example")],
      [HTTPHeader("Host", "localhost"), HTTPHeader("Origin", "http://evil.example")],
      [HTTPHeader("Host", "localhost.evil.example:80")],
    ])
  func strangers(headers: [HTTPHeader]) throws {
    let lab = try TestLab()
    #expect(try lab.control().send(EngineRequest("POST", "/clock/pause", headers: headers)).status == 403)
    #expect(try lab.control("GET", "/clock").document["paused"] == false)
  }

  @Test("a dead node does not listen, as a dead engine would not, and a restarted one does again, on both doors")
  func deadNode() throws {
    let lab = try TestLab(nodes: 2)
    let hosts = [lab.folder.sockets.host("node2"), "tcp://\(lab.plan.loopback(of: 1)):2375"]
    let kept = try SocketClient(host: hosts[0])
    #expect(try kept.send(EngineRequest("GET", "/_ping")).status == 200)
    #expect(try lab.control("POST", "/chaos", ["words": ["kill", "node2"]]).status == 200)
    for host in hosts {
      let error = #expect(throws: EngineUnreachable.self) {
        try SocketClient(host: host).send(EngineRequest("GET", "/_ping"))
      }
      #expect(error?.reason.hasPrefix("dial ") == true, "\(String(describing: error))")
    }
    #expect(throws: EngineUnreachable.self) { try kept.send(EngineRequest("GET", "/_ping")) }
    #expect(try lab.client("node1").send(EngineRequest("GET", "/_ping")).status == 200)
    let nodes = try lab.control("GET", "/status").document["nodes"]
    #expect(nodes[0]["up"] == true && nodes[1]["up"] == false)
    #expect(try lab.control("POST", "/chaos", ["words": ["restart", "node2"]]).status == 200)
    for host in hosts { #expect(try SocketClient(host: host).send(EngineRequest("GET", "/_ping")).status == 200) }
  }

  @Test("a swarm is formed before the doors open: a manager, and all nodes Ready")
  func formation() throws {
    let lab = try TestLab(nodes: 4, managers: 1)
    let nodes = try JSON.parse(lab.client().send(EngineRequest("GET", "/nodes")).body)
    #expect(nodes.array?.count == 4)
  }
}
