import SimBase
import SwarmManager
import SwarmModel
import SwarmStore

/// A leader without Raft: components, a store that commits one proposal at a time, a clock, and a `Platform` that does what
/// allocator, scheduler and agents do.
struct Rig {
  /// Which component a slot of `components` holds.
  enum Part: Int, CaseIterable { case platform, replicated, global, jobs, reaper, enforcer }

  var now = Instant.zero
  var store = Store()
  var dice = Dice(seed: 1, label: "rig")
  var platform = Platform()
  /// From proposal to commit.
  var latency = Duration.milliseconds(1)
  /// Every committed task change, for tests that ask what happened in between.
  var taskEvents: [(at: Instant, old: SwarmTask?, new: SwarmTask?)] = []
  /// Asked after each commit.
  var law: ((Store, Instant) -> Void)?

  private var leaders: [any LeaderComponent] = []
  private var version: UInt64 = 10
  private var proposal: (author: Int?, changes: [StoreChange], due: Instant)?
  private var nextWriter = 0
  private var nodeCount: UInt128 = 0
  private var serviceCount: UInt128 = 0

  init(latency: Duration = .milliseconds(1)) {
    self.latency = latency
    var cluster = Cluster()
    cluster.id = ClusterID(raw: 1)
    write { $0.put(cluster) }
    lead()
  }

  /// A new leader takes over: what the old one had in mind or in flight is lost.
  mutating func lead() {
    proposal = nil
    leaders = [
      ReplicatedOrchestrator(), GlobalOrchestrator(), JobsOrchestrator(), TaskReaper(), ConstraintEnforcer(),
    ]
    for index in leaders.indices { leaders[index].start(store, at: now, dice: &dice) }
    platform.start(store, at: now, dice: &dice)
  }

  // MARK: Time

  mutating func run(for span: Duration) { run(until: now + span) }

  mutating func run(until end: Instant) {
    while true {
      propose()
      var next = earliest(proposal?.due, platform.nextDeadline)
      for leader in leaders { next = earliest(next, leader.nextDeadline) }
      guard let next, next <= end else { break }
      now = max(now, next)
      if let (author, changes, due) = proposal, due <= now {
        proposal = nil
        commit(changes, by: author)
      }
      if let deadline = platform.nextDeadline, deadline <= now { platform.wake(in: store, at: now, dice: &dice) }
      for index in leaders.indices {
        if let deadline = leaders[index].nextDeadline, deadline <= now {
          leaders[index].wake(in: store, at: now, dice: &dice)
        }
      }
    }
    now = end
  }

  /// Lets everything happen that needs no time but commits.
  mutating func settle() { run(for: latency * 40) }

  private mutating func propose() {
    var asked = 0
    while proposal == nil && asked <= leaders.count {
      let writer = nextWriter % (leaders.count + 1)
      nextWriter += 1
      asked += 1
      let wants = writer == leaders.count ? platform.wantsToWrite : leaders[writer].wantsToWrite
      if !wants { continue }
      asked = 0
      version += 1
      var tx = Transaction(store, version: version, at: now)
      if writer == leaders.count {
        platform.transact(&tx, dice: &dice)
      } else {
        leaders[writer].transact(&tx, dice: &dice)
      }
      precondition(tx.refused.isEmpty, "refused: \(tx.refused)")
      if !tx.changes.isEmpty { proposal = (writer, tx.changes, now + latency) }
    }
  }

  private mutating func commit(_ changes: [StoreChange], by author: Int?) {
    if let author {
      if author == leaders.count {
        platform.written(in: store, at: now)
      } else {
        leaders[author].written(in: store, at: now)
      }
    }
    // `store` holds the whole commit before anybody hears of its first change.
    let events = changes.compactMap { store.apply($0) }
    for event in events {
      if case .task(let old, let new) = event { taskEvents.append((now, old?.value, new?.value)) }
      platform.observe(event, in: store, at: now, dice: &dice)
      for index in leaders.indices { leaders[index].observe(event, in: store, at: now, dice: &dice) }
    }
    platform.commit(in: store, at: now, dice: &dice)
    for index in leaders.indices { leaders[index].commit(in: store, at: now, dice: &dice) }
    law?(store, now)
  }

  // MARK: What users and nodes do

  /// Commits a write of somebody else at once, after what is in flight.
  mutating func write(_ body: (inout Transaction) -> Void) {
    if let (author, changes, due) = proposal {
      proposal = nil
      now = max(now, due)
      commit(changes, by: author)
    }
    version += 1
    var tx = Transaction(store, version: version, at: now)
    body(&tx)
    precondition(tx.refused.isEmpty, "refused: \(tx.refused)")
    commit(tx.changes, by: nil)
  }

  /// Writes what no component of this leader hears of: what happened before its time.
  mutating func writeUnseen(_ body: (inout Transaction) -> Void) {
    version += 1
    var tx = Transaction(store, version: version, at: now)
    body(&tx)
    for change in tx.changes { _ = store.apply(change) }
  }

  @discardableResult
  mutating func addNode(_ change: (inout Node) -> Void = { _ in }) -> NodeID {
    nodeCount += 1
    var node = Node()
    node.id = NodeID(raw: nodeCount)
    node.status.state = .ready
    var description = NodeDescription()
    description.hostname = "n\(nodeCount)"
    description.resources.memoryBytes = 1 << 40
    description.resources.nanoCPUs = 1 << 40
    node.description = description
    change(&node)
    write { $0.put(node) }
    return node.id
  }

  mutating func addNodes(_ count: Int) -> [NodeID] { (0..<count).map { _ in addNode() } }

  mutating func update(_ node: NodeID, _ change: (inout Node) -> Void) {
    guard var changed = store.nodes[node]?.value else { return }
    change(&changed)
    write { $0.put(changed) }
  }

  mutating func addService(
    _ mode: ServiceMode, image: String = "runs", _ change: (inout ServiceSpec) -> Void = { _ in }
  ) -> ServiceID {
    serviceCount += 1
    var spec = ServiceSpec()
    spec.annotations.name = "s\(serviceCount)"
    spec.mode = mode
    spec.setImage(image)
    change(&spec)
    var service = Service()
    service.id = ServiceID(raw: serviceCount)
    service.spec = Shared(spec)
    if mode.isJob { service.jobStatus = JobStatus() }
    write { $0.put(service) }
    return service.id
  }

  /// As the control API does it.
  mutating func update(_ id: ServiceID, _ change: (inout ServiceSpec) -> Void) {
    guard var service = store.services[id]?.value else { return }
    var spec = service.spec.value
    change(&spec)
    service.previousSpec = service.spec
    service.previousSpecVersion = service.specVersion
    service.spec = Shared(spec)
    service.specVersion = service.meta.version
    service.updateStatus = nil
    service.jobStatus?.iteration += 1
    write { $0.put(service) }
  }

  /// As the control API does it.
  mutating func rollBack(_ id: ServiceID) {
    guard var service = store.services[id]?.value, let previous = service.previousSpec else { return }
    (service.spec, service.previousSpec) = (previous, service.spec)
    (service.specVersion, service.previousSpecVersion) = (service.previousSpecVersion, service.specVersion)
    var status = UpdateStatus()
    status.state = .rollbackStarted
    status.message = "manually requested rollback"
    status.startedAt = now
    service.updateStatus = status
    write { $0.put(service) }
  }

  mutating func scale(_ id: ServiceID, to replicas: UInt64) { update(id) { $0.mode = .replicated(replicas: replicas) } }

  mutating func remove(_ id: ServiceID) { write { $0.remove(id) } }

  /// As an agent's report does it: one that comes after the task's end is dropped.
  mutating func report(_ id: TaskID, _ state: TaskState, error: String = "") {
    write { tx in
      let now = tx.now
      tx.update(id, by: .dispatcher) {
        if $0.status.state > state { return }
        $0.status.state = state
        $0.status.error = error
        $0.status.timestamp = now
        $0.status.appliedAt = now
      }
    }
  }

  /// As the scheduler does it.
  mutating func assign(_ id: TaskID, to node: NodeID) {
    write { tx in
      tx.update(id, by: .allocator) { $0.status.state = .pending }
      tx.update(id, by: .scheduler) {
        $0.status.state = .assigned
        $0.nodeID = node
      }
    }
  }

  // MARK: What there is

  func service(_ id: ServiceID) -> Service { store.services[id]?.value ?? Service() }
  /// By slot (the node's, where there is no slot number), then oldest first.
  func tasks(_ id: ServiceID) -> [SwarmTask] {
    func place(_ task: SwarmTask) -> UInt128 { task.slot == 0 ? task.nodeID?.raw ?? 0 : UInt128(task.slot) }
    return store.tasks(of: id).map(\.value).sorted {
      (place($0), $0.meta.createdAt, $0.id) < (place($1), $1.meta.createdAt, $1.id)
    }
  }
  /// Tasks that are meant to run (or to complete).
  func wanted(_ id: ServiceID) -> [SwarmTask] { tasks(id).filter { $0.desiredState <= .complete } }
  func running(_ id: ServiceID) -> [SwarmTask] {
    tasks(id).filter { $0.status.state == .running && $0.desiredState == .running }
  }
  func task(_ id: TaskID) -> SwarmTask? { store.tasks[id]?.value }
  /// One line per task: `slot state/desired image`.
  func show(_ id: ServiceID) -> [String] {
    tasks(id).map { "\($0.slot) \($0.status.state.word)/\($0.desiredState.word) \($0.spec.container?.image ?? "")" }
  }
}

extension ServiceSpec {
  mutating func setImage(_ image: String) {
    var container = task.container ?? ContainerSpec()
    container.image = image
    task.runtime = .container(container)
  }

  mutating func setRestart(_ change: (inout RestartPolicy) -> Void) {
    var policy = RestartPolicy()
    change(&policy)
    task.restart = policy
  }

  mutating func setUpdate(_ change: (inout UpdateConfig) -> Void) {
    var config = UpdateConfig()
    change(&config)
    update = config
  }

  mutating func constrain(_ constraints: String...) {
    var placement = Placement()
    placement.constraints = constraints
    task.placement = placement
  }
}
