import EngineTypes
import SimBase
import SwarmNode
import Testing

@testable import EngineServer

@Suite struct HistoryTests {
  @Test("the journal alone brings a new world to the same hash: requests, streams, faults, jumps and hang-ups")
  func replay() throws {
    let lab = try TestLab(nodes: 2, speed: 1_000, realClock: true)
    let stream = try lab.client().open(EngineRequest("POST", "/exec/echo/start", headers: HTTPTests.upgrade))
    for round in 0..<20 {
      _ = try lab.client("node\(round < 10 ? 1 : 1 + round % 2)").send(EngineRequest("GET", "/slow?ms=\(round)"))
      stream.write(Array("round \(round)".utf8))
      _ = stream.read()
      if round == 7 { _ = try lab.control("POST", "/clock/advance", ["for": "1h"]) }
      if round == 9 { _ = try lab.control("POST", "/chaos", ["words": ["kill", "node2"]]) }
      if round == 10 { _ = try lab.control("POST", "/chaos", ["words": ["restart", "node2"]]) }
    }
    stream.closeWriting()
    while stream.read() != nil {}
    let (hash, count) = try lab.onLoop { ($0.world.traceHash(), $0.plan.nodes.count) }
    #expect(count == 2)
    #expect(try lab.replayedHash() == hash)
  }

  @Test("a change is on disk before it is answered")
  func durability() throws {
    let lab = try TestLab()
    _ = try lab.client().send(EngineRequest("POST", "/echo", body: Array("x".utf8)))
    let past = try Journal.read(lab.folder.journalPath, bodies: lab.folder.bodiesPath)
    let requests = past.records.filter {
      if case .request(_, _, let request) = $0.input { request.method == "POST" } else { false }
    }
    #expect(requests.count == 1)
  }

  @Test("a replay that takes another way is caught at the first input where it does")
  func divergence() throws {
    let lab = try TestLab()
    for _ in 0..<3 { _ = try lab.client().send(EngineRequest("POST", "/echo")) }
    var past = try Journal.read(lab.folder.journalPath, bodies: lab.folder.bodiesPath)
    past.records[0].input = .fault(["kill", "node1"])
    let world = WorldHandle(echo: EchoWorld())
    let error = #expect(throws: DoorError.self) {
      try Replay(world: world, build: "older", report: { _ in }).run(past.records, to: .zero)
    }
    #expect(error?.description.includes("before input 2 of 3") == true)
    #expect(error?.description.includes("another build (older") == true)
  }

  @Test("a replay tells which requests were left open, for their hang-up, and goes on to the instant noted last")
  func orphans() throws {
    let world = WorldHandle(echo: EchoWorld())
    let hash = world.traceHash()
    let record = JournalRecord(
      instant: .zero, traceHash: hash, input: .request(RequestID(5), node: 0, EngineRequest("GET", "/events")))
    let (last, open) = try Replay(world: world, build: "b", report: { _ in }).run([record], to: .zero + .seconds(9))
    #expect(last == 5 && open == [RequestID(5)])
    #expect(world.now() == .zero + .seconds(9))
  }
}
