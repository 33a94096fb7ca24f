import SimBase
import SwarmModel
import SwarmStore
import Testing

@Suite("Nodes that are drained, paused, down, unknown or gone")
struct NodeLossTests {
  private func started(_ image: String = "runs") -> (Rig, nodes: [NodeID], web: ServiceID) {
    var rig = Rig()
    let nodes = rig.addNodes(2)
    let web = rig.addService(.replicated(replicas: 4), image: image)
    rig.run(for: .seconds(2))
    return (rig, nodes, web)
  }

  @Test("a drained node's tasks are replaced without delay, but not before they have stopped")
  func drain() {
    var (rig, nodes, web) = started("stubborn")
    rig.update(nodes[0]) { $0.spec.availability = .drain }
    rig.settle()
    #expect(rig.tasks(web).filter { $0.nodeID == nodes[0] }.map(\.desiredState) == [.shutdown, .shutdown])
    #expect(rig.wanted(web).map(\.desiredState).sorted() == [.ready, .ready, .running, .running])
    rig.run(for: .seconds(9))
    #expect(rig.running(web).count == 2)
    rig.run(for: .seconds(2))
    #expect(rig.running(web).map(\.nodeID) == Array(repeating: nodes[1], count: 4))
  }

  @Test("a drained node's task that will not stop is waited for a minute, not longer")
  func drainTimeout() {
    var (rig, nodes, web) = started("undead")
    rig.update(nodes[0]) { $0.spec.availability = .drain }
    rig.run(for: .seconds(59))
    #expect(rig.running(web).count == 2)
    rig.run(for: .seconds(2))
    #expect(rig.running(web).count == 4)
  }

  @Test("a node that goes down loses its tasks at once; replacements start after the delay without waiting")
  func down() {
    var (rig, nodes, web) = started("stubborn")
    rig.platform.silent = [nodes[0]]
    rig.update(nodes[0]) { $0.status.state = .down }
    rig.run(for: .milliseconds(4_900))
    #expect(rig.running(web).count == 2)
    #expect(rig.wanted(web).count == 4)
    rig.run(for: .milliseconds(400))
    #expect(rig.running(web).map(\.nodeID) == Array(repeating: nodes[1], count: 4))
    let lost = rig.tasks(web).filter { $0.nodeID == nodes[0] }
    #expect(lost.map(\.status.state) == [.running, .running])
    #expect(lost.map(\.desiredState) == [.shutdown, .shutdown])
  }

  @Test("the wait for an old task ends when its node goes down")
  func downWhileWaiting() {
    var (rig, nodes, web) = started("undead")
    rig.update(nodes[0]) { $0.spec.availability = .drain }
    rig.run(for: .seconds(10))
    #expect(rig.running(web).count == 2)
    rig.update(nodes[0]) { $0.status.state = .down }
    rig.run(for: .seconds(1))
    #expect(rig.running(web).count == 4)
  }

  @Test("the wait for an old task ends when its node is deleted")
  func deletedWhileWaiting() {
    var (rig, nodes, web) = started("undead")
    rig.update(nodes[0]) { $0.spec.availability = .drain }
    rig.run(for: .seconds(10))
    rig.write { $0.remove(nodes[0]) }
    rig.run(for: .seconds(1))
    #expect(rig.running(web).count == 4)
  }

  @Test("a paused node keeps its tasks; one that fails there is replaced elsewhere")
  func pause() {
    var (rig, nodes, web) = started()
    rig.update(nodes[0]) { $0.spec.availability = .pause }
    rig.run(for: .seconds(2))
    #expect(rig.running(web).count == 4)
    guard let task = rig.tasks(web).first(where: { $0.nodeID == nodes[0] }) else { return }
    rig.report(task.id, .failed)
    rig.run(for: .seconds(6))
    #expect(rig.running(web).filter { $0.nodeID == nodes[1] }.count == 3)
  }

  @Test("a node of unknown or disconnected state keeps its tasks", arguments: [NodeState.unknown, .disconnected])
  func unknown(state: NodeState) {
    var (rig, nodes, web) = started()
    let before = rig.tasks(web)
    rig.update(nodes[0]) { $0.status.state = state }
    rig.run(for: .seconds(10))
    #expect(rig.tasks(web) == before)
  }

  @Test("nothing moves back to a node that has come back")
  func noRebalance() {
    var (rig, nodes, web) = started()
    rig.update(nodes[0]) { $0.spec.availability = .drain }
    rig.run(for: .seconds(5))
    rig.update(nodes[0]) { $0.spec.availability = .active }
    rig.run(for: .seconds(20))
    #expect(rig.running(web).filter { $0.nodeID == nodes[1] }.count == 4)
  }

  @Test("a deleted node's tasks are replaced elsewhere after the delay")
  func deleted() {
    var (rig, nodes, web) = started()
    // The control API orphans the node's tasks in the same transaction.
    rig.write { tx in
      for task in tx.store.tasks(on: nodes[0]) {
        tx.update(task.value.id, by: .controlAPI) { $0.status.state = .orphaned }
      }
      tx.remove(nodes[0])
    }
    rig.run(for: .milliseconds(4_900))
    #expect(rig.running(web).count == 2)
    rig.run(for: .milliseconds(500))
    #expect(rig.running(web).count == 4)
  }

  @Test("a task that is assigned to a node in the moment it is drained is restarted")
  func assignedToDrained() {
    var rig = Rig()
    rig.platform.isIdle = true
    let node = rig.addNode { $0.spec.availability = .drain }
    let web = rig.addService(.replicated(replicas: 1))
    rig.settle()
    rig.assign(rig.tasks(web)[0].id, to: node)
    rig.settle()
    #expect(rig.show(web) == ["1 assigned/shutdown runs", "1 new/ready runs"])
  }
}
