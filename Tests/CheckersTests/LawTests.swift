import Raft
import SimBase
import SwarmModel
import SwarmNode
import SwarmStore
import Testing

@testable import Checkers

/// Each law of the swarm's objects is broken once, by a log that no manager would write, and must be reported.
@Suite struct LawTests {
  /// A swarm's record and the log that is fed to it.
  struct Rig {
    var record = SwarmRecord.empty
    private var index: UInt64 = 0

    init(_ changes: [StoreChange] = []) { _ = commit(changes) }

    /// Commits one transaction and returns the laws that it broke.
    mutating func commit(_ changes: [StoreChange], at now: Instant = .zero) -> [Law] {
      index += 1
      let payload = Shared(ManagerEntry(changes: changes))
      let entry = RaftEntry(term: 1, index: index, kind: .normal, size: 1, payload: payload)
      return record.commit(entry, at: now).broken.map(\.0)
    }
  }

  static func node(_ n: Int, _ change: (inout Node) -> Void = { _ in }) -> Node {
    var node = Node()
    node.id = NodeID(raw: UInt128(n))
    node.status.state = .ready
    node.description = NodeDescription()
    node.description?.hostname = "node\(n)"
    node.description?.resources.nanoCPUs = 2_000_000_000
    change(&node)
    return node
  }

  static func service(_ n: Int, _ change: (inout ServiceSpec) -> Void = { _ in }) -> Service {
    var service = Service()
    service.id = ServiceID(raw: UInt128(n))
    var spec = ServiceSpec()
    spec.annotations.name = "service\(n)"
    change(&spec)
    service.spec = Shared(spec)
    return service
  }

  static func task(_ n: Int, of service: Service, slot: UInt64 = 1, version: UInt64 = 1) -> SwarmTask {
    var task = SwarmTask()
    task.id = TaskID(raw: UInt128(n))
    task.serviceID = service.id
    task.serviceSpec = service.spec
    task.specVersion = version
    task.slot = slot
    task.desiredState = .running
    return task
  }

  /// The task on a node, as far as a state.
  static func placed(_ task: SwarmTask, on node: Node, _ state: TaskState = .assigned) -> SwarmTask {
    var task = task
    task.nodeID = node.id
    task.status.state = state
    return task
  }

  let web = LawTests.service(1)
  let here = LawTests.node(1)
  let there = LawTests.node(2)
  var basis: [StoreChange] { [.putNode(Shared(here)), .putNode(Shared(there)), .putService(Shared(web))] }

  @Test("a task's ordinary life breaks no law") func peace() {
    var rig = Rig(basis)
    var task = Self.task(1, of: web)
    #expect(rig.commit([.putTask(Shared(task))]) == [])
    for state in [TaskState.pending, .assigned, .running] {
      task.status.state = state
      if state == .assigned { task.nodeID = here.id }
      #expect(rig.commit([.putTask(Shared(task))]) == [])
    }
    task.desiredState = .shutdown
    // The replacement comes in the transaction that ends its predecessor.
    #expect(rig.commit([.putTask(Shared(task)), .putTask(Shared(Self.task(2, of: web)))]) == [])
  }

  @Test("a task that goes back, is born too old, or is wanted less than before breaks a law") func moves() {
    var rig = Rig(basis)
    #expect(
      rig.commit([.putTask(Shared(Self.placed(Self.task(1, of: web), on: here, .running)))]).contains(.taskStates))
    #expect(rig.commit([.putTask(Shared(Self.placed(Self.task(1, of: web), on: here)))]).contains(.taskStates))
    var late = Self.task(2, of: web, slot: 2)
    late.desiredState = .shutdown
    #expect(rig.commit([.putTask(Shared(late))]) == [])
    late.desiredState = .running
    #expect(rig.commit([.putTask(Shared(late))]) == [.taskStates])
  }

  @Test("a task that changes its node breaks a law") func moved() {
    var rig = Rig(basis + [.putTask(Shared(Self.placed(Self.task(1, of: web), on: here)))])
    #expect(rig.commit([.putTask(Shared(Self.placed(Self.task(1, of: web), on: there)))]) == [.taskNode])
  }

  @Test("two live tasks in a slot break a law, unless an update may start the new one first") func slots() {
    var rig = Rig(basis + [.putTask(Shared(Self.task(1, of: web)))])
    #expect(rig.commit([.putTask(Shared(Self.task(2, of: web)))]) == [.slots])
    let gentle = Self.service(2) {
      $0.update = UpdateConfig()
      $0.update?.order = .startFirst
    }
    var other = Rig([.putService(Shared(gentle)), .putTask(Shared(Self.task(1, of: gentle)))])
    #expect(other.commit([.putTask(Shared(Self.task(2, of: gentle, version: 2)))]) == [])
    // Another update may come in between, and a restart may replace one of the two; no update makes a third task.
    #expect(other.commit([.putTask(Shared(Self.task(3, of: gentle, version: 3)))]) == [])
    var ended = Self.task(1, of: gentle)
    ended.desiredState = .shutdown
    #expect(other.commit([.putTask(Shared(ended)), .putTask(Shared(Self.task(4, of: gentle, version: 3)))]) == [])
    #expect(other.commit([.putTask(Shared(Self.task(5, of: gentle, version: 3)))]) == [.slots])
  }

  @Test("two wanted tasks of a global service on a node break a law; one on each of two nodes do not") func globals() {
    let everywhere = Self.service(3) { $0.mode = .global }
    func task(_ n: Int, on node: Node) -> StoreChange {
      var task = Self.task(n, of: everywhere, slot: 0)
      task.nodeID = node.id
      return .putTask(Shared(task))
    }
    var rig = Rig(basis + [.putService(Shared(everywhere)), task(1, on: here)])
    #expect(rig.commit([task(2, on: there)]) == [])
    #expect(rig.commit([task(3, on: here)]) == [.slots])
  }

  @Test("a scheduler may decide on the node as it was when its pass began, and no later than that") func lateNodes() {
    func place(decidedAt second: Int64) -> [Law] {
      var task = Self.task(1, of: web)
      task.status.state = .pending
      var rig = Rig(basis + [.putTask(Shared(Self.task(1, of: web)))])
      _ = rig.commit([.putTask(Shared(task))])
      let drained = Self.node(1) { $0.spec.availability = .drain }
      _ = rig.commit([.putNode(Shared(drained))], at: .zero + .seconds(5))
      task.status.timestamp = .zero + .seconds(second)
      return rig.commit([.putTask(Shared(Self.placed(task, on: here)))], at: .zero + .seconds(7))
    }
    #expect(place(decidedAt: 4) == [])
    #expect(place(decidedAt: 6) == [.placement])
  }

  @Test("a node that can be reached gives up within a minute the secrets that it no longer needs") func secrets() {
    let secret = SecretID(raw: 4)
    var reference = SecretReference()
    reference.secretID = secret.description
    var container = ContainerSpec()
    container.secrets = [reference]
    let user = Self.service(4) { $0.task.runtime = .container(container) }
    var rig = Rig(basis + [.putService(Shared(user)), .putTask(Shared(Self.task(1, of: user)))])
    var task = Self.placed(Self.task(1, of: user), on: here, .running)
    _ = rig.commit([.putTask(Shared(task))])
    let node = here.id
    #expect(!rig.record.hasNeeded(there.id, secret) && rig.record.needs(node, secret))
    #expect(rig.record.overdueSecrets(of: node, holding: [secret], isLed: true, at: .zero) == [])
    task.status.state = .failed
    _ = rig.commit([.putTask(Shared(task))])
    #expect(rig.record.hasNeeded(node, secret) && !rig.record.needs(node, secret))
    #expect(rig.record.overdueSecrets(of: node, holding: [secret], isLed: true, at: .zero + .seconds(10)) == [])
    #expect(rig.record.overdueSecrets(of: node, holding: [secret], isLed: true, at: .zero + .seconds(60)) == [])
    #expect(rig.record.overdueSecrets(of: node, holding: [secret], isLed: true, at: .zero + .seconds(71)) == [secret])
    // Given up in between, it is counted afresh.
    #expect(rig.record.overdueSecrets(of: node, holding: [], isLed: true, at: .zero + .seconds(72)) == [])
    #expect(rig.record.overdueSecrets(of: node, holding: [secret], isLed: true, at: .zero + .seconds(80)) == [])
    // While nobody leads the minute does not run.
    for second in [100, 200] {
      let now = Instant.zero + .seconds(Int64(second))
      #expect(rig.record.overdueSecrets(of: node, holding: [secret], isLed: second == 200, at: now) == [])
    }
  }

  @Test("a task that is placed where it may not be breaks a law") func placement() {
    func place(_ node: Node, _ change: @escaping (inout ServiceSpec) -> Void = { _ in }) -> [Law] {
      let service = Self.service(1, change)
      var task = Self.task(1, of: service)
      task.status.state = .pending
      task.status.timestamp = .zero + .seconds(1)
      var rig = Rig([.putNode(Shared(node)), .putService(Shared(service)), .putTask(Shared(Self.task(1, of: service)))])
      _ = rig.commit([.putTask(Shared(task))])
      return rig.commit([.putTask(Shared(Self.placed(task, on: node)))])
    }
    #expect(place(here) == [])
    #expect(place(Self.node(1) { $0.spec.availability = .drain }) == [.placement])
    #expect(place(Self.node(1) { $0.status.state = .down }) == [.placement])
    #expect(
      place(here) {
        $0.task.placement = Placement()
        $0.task.placement?.constraints = ["node.hostname==elsewhere"]
      } == [.placement])
    #expect(
      place(here) {
        var wanted = Resources()
        wanted.nanoCPUs = 3_000_000_000
        $0.task.resources = ResourceRequirements()
        $0.task.resources?.reservations = wanted
      } == [.placement])
  }

  @Test("an address, a published port or a host port that two have breaks a law, and one that is handed on does not")
  func claims() {
    var first = web
    var second = Self.service(2)
    let net = NetworkID(raw: 9)
    for (at, address) in [("first", "10.0.0.2/24"), ("second", "10.0.0.2")] {
      var endpoint = Endpoint()
      endpoint.virtualIPs = [VirtualIP(network: net, addr: address)]
      var port = PortConfig()
      port.publishedPort = 80
      endpoint.ports = [port]
      if at == "first" { first.endpoint = endpoint } else { second.endpoint = endpoint }
    }
    var rig = Rig(basis + [.putService(Shared(first))])
    #expect(
      rig.commit([.putService(Shared(second))]).sorted { $0.rawValue < $1.rawValue } == [.publishedPorts, .addresses])
    var handedOn = Rig(basis + [.putService(Shared(first))])
    #expect(handedOn.commit([.putService(Shared(second)), .removeService(first.id)]) == [])

    var open = PortConfig()
    (open.publishedPort, open.mode) = (8080, .host)
    func user(_ n: Int, _ state: TaskState) -> StoreChange {
      var task = Self.placed(Self.task(n, of: web, slot: UInt64(n)), on: here, state)
      task.endpoint = Endpoint()
      task.endpoint?.ports = [open]
      return .putTask(Shared(task))
    }
    var ports = Rig(basis + [user(1, .running)])
    #expect(ports.commit([user(2, .assigned)]).contains(.hostPorts))
    var freed = Rig(basis + [user(1, .running)])
    #expect(!freed.commit([user(1, .failed), user(2, .assigned)]).contains(.hostPorts))
  }

  @Test("an entry with another content or term than the committed one is told from it") func entries() {
    let changes: [StoreChange] = [.putNode(Shared(here))]
    func entry(_ term: UInt64, _ changes: [StoreChange]) -> RaftEntry<ManagerEntry> {
      RaftEntry(term: term, index: 1, kind: .normal, size: 1, payload: Shared(ManagerEntry(changes: changes)))
    }
    let known = CommittedEntry(entry(1, changes))
    #expect(known.isSame(as: entry(1, changes)))
    #expect(!known.isSame(as: entry(2, changes)))
    #expect(!known.isSame(as: entry(1, [.putNode(Shared(there))])))
  }

  @Test("two stores differ by an object that one lacks, or has otherwise") func stores() {
    let full = Store(contents: basis)
    #expect(full.difference(from: Store(contents: basis)) == nil)
    #expect(full.difference(from: Store(contents: Array(basis.dropLast()))) != nil)
    let renamed = Self.service(1) { $0.annotations.labels["a"] = "b" }
    #expect(full.difference(from: Store(contents: basis + [.putService(Shared(renamed))])) != nil)
  }

  @Test("a history that stays too long under one leader breaks a law once others have had their turns") func history() {
    var cluster = Cluster()
    cluster.spec.taskHistoryRetentionLimit = 2
    var rig = Rig(basis + [.putCluster(Shared(cluster))])
    rig.record.noteLeader(RaftID(1), term: 1, at: .zero)
    for n in 1...4 {
      var ended = Self.placed(Self.task(n, of: web), on: here, n == 4 ? .running : .failed)
      ended.meta.createdAt = .zero + .seconds(1)
      _ = rig.commit([.putTask(Shared(ended))])
    }
    #expect(rig.record.overlongHistories(at: .zero + .seconds(2)) == [])
    #expect(rig.record.overlongHistories(at: .zero + .seconds(8)) == [], "nobody had a turn in between")
    for _ in 0..<30 { _ = rig.commit([]) }
    #expect(rig.record.overlongHistories(at: .zero + .seconds(9)).count == 1)
  }
}
