import EngineTypes
import Lab
import SimBase
import SimKernel
import SwarmNode
import Testing
import World

@Suite struct LabTests {
  @Test("a lab of one manager and three workers comes up with four Ready nodes") func comesUp() throws {
    var lab = try Lab.formed(managers: 1, workers: 3, seed: 7)
    let nodes = try JSON.parse(lab.send(EngineRequest("GET", "/nodes"), to: HostID(0)).body).array ?? []
    #expect(nodes.map { $0["Status"]["State"].string } == Array(repeating: "ready", count: 4))
    #expect(lab.now < .zero + .seconds(10))
  }

  /// The cluster, the network's keys, the node of an unknown state, ingress, the node's role, the other networks, the
  /// node's address, the node as it is when it is ready, the cluster as it was asked for: an entry each, before whatever
  /// is created. Source: measured, the log of a real 28.5.2 engine.
  @Test("a new swarm's node has version 9 and its cluster version 10, as a real one's") func firstEntries() throws {
    var lab = try Lab.formed(managers: 1, workers: 0, seed: 7)
    let node = try JSON.parse(lab.send(EngineRequest("GET", "/nodes"), to: HostID(0)).body).array?.first
    let cluster = try JSON.parse(lab.send(EngineRequest("GET", "/swarm"), to: HostID(0)).body)
    #expect(node?["Version"]["Index"].int == 9)
    #expect(cluster["Version"]["Index"].int == 10)
  }

  @Test("equal seeds give equal histories, other seeds others") func seeds() throws {
    let hashes = try [7, 7, 8].map { try Lab.formed(managers: 3, workers: 2, seed: $0).world.traceHash }
    #expect(hashes[0] == hashes[1])
    #expect(hashes[0] != hashes[2])
  }

  @Test("the leader's death is survived, and the cluster serves again within half a minute") func failover() throws {
    var lab = try Lab.formed(managers: 3, workers: 2, seed: 11)
    lab.apply(.kill(HostID(0)))
    let led = lab.advance(upTo: .seconds(40)) { world in
      (1...2).contains { world.node(HostID($0)).manager?.isLeading == true }
    }
    #expect(led)
    let answer = try lab.send(EngineRequest("GET", "/nodes"), to: HostID(1))
    #expect(answer.status == 200)
  }
}
