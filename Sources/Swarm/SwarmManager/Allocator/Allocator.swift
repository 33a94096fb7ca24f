import Dataplane
import SimBase
import SwarmModel
import SwarmStore

/// Gives networks their subnets, services their virtual addresses and published ports, tasks their addresses, and nodes
/// their load balancers' addresses; a task that has all it needs goes from NEW to PENDING.
///
/// **What it decides, and when.** Each change that concerns it becomes a piece of work, done in order when the allocator may
/// write, on the store as it is then:
///
/// - A network is allocated as soon as it appears: the lowest free subnet, its gateway, a VXLAN id per subnet.
/// - A service's ports and virtual addresses follow each change of the service. Its tasks wait for them.
/// - A new task is noted, with the networks that exist at that moment: ingress first, then those of its spec. When the
///   commit is complete, noted tasks get an address on each network, their service's endpoint, and become PENDING.
/// - A node has an address on ingress and on every overlay of its live tasks. It follows each change of the node or of a
///   task on it.
/// - What a removed object or an ended task held is free at once.
///
/// **When it fails** the object stays as it is and nobody is told: a task stays NEW without an error. It is tried again at
/// the end of a commit, if something was freed since the last trial or more than five minutes have passed. A node's address
/// is tried again only at the next change on that node.
///
/// **A new leader** first books what the store says is allocated (networks, nodes, services, tasks), then allocates the
/// rest. Cursors begin at the bottom, so the holes of a subnet are filled first.
///
/// **Orders.** The original walks maps. Tasks are served here in the order in which they appeared, networks, services and
/// nodes in ascending order of IDs.
///
/// **Differs from Docker**
/// - Several pieces of work share a transaction, where the original commits one object's allocation at a time; only at a
///   leader's start do the ingress network, the networks, the nodes and the services each have theirs, as there. Reading,
///   deciding and writing are one step, so its version conflicts do not occur.
/// - Restoring writes networks, nodes and services again, as the original does, but not tasks that are as they were.
/// - An address obtained for a service that then failed on another network is freed (see `NetworkBook`).
/// - While a new leader restores what objects hold, it gives no service an address on a network more; the original does,
///   and may give it another's.
/// - A service that is removed while a new leader restores, and its tasks, keep what they hold until they are gone; the
///   original may give it to others meanwhile.
///
/// Source: moby/swarmkit `manager/allocator/network.go`, `allocator.go`.
public struct Allocator: LeaderComponent {
  /// How long after a trial the next one follows at the latest, given a commit. Source: `retryInterval`.
  public static let retryInterval = Duration.minutes(5)
  /// The status message of a task that has all it needs. Source: `allocatedStatusMessage`.
  public static let allocatedMessage = "pending task scheduling"

  /// A piece of work. Objects that are gone by the time are passed over.
  enum Work: Sendable {
    case adoptIngress
    /// What was written so far is a transaction of its own.
    case boundary
    case network(NetworkID, existingOnly: Bool)
    case node(NodeID, existingOnly: Bool)
    case service(ServiceID, existingOnly: Bool)
    case task(TaskID, existingOnly: Bool)
    case networkCreated(NetworkID)
    case networkRemoved(Shared<Network>)
    case detach(NodeID, from: NetworkID)
    case freeNetwork(Shared<Network>)
    case serviceCreated(ServiceID)
    case serviceUpdated(ServiceID)
    case serviceRemoved(Shared<Service>)
    case nodeChanged(NodeID)
    case nodeRemoved(Shared<Node>)
    case taskNew(TaskID)
    case taskEnded(Shared<SwarmTask>)
    case commit
    case retryNetworks(after: NetworkID?)
    case retryServices(after: ServiceID?)
    case retryTasks(after: UInt64?)
    case settle(retried: Bool)
  }

  var networks = NetworkBook(pools: PredefinedPool.swarm)
  var ports = PortBook()
  var ingress: NetworkID?
  /// Tasks to be served at the end of this commit, by arrival.
  var noted = ArrivalList()
  /// Tasks that failed at the end of this commit.
  var failedNow = ArrivalList()
  /// Tasks that failed earlier and are tried again.
  var unallocated = ArrivalList()
  var unallocatedNetworks = Table<NetworkID, AllocationError>()
  /// Failed services as the attempt left them: it may have cost them what they had.
  var unallocatedServices = Table<ServiceID, (service: Service, reason: AllocationError)>()
  var lastRetry = Instant.zero
  var somethingWasFreed = false

  /// How many live tasks a node has on each overlay network.
  private var needs = Table<NodeOnNetwork, Int>()
  /// Nodes that may lack an address or have one too many: their next task's change looks at them. Others need a look only
  /// when their networks or they themselves change.
  var suspects = Table<NodeID, Mark>()
  private var queue: [Work] = []
  private var queueHead = 0
  /// What the present piece of work led to, last first; done before the rest of the queue.
  private var next: [Work] = []

  /// An allocator that knows nothing yet.
  public init() {}

  /// Why a service has no addresses or ports; nil if it has, or was not tried yet.
  public func refusal(of service: ServiceID) -> AllocationError? { unallocatedServices[service]?.reason }
  /// Why a network has no subnet; nil if it has, or was not tried yet.
  public func refusal(of network: NetworkID) -> AllocationError? { unallocatedNetworks[network] }
  /// Why a task has no addresses; nil if it has, or was not tried yet.
  public func refusal(of task: TaskID) -> AllocationError? {
    unallocated.reason(of: task) ?? failedNow.reason(of: task)
  }

  // MARK: LeaderComponent

  /// Queues everything there is: first to restore, then to allocate.
  public mutating func start(_ store: Store, at now: Instant, dice: inout Dice) {
    networks = NetworkBook(pools: Allocator.pools(of: store.cluster?.value))
    lastRetry = now
    ingress = store.ingressNetwork?.value.id
    queue = ingress == nil ? [] : [.adoptIngress, .boundary]
    for (_, box) in store.tasks { _ = count(box.value, by: 1) }
    suspectAll(store)
    for existingOnly in [true, false] {
      queue += store.networks.keys.map { .network($0, existingOnly: existingOnly) } + [.boundary]
      queue += store.nodes.keys.map { .node($0, existingOnly: existingOnly) } + [.boundary]
      queue += store.services.keys.map { .service($0, existingOnly: existingOnly) } + [.boundary]
      for (id, box) in store.tasks where box.value.status.state <= .running {
        // A task without addresses has nothing to restore, one past PENDING without networks nothing to get.
        let hasAddresses = box.value.networks.contains { !$0.addresses.isEmpty }
        if existingOnly && !hasAddresses { continue }
        queue.append(.task(id, existingOnly: existingOnly))
      }
    }
  }

  /// Turns a change into work, where there is any.
  public mutating func observe(_ event: StoreEvent, in store: Store, at now: Instant, dice: inout Dice) {
    switch event {
    case .network(nil, let new?):
      if new.value.spec.isIngress { suspectAll(store) }
      queue.append(.networkCreated(new.value.id))
    case .network(let old?, nil):
      suspectAll(store)
      queue.append(.networkRemoved(old))
    case .service(nil, let new?): queue.append(.serviceCreated(new.value.id))
    case .service(let old?, nil): queue.append(.serviceRemoved(old))
    case .service(_, let new?):
      if isBusy || !isAllocated(new.value) || ports.hostPortsNeedUpdate(new.value) {
        queue.append(.serviceUpdated(new.value.id))
      }
    case .node(let old?, nil): queue.append(.nodeRemoved(old))
    case .node(_, let new?): check(new.value.id, in: store)
    case .task(let old, let new): observeTask(old?.value, new, old, in: store)
    case .network, .service, .node, .cluster, .secret, .config, .volume: break
    }
  }

  /// Queues the end of the commit: tasks are served there, and failures are tried again.
  public mutating func commit(in store: Store, at now: Instant, dice: inout Dice) {
    let isDue = isRetryDue(at: now)
    if isBusy || isDue && (!unallocated.isEmpty || !unallocatedNetworks.isEmpty || !unallocatedServices.isEmpty) {
      queue.append(.commit)
    } else if isDue {
      lastRetry = now
      somethingWasFreed = false
    }
  }

  /// Whether there is work.
  public var wantsToWrite: Bool { isBusy }

  /// Does what work there is, until the transaction is full. What a new leader finds is committed kind by kind.
  public mutating func transact(_ tx: inout Transaction, dice: inout Dice) {
    while !tx.isFull, let work = takeWork() {
      if case .boundary = work, !tx.changes.isEmpty { return }
      perform(work, &tx)
    }
  }

  // MARK: The queue

  var isBusy: Bool { queueHead < queue.count || !next.isEmpty }

  func isRetryDue(at now: Instant) -> Bool { somethingWasFreed || now - lastRetry > Allocator.retryInterval }

  /// Puts work before the rest of the queue; of several the one pushed last is done first.
  mutating func push(_ work: Work) { next.append(work) }

  private mutating func takeWork() -> Work? {
    if let work = next.popLast() { return work }
    if queueHead == queue.count { return nil }
    defer {
      queueHead += 1
      if queueHead == queue.count {
        queue.removeAll(keepingCapacity: queue.count < 1024)
        queueHead = 0
      }
    }
    return queue[queueHead]
  }

  private mutating func perform(_ work: Work, _ tx: inout Transaction) {
    switch work {
    case .boundary: break
    case .adoptIngress: if let ingress { allocateNetwork(ingress, &tx) }
    case .network(let id, let existingOnly): restoreNetwork(id, existingOnly: existingOnly, &tx)
    case .node(let id, let existingOnly): reallocateNode(id, existingOnly: existingOnly, &tx)
    case .service(let id, let existingOnly): restoreService(id, existingOnly: existingOnly, &tx)
    case .task(let id, let existingOnly): restoreTask(id, existingOnly: existingOnly, &tx)
    case .networkCreated(let id): networkCreated(id, &tx)
    case .networkRemoved(let box): networkRemoved(box, tx)
    case .detach(let node, let network): detach(node, from: network, &tx)
    case .freeNetwork(let box): freeNetwork(box.value)
    case .serviceCreated(let id): serviceCreated(id, &tx)
    case .serviceUpdated(let id): serviceUpdated(id, &tx)
    case .serviceRemoved(let box): serviceRemoved(box.value)
    case .nodeChanged(let id): nodeChanged(id, &tx)
    case .nodeRemoved(let box): nodeRemoved(box.value)
    case .taskNew(let id): noteTask(id, tx)
    case .taskEnded(let box): taskEnded(box.value)
    case .commit: finishCommit(&tx)
    case .retryNetworks(let after): retryNetworks(after: after, &tx)
    case .retryServices(let after): retryServices(after: after, &tx)
    case .retryTasks(let after): retryTasks(after: after, &tx)
    case .settle(let retried): settle(retried: retried, at: tx.now)
    }
  }

  // MARK: Noticing

  private mutating func observeTask(
    _ old: SwarmTask?, _ new: Shared<SwarmTask>?, _ oldBox: Shared<SwarmTask>?, in store: Store
  ) {
    let hasLost = old.map { count($0, by: -1) } ?? false
    let hasGained = new.map { count($0.value, by: 1) } ?? false
    let moved = hasLost || hasGained
    guard let box = new ?? oldBox else { return }
    let task = box.value
    if new == nil || task.status.state > .running {
      // Once is enough: what has ended before holds nothing any more.
      let wasAlive = old.map { $0.status.state <= .running } ?? true
      if wasAlive && (!task.networks.isEmpty || old?.status.state == .new) { queue.append(.taskEnded(box)) }
      if let node = task.nodeID, moved || suspects.contains(node) { check(node, in: store) }
      return
    }
    if let node = task.nodeID, moved || suspects.contains(node) { check(node, in: store) }
    if task.status.state < .pending { queue.append(.taskNew(task.id)) }
  }

  /// Queues a node whose addresses may not be the ones it needs.
  private mutating func check(_ id: NodeID, in store: Store) {
    guard let node = store.nodes[id]?.value else { return }
    if isBusy || !hasItsAddresses(node) {
      queue.append(.nodeChanged(id))
    } else {
      suspects[id] = nil
    }
  }

  private mutating func suspectAll(_ store: Store) {
    for (id, _) in store.nodes { suspects[id] = Mark() }
  }

  /// Whether a node has just the addresses that the tasks seen so far need.
  func hasItsAddresses(_ node: Node) -> Bool {
    var wanted: [NetworkID] = []
    for (key, _) in needs.from(NodeOnNetwork(node.id, NetworkID(raw: 0))) {
      if key.node != node.id { break }
      wanted.append(key.network)
    }
    if let ingress, !wanted.contains(ingress) { wanted.append(ingress) }
    guard node.attachments.count == wanted.count else { return false }
    return node.attachments.allSatisfy {
      wanted.contains($0.network.value.id) && networks.isAllocated($0, of: node.id)
    }
  }

  /// Counts a task's networks for its node; whether the node now needs another set of networks.
  private mutating func count(_ task: SwarmTask, by step: Int) -> Bool {
    guard let node = task.nodeID, task.status.state <= .running else { return false }
    var changed = false
    for attachment in task.networks where attachment.network.value.isOverlay {
      let key = NodeOnNetwork(node, attachment.network.value.id)
      let sum = (needs[key] ?? 0) + step
      needs[key] = sum == 0 ? nil : sum
      if sum == 0 || sum == step { changed = true }
    }
    return changed
  }

  /// The pools that a cluster was made with, or Docker's default, which a size of subnets alone does not change.
  private static func pools(of cluster: Cluster?) -> [PredefinedPool] {
    guard let cluster, !cluster.defaultAddressPool.isEmpty else { return PredefinedPool.swarm }
    return cluster.defaultAddressPool.compactMap { text in
      guard let block = IPv4Interface(text)?.subnet, (block.prefixLength...32).contains(Int(cluster.subnetSize)) else {
        return nil
      }
      return PredefinedPool(block, subnetLength: Int(cluster.subnetSize))
    }
  }
}

extension Network {
  /// Whether its nodes need a load balancer's address. Source: moby/swarmkit `network.go` (`isOverlayNetwork`).
  var isOverlay: Bool { driverState?.name == "overlay" || spec.driver?.name == "overlay" }
}
