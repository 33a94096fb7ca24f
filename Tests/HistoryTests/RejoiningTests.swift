import Engine
import EngineTypes
import Raft
import SimBase
import SimKernel
import SwarmModel
import SwarmStore
import Testing

@testable import Lab
@testable import SwarmNode
@testable import World

/// Managers that come back without what they had, and what is left of them.
@Suite struct RejoiningTests {
  private func isWhole(_ world: World, managers: Int) -> Bool {
    guard let leader = world.hosts.first(where: { world[$0].isLeading }), let status = world[leader].raftStatus else {
      return false
    }
    return world[leader].raftMembers.count == managers
      && world.hosts.prefix(managers).allSatisfy { world[$0].raftStatus?.applied == status.applied }
      && world[leader].store?.nodes.values.allSatisfy { $0.value.status.state == .ready } == true
  }

  @Test("a manager that comes back with an empty log is another member of Raft, and the old one is gone")
  func emptyLog() throws {
    var lab = try Lab.formed(managers: 3, workers: 1, seed: 5)
    let leader = try #require(lab.leader)
    let victim = try #require(lab.world.hosts.first { $0 != leader && lab.world[$0].isManager })
    let (node, old) = (lab.world[victim].nodeID, try #require(lab.world[victim].raftID))
    lab.apply(.kill(victim))
    lab.world.sites[victim].node.disk.remove(SwarmNode.walFile)
    lab.apply(.restart(victim))
    #expect(lab.advance(upTo: .seconds(60)) { isWhole($0, managers: 3) })
    let new = try #require(lab.world[victim].raftID)
    #expect(new != old && lab.world[victim].nodeID == node)
    let members = lab.world[leader].raftMembers.map(\.id)
    #expect(members.contains(new) && !members.contains(old))
  }

  @Test("a wiped machine comes back in no swarm and without containers, and the two that are left go on without it")
  func wiped() throws {
    var lab = try Lab.formed(managers: 3, workers: 0, seed: 5)
    let service: JSON = [
      "Name": "web", "TaskTemplate": ["ContainerSpec": ["Image": "nginx"]], "Mode": ["Global": [:]],
    ]
    _ = try lab.call("POST", "/services/create", service, at: HostID(0))
    lab.advance(by: .seconds(10))
    let victim = HostID(1)
    #expect(!lab.world[victim].engine.containers.isEmpty)
    lab.apply(.wipe(victim))
    #expect(!lab.world[victim].isUp && lab.world.faults.active.map(\.fault) == [.wipe(victim)])
    lab.advance(by: .seconds(40))
    lab.apply(.restart(victim))
    lab.advance(by: .seconds(10))
    #expect(lab.world.faults.active.isEmpty && lab.world[victim].isUp)
    #expect(lab.world[victim].localState == .inactive && lab.world[victim].engine.containers.isEmpty)
    let leader = try #require(lab.leader)
    #expect(lab.world[leader].raftMembers.count == 3 && lab.world[leader].raftMembers.count { $0.isReachable } == 2)
  }

  /// Source: moby/swarmkit `node/node.go` (`superviseManager`); a real engine's two managers do the same.
  @Test("a demoted manager that finds no authority for half a minute leaves a member behind with which the quorum goes")
  func leftOver() throws {
    var lab = try Lab.formed(managers: 2, workers: 0, seed: 5)
    let leader = try #require(lab.leader)
    let other = try #require(lab.world.hosts.first { $0 != leader })
    let found = try lab.call("GET", "/nodes/\(lab.world[leader].nodeID?.description ?? "")", nil, at: other).json
    let version = found["Version"]["Index"].int ?? 0
    let spec: JSON = ["Role": "worker", "Availability": "active"]
    _ = try lab.call(
      "POST", "/nodes/\(found["ID"].string ?? "")/update?version=\(version)", spec, at: other)
    #expect(lab.advance(upTo: .seconds(30)) { !$0[leader].isManager })
    lab.apply(.kill(other))
    lab.advance(by: .seconds(45))
    lab.apply(.restart(other))
    #expect(lab.advance(upTo: .seconds(180)) { $0[leader].certificateRole == .worker })
    lab.advance(by: .seconds(30))
    #expect(lab.world[other].raftMembers.count == 2 && lab.leader == nil)
  }
}
