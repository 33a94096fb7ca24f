import SimBase
import SwarmManager
import SwarmModel
import SwarmStore

/// A leader's control API over a store, with commits that always succeed: what a driver does, without Raft.
final class Leader {
  var store = Store()
  var api = ControlAPI()
  var dice = Dice(seed: 1, label: "control")
  var raft = RaftView()
  var now = Instant.zero
  var index: UInt64 = 100
  private var calls: UInt64 = 0

  /// A leader with a cluster and the routing mesh's network.
  init() {
    write { tx in
      var cluster = Cluster()
      cluster.id = ClusterID(raw: 1)
      cluster.rootCA.digest = String(repeating: "ab", count: 32)
      cluster.joinTokens.worker = "SWMTKN-1-old-worker"
      cluster.joinTokens.manager = "SWMTKN-1-old-manager"
      tx.put(cluster)
      var ingress = Network()
      ingress.id = NetworkID(raw: 7)
      ingress.spec.annotations.name = "ingress"
      ingress.spec.isIngress = true
      tx.put(ingress)
    }
  }

  /// Writes to the store as another component would.
  func write(_ body: (inout Transaction) -> Void) {
    var tx = Transaction(store, version: index, at: now)
    body(&tx)
    apply(tx)
  }

  /// Submits a request, commits what it writes and returns its answer.
  func ask(_ request: ControlRequest) -> Result<ControlReply, APIError> {
    calls += 1
    let id = ControlCallID(calls)
    api.submit(id, request, raft: raft, in: store, dice: &dice)
    settle()
    let answers = api.takeAnswers()
    precondition(answers.count == 1 && answers[0].id == id, "one call, one answer")
    return answers[0].result
  }

  /// Lets the API write as long as it wants to.
  func settle() {
    while api.wantsToWrite {
      var tx = Transaction(store, version: index, at: now)
      api.transact(&tx, dice: &dice)
      if tx.changes.isEmpty { continue }
      apply(tx)
      api.written(in: store, at: now)
    }
  }

  private func apply(_ tx: Transaction) {
    precondition(tx.refused.isEmpty, "refused: \(tx.refused)")
    for change in tx.changes { _ = store.apply(change) }
    index += 1
  }

  /// The refusal's message and status; nil where the request was carried out.
  func refusal(_ request: ControlRequest) -> (message: String, status: Int)? {
    if case .failure(let error) = ask(request) { return (error.message, error.status) }
    return nil
  }

  /// The ID of what a request made; nil where it was refused.
  func make(_ request: ControlRequest) -> String? {
    if case .success(.created(let id, _)) = ask(request) { return id }
    return nil
  }

  /// Adds a node and returns it.
  @discardableResult
  func addNode(
    _ hostname: String, role: NodeRole = .worker, state: NodeState = .ready, _ change: (inout Node) -> Void = { _ in }
  ) -> Node {
    var node = Node()
    node.id = NodeID(drawnFrom: &dice)
    node.spec.desiredRole = role
    node.role = role
    node.status.state = state
    var description = NodeDescription()
    description.hostname = hostname
    node.description = description
    change(&node)
    write { $0.put(node) }
    return store.nodes[node.id]?.value ?? node
  }

  /// Adds a task in a state that it could have reached, and returns it.
  @discardableResult
  func addTask(
    of service: Service? = nil, on node: NodeID? = nil, slot: UInt64 = 0, state: TaskState = .running,
    desired: TaskState = .running, _ change: (inout SwarmTask) -> Void = { _ in }
  ) -> SwarmTask {
    var task = SwarmTask()
    task.id = TaskID(drawnFrom: &dice)
    task.serviceID = service?.id
    if let service { task.serviceSpec = service.spec }
    task.specVersion = service?.specVersion
    task.slot = slot
    task.nodeID = node
    task.desiredState = desired
    change(&task)
    write { $0.put(task, by: .orchestrator) }
    if state != .new {
      // The store checks who makes a move; tests only care where a task has come to.
      var moved = store.tasks[task.id]?.value ?? task
      moved.status.state = state
      _ = store.apply(.putTask(Shared(moved)))
    }
    return store.tasks[task.id]?.value ?? task
  }

  /// The service of this name. Traps where there is none.
  func service(_ name: String) -> Service {
    guard let service = store.service(named: name) else { preconditionFailure("no service \(name)") }
    return service.value
  }
}

/// A service of nginx.
func spec(_ name: String, _ change: (inout ServiceSpec) -> Void = { _ in }) -> ServiceSpec {
  var spec = ServiceSpec()
  spec.annotations.name = name
  var container = ContainerSpec()
  container.image = "nginx:alpine"
  spec.task.runtime = .container(container)
  change(&spec)
  return spec
}

/// A request to make a service.
func creation(_ name: String, _ change: (inout ServiceSpec) -> Void = { _ in }) -> ControlRequest {
  .createService(ServiceSubmission(spec(name, change)))
}

extension ServiceSpec {
  /// The container, changed in place.
  mutating func container(_ change: (inout ContainerSpec) -> Void) {
    guard var container = task.container else { preconditionFailure("a spec without a container") }
    change(&container)
    task.runtime = .container(container)
  }
}

/// A port published through the routing mesh, or on the nodes themselves.
func port(_ published: UInt32, _ mode: PublishMode = .ingress, _ protocol: PortProtocol = .tcp) -> PortConfig {
  var port = PortConfig()
  port.targetPort = 80
  port.publishedPort = published
  port.mode = mode
  port.protocol = `protocol`
  return port
}

/// The gRPC form of an error.
func rpc(_ code: String, _ text: String) -> String { "rpc error: code = \(code) desc = \(text)" }
