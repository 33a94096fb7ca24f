import EngineTypes
import SimBase

/// The control socket's own small API: JSON over HTTP, for the verbs of `swarmlab` and for the dashboard.
///
/// | Request | Does |
/// |---|---|
/// | `GET /status`, `GET /clock`, `GET /ports`, `GET /trace` | facts about the lab |
/// | `POST /clock/pause`, `/clock/resume`, `/clock/speed {"speed":F}` | the pace |
/// | `POST /clock/advance {"for":D}`, `/clock/step {"events":N}` | a jump, answered when it is done; hanging up ends it |
/// | `POST /wait {"for":D}` | answers once so much virtual time has passed |
/// | `POST /chaos {"words":[…]}`, `GET /chaos` | a fault, `moot` where it changes nothing; the faults that last now |
/// | `POST /stop` | writes the lab's state and ends the process |
///
/// An error is a status and `{"message":"…"}`, as the Engine API has it. Names of other hosts in `Host` or `Origin` are
/// refused: a page on the web that got a browser to connect here must not rule the lab.
extension LabServer {
  func control(_ request: EngineRequest, _ connection: HTTPConnection) {
    if let host = request.header("Host"), !isOurs(host) {
      return refuse(connection, 403, "host \(host) is not this lab's")
    }
    if let origin = request.header("Origin"), !isOurs(origin) {
      return refuse(connection, 403, "origin \(origin) may not control this lab")
    }
    pump()  // Facts are of this moment.
    let body = (try? JSON.parse(request.body)) ?? .null
    let path = request.target.split(separator: "?").first.map(String.init) ?? "/"
    switch (request.method, path) {
    case ("GET", "/status"): answer(connection, statusJSON)
    case ("GET", "/clock"): answer(connection, clockJSON)
    case ("GET", "/ports"): answer(connection, portsJSON)
    case ("GET", "/trace"): answer(connection, traceJSON)
    case ("POST", "/clock/pause"): pause(connection)
    case ("POST", "/clock/resume"): resume(connection)
    case ("POST", "/clock/speed"): setSpeed(body["speed"].double, connection)
    case ("POST", "/clock/advance"): advance(body["for"].string, connection)
    case ("POST", "/clock/step"): step(body["events"].int ?? 1, connection)
    case ("POST", "/wait"): wait(body["for"].string, connection)
    case ("GET", "/chaos"): answer(connection, faultsJSON)
    case ("POST", "/chaos"): chaos(body["words"].array?.compactMap(\.string) ?? [], connection)
    case ("POST", "/stop"):
      answer(connection, [0x7B, 0x7D, 0x0A])
      end()
    default: refuse(connection, 404, "page not found")
    }
  }

  /// Writes an answer of the control API.
  func answer(_ connection: HTTPConnection, _ body: [UInt8]) {
    connection.answer(
      EngineResponse(status: 200, headers: [HTTPHeader("Content-Type", "application/json")]), body)
  }

  private func refuse(_ connection: HTTPConnection, _ status: Int, _ message: String) {
    connection.refuse(status, message)
  }

  private func isOurs(_ authority: String) -> Bool {
    var host = Substring(authority)
    if let scheme = host.firstRange(of: "://") { host = host[scheme.upperBound...] }
    if let port = host.lastIndex(of: ":"), !host.hasSuffix("]") { host = host[..<port] }
    return ["localhost", "swarmlab", "docker", "127.0.0.1", "[::1]"].contains(host)
  }

  // MARK: Facts

  /// The state of the clock.
  var clockJSON: [UInt8] { json { clockFields(&$0) } }

  private var statusJSON: [UInt8] {
    noteBugs()
    return json {
      $0.field("name", plan.name)
      $0.field("pid", Int(ProcessFacts.pid))
      $0.field("build", Build.identity)
      $0.field("seed", String(plan.seed))
      $0.field("upFor", Duration.milliseconds((clock.monotonic() - startedAt) / 1_000_000).description)
      clockFields(&$0)
      $0.field("heldUp", isHeldUp)
      $0.field("bugs") { $0.array(bugs) { $0.string($1) } }
      $0.field("trace", TraceText.hex(world.traceHash()))
      nodeFields(&$0)
    }
  }

  private var portsJSON: [UInt8] { json { nodeFields(&$0) } }

  /// The lasting faults, as the rows of a table with its head.
  private var faultsJSON: [UInt8] {
    json {
      $0.field("rows") {
        $0.array(world.faults()) { writer, row in writer.array(row) { $0.string($1) } }
      }
    }
  }

  private var traceJSON: [UInt8] {
    json {
      $0.field("hash", TraceText.hex(world.traceHash()))
      $0.field("seed", String(plan.seed))
      $0.field("now", world.now().description)
    }
  }

  private func clockFields(_ writer: inout JSONWriter) {
    writer.field("now", world.now().description)
    writer.field("date", epoch.date(world.now()).rfc3339)
    writer.field("speed", pace.speed)
    writer.field("paused", pace.isPaused)
    writer.field("slipped", Duration.nanoseconds(pace.slipped).description)
    if let jump { writer.field("advancingTo", jump.target.description) }
    if let next = world.nextEventAt() { writer.field("nextEvent", next.description) }
  }

  private func nodeFields(_ writer: inout JSONWriter) {
    writer.field("nodes") {
      $0.array(plan.nodes.indices) { writer, index in
        writer.object {
          $0.field("name", plan.nodes[index].name)
          $0.field("address", plan.nodes[index].address)
          if let door = doors?.places[index] {
            $0.field("socket", door.socket)
            $0.field("tcp", door.tcp)
          }
          $0.field("up", world.isUp(index))
        }
      }
    }
  }

  private func json(_ fields: (inout JSONWriter) -> Void) -> [UInt8] {
    var writer = JSONWriter()
    writer.object(fields)
    return writer.bytes + [0x0A]
  }

  // MARK: Time

  private func pause(_ connection: HTTPConnection) {
    endJump()
    pace.pause(at: world.now(), clock)
    answer(connection, clockJSON)
  }

  private func resume(_ connection: HTTPConnection) {
    pace.resume(at: world.now(), clock)
    pump()
    answer(connection, clockJSON)
  }

  private func setSpeed(_ speed: Double?, _ connection: HTTPConnection) {
    guard let speed, Pace.speeds.contains(speed) else {
      return refuse(connection, 400, "a speed is a number from 0.001 to 1000000")
    }
    pace.setSpeed(speed, at: world.now(), clock)
    pump()
    answer(connection, clockJSON)
  }

  private func advance(_ span: String?, _ connection: HTTPConnection) {
    guard let span = span.flatMap(Duration.init(span:)), span >= .zero else {
      return refuse(connection, 400, "an advance takes a span of time: 30s, 5m, 2h45m, 3d")
    }
    if jump != nil { return refuse(connection, 409, "the clock is advancing already") }
    jump = Jump(from: world.now(), target: world.now() + span, connection: connection)
    pump()
  }

  private func step(_ events: Int64, _ connection: HTTPConnection) {
    guard (1...1_000_000).contains(events) else { return refuse(connection, 400, "a step takes 1 to 1000000 events") }
    if !pace.isPaused { pace.pause(at: world.now(), clock) }
    for _ in 0..<events {
      guard let next = world.nextEventAt(), world.run(next, 1) > 0 else { break }
    }
    pace.pause(at: world.now(), clock)
    pump()
    answer(connection, clockJSON)
  }

  private func wait(_ span: String?, _ connection: HTTPConnection) {
    guard let span = span.flatMap(Duration.init(span:)), span >= .zero else {
      return refuse(connection, 400, "a wait takes a span of time: 500ms, 5s, 2m")
    }
    if pace.isPaused {
      return refuse(connection, 409, "the clock is paused, so the wait would never end: `swarmlab clock resume` first")
    }
    waiting.append((world.now() + span, connection))
    pump()
  }

  // MARK: Faults

  private func chaos(_ words: [String], _ connection: HTTPConnection) {
    let verdict = world.verdict(words)
    switch verdict {
    case .misspoken(let reason): return refuse(connection, 400, reason)
    case .impossible(let reason): return refuse(connection, 409, reason)
    case .moot, .effective: break
    }
    submit(.fault(words))
    onceDoorsAreOpen { [self] in
      answer(
        connection,
        json {
          clockFields(&$0)
          $0.field("moot", verdict == .moot)
        })
    }
  }
}

/// A trace's hash in the form in which people compare it.
public enum TraceText {
  /// Sixteen hexadecimal digits.
  public static func hex(_ hash: UInt64) -> String {
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
