import SimBase
import SwarmModel
import SwarmStore

extension Allocator {
  /// Notes a new task, with the networks that exist now, for the end of the commit.
  mutating func noteTask(_ id: TaskID, _ tx: Transaction) {
    guard let task = tx.store.tasks[id]?.value, task.status.state <= .running else { return }
    if task.status.state >= .pending {
      forget(id)
      return
    }
    var service: Service?
    if let wanted = task.serviceID {
      service = tx.store.services[wanted]?.value
      if service == nil { return }
    }
    let networks = attachments(of: task, service, in: tx.store)
    noted.put(ArrivalList.Entry(id: id, networks: networks))
  }

  /// Frees the addresses of a task that has ended or is gone.
  mutating func taskEnded(_ task: SwarmTask) {
    if networks.isAllocated(task) {
      networks.deallocate(task)
      somethingWasFreed = true
    }
    forget(task.id)
  }

  /// Serves a task at a leader's start: first those that have addresses, later the others.
  mutating func restoreTask(_ id: TaskID, existingOnly: Bool, _ tx: inout Transaction) {
    guard var task = tx.store.tasks[id]?.value, task.status.state <= .running else { return }
    let service = task.serviceID.flatMap { tx.store.services[$0]?.value }
    task.networks = attachments(of: task, service, in: tx.store)
    if existingOnly && service == nil && task.serviceID != nil {
      // Its service is gone, and it is about to be: until then nobody else may have its addresses.
      try? networks.allocate(&task)
      return
    }
    let isReady =
      (task.networks.isEmpty || networks.isAllocated(task)) && (service.map { isAllocated($0) } ?? true)
    if isReady {
      if task.status.state >= .pending { return }
      // The original forgets the service's endpoint on this way.
      task.status = TaskStatus(state: .pending, message: Allocator.allocatedMessage, at: tx.now)
      tx.put(task, by: .allocator)
      return
    }
    let entry = ArrivalList.Entry(id: id, networks: task.networks)
    var ready: Shared<Service>?
    if let reason = allocateTask(entry, &tx, &ready) { unallocated.put(entry.failed(reason)) }
  }

  /// Serves the noted tasks; then, if it is time, tries what failed before.
  mutating func finishCommit(_ tx: inout Transaction) {
    var ready: Shared<Service>?
    while let entry = noted.first {
      if tx.isFull {
        push(.commit)
        return
      }
      noted.remove(entry.id)
      if let reason = allocateTask(entry, &tx, &ready) { failedNow.put(entry.failed(reason)) }
    }
    let retry = isRetryDue(at: tx.now)
    push(.settle(retried: retry))
    if retry {
      push(.retryTasks(after: nil))
      push(.retryServices(after: nil))
      push(.retryNetworks(after: nil))
    }
  }

  /// Tries the tasks that failed before, from the one behind `place` on.
  mutating func retryTasks(after place: UInt64?, _ tx: inout Transaction) {
    var place = place
    var ready: Shared<Service>?
    while let (here, entry) = unallocated.next(after: place) {
      if tx.isFull {
        push(.retryTasks(after: place))
        return
      }
      if let reason = allocateTask(entry, &tx, &ready) {
        unallocated.put(entry.failed(reason))
      } else {
        unallocated.remove(entry.id)
      }
      place = here
    }
  }

  /// Ends a commit's work: what failed in it waits for the next trial.
  mutating func settle(retried: Bool, at now: Instant) {
    if retried {
      lastRetry = now
      somethingWasFreed = false
    }
    unallocated.append(&failedNow)
  }

  /// Gives a task its service's endpoint and an address on each network, and makes it PENDING; else says why not.
  ///
  /// `ready`: a service that was found to be allocated and has not changed since, as tasks come service by service.
  private mutating func allocateTask(
    _ entry: ArrivalList.Entry, _ tx: inout Transaction, _ ready: inout Shared<Service>?
  ) -> AllocationError? {
    guard let stored = tx.store.tasks[entry.id]?.value, stored.status.state <= .running else { return nil }
    var task = stored
    task.networks = entry.networks
    do {
      if !networks.isAllocated(task) { try obtain(&task, tx, &ready) }
    } catch {
      return error
    }
    if task.status.state < .pending {
      task.status = TaskStatus(state: .pending, message: Allocator.allocatedMessage, at: tx.now)
    }
    if !task.isAllocated(like: stored) { tx.put(task, by: .allocator) }
    return nil
  }

  private mutating func obtain(
    _ task: inout SwarmTask, _ tx: Transaction, _ ready: inout Shared<Service>?
  ) throws(AllocationError) {
    if let id = task.serviceID {
      guard let service = tx.store.services[id] else { throw .serviceNotFound(id, task: task.id) }
      if service !== ready && !isAllocated(service.value) { throw .servicePending(id, task: task.id) }
      ready = service
      if let endpoint = service.value.endpoint { task.endpoint = endpoint }
    }
    for index in task.networks.indices {
      let id = task.networks[index].network.value.id
      guard let network = tx.store.networks[id] else { throw .networkNotFound(id, task: task.id) }
      if !networks.isAllocated(id) { throw .networkPending(id, task: task.id) }
      task.networks[index].network = network
    }
    try networks.allocate(&task)
  }

  /// A task's places on networks: those it has, else ingress if its service publishes ports there, then its spec's; where
  /// that has none, those beside the service's task template.
  private func attachments(of task: SwarmTask, _ service: Service?, in store: Store) -> [NetworkAttachment] {
    if !task.networks.isEmpty { return task.networks }
    var found: [NetworkAttachment] = []
    if service?.spec.value.publishesByMesh == true, let ingress, let network = store.networks[ingress] {
      found.append(NetworkAttachment(network: network))
    }
    let own = task.spec.networks
    for config in own.isEmpty ? service?.spec.value.networks ?? [] : own {
      guard let id = NetworkID(config.target), let network = store.networks[id] else { continue }
      var attachment = NetworkAttachment(network: network, addresses: config.addresses, aliases: config.aliases)
      attachment.driverOptions = config.driverOptions
      found.append(attachment)
    }
    return found
  }

  private mutating func forget(_ id: TaskID) {
    noted.remove(id)
    failedNow.remove(id)
    unallocated.remove(id)
  }
}

extension SwarmTask {
  /// Whether another version of the task has the same addresses, endpoint and status. That a network's object has been
  /// written again does not count.
  fileprivate func isAllocated(like other: SwarmTask) -> Bool {
    status == other.status && endpoint == other.endpoint && networks.count == other.networks.count
      && zip(networks, other.networks).allSatisfy {
        $0.network.value.id == $1.network.value.id && $0.addresses == $1.addresses
      }
  }
}

extension ArrivalList.Entry {
  /// The entry after a trial that failed.
  fileprivate func failed(_ reason: AllocationError) -> ArrivalList.Entry {
    var entry = self
    entry.reason = reason
    return entry
  }
}
