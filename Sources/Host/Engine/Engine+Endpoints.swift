import SimBase
import Workloads

// How containers join and leave networks, and what their published ports bind.

extension Engine {
  /// Whether what is asked of an endpoint can be had on its network at all.
  ///
  /// Source: measured, a real 28.5.2 engine.
  public func check(
    _ settings: EndpointSettings?, on record: NetworkRecord, atCreate: Bool
  ) throws(EngineError) {
    guard let settings else { return }
    var faults: [String] = []
    let isDefault = record.isPredefined
    if isDefault && !settings.aliases.isEmpty {
      faults.append("network-scoped alias is supported only for containers in user defined networks")
    }
    if let address = settings.address {
      if isDefault { faults.append("user specified IP address is supported on user defined networks only") }
      // A network of the swarm has come with its subnet.
      if !record.hasOwnSubnet && !record.isSwarm {
        faults.append(
          "user specified IP address is supported only when connecting to networks with user configured subnets")
      } else if !(record.subnet?.contains(address) ?? false) {
        faults.append("no configured subnet or ip-range contain the IP address \(address)")
      }
    }
    if !faults.isEmpty { throw .network(.badEndpoint(faults, network: atCreate ? record.name : nil)) }
    if let mac = settings.macAddress, !isMACAddress(mac) { throw .network(.badMACAddress(mac)) }
  }

  private func isMACAddress(_ text: String) -> Bool {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    return parts.count == 6 && parts.allSatisfy { $0.count == 2 && UInt8($0, radix: 16) != nil }
  }

  /// A container that is to start gets its addresses and its ports; if one is not to be had, none.
  mutating func joinNetworks(
    _ number: ContainerNumber, at now: Instant, into out: inout Outbox<EngineNotice>
  ) throws(EngineError) {
    do throws(EngineError) {
      let endpoints = disk.containers[existing: number].endpoints
      // A task's networks are not looked at before this.
      if endpoints.count > 1, endpoints.contains(where: { disk.networks[$0.network]?.driver == "host" }) {
        throw .network(.connectToHost)
      }
      for index in endpoints.indices { try bringUp(index, of: number) }
      try joinGatewayBridge(number, at: now, into: &out)
      try bindPorts(number)
    } catch {
      takeDown(number)
      throw error
    }
    let container = disk.containers[existing: number]
    for endpoint in container.endpoints {
      if let record = disk.networks[endpoint.network] {
        post(networkEvent("connect", record, container: container.id, at: now), into: &out)
      }
    }
  }

  /// A container that has ended gives its addresses and ports back.
  mutating func leaveNetworks(_ number: ContainerNumber, at now: Instant, into out: inout Outbox<EngineNotice>) {
    let container = disk.containers[existing: number]
    takeDown(number)
    for endpoint in container.endpoints where endpoint.isUp {
      if let record = disk.networks[endpoint.network] {
        post(networkEvent("disconnect", record, container: container.id, at: now), into: &out)
      }
    }
  }

  /// Refuses to start a container in the network of one that is not there, does not run or is itself.
  func checkSharedNamespace(_ number: ContainerNumber) throws(EngineError) {
    let mode = disk.containers[existing: number].host.value.effectiveNetworkMode
    guard mode.hasPrefix("container:") else { return }
    let name = String(mode.dropFirst("container:".count))
    let other: Container
    do { other = try container(.typed(name)) } catch { throw .network(.joinMissing(name)) }
    if other.id == disk.containers[existing: number].id { throw .network(.joinSelf) }
    if !other.state.isRunning { throw .network(.joinStopped(name: name, status: other.state.status.text)) }
  }

  private mutating func bringUp(_ index: Int, of number: ContainerNumber) throws(EngineError) {
    let endpoint = disk.containers[existing: number].endpoints[index]
    let name = endpoint.wanted ?? endpoint.network.description
    guard let record = endpoint.wanted == nil ? disk.networks[endpoint.network] : try? network(name) else {
      throw isInSwarm ? .network(.couldNotAttach(name)) : .noSuchNetwork(name)
    }
    let address = try takeAddress(on: record, asked: endpoint.settings?.value.address)
    disk.containers.update(number) { container in
      container.endpoints[index].network = record.id
      container.endpoints[index].wanted = nil
      container.endpoints[index].address = address
      container.endpoints[index].generation += 1
      container.endpoints[index].isNamed = true
      container.endpoints[index].isUp = true
    }
  }

  private mutating func takeAddress(on record: NetworkRecord, asked: IPv4Address?) throws(EngineError) -> IPv4Address? {
    if ["host", "null"].contains(record.driver) { return nil }
    // The swarm hands out its own addresses; here they are only worn.
    if record.hasSwarmAddresses { return asked }
    if let asked {
      if !disk.networks[existing: record.id].take(asked) { throw .network(.addressInUse) }
      return asked
    }
    guard let free = disk.networks[existing: record.id].takeAddress() else {
      throw .network(.addressesUsedUp(name: record.name, id: record.id.description))
    }
    return free
  }

  /// A container on overlays alone gets a foothold on `docker_gwbridge`.
  private mutating func joinGatewayBridge(
    _ number: ContainerNumber, at now: Instant, into out: inout Outbox<EngineNotice>
  ) throws(EngineError) {
    let records = disk.containers[existing: number].endpoints.compactMap { disk.networks[$0.network] }
    let needsIt =
      records.contains { $0.driver == "overlay" && !$0.isInternal } && !records.contains { $0.driver == "bridge" }
    guard needsIt else { return }
    ensureGatewayBridge(at: now, into: &out)
    guard let bridge = networks.first(where: { $0.name == Engine.gatewayBridge }) else { return }
    let address = try takeAddress(on: bridge, asked: nil)
    disk.containers.update(number) { container in
      var endpoint = container.gatewayEndpoint ?? Endpoint(bridge.id)
      endpoint.network = bridge.id
      endpoint.address = address
      endpoint.generation += 1
      endpoint.isUp = true
      container.gatewayEndpoint = endpoint
    }
  }

  /// The foothold on `docker_gwbridge` goes with the container's last overlay.
  private mutating func leaveGatewayBridge(_ number: ContainerNumber) {
    let container = disk.containers[existing: number]
    guard let gateway = container.gatewayEndpoint, gateway.isUp,
      !container.endpoints.contains(where: { disk.networks[$0.network]?.driver == "overlay" })
    else { return }
    if let address = gateway.address { disk.networks[existing: gateway.network].release(address) }
    disk.containers.update(number) { $0.gatewayEndpoint = nil }
  }

  private mutating func takeDown(_ number: ContainerNumber) {
    let container = disk.containers[existing: number]
    for endpoint in container.endpoints + (container.gatewayEndpoint.map { [$0] } ?? []) where endpoint.isUp {
      if let address = endpoint.address, !(disk.networks[endpoint.network]?.hasSwarmAddresses ?? true) {
        disk.networks[existing: endpoint.network].release(address)
      }
    }
    for bound in container.boundPorts { release(bound, of: number) }
    disk.containers.update(number) { $0.leaveNetworks() }
  }

  // MARK: By hand

  /// Puts a container on one more network; one that is stopped joins when it starts.
  public mutating func connect(
    _ key: ContainerKey, to networkText: String, settings: EndpointSettings? = nil, at now: Instant,
    into out: inout Outbox<EngineNotice>
  ) throws(EngineError) {
    let number = try find(key)
    let container = disk.containers[existing: number]
    let record: NetworkRecord
    do { record = try network(networkText) } catch {
      // On a container that is stopped, a wrong name is only found out at its start.
      if memory.running.contains(number) { throw isInSwarm ? .network(.couldNotAttach(networkText)) : error }
      var endpoint = Endpoint(EngineNetworkID(), settings: settings.map { Shared($0) })
      endpoint.wanted = networkText
      let place = container.endpoints.firstIndex { $0.wanted == networkText } ?? container.endpoints.count
      disk.containers.update(number) { container in
        if place < container.endpoints.count { container.endpoints.remove(at: place) }
        container.endpoints.insert(endpoint, at: place)
      }
      return
    }
    let mode = container.host.value.effectiveNetworkMode
    if record.isPredefined { try check(settings, on: record, atCreate: false) }
    if record.driver == "host" { throw .network(.connectToHost) }
    if mode == "host" || mode.hasPrefix("container:") { throw .network(.sharedNamespace) }
    if record.driver == "null" || mode == "none" { throw .network(.severalWithNone) }
    try check(settings, on: record, atCreate: false)
    if let place = container.endpoints.firstIndex(where: { $0.network == record.id }) {
      if memory.running.contains(number) {
        throw .network(.endpointExists(container: container.name, network: record.name))
      }
      // One that is stopped keeps the settings that it has, but on a network of the swarm, which may have come since.
      if record.isSwarm {
        disk.containers.update(number) { $0.endpoints[place].settings = settings.map { Shared($0) } }
      }
      return
    }
    var endpoint = Endpoint(record.id, settings: settings.map { Shared($0) })
    endpoint.isNamed = true
    disk.containers[existing: number].endpoints.append(endpoint)
    if !memory.running.contains(number) { return }
    memory.running[existing: number].hasStaleFiles = true
    do { try bringUp(container.endpoints.count, of: number) } catch {
      disk.containers[existing: number].endpoints.removeLast()
      throw error
    }
    post(networkEvent("connect", record, container: container.id, at: now), into: &out)
  }

  /// Takes a container off a network.
  public mutating func disconnect(
    _ key: ContainerKey, from networkText: String, isForced: Bool = false, at now: Instant,
    into out: inout Outbox<EngineNotice>
  ) throws(EngineError) {
    let number = try find(key)
    let container = disk.containers[existing: number]
    let record: NetworkRecord
    do { record = try network(networkText) } catch {
      // One that is stopped, or by force, is only struck off a network by its name.
      if memory.running.contains(number) && !isForced { throw error }
      guard let index = container.endpoints.firstIndex(where: { $0.wanted == networkText }) else {
        throw .network(.notConnected(container.id, network: networkText, isRunning: false))
      }
      disk.containers.update(number) { _ = $0.endpoints.remove(at: index) }
      return
    }
    if record.driver == "host" && container.endpoints.contains(where: { $0.network == record.id }) {
      throw .network(.disconnectFromHost)
    }
    guard let index = container.endpoints.firstIndex(where: { $0.network == record.id }) else {
      if record.driver == "null" { return }
      let isRunning = memory.running.contains(number)
      throw .network(.notConnected(container.id, network: record.name, isRunning: isRunning))
    }
    let endpoint = container.endpoints[index]
    if let address = endpoint.address, !record.hasSwarmAddresses { disk.networks[existing: record.id].release(address) }
    disk.containers.update(number) { _ = $0.endpoints.remove(at: index) }
    leaveGatewayBridge(number)
    memory.running.update(number) { $0.hasStaleFiles = true }
    if endpoint.isUp { post(networkEvent("disconnect", record, container: container.id, at: now), into: &out) }
  }

  /// The swarm has given a container that is to start an address on one of its networks, which is here by now.
  public mutating func giveAddress(
    _ address: IPv4Address, to key: ContainerKey, on id: EngineNetworkID
  ) throws(EngineError) {
    let number = try find(key)
    guard let record = disk.networks[id] else { throw .noSuchNetwork(id.description) }
    disk.containers.update(number) { container in
      for index in container.endpoints.indices {
        let endpoint = container.endpoints[index]
        let isMeant =
          endpoint.wanted.map { $0 == record.name || id.description.hasPrefix($0) } ?? (endpoint.network == id)
        if !isMeant { continue }
        var settings = endpoint.settings?.value ?? EndpointSettings()
        if settings.address == nil { settings.isAddressLent = true }
        settings.address = address
        container.endpoints[index].settings = Shared(settings)
        container.endpoints[index].network = id
        container.endpoints[index].wanted = nil
      }
    }
  }

  // MARK: Published ports

  private mutating func bindPorts(_ number: ContainerNumber) throws(EngineError) {
    let container = disk.containers[existing: number]
    let records = container.endpoints.compactMap { disk.networks[$0.network] }
    let leadsOut =
      container.gatewayEndpoint?.isUp ?? false || records.contains { $0.driver == "bridge" && !$0.isInternal }
    if !leadsOut { return }
    var wanted = container.host.value.portBindings ?? []
    if container.host.value.publishesAllPorts {
      let asked = Set(wanted.map(\.port))
      for port in container.config.value.exposedPorts where !asked.contains(port) {
        wanted.append(PortBinding(port))
      }
    }
    let usual = records.lazy.compactMap { $0.options["com.docker.network.bridge.host_binding_ipv4"] }.first
    let usualAddress = usual.flatMap { IPv4Address($0) } ?? .any
    for binding in wanted.sorted(by: { $0.port < $1.port }) {
      let address = IPv4Address(binding.hostAddress) ?? usualAddress
      let bound = try bind(binding, on: address, for: container, number)
      disk.containers[existing: number].boundPorts.append(bound)
    }
  }

  private mutating func bind(
    _ binding: PortBinding, on address: IPv4Address, for container: Container, _ number: ContainerNumber
  ) throws(EngineError) -> BoundPort {
    let transport = binding.port.transport
    if let range = binding.range {
      for candidate in range where isFree(HostPort(transport: transport, number: candidate), on: address) {
        return hold(BoundPort(binding.port, address: address, hostPort: candidate), number)
      }
      let endpoint = container.endpoints.lazy.compactMap { $0.id(in: container.id) }.first ?? EndpointID()
      let fault = NetworkFault.portAllocated(
        endpoint: container.name, endpoint, address: address.description, port: range.lowerBound)
      throw .network(fault)
    }
    // Ephemeral ports come in a row and do not come back before the row has wrapped.
    while true {
      let candidate = disk.nextHostPort
      disk.nextHostPort = candidate == 60_999 ? 32_768 : candidate + 1
      if isFree(HostPort(transport: transport, number: candidate), on: address) {
        return hold(BoundPort(binding.port, address: address, hostPort: candidate), number)
      }
    }
  }

  private func isFree(_ port: HostPort, on address: IPv4Address) -> Bool {
    !(memory.hostPorts[port] ?? []).contains { $0.address == .any || address == .any || $0.address == address }
  }

  private mutating func hold(_ bound: BoundPort, _ number: ContainerNumber) -> BoundPort {
    let key = HostPort(transport: bound.port.transport, number: bound.hostPort)
    memory.hostPorts[key, default: []].append(PortHolder(container: number, address: bound.address))
    return bound
  }

  private mutating func release(_ bound: BoundPort, of number: ContainerNumber) {
    let key = HostPort(transport: bound.port.transport, number: bound.hostPort)
    memory.hostPorts.update(key) { $0.removeAll { $0.container == number && $0.address == bound.address } }
    if memory.hostPorts[key]?.isEmpty ?? false { memory.hostPorts[key] = nil }
  }
}

extension PortBinding {
  /// The machine's ports that will do; nil for any, and for a text that is no port.
  var range: ClosedRange<UInt16>? {
    let parts = hostPort.split(separator: "-", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), let first = UInt16(parts[0]), first > 0 else { return nil }
    guard parts.count == 2 else { return first...first }
    guard let last = UInt16(parts[1]), last >= first else { return nil }
    return first...last
  }
}
