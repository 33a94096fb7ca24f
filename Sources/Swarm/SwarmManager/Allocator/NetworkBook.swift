import Dataplane
import SimBase
import SwarmModel

/// Who holds which subnet, VXLAN id and address: the allocator's memory, rebuilt by every new leader from the store.
///
/// An object in the store says what it holds; the book says whether that is really booked. Each of its functions takes an
/// object, books what it lacks, and writes the outcome into it.
///
/// **Differs from Docker**: when a service gets an address on one network and none on the next, the original forgets the
/// first one without freeing it; here it is freed.
///
/// Source: moby/moby `daemon/libnetwork/cnmallocator/networkallocator.go`.
struct NetworkBook: Sendable {
  /// What is booked for one network.
  private struct Entry: Sendable {
    var isNodeLocal = false
    var isIngress = false
    var pools: [PoolID] = []
    var vxlans: [UInt32] = []
    /// Addresses in the hands of tasks, services and nodes, with the index of their pool.
    var endpoints = Table<UInt64, Int>()
  }

  private var space: AddressSpace
  private var vxlans = VXLANSpace()
  private var entries = Table<NetworkID, Entry>()
  private var services = Table<ServiceID, Mark>()
  private var tasks = Table<TaskID, Mark>()
  private var nodes = Table<NodeOnNetwork, Mark>()

  /// An empty book over the pools that the cluster's subnets are cut from.
  init(pools: [PredefinedPool]) { space = AddressSpace(pools) }

  // MARK: Networks

  /// Whether a network is booked.
  func isAllocated(_ network: NetworkID) -> Bool { entries.contains(network) }

  /// Books subnets, gateways and VXLAN ids, those that the object already names first.
  mutating func allocate(_ network: inout Network) throws(AllocationError) {
    let driver = network.spec.driver?.name ?? ""
    var entry = Entry(isIngress: network.spec.isIngress)
    if network.isNodeLocal {
      entry.isNodeLocal = true
      network.driverState = Driver(name: driver)
      network.ipam = IPAMOptions()
      entries[network.id] = entry
      return
    }
    if !driver.isEmpty && driver != "overlay" { throw .driverNotFound(driver) }
    let (ipam, pools) = try takePools(network)
    do {
      let text = network.driverState?.options?[VXLANSpace.option] ?? network.spec.driver?.options?[VXLANSpace.option]
      entry.vxlans = try vxlans.take(ipam.configs.count, preferring: text)
    } catch {
      free(pools, ipam.configs)
      let subnet = if case .refused(_, let index) = error { ipam.configs[index].subnet } else { "" }
      throw .vxlan(error, subnet: subnet)
    }
    var options = network.spec.driver?.options ?? Labels()
    for (key, value) in network.driverState?.options ?? Labels() { options[key] = value }
    options[VXLANSpace.option] = entry.vxlans.map(String.init).joined(separator: ",")
    network.driverState = Driver(name: "overlay", options: options)
    network.ipam = ipam
    // The original fills in what the user's own list leaves open, and shows it.
    if let asked = network.spec.ipam?.configs, asked.count == ipam.configs.count {
      network.spec.ipam?.configs = ipam.configs
    }
    entry.pools = pools
    entries[network.id] = entry
  }

  /// Frees a network's subnets and ids; false if it was not booked.
  mutating func deallocate(_ network: Network) -> Bool {
    guard let entry = entries.removeValue(network.id) else { return false }
    vxlans.release(entry.vxlans)
    free(entry.pools, network.ipam?.configs ?? [])
    return true
  }

  private mutating func takePools(_ network: Network) throws(AllocationError) -> (IPAMOptions, [PoolID]) {
    var driver = network.spec.ipam?.driver ?? Driver()
    if driver.name.isEmpty { driver.name = "default" }
    if driver.name != "default" { throw .ipamDriverNotFound(driver.name) }
    // The original leaves its own request option behind in the user's, where there are any.
    if let options = driver.options, !options.isEmpty {
      driver.options?["com.docker.network.ipam.serial"] = options["com.docker.network.ipam.serial"] ?? "true"
    }
    var ipam = IPAMOptions()
    ipam.driver = driver
    ipam.configs = network.ipam?.configs ?? network.spec.ipam?.configs ?? []
    if ipam.configs.isEmpty { ipam.configs = [IPAMConfig()] }
    var pools: [PoolID] = []
    for index in ipam.configs.indices {
      do {
        let config = ipam.configs[index]
        pools.append(try space.requestPool(subnet: config.subnet, range: config.range))
        let gateway = try space.requestAddress(
          in: pools[index], preferring: IPv4Address(config.gateway), isSerial: true)
        ipam.configs[index].subnet = pools[index].subnet.description
        if config.gateway.isEmpty { ipam.configs[index].gateway = gateway.address.description }
      } catch {
        free(pools, Array(ipam.configs[..<index]))
        throw .addresses(error)
      }
    }
    return (ipam, pools)
  }

  private mutating func free(_ pools: [PoolID], _ configs: [IPAMConfig]) {
    for (pool, config) in zip(pools, configs) {
      if let gateway = IPv4Address(config.gateway) { space.releaseAddress(gateway, in: pool) }
    }
    for pool in pools { space.releasePool(pool) }
  }

  // MARK: Services

  /// Whether a service has the virtual addresses that its spec asks for, and no others.
  func hasVirtualIPs(_ service: Service) -> Bool {
    let spec = service.spec.value
    let isDNSRR = spec.endpoint?.mode == .dnsrr
    let held = service.endpoint?.virtualIPs ?? []
    let isBooked = services.contains(service.id)
    if !spec.joinedNetworks.isEmpty && !isDNSRR {
      if !isBooked || held.isEmpty { return false }
      for wanted in spec.joinedNetworks where !held.contains(where: { wanted.names($0.network) }) { return false }
    }
    for address in held {
      if isOnIngress(address) && spec.publishesByMesh {
        if !isBooked { return false }
        continue
      }
      if !spec.joinedNetworks.contains(where: { $0.names(address.network) }) { return false }
    }
    return !(isDNSRR && isBooked)
  }

  /// Books a virtual address on each network of the service, keeps those it has and frees those it must not have.
  mutating func allocateVirtualIPs(_ service: inout Service) throws(AllocationError) {
    let spec = service.spec.value
    var endpoint = service.endpoint ?? Endpoint()
    endpoint.spec = spec.endpoint
    if spec.endpoint?.mode == .dnsrr {
      for address in endpoint.virtualIPs { release(address) }
      endpoint.virtualIPs = []
      service.endpoint = endpoint
      services[service.id] = nil
      return
    }
    var kept: [VirtualIP] = []
    do throws(AllocationError) {
      for var address in endpoint.virtualIPs {
        let isWanted =
          isOnIngress(address) && spec.publishesByMesh || spec.joinedNetworks.contains { $0.names(address.network) }
        if isWanted {
          try take(&address)
          kept.append(address)
        } else {
          release(address)
        }
      }
      // The original keeps the new list in the old one's place and looks only at as many as there were: a network that is
      // named twice gets a second address where the first found no old place.
      var seen = endpoint.virtualIPs
      seen.replaceSubrange(0..<kept.count, with: kept)
      for wanted in spec.joinedNetworks where !seen.contains(where: { wanted.names($0.network) }) {
        guard let network = NetworkID(wanted.target) else { throw .notAnAddress(wanted.target) }
        var address = VirtualIP(network: network, addr: "")
        try take(&address)
        if kept.count < seen.count { seen[kept.count] = address }
        kept.append(address)
      }
    } catch {
      service.endpoint = endpoint
      releaseVirtualIPs(&service)
      for address in kept { release(address) }
      throw error
    }
    services[service.id] = kept.isEmpty ? nil : Mark()
    endpoint.virtualIPs = kept
    service.endpoint = endpoint
  }

  /// Books the virtual addresses that a service has, and no new ones; whether it wants more.
  ///
  /// At a leader's start a new address might be one that another service has, which is booked a moment later.
  mutating func restoreVirtualIPs(_ service: Service) -> Bool {
    let held = service.endpoint?.virtualIPs ?? []
    let spec = service.spec.value
    let wantsMore =
      spec.endpoint?.mode != .dnsrr
      && spec.joinedNetworks.contains { wanted in !held.contains { wanted.names($0.network) } }
    if !wantsMore { return false }
    for var address in held { try? take(&address) }
    services[service.id] = Mark()
    return true
  }

  /// Whether a service was given virtual addresses and has not given them back.
  func knows(_ service: ServiceID) -> Bool { services.contains(service) }

  /// Frees a service's virtual addresses.
  mutating func releaseVirtualIPs(_ service: inout Service) {
    guard let held = service.endpoint?.virtualIPs else { return }
    for address in held { release(address) }
    service.endpoint?.virtualIPs = []
    services[service.id] = nil
  }

  private func isOnIngress(_ address: VirtualIP) -> Bool { entries[address.network]?.isIngress == true }

  private mutating func take(_ address: inout VirtualIP) throws(AllocationError) {
    guard let isNodeLocal = entries[address.network]?.isNodeLocal else { throw .unknownNetwork(address.network) }
    if isNodeLocal { return }
    var wanted: IPv4Interface?
    if !address.addr.isEmpty {
      guard let given = IPv4Interface(address.addr) else { throw .notAnAddress(address.addr) }
      if entries[address.network]?.endpoints.contains(given.key) == true { return }
      wanted = given
    }
    guard let taken = try take(on: address.network, preferring: wanted?.address) else { throw .noVirtualIP }
    address.addr = taken.description
  }

  private mutating func release(_ address: VirtualIP) {
    if let given = IPv4Interface(address.addr) { release(given, on: address.network) }
  }

  // MARK: Tasks and nodes

  /// Whether a task's addresses are booked; false for a task without networks.
  func isAllocated(_ task: SwarmTask) -> Bool {
    if task.networks.isEmpty || !tasks.contains(task.id) { return false }
    return task.networks.allSatisfy { attachment in
      guard let entry = entries[attachment.network.value.id] else { return false }
      return entry.isNodeLocal || holds(entry, attachment)
    }
  }

  /// Whether a task was given addresses and has not given them back.
  func knows(_ task: TaskID) -> Bool { tasks.contains(task) }

  /// Books an address on each network of a task: on all or on none.
  mutating func allocate(_ task: inout SwarmTask) throws(AllocationError) {
    for index in task.networks.indices {
      if entries[task.networks[index].network.value.id]?.isNodeLocal == true { continue }
      do {
        try take(&task.networks[index])
      } catch {
        for earlier in task.networks.indices.prefix(upTo: index) { release(&task.networks[earlier]) }
        throw error
      }
    }
    tasks[task.id] = Mark()
  }

  /// Frees a task's addresses.
  mutating func deallocate(_ task: SwarmTask) {
    tasks[task.id] = nil
    for var attachment in task.networks { release(&attachment) }
  }

  /// Whether a node's address on a network is booked.
  func isAllocated(_ attachment: NetworkAttachment, of node: NodeID) -> Bool {
    let network = attachment.network.value.id
    guard nodes.contains(NodeOnNetwork(node, network)), let entry = entries[network] else { return false }
    return entry.isNodeLocal || holds(entry, attachment)
  }

  /// Books a node's address on a network.
  mutating func allocate(_ attachment: inout NetworkAttachment, of node: NodeID) throws(AllocationError) {
    try take(&attachment)
    nodes[NodeOnNetwork(node, attachment.network.value.id)] = Mark()
  }

  /// Frees a node's address on a network.
  mutating func deallocate(_ attachment: NetworkAttachment, of node: NodeID) {
    nodes[NodeOnNetwork(node, attachment.network.value.id)] = nil
    var attachment = attachment
    release(&attachment)
  }

  private func holds(_ entry: Entry, _ attachment: NetworkAttachment) -> Bool {
    guard let text = attachment.addresses.first, let given = IPv4Interface(text) else { return false }
    return entry.endpoints.contains(given.key)
  }

  /// The first address that can be had ends the search: of several requested ones only one is booked.
  private mutating func take(_ attachment: inout NetworkAttachment) throws(AllocationError) {
    let network = attachment.network.value.id
    guard entries.contains(network) else { throw .unknownNetwork(network) }
    let requested = attachment.addresses.isEmpty ? [""] : attachment.addresses
    for (index, text) in requested.enumerated() {
      let wanted = IPv4Interface(text)?.address ?? IPv4Address(text)
      // An IPv6 address lies outside every subnet here; anything else that cannot be read is an error.
      if wanted == nil && !text.isEmpty {
        if text.includes(":") { continue }
        throw .notAnAddress(text)
      }
      if let taken = try take(on: network, preferring: wanted) {
        attachment.addresses = requested
        attachment.addresses[index] = taken.description
        return
      }
    }
    throw .noAddress
  }

  private mutating func release(_ attachment: inout NetworkAttachment) {
    let network = attachment.network.value.id
    if entries[network]?.isNodeLocal != false { return }
    for text in attachment.addresses {
      if let given = IPv4Interface(text) { release(given, on: network) }
    }
    attachment.addresses = []
  }

  // MARK: One address

  /// Takes an address from the first of a network's pools that has it; nil if none has.
  private mutating func take(
    on network: NetworkID, preferring wanted: IPv4Address?
  ) throws(AllocationError) -> IPv4Interface? {
    for (index, pool) in entries[existing: network].pools.enumerated() {
      do {
        let taken = try space.requestAddress(in: pool, preferring: wanted, isSerial: true)
        entries[existing: network].endpoints[taken.key] = index
        return taken
      } catch {
        if error != .noAvailableAddresses && error != .addressOutOfRange { throw .addresses(error) }
      }
    }
    return nil
  }

  /// Only what was booked is freed: a gateway that a user asked for by mistake stays.
  private mutating func release(_ given: IPv4Interface, on network: NetworkID) {
    // The entry must not be held while it changes: a second reference would copy its table.
    guard let index = entries.update(network, { $0.endpoints.removeValue(given.key) }) ?? nil else { return }
    space.releaseAddress(given.address, in: entries[existing: network].pools[index])
  }
}

/// The value of a table that is a set.
struct Mark: Sendable, Equatable {}

/// A node and a network.
struct NodeOnNetwork: Comparable, Sendable {
  let node: NodeID
  let network: NetworkID

  init(_ node: NodeID, _ network: NetworkID) {
    self.node = node
    self.network = network
  }

  static func < (a: NodeOnNetwork, b: NodeOnNetwork) -> Bool {
    a.node != b.node ? a.node < b.node : a.network < b.network
  }
}

extension IPv4Interface {
  fileprivate var key: UInt64 { UInt64(address.raw) << 8 | UInt64(prefixLength) }
}

extension NetworkAttachmentConfig {
  /// Whether this is the network that the spec means.
  func names(_ network: NetworkID) -> Bool { NetworkID(target) == network }
}
