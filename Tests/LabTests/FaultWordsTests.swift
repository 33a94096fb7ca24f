import Engine
import EngineTypes
import SimBase
import SimKernel
import SwarmModel
import SwarmNode
import SwarmStore
import Testing
import World

@testable import Lab

@Suite struct FaultWordsTests {
  let world = World(
    WorldPlan(
      seed: 1,
      nodes: ["manager1", "worker1", "worker2"].enumerated().map { .init(name: $1, ip: "10.0.0.\($0 + 1)") }))

  func faults(_ text: String) throws -> [Fault] {
    try FaultWords.orders(text.split(separator: " ").map(String.init), in: world).map(\.fault)
  }

  @Test("words are the fault that they say, on the nodes that they name")
  func words() throws {
    #expect(try faults("kill worker1") == [.kill(HostID(1))])
    #expect(try faults("power-cut manager1 worker2") == [.powerCut(HostID(0)), .powerCut(HostID(2))])
    #expect(try faults("block worker2 manager1") == [.block(HostID(2), HostID(0))])
    #expect(try faults("heal all") == [])
    #expect(try faults("block-port worker1 2377/tcp") == [.blockPort(HostID(1), 2377)])
    #expect(try faults("partition worker1 | manager1 worker2") == [.partition([HostID(1)], [HostID(0), HostID(2)])])
    #expect(try faults("wipe worker1") == [.wipe(HostID(1))])
    #expect(
      try faults("slow worker* 200ms") == [.slow(HostID(1), .milliseconds(200)), .slow(HostID(2), .milliseconds(200))])
    #expect(try faults("lossy worker1 30%") == [.lossy(HostID(1), percent: 30)])
    let quoted = try FaultWords.orders(["partition", "worker1|manager1"], in: world)
    #expect(quoted.map(\.fault) == [.partition([HostID(1)], [HostID(0)])])
    let brief = try FaultWords.orders(["cut", "worker1", "--for", "30s"], in: world)
    #expect(brief == [.init(fault: .cut(HostID(1)), span: .seconds(30))])
  }

  @Test("a pattern hits each node once, in the nodes' order")
  func patterns() throws {
    #expect(try faults("cut w*r2 worker*") == [.cut(HostID(1)), .cut(HostID(2))])
    #expect(try faults("cut *") == [.cut(HostID(0)), .cut(HostID(1)), .cut(HostID(2))])
  }

  @Test(
    "what is no fault is refused with what would be one",
    arguments: [
      ("", "which fault? kill"), ("dance node1", "there is no fault 'dance': kill"), ("kill", "takes a node"),
      ("kill web", "there is no node web: the lab has manager1, worker1, worker2"), ("cut x*", "matches x*"),
      ("cut leader", "no node is leader now"), ("cut few(all)", "one, random, majority"),
      ("partition worker1 | all", "worker1 is on both sides"), ("block-port worker1 many", "takes NODES PORT"),
      ("cut worker1 --for ever", "--for takes a span"), ("restart worker1 --for 3s", "does not last"),
      ("slow worker1", "takes NODES SPAN"), ("slow worker1 fast", "takes NODES SPAN"),
      ("heal f7", "no fault f7 lasts now"), ("partition all", "quote it"), ("lossy worker1 100", "takes NODES PERCENT"),
      ("block worker1", "takes NODES NODES"),
      ("block worker1 web", "there is no node web"),
    ])
  func refusals(text: String, words: String) throws {
    let trouble = #expect(throws: FaultWords.Trouble.self) { try faults(text) }
    #expect(trouble?.reason.includes(words) == true)
  }

  @Test("targets compose: counts, shares, majorities and minorities of what other words mean") func composed() throws {
    var targets = FaultTargets(world)
    #expect(try targets.hosts("all").count == 3)
    #expect(try targets.hosts("one(all)").count == 1)
    #expect(try targets.hosts("majority(all)").count == 2 && targets.hosts("minority(all)").count == 1)
    #expect(try targets.hosts("random(2, worker*)") == [HostID(1), HostID(2)])
    #expect(try targets.hosts("random(30%,all)").count == 1)
    #expect(try targets.hosts("one(one(worker2))") == [HostID(2)])
    // The same instant draws the same, as a replay must.
    var again = FaultTargets(world)
    var first = FaultTargets(world)
    #expect(try again.hosts("one(all)") == first.hosts("one(all)"))
  }
}

/// Lasting faults, in a swarm.
@Suite struct LastingFaultTests {
  func apply(_ text: String, to lab: inout Lab) throws {
    for order in try FaultWords.orders(text.split(separator: " ").map(String.init), in: lab.world) {
      lab.apply(order.fault, for: order.span)
    }
  }

  @Test("what two faults cut stays cut until both are mended") func layers() throws {
    var lab = try Lab.formed(managers: 1, workers: 2, seed: 3)
    let (manager, worker) = (HostID(0), HostID(1))
    try apply("cut worker1", to: &lab)
    try apply("partition worker1 | manager1", to: &lab)
    #expect(lab.world.faults.active.map(\.id.description) == ["f1", "f2"])
    try apply("heal f1", to: &lab)
    #expect(!lab.world.canReach(manager, worker) && lab.world.canReach(worker, HostID(2)))
    try apply("heal worker1", to: &lab)
    #expect(lab.world.canReach(manager, worker) && lab.world.faults.active.isEmpty)
  }

  @Test("a fault with a time is mended by itself, and not sooner") func timed() throws {
    var lab = try Lab.formed(managers: 1, workers: 1, seed: 3)
    try apply("cut worker1 --for 5s", to: &lab)
    try apply("kill manager1 --for 8s", to: &lab)
    lab.advance(by: .milliseconds(4_999))
    #expect(lab.world.faults.active.count == 2)
    lab.advance(by: .milliseconds(2))
    #expect(lab.world.faults.active.count == 1 && lab.world.canReach(HostID(0), HostID(1)))
    #expect(!lab.world[HostID(0)].isUp)
    lab.advance(by: .seconds(3))
    #expect(lab.world.faults.active.isEmpty && lab.world[HostID(0)].isUp)
  }

  @Test("a frozen worker is down after its heartbeats are missed, and Ready again with the same tasks when it goes on")
  func frozen() throws {
    var lab = try Lab.formed(managers: 1, workers: 1, seed: 3)
    let worker = try #require(lab.world[HostID(1)].nodeID)
    func state(_ lab: Lab) -> String? { lab.world[HostID(0)].store?.nodes[worker]?.value.status.state.word }
    try apply("freeze workers", to: &lab)
    #expect(lab.world.faults.active.count == 1)
    lab.advance(by: .seconds(30))
    #expect(state(lab) == "down" && lab.world[HostID(1)].isUp)
    #expect(lab.world.effect(of: try #require(lab.world.faults.active.first)).isAny)
    try apply("thaw worker1", to: &lab)
    lab.advance(by: .seconds(15))
    #expect(state(lab) == "ready" && lab.world.faults.active.isEmpty)
  }

  @Test("a manager whose port is blocked loses its workers, which can still talk to each other") func ports() throws {
    var lab = try Lab.formed(managers: 1, workers: 2, seed: 3)
    try apply("block-port leader 2377", to: &lab)
    lab.advance(by: .seconds(40))
    let states = lab.world[HostID(0)].store?.nodes.values.map(\.value.status.state.word).sorted()
    #expect(states == ["down", "down", "ready"] && lab.world.canReach(HostID(0), HostID(1)))
    let effect = lab.world.effect(of: try #require(lab.world.faults.active.first))
    #expect(effect.isAny && effect.text.hasSuffix("messages were held up"))
    try apply("heal all", to: &lab)
    lab.advance(by: .seconds(40))
    #expect(lab.world[HostID(0)].store?.nodes.values.map(\.value.status.state.word) == ["ready", "ready", "ready"])
  }

  @Test("a slow cable makes each way longer, a lossy one now and then, and both are as before once mended")
  func badCables() throws {
    var lab = try Lab.formed(managers: 1, workers: 1, seed: 3)
    try apply("slow worker1 300ms", to: &lab)
    let slow = try #require(lab.world.faults.active.first)
    #expect(lab.world.effect(of: slow).text == "all takes 300ms longer each way")
    lab.advance(by: .seconds(20))
    let worker = try #require(lab.world[HostID(1)].nodeID)
    #expect(lab.world[HostID(0)].store?.nodes[worker]?.value.status.state == .ready)
    try apply("heal all", to: &lab)
    try apply("lossy worker1 50%", to: &lab)
    lab.advance(by: .seconds(20))
    let lossy = try #require(lab.world.faults.active.first)
    #expect(
      lab.world.effect(of: lossy).isAny
        && lab.world.effect(of: lossy).text.hasSuffix("messages were lost and sent again"))
    try apply("heal all", to: &lab)
    lab.advance(by: .seconds(20))
    #expect(lab.world.faults.active.isEmpty)
    #expect(lab.world[HostID(0)].store?.nodes[worker]?.value.status.state == .ready)
  }

  @Test("roles and places are those of the moment: leader, followers, workers, the node of a task") func roles() throws
  {
    var lab = try Lab.formed(managers: 3, workers: 1, seed: 3)
    var targets = FaultTargets(lab.world)
    let leader = try #require(lab.leader)
    #expect(try targets.hosts("leader") == [leader] && targets.hosts("followers").count == 2)
    #expect(try targets.hosts("workers") == [HostID(3)])
    let body: JSON = [
      "Name": "web", "TaskTemplate": ["ContainerSpec": ["Image": "nginx"]], "Mode": ["Replicated": ["Replicas": 1]],
    ]
    _ = try lab.call("POST", "/services/create", body, at: leader)
    lab.advance(by: .seconds(10))
    var later = FaultTargets(lab.world)
    let host = try #require(later.hosts("node-of(web.1)").first)
    #expect(lab.world[host].engine.containers.contains { $0.state.isRunning })
    #expect(throws: FaultWords.Trouble.self) { try later.hosts("node-of(api)") }
  }
}
