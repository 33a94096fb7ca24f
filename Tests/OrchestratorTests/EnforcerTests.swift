import SimBase
import SwarmModel
import SwarmStore
import Testing

@Suite("The constraint enforcer")
struct EnforcerTests {
  @Test("a task whose node loses the label it asks for is rejected, restarted by policy, and waits for a fit node")
  func label() throws {
    var rig = Rig()
    let node = rig.addNode { $0.spec.annotations.labels["disk"] = "ssd" }
    let web = rig.addService(.replicated(replicas: 1)) { $0.constrain("node.labels.disk==ssd") }
    rig.run(for: .seconds(2))
    rig.update(node) { $0.spec.annotations.labels["disk"] = "hdd" }
    rig.run(for: .seconds(10))
    let rejected = try #require(rig.tasks(web).first)
    #expect(rejected.status.state == .rejected)
    #expect(rejected.status.message == "task rejected by constraint enforcer")
    #expect(rejected.status.error == "assigned node no longer meets constraints")
    #expect(rejected.desiredState == .shutdown)
    #expect(rig.wanted(web).map(\.status.state) == [.pending])
    let other = rig.addNode { $0.spec.annotations.labels["disk"] = "ssd" }
    rig.run(for: .seconds(2))
    #expect(rig.running(web).map(\.nodeID) == [other])
  }

  @Test("the service's present constraints count, not those the task was made with")
  func presentConstraints() {
    var rig = Rig()
    let node = rig.addNode { $0.spec.annotations.labels["disk"] = "ssd" }
    let web = rig.addService(.replicated(replicas: 1))
    rig.run(for: .seconds(2))
    let task = rig.tasks(web)[0].id
    rig.update(web) { $0.constrain("node.labels.disk==ssd") }
    rig.run(for: .seconds(10))
    #expect(rig.running(web).map(\.id) == [task], "its node meets the new constraint")
    rig.update(node) { $0.spec.annotations.labels = [:] }
    rig.settle()
    #expect(rig.task(task)?.status.state == .rejected)
  }

  @Test("paused and drained nodes are left alone", arguments: [Availability.pause, .drain])
  func inactive(availability: Availability) {
    var rig = Rig()
    let node = rig.addNode { $0.spec.annotations.labels["disk"] = "ssd" }
    let web = rig.addService(.replicated(replicas: 1), image: "undead") { $0.constrain("node.labels.disk==ssd") }
    rig.run(for: .seconds(2))
    rig.update(node) {
      $0.spec.availability = availability
      $0.spec.annotations.labels = [:]
    }
    rig.run(for: .seconds(5))
    #expect(rig.tasks(web).first?.status.state == .running)
  }

  @Test("a node that shrinks keeps tasks in the order of their IDs as long as they fit")
  func memory() {
    var rig = Rig()
    let node = rig.addNode()
    let web = rig.addService(.replicated(replicas: 4)) {
      var resources = ResourceRequirements()
      var reservations = Resources()
      reservations.memoryBytes = 100
      resources.reservations = reservations
      $0.task.resources = resources
    }
    rig.run(for: .seconds(2))
    let ids = rig.tasks(web).map(\.id).sorted()
    rig.update(node) { $0.description?.resources.memoryBytes = 250 }
    rig.settle()
    #expect(ids.map { rig.task($0)?.status.state } == [.running, .running, .rejected, .rejected])
  }

  @Test("a lost generic resource rejects its task and ends the look; numbers are counted down")
  func generic() {
    var rig = Rig()
    rig.platform.isIdle = true
    let node = rig.addNode {
      $0.description?.resources.generic = [
        .named(kind: "gpu", value: "a"), .named(kind: "gpu", value: "b"), .discrete(kind: "port", value: 3),
      ]
    }
    let web = rig.addService(.replicated(replicas: 3))
    rig.settle()
    let given: [[GenericResource]] = [
      [.named(kind: "gpu", value: "a"), .discrete(kind: "port", value: 2)],
      [.named(kind: "gpu", value: "b"), .discrete(kind: "port", value: 1)],
      [.discrete(kind: "port", value: 1)],
    ]
    let ids = rig.tasks(web).map(\.id).sorted()
    for (id, resources) in zip(ids, given) {
      rig.assign(id, to: node)
      rig.write { tx in tx.update(id, by: .scheduler) { $0.assignedGenericResources = resources } }
    }
    rig.write { $0.update(ids[2], by: .scheduler) { $0.assignedGenericResources = [] } }
    rig.update(node) { $0.spec.annotations.labels["look"] = "" }
    rig.settle()
    #expect(ids.map { rig.task($0)?.status.state } == [.assigned, .assigned, .assigned])
    rig.write { $0.update(ids[2], by: .scheduler) { $0.assignedGenericResources = given[2] } }
    rig.update(node) { $0.spec.annotations.labels["look"] = "again" }
    rig.settle()
    #expect(ids.map { rig.task($0)?.status.state } == [.assigned, .assigned, .rejected])
    rig.update(node) { $0.description?.resources.generic.removeFirst() }
    rig.settle()
    #expect(ids.map { rig.task($0)?.status.state } == [.rejected, .assigned, .rejected])
  }

  @Test("completed job tasks hold no resources")
  func completedJobs() {
    var rig = Rig()
    let node = rig.addNode()
    var resources = ResourceRequirements()
    var reservations = Resources()
    reservations.nanoCPUs = 100
    resources.reservations = reservations
    let reserve: (inout ServiceSpec) -> Void = { $0.task.resources = resources }
    _ = rig.addService(.replicatedJob(maxConcurrent: 2, totalCompletions: 2), image: "finishes", reserve)
    rig.run(for: .seconds(5))
    let web = rig.addService(.replicated(replicas: 1), reserve)
    rig.run(for: .seconds(2))
    rig.update(node) { $0.description?.resources.nanoCPUs = 100 }
    rig.run(for: .seconds(2))
    #expect(rig.running(web).count == 1)
  }

  @Test("a new leader looks at every node")
  func newLeader() {
    var rig = Rig()
    let node = rig.addNode { $0.spec.annotations.labels["disk"] = "ssd" }
    let web = rig.addService(.replicated(replicas: 1)) { $0.constrain("node.labels.disk==ssd") }
    rig.run(for: .seconds(2))
    let task = rig.tasks(web)[0].id
    rig.update(node) {
      $0.spec.availability = .pause
      $0.spec.annotations.labels = [:]
    }
    rig.settle()
    var active = rig.store.nodes[node]?.value ?? Node()
    active.spec.availability = .active
    rig.writeUnseen { $0.put(active) }
    rig.lead()
    rig.settle()
    #expect(rig.task(task)?.status.state == .rejected)
  }
}
