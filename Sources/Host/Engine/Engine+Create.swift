import SimBase
import Workloads

/// What a new container is to be.
public struct ContainerSpec: Sendable {
  /// Its name; nil for a drawn one.
  public var name: String?
  /// What it is told to be.
  public var config: Shared<ContainerConfig>
  /// What it gets from its machine.
  public var host: Shared<HostConfig>
  /// The networks it joins, by name or ID, beside or instead of its network mode.
  public var networks: [NetworkRequest] = []
  /// What makes it a task's.
  public var task: TaskMark?

  /// A network to join.
  public struct NetworkRequest: Sendable {
    /// Its name or ID.
    public var network: String
    /// What is asked of the foothold; nil if nothing is.
    public var settings: EndpointSettings?

    /// A network to join.
    public init(_ network: String, settings: EndpointSettings? = nil) {
      self.network = network
      self.settings = settings
    }
  }

  /// A container of this config.
  public init(name: String? = nil, config: ContainerConfig, host: HostConfig = HostConfig()) {
    self.name = name
    self.config = Shared(config)
    self.host = Shared(host)
  }

  /// A container of an image, with this command or the image's.
  public init(image: String, command: [String]? = nil, name: String? = nil) {
    var config = ContainerConfig()
    config.image = image
    config.command = command
    self.init(name: name, config: config)
  }
}

extension Engine {
  /// Makes a container, and the volumes that it needs. Its image must be here.
  ///
  /// Source: moby/moby `daemon/create.go`.
  public mutating func create(
    _ spec: ContainerSpec, at now: Instant, into out: inout Outbox<EngineNotice>
  ) throws(EngineError) -> ContainerID {
    try validate(spec)
    if spec.config.value.image.isEmpty && spec.config.value.commandLine.isEmpty { throw .noCommand }
    let image = try image(spec.config.value.image)
    let filled = fill(spec.config, from: image)
    if filled.value.commandLine.isEmpty { throw .noCommand }
    let id: ContainerID = drawID()
    let name = try reserveName(spec.name, for: id)
    let endpoints = try requestedEndpoints(spec)
    let mounts = try resolveMounts(filled.value, spec.host.value, at: now)
    var container = Container(
      id: id, name: name, created: now, config: filled, host: shared(spec.host), task: spec.task.map { Shared($0) },
      image: image.id, mounts: mounts)
    container.endpoints = endpoints
    try noteLinks(of: name, spec.host.value)
    _ = disk.insert(container)
    post(EngineEvent("create", container: container, attributes: [], at: now), into: &out)
    return id
  }

  /// Gives a container another name.
  ///
  /// Source: moby/moby `daemon/rename.go`.
  public mutating func rename(
    _ key: ContainerKey, to newName: String, at now: Instant, into out: inout Outbox<EngineNotice>
  ) throws(EngineError) {
    let bare = newName.trimmed().hasPrefix("/") ? String(newName.trimmed().dropFirst()) : newName.trimmed()
    if bare.isEmpty || ["", "/"].contains(key.description.trimmed()) { throw .emptyRename }
    let number = try find(key)
    let old = disk.containers[existing: number].name
    if old == bare { throw .sameName }
    let reserved: String
    do { reserved = try reserveName("/" + bare, for: disk.containers[existing: number].id) } catch {
      throw .rename(error)
    }
    let known = disk.containers[existing: number]
    for endpoint in known.endpoints where disk.networks[endpoint.network]?.isSwarm ?? false {
      guard let id = endpoint.id(in: known.id) else { continue }
      throw .network(.endpointAnnounced(newName: reserved, network: endpoint.network.description, id))
    }
    disk.moveLinks(from: old, to: reserved)
    disk.names[old] = nil
    disk.names[reserved] = number
    disk.containers[existing: number].name = reserved
    let container = disk.containers[existing: number]
    post(EngineEvent("rename", container: container, attributes: [("oldName", "/" + old)], at: now), into: &out)
  }

  private func validate(_ spec: ContainerSpec) throws(EngineError) {
    let (config, host) = (spec.config.value, spec.host.value)
    try validateNetworkMode(config, host)
    let directory = config.workingDirectory
    if !directory.isEmpty && !directory.hasPrefix("/") { throw .invalidConfig(.relativeWorkingDirectory(directory)) }
    if let name = config.stopSignal, Signal(name) == nil { throw .invalidConfig(.signal(name)) }
    if let bad = config.env.first(where: { $0.isEmpty || $0.hasPrefix("=") }) {
      throw .invalidConfig(.emptyVariable(bad))
    }
    if let check = config.healthCheck {
      let spans = [
        ("Interval", check.interval), ("Timeout", check.timeout), ("StartPeriod", check.startPeriod),
        ("StartInterval", check.startInterval),
      ]
      if let short = spans.first(where: { $0.1 != .zero && $0.1 < .milliseconds(1) }) {
        throw .invalidConfig(.shortHealthDuration(short.0))
      }
      if check.retries < 0 { throw .invalidConfig(.negativeRetries) }
    }
    if let fault = host.fault(cpus: self.config.cpus) { throw .invalidConfig(fault) }
    for text in host.volumesFrom ?? [] {
      let name = String(text.prefix { $0 != ":" })
      if (try? find(.typed(name))) == nil { throw .invalidConfig(.volumesFrom(name)) }
    }
    // On a network of a user's, links are names that its server knows once the container runs.
    for text in host.hasPredefinedNetwork ? host.links ?? [] : [] {
      let name = String(text.prefix { $0 != ":" })
      guard let target = try? find(.typed(name)) else { throw .invalidConfig(.link(name)) }
      if disk.containers[existing: target].host.value.effectiveNetworkMode == "host" {
        throw .invalidConfig(.linksWithHostNetwork)
      }
    }
  }

  /// Options that contradict the network mode.
  ///
  /// Source: moby/moby `runconfig/hostconfig.go` (`validateNetContainerMode`), `runconfig/hostconfig_unix.go`.
  private func validateNetworkMode(_ config: ContainerConfig, _ host: HostConfig) throws(EngineError) {
    if host.networkMode == "container" || host.networkMode.hasPrefix("container:") {
      if host.networkMode.count <= "container:".count { throw .invalidConfig(.unnamedContainerNetwork) }
      if !config.hostname.isEmpty { throw .invalidConfig(.hostnameWithContainerNetwork) }
      if !(host.links ?? []).isEmpty { throw .invalidConfig(.linksWithContainerNetwork) }
      if !(host.dns ?? []).isEmpty { throw .invalidConfig(.dnsWithContainerNetwork) }
      if !(host.extraHosts ?? []).isEmpty { throw .invalidConfig(.hostsWithContainerNetwork) }
      if !(host.portBindings ?? []).isEmpty || host.publishesAllPorts {
        throw .invalidConfig(.portsWithContainerNetwork)
      }
      if !config.exposedPorts.isEmpty { throw .invalidConfig(.exposedWithContainerNetwork) }
    }
    if host.utsMode == "host" && !config.hostname.isEmpty { throw .invalidConfig(.hostnameWithHostNames) }
    if host.networkMode == "host" && !(host.links ?? []).isEmpty { throw .invalidConfig(.linksWithHostNetwork) }
  }

  private mutating func fill(_ given: Shared<ContainerConfig>, from image: Image) -> Shared<ContainerConfig> {
    if let last = memory.lastFill, last.given == given, last.image == image.id { return last.filled }
    let filled = Shared(given.value.filled(from: image.config))
    memory.lastFill = (given, image.id, filled)
    return filled
  }

  private mutating func shared(_ host: Shared<HostConfig>) -> Shared<HostConfig> {
    if let last = memory.lastHost, last == host { return last }
    memory.lastHost = host
    return host
  }

  private mutating func reserveName(_ wanted: String?, for id: ContainerID) throws(EngineError) -> String {
    if let wanted, !wanted.isEmpty {
      let bare = wanted.hasPrefix("/") ? String(wanted.dropFirst()) : wanted
      if !ContainerName.isValid(bare) { throw .invalidContainerName(wanted) }
      if let holder = disk.names[bare] {
        throw .containerNameInUse(name: bare, by: disk.containers[existing: holder].id)
      }
      return bare
    }
    for attempt in 0..<6 {
      let drawn = drawName(attempt: attempt)
      if !disk.names.contains(drawn) { return drawn }
    }
    return id.short
  }

  private func requestedEndpoints(_ spec: ContainerSpec) throws(EngineError) -> [Endpoint] {
    let mode = spec.host.value.effectiveNetworkMode
    var requests = spec.networks
    if mode.hasPrefix("container:") { return [] }
    // A task's networks are all that it has; a plain container's mode names its first one.
    let first = requests.firstIndex { $0.network == mode || ($0.network == "default" && mode == "bridge") }
    if let first {
      requests[first].network = mode
    } else if spec.task == nil || requests.isEmpty {
      requests.insert(ContainerSpec.NetworkRequest(mode), at: 0)
    }
    var endpoints: [Endpoint] = []
    for request in requests {
      let settings = request.settings.map { Shared($0) }
      guard let record = try? network(request.network) else {
        var endpoint = Endpoint(EngineNetworkID(), settings: settings)
        endpoint.wanted = request.network
        endpoints.append(endpoint)
        continue
      }
      try check(request.settings, on: record, atCreate: true)
      if spec.task == nil, requests.count > 1 && ["host", "null"].contains(record.driver) {
        throw .network(record.driver == "null" ? .severalWithNone : .connectToHost)
      }
      endpoints.append(Endpoint(record.id, settings: settings))
    }
    return endpoints
  }
}
