import EngineAPI
import EngineTypes
import SimBase
import SwarmNode

@testable import EngineServer

/// A world of a few lines that answers enough for the door to be tried: it echoes, streams, waits and counts.
struct EchoWorld: Sendable {
  private struct Event: Sendable {
    var at: Instant
    var output: EngineOutput
  }

  private(set) var now = Instant.zero
  private var queue: [Event] = []
  private var outputs: [EngineOutput] = []
  private var hasher = TraceHasher()
  private var joined = 0
  /// What it claims to have done wrong.
  private(set) var refusedMoves: [String] = []
  private(set) var dead: Set<Int> = []
  private var streaming: Table<RequestID, Instant> = [:]

  init() {}

  var traceHash: UInt64 { hasher.digest }
  var nextEventAt: Instant? { queue.map(\.at).min() }

  mutating func accept(_ input: DoorInput) {
    hasher.mix(UInt64(bitPattern: now.nanoseconds))
    switch input {
    case .request(let id, let node, _) where dead.contains(node): outputs.append(.closed(id))
    case .request(let id, let node, let request): handle(id, node, request)
    case .bytes(let id, let bytes): post(.bytes(id, DatedBytes(bytes)))
    case .closeWriting(let id): post(.end(id))
    case .hangUp(let id):
      streaming[id] = nil
      queue.removeAll { $0.output.request == id }
    case .fault(let words) where words[0] == "misdo":
      refusedMoves.append("node1: scheduler, task a: it gives no addresses")
    case .fault(let words):
      if let node = Int(words[1].dropFirst(4)) {
        if words[0] == "kill" { dead.insert(node - 1) } else { dead.remove(node - 1) }
      }
      hasher.mix(Array(words.joined(separator: " ").utf8))
    }
  }

  mutating func run(until: Instant, atMost events: Int) -> Int {
    var handled = 0
    while handled < events, let index = nextIndex(until) {
      let event = queue.remove(at: index)
      now = max(now, event.at)
      hasher.mix(UInt64(bitPattern: now.nanoseconds))
      outputs.append(event.output)
      if streaming[event.output.request] != nil { tick(event.output.request) }
      handled += 1
    }
    if handled < events { now = max(now, until) }
    return handled
  }

  mutating func drainOutputs() -> [EngineOutput] {
    defer { outputs = [] }
    return outputs
  }

  private func nextIndex(_ until: Instant) -> Int? {
    var found: Int?
    for index in queue.indices where queue[index].at <= until {
      if let best = found, queue[best].at <= queue[index].at { continue }
      found = index
    }
    return found
  }

  private mutating func post(_ output: EngineOutput, after delay: Duration = .zero) {
    queue.append(Event(at: now + delay, output: output))
  }

  private mutating func tick(_ id: RequestID) {
    var line = DatedBytes("tick ")
    line.append(now + .seconds(1), as: .unixNanoseconds)
    line.append(0x0A)
    post(.bytes(id, line), after: .seconds(1))
  }

  private mutating func handle(_ id: RequestID, _ node: Int, _ request: EngineRequest) {
    let path = request.target.split(separator: "?", omittingEmptySubsequences: false)
    let route = path[0].hasPrefix("/v1.") ? "/" + path[0].dropFirst(1).drop { $0 != "/" }.dropFirst() : String(path[0])
    let query = path.count > 1 ? String(path[1]) : ""
    let number = query.split(separator: "=").last.flatMap { Int64($0) } ?? 0
    switch (request.method, route) {
    case (_, "/_ping"):
      let headers = [HTTPHeader("Api-Version", "1.51"), HTTPHeader("Ostype", "linux")]
      answer(id, 200, DatedBytes(request.method == "HEAD" ? "" : "OK"), headers)
    case ("GET", "/version"): answer(id, 200, DatedBytes("{\"ApiVersion\":\"1.51\",\"Version\":\"echo\"}\n"))
    case ("GET", "/query"): answer(id, 200, DatedBytes(query))
    case ("GET", "/date"):
      var body = DatedBytes()
      body.append(now, as: .unixNanoseconds)
      answer(id, 200, body)
    case ("GET", "/slow"):
      post(.answer(id, EngineResponse(status: 200), DatedBytes("late")), after: .milliseconds(number))
    case ("GET", "/big"): answer(id, 200, DatedBytes([UInt8](repeating: 0x62, count: Int(number))))
    case ("GET", "/events"):
      post(.head(id, EngineResponse(status: 200, headers: [HTTPHeader("Content-Type", "application/json")])))
      streaming[id] = now
    case ("GET", "/flood"):
      post(.head(id, EngineResponse(status: 200)))
      let piece = DatedBytes([UInt8](repeating: 0x66, count: 65_536))
      for count in 0..<number { post(.bytes(id, piece), after: .milliseconds(count)) }
      post(.end(id), after: .milliseconds(number))
    case ("POST", "/exec/echo/start"), ("POST", "/containers/echo/attach"):
      let type = HTTPHeader("Content-Type", "application/vnd.docker.raw-stream")
      post(.head(id, EngineResponse(status: 101, headers: [type])))
    case ("POST", "/exec/bye/start"):
      post(.head(id, EngineResponse(status: 101)))
      post(.bytes(id, DatedBytes("bye")))
      post(.end(id))
    case ("POST", "/echo"): answer(id, 200, DatedBytes(request.body))
    case ("POST", "/swarm/init"), ("POST", "/swarm/join"):
      joined += 1
      post(.answer(id, EngineResponse(status: 200), DatedBytes("\"x\"\n")), after: .milliseconds(3))
    case ("GET", "/swarm"): answer(id, 200, DatedBytes(#"{"JoinTokens":{"Worker":"w","Manager":"m"}}"#))
    case ("GET", "/nodes"):
      let node = #"{"Status":{"State":"ready"},"ManagerStatus":{"Reachability":"reachable"}}"#
      let worker = #"{"Status":{"State":"ready"}}"#
      let all = [node] + Array(repeating: worker, count: max(0, joined - 1))
      answer(id, 200, DatedBytes("[\(all.joined(separator: ","))]"))
    default: answer(id, 404, DatedBytes("{\"message\":\"page not found\"}\n"))
    }
  }

  private mutating func answer(
    _ id: RequestID, _ status: Int, _ body: DatedBytes,
    _ headers: [HTTPHeader] = [HTTPHeader("Content-Type", "application/json")]
  ) {
    outputs.append(.answer(id, EngineResponse(status: status, headers: headers), body))
  }
}

extension WorldHandle {
  init(echo: EchoWorld) {
    final class Box { var world = EchoWorld() }
    let box = Box()
    box.world = echo
    self.init(
      now: { box.world.now }, nextEventAt: { box.world.nextEventAt }, accept: { box.world.accept($0) },
      run: { box.world.run(until: $0, atMost: $1) }, drainOutputs: { box.world.drainOutputs() },
      traceHash: { box.world.traceHash },
      isUp: { !box.world.dead.contains($0) },
      verdict: { $0.isEmpty ? .misspoken("which fault?") : .effective }, faults: { [["ID"]] },
      refusedMoves: { box.world.refusedMoves }, disks: { nil })
  }
}
