import SimBase
import SwarmModel
import SwarmStore

extension Allocator {
  /// Whether a service has the ports and virtual addresses that its spec asks for.
  func isAllocated(_ service: Service, atStart: Bool = false) -> Bool {
    if !networks.hasVirtualIPs(service) { return false }
    let wantsPorts = !(service.spec.value.endpoint?.ports.isEmpty ?? true)
    let hasPorts = !(service.endpoint?.ports.isEmpty ?? true)
    return !wantsPorts && !hasPorts || ports.hasPorts(service, atStart: atStart)
  }

  /// Allocates a service that just appeared.
  mutating func serviceCreated(_ id: ServiceID, _ tx: inout Transaction) {
    guard let service = tx.store.services[id]?.value, !isAllocated(service) else { return }
    allocateService(service, existingOnly: false, &tx)
  }

  /// Allocates anew what a changed service now asks for.
  mutating func serviceUpdated(_ id: ServiceID, _ tx: inout Transaction) {
    guard var service = tx.store.services[id]?.value else { return }
    if !isAllocated(service) {
      allocateService(service, existingOnly: false, &tx)
    } else if ports.hostPortsNeedUpdate(service) {
      ports.updateHostPorts(&service)
      unallocatedServices[id] = nil
      tx.put(service)
    }
  }

  /// Books a service at a leader's start: first those with virtual addresses, later the others.
  mutating func restoreService(_ id: ServiceID, existingOnly: Bool, _ tx: inout Transaction) {
    guard let service = tx.store.services[id]?.value, !isAllocated(service, atStart: true) else { return }
    if existingOnly && (service.endpoint?.virtualIPs.isEmpty ?? true) { return }
    if existingOnly && networks.restoreVirtualIPs(service) { return }
    allocateService(service, existingOnly: existingOnly, &tx)
  }

  /// Frees what a removed service held. One that went before this leader came to book it holds nothing here, and what its
  /// endpoint names may be another's by now.
  mutating func serviceRemoved(_ service: Service) {
    unallocatedServices[service.id] = nil
    somethingWasFreed = true
    if !networks.knows(service.id) { return }
    var service = service
    networks.releaseVirtualIPs(&service)
    ports.release(&service)
  }

  /// Tries the services that failed, from the one after `id` on.
  mutating func retryServices(after id: ServiceID?, _ tx: inout Transaction) {
    for (candidate, failed) in unallocatedServices.from(id ?? ServiceID(raw: 0)) where candidate != id {
      if !isAllocated(failed.service) { allocateService(failed.service, existingOnly: false, &tx) }
      push(.retryServices(after: candidate))
      return
    }
  }

  /// Allocates a service's ports and addresses and writes its endpoint; remembers it if that fails.
  private mutating func allocateService(_ given: Service, existingOnly: Bool, _ tx: inout Transaction) {
    var service = given
    do {
      try allocate(&service, existingOnly: existingOnly)
    } catch {
      // Without an ingress network nothing was tried: only the next change of the service helps.
      if error != .ingressMissing { unallocatedServices[service.id] = (service, error) }
      return
    }
    unallocatedServices[service.id] = nil
    // A service that waited may have changed since, without asking for anything else.
    guard var stored = tx.store.services[service.id]?.value else { return }
    stored.endpoint = service.endpoint
    tx.put(stored)
  }

  private mutating func allocate(_ service: inout Service, existingOnly: Bool) throws(AllocationError) {
    let spec = service.spec.value
    if spec.endpoint != nil {
      if service.endpoint == nil {
        service.endpoint = Endpoint()
        service.endpoint?.spec = spec.endpoint
      }
      if spec.publishesByMesh {
        guard let ingress else { throw .ingressMissing }
        if service.endpoint?.virtualIPs.contains(where: { $0.network == ingress }) == false {
          service.endpoint?.virtualIPs.append(VirtualIP(network: ingress, addr: ""))
        }
      }
    } else if service.endpoint != nil && !existingOnly {
      networks.releaseVirtualIPs(&service)
      ports.release(&service)
      somethingWasFreed = true
    }
    try ports.allocate(&service)
    do {
      try networks.allocateVirtualIPs(&service)
    } catch {
      ports.release(&service)
      throw error
    }
    if !spec.publishesByMesh, let ingress,
      let index = service.endpoint?.virtualIPs.firstIndex(where: { $0.network == ingress })
    {
      service.endpoint?.virtualIPs.remove(at: index)
    }
  }
}
