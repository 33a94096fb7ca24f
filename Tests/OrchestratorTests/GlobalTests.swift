import SimBase
import SwarmModel
import SwarmStore
import Testing

@Suite("Global services")
struct GlobalTests {
  private func started(nodes count: Int = 3, image: String = "runs") -> (Rig, nodes: [NodeID], agent: ServiceID) {
    var rig = Rig()
    let nodes = rig.addNodes(count)
    let agent = rig.addService(.global, image: image)
    rig.run(for: .seconds(2))
    return (rig, nodes, agent)
  }

  @Test("every node gets one task, with its node from the beginning and slot 0")
  func onePerNode() {
    let (rig, nodes, agent) = started()
    #expect(rig.running(agent).map(\.nodeID) == nodes)
    #expect(rig.tasks(agent).map(\.slot) == [0, 0, 0])
    #expect(rig.taskEvents.filter { $0.old == nil }.compactMap(\.new?.nodeID) == nodes)
  }

  @Test("a node that joins gets a task of each global service that it fits")
  func newNode() {
    var (rig, _, agent) = started()
    let picky = rig.addService(.global) { $0.constrain("node.labels.disk==ssd") }
    let node = rig.addNode { $0.spec.annotations.labels["disk"] = "ssd" }
    rig.run(for: .seconds(2))
    #expect(rig.running(agent).count == 4)
    #expect(rig.running(picky).map(\.nodeID) == [node])
  }

  @Test("a drained or lost node's tasks are shut down and not replaced, and one comes when it is back")
  func drainAndDown() {
    for change in [{ (node: inout Node) in node.spec.availability = .drain }, { $0.status.state = .down }] {
      var (rig, nodes, agent) = started()
      let before = rig.store.nodes[nodes[1]]?.value
      rig.update(nodes[1], change)
      rig.run(for: .seconds(30))
      #expect(rig.running(agent).map(\.nodeID) == [nodes[0], nodes[2]])
      #expect(rig.tasks(agent).count == 3)
      rig.update(nodes[1]) { $0 = before ?? $0 }
      rig.run(for: .seconds(2))
      #expect(rig.running(agent).map(\.nodeID) == nodes)
      #expect(rig.tasks(agent).count == 4)
    }
  }

  @Test("a deleted node's global tasks are deleted at once")
  func deletedNode() {
    var (rig, nodes, agent) = started()
    rig.write { $0.remove(nodes[1]) }
    rig.settle()
    #expect(rig.tasks(agent).map(\.nodeID) == [nodes[0], nodes[2]])
  }

  @Test("a paused node keeps its task, does not get it back when it fails, and is not updated")
  func pausedNode() {
    var (rig, nodes, agent) = started()
    rig.update(nodes[1]) { $0.spec.availability = .pause }
    rig.update(agent) { $0.setImage("v2") }
    rig.run(for: .seconds(30))
    #expect(rig.tasks(agent).filter { $0.nodeID == nodes[1] }.map(\.spec.container?.image) == ["runs"])
    #expect(rig.running(agent).count == 3)
    guard let task = rig.running(agent).first(where: { $0.nodeID == nodes[1] }) else { return }
    rig.report(task.id, .failed)
    rig.run(for: .seconds(30))
    #expect(rig.running(agent).count == 2)
    #expect(rig.task(task.id)?.desiredState == .shutdown)
  }

  @Test("a paused node that was left behind by an update gets the new spec when it is active again, without an update")
  func unpausedNode() {
    var (rig, nodes, agent) = started()
    rig.update(nodes[1]) { $0.spec.availability = .pause }
    rig.update(agent) { $0.setImage("v2") }
    rig.run(for: .seconds(30))
    let status = rig.service(agent).updateStatus
    rig.update(nodes[1]) { $0.spec.availability = .active }
    rig.run(for: .seconds(2))
    #expect(rig.running(agent).map(\.spec.container?.image) == ["v2", "v2", "v2"])
    #expect(rig.service(agent).updateStatus == status)
  }

  @Test("a crashed task is replaced on its node after the delay, up to its limit of attempts")
  func crash() {
    var rig = Rig()
    let nodes = rig.addNodes(2)
    let agent = rig.addService(.global, image: "crashes") {
      $0.setRestart {
        $0.delay = .seconds(1)
        $0.maxAttempts = 1
      }
    }
    rig.run(for: .seconds(30))
    #expect(rig.tasks(agent).map(\.nodeID) == [nodes[0], nodes[0], nodes[1], nodes[1]])
    #expect(rig.wanted(agent).isEmpty)
  }

  @Test("a node that loses a label that the service asks for loses the task, by the enforcer; regaining it brings one")
  func labelLost() {
    var rig = Rig()
    let node = rig.addNode { $0.spec.annotations.labels["disk"] = "ssd" }
    let agent = rig.addService(.global) { $0.constrain("node.labels.disk==ssd") }
    rig.run(for: .seconds(2))
    #expect(rig.running(agent).count == 1)
    rig.update(node) { $0.spec.annotations.labels = [:] }
    rig.run(for: .seconds(10))
    #expect(rig.tasks(agent).map(\.status.state) == [.rejected])
    #expect(rig.tasks(agent).map(\.desiredState) == [.shutdown])
    rig.update(node) { $0.spec.annotations.labels["disk"] = "ssd" }
    rig.run(for: .seconds(10))
    #expect(rig.running(agent).count == 1)
  }

  @Test("new constraints shut down tasks on nodes that do not meet them and leave the others alone")
  func newConstraints() {
    var (rig, nodes, agent) = started()
    rig.update(agent) { $0.constrain("node.hostname!=n2") }
    rig.run(for: .seconds(10))
    #expect(rig.running(agent).map(\.nodeID) == [nodes[0], nodes[2]])
    #expect(rig.tasks(agent).count == 3)
  }

  @Test("a deleted task of a global service comes back when its node or service changes")
  func deletedTask() {
    var (rig, nodes, agent) = started()
    rig.write { tx in for task in tx.store.tasks(on: nodes[0]) { tx.remove(task.value.id, by: .controlAPI) } }
    rig.run(for: .seconds(5))
    #expect(rig.tasks(agent).count == 2)
    rig.update(nodes[0]) { $0.spec.annotations.labels["any"] = "" }
    rig.run(for: .seconds(5))
    #expect(rig.running(agent).count == 3)
  }

  @Test("a deleted service's tasks are removed everywhere")
  func deletedService() {
    var (rig, _, agent) = started()
    rig.remove(agent)
    rig.run(for: .seconds(2))
    #expect(rig.tasks(agent).isEmpty)
  }

  @Test(
    "a finished task's node can get two tasks, by its own change and by an update under way; the next change mends it")
  func finishedTwice() {
    var rig = Rig()
    let nodes = rig.addNodes(2)
    let agent = rig.addService(.global) {
      $0.setRestart { $0.condition = .none }
      $0.setUpdate { $0.delay = .seconds(5) }
    }
    rig.run(for: .seconds(2))
    for task in rig.tasks(agent) { rig.report(task.id, .complete) }
    rig.settle()
    rig.update(agent) { $0.setImage("v2") }
    rig.run(for: .seconds(2))
    #expect(rig.running(agent).map(\.nodeID) == [nodes[0]])
    rig.update(nodes[1]) { $0.spec.annotations.labels["any"] = "change" }
    rig.run(for: .seconds(10))
    #expect(rig.running(agent).map(\.nodeID) == [nodes[0], nodes[1], nodes[1]])
    rig.update(nodes[1]) { $0.spec.annotations.labels["another"] = "change" }
    rig.run(for: .seconds(2))
    #expect(rig.running(agent).map(\.nodeID) == nodes)
  }

  @Test("an update goes from node to node")
  func update() {
    var (rig, nodes, agent) = started()
    rig.update(agent) { $0.setImage("v2") }
    rig.run(for: .seconds(30))
    #expect(rig.running(agent).map(\.nodeID) == nodes)
    #expect(rig.running(agent).allSatisfy { $0.spec.container?.image == "v2" })
    #expect(rig.service(agent).updateStatus?.state == .completed)
  }
}
