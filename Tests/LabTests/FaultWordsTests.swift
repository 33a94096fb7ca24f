import SimBase
import SimKernel
import Testing
import World

@testable import Lab

@Suite struct FaultWordsTests {
  let world = World(
    WorldPlan(
      seed: 1,
      nodes: ["manager1", "worker1", "worker2"].enumerated().map { .init(name: $1, ip: "10.0.0.\($0 + 1)") }))

  func faults(_ text: String) throws -> [Fault] {
    try FaultWords.faults(text.split(separator: " ").map(String.init), in: world)
  }

  @Test("words are the fault that they say, on the nodes that they name")
  func words() throws {
    #expect(try faults("kill worker1") == [.kill(HostID(1))])
    #expect(try faults("power-cut manager1 worker2") == [.powerCut(HostID(0)), .powerCut(HostID(2))])
    #expect(try faults("block worker2 manager1") == [.block(HostID(2), HostID(0))])
    #expect(try faults("heal all") == [.heal(HostID(0)), .heal(HostID(1)), .heal(HostID(2))])
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
      ("block worker1", "takes two nodes"), ("block worker1 web", "there is no node web"),
    ])
  func refusals(text: String, words: String) throws {
    let trouble = #expect(throws: FaultWords.Trouble.self) { try faults(text) }
    #expect(trouble?.reason.includes(words) == true)
  }
}
