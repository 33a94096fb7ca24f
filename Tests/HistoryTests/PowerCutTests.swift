import Lab
import SimBase
import SimKernel
import SwarmModel
import SwarmNode
import SwarmStore
import Testing
import World

/// Managers that lose their power come back by themselves, whoever led and however long it took.
@Suite struct PowerCutTests {
  @Test("a manager that lost power is active and its node Ready within half a minute of its restart")
  func comesBack() throws {
    for (managers, away) in [(1, 1), (1, 40), (3, 1), (3, 12), (3, 40)] as [(Int, Int64)] {
      for victim in 0..<managers {
        var lab = try Lab.formed(managers: managers, workers: 1, seed: 20 + UInt64(victim))
        lab.advance(by: .seconds(3))
        let host = HostID(victim)
        lab.apply(.powerCut(host))
        lab.advance(by: .seconds(away))
        lab.apply(.restart(host))
        let isBack = lab.advance(upTo: .seconds(30)) { world in
          guard world[host].localState == .active, let node = world[host].nodeID else { return false }
          let leader = world.hosts.first { world[$0].isLeading }
          return leader.flatMap { world[$0].store?.nodes[node]?.value.status.state } == .ready
        }
        #expect(isBack, "manager \(victim + 1) of \(managers), away for \(away) s: \(lab.world[host].localState)")
        // Nothing but time is needed for the rest, either.
        lab.advance(by: .seconds(10))
        #expect(lab.world.hosts.allSatisfy { lab.world[$0].localState == .active })
      }
    }
  }
}
