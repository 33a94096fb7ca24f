import Engine
import GoTemplate
import SimBase
import SwarmModel
import Workloads

/// What the engine is asked for on behalf of a task.
///
/// Source: moby/moby `daemon/cluster/executor/container/container.go`, `validate.go`.
extension Agent {
  /// A task's container spec with its templates filled in.
  func expandedSpec(of task: SwarmTask) throws(TemplateError) -> TaskContainer {
    try TaskTemplate(task, on: nodeObject?.value.description).expand(task.spec.container ?? TaskContainer())
  }

  /// The container of a task whose spec has been filled in.
  func containerSpec(for task: SwarmTask, _ spec: TaskContainer) -> EngineContainerSpec {
    var config = ContainerConfig()
    config.image = spec.image
    config.labels = spec.labels
    config.hostname = spec.hostname
    config.env = spec.env + task.assignedGenericResources.environment
    config.user = spec.user
    config.tty = spec.tty
    config.openStdin = spec.openStdin
    config.workingDirectory = spec.dir
    if !spec.command.isEmpty { config.entrypoint = spec.command }
    if !spec.args.isEmpty { config.command = spec.args }
    config.stopSignal = spec.stopSignal.isEmpty ? nil : spec.stopSignal
    config.healthCheck = spec.healthcheck.map(HealthCheck.init)
    let name = task.name
    var container = EngineContainerSpec(name: name, config: config, host: hostConfig(for: task, spec))
    for attachment in task.networks {
      let network = attachment.network.value
      // The engine has twins of `bridge` and `host`.
      if network.isPredefined {
        container.networks.append(EngineNetworkRequest(network.spec.annotations.name))
        continue
      }
      var settings = EngineEndpointSettings()
      settings.address = attachment.addresses.first.flatMap { IPv4Address(String($0.prefix { $0 != "/" })) }
      // Aliases are the service's: its names lead to all tasks, and no container wears them itself.
      // Of two places on one network the container wears the last.
      container.networks.removeAll { $0.network == network.id.description }
      container.networks.append(EngineNetworkRequest(network.id.description, settings: settings))
    }
    container.task = TaskMark(
      nodeID: node.description, serviceID: task.serviceID?.description ?? "",
      serviceName: task.serviceSpec.value.annotations.name, taskID: task.id.description, taskName: name)
    return container
  }

  private func hostConfig(for task: SwarmTask, _ spec: TaskContainer) -> HostConfig {
    var host = HostConfig()
    host.isReadOnly = spec.readOnly
    host.usesInit = spec.initProcess
    host.groupAdd = spec.groups.isEmpty ? nil : spec.groups
    host.capAdd = spec.capabilityAdd.isEmpty ? nil : spec.capabilityAdd
    host.capDrop = spec.capabilityDrop.isEmpty ? nil : spec.capabilityDrop
    host.sysctls = spec.sysctls
    host.isolation = spec.isolation.isEmpty ? "default" : spec.isolation
    if let dns = spec.dns {
      host.dns = dns.nameservers.isEmpty ? nil : dns.nameservers
      host.dnsSearch = dns.search.isEmpty ? nil : dns.search
      host.dnsOptions = dns.options.isEmpty ? nil : dns.options
    }
    // A spec has lines of a hosts file, an engine has `name:address`.
    let hosts = spec.hosts.map { $0.split(separator: " ", omittingEmptySubsequences: true) }.filter { $0.count > 1 }
    if !hosts.isEmpty { host.extraHosts = hosts.map { "\($0[1]):\($0[0])" } }
    host.limits = spec.ulimits.map { ResourceLimit($0.name, soft: $0.soft, hard: $0.hard) }
    host.oomScoreAdjustment = Int(spec.oomScoreAdj)
    if let driver = task.logDriver {
      if !driver.name.isEmpty { host.logDriver = driver.name }
      host.logOptions = driver.options ?? Labels()
    }
    if let limits = task.spec.resources?.limits {
      (host.memory, host.nanoCPUs) = (limits.memoryBytes, limits.nanoCPUs)
      // As much swap again as memory.
      host.memorySwap = 2 * limits.memoryBytes
      if limits.pids > 0 { host.pidsLimit = limits.pids }
    }
    if !spec.mounts.isEmpty { host.mounts = spec.mounts.map { mount($0) } }
    let hostPorts = (task.endpoint?.ports ?? []).filter { $0.mode == .host }
    host.portBindings = hostPorts.map { port in
      let containerPort = ContainerPort(
        UInt16(port.targetPort), ContainerPort.Transport(name: port.protocol.word) ?? .tcp)
      return PortBinding(
        containerPort, hostAddress: "", hostPort: port.publishedPort == 0 ? "" : String(port.publishedPort))
    }
    return host
  }

  private func mount(_ mount: TaskMount) -> EngineMount {
    let kind: EngineMount.Kind =
      switch mount.kind {
      case .bind: .bind
      case .npipe: .npipe
      case .volume, .cluster, .image: .volume
      case .tmpfs: .tmpfs
      }
    var result = EngineMount(kind, source: mount.source, target: mount.target)
    result.isReadOnly = mount.readOnly
    result.driver = mount.volumeOptions?.driver?.name ?? ""
    result.options = mount.volumeOptions?.driver?.options ?? Labels()
    result.labels = mount.volumeOptions?.labels ?? Labels()
    result.isNotFilled = mount.volumeOptions?.noCopy ?? false
    // A task's options come with a driver, as messages between managers and workers have one.
    result.hasDriverConfig = mount.volumeOptions != nil
    result.memorySize = mount.tmpfsSize
    result.memoryMode = mount.tmpfsMode
    return result
  }

  /// The secrets and configs of a task as files in its container. They never reach the node's disk. One that the node was
  /// not given, as a service can be rolled back to what has been removed since, is missed only here, at the start.
  ///
  /// A templated one sees its task but not its node: the engine hands it no description.
  ///
  /// Source: moby/moby `daemon/container_operations_unix.go` (`setupSecretDir`), `daemon/cluster/convert/container.go`,
  /// `daemon/cluster/executor/container/executor.go` (`Controller`); moby/swarmkit `template/getter.go`, `expand.go`.
  func handedFiles(for task: SwarmTask) throws(TemplateError) -> [HandedFile] {
    guard let spec = task.spec.container else { return [] }
    func unknown(_ kind: String, _ id: String) -> TemplateError {
      TemplateError(message: "unable to get \(kind) from \(kind) store: \(kind) \(id) not found")
    }
    var secrets: [(target: FileTarget, object: Secret)] = []
    for reference in spec.secrets {
      guard let file = reference.file else { continue }
      guard let secret = SecretID(reference.secretID).flatMap({ self.secrets[$0] }) else {
        throw unknown("secret", reference.secretID)
      }
      secrets.append((file, secret.value))
    }
    var configs: [(target: FileTarget, object: Config)] = []
    for reference in spec.configs {
      guard let file = reference.file else { continue }
      guard let config = ConfigID(reference.configID).flatMap({ self.configs[$0] }) else {
        throw unknown("config", reference.configID)
      }
      configs.append((file, config.value))
    }
    var payload = TaskPayload(environment: spec.env)
    payload.secrets = secrets.map { ($0.target.name, $0.object.data) }
    payload.configs = configs.map { ($0.target.name, $0.object.data) }
    let template = TaskTemplate(task, on: nil)
    func data(
      _ data: [UInt8], _ engine: Driver?, _ kind: String, _ id: String
    ) throws(TemplateError) -> [UInt8] {
      guard let engine else { return data }
      do throws(TemplateError) {
        if engine.name != "golang" { throw TemplateError(message: "unrecognized template type") }
        return try template.expand(data, payload: payload)
      } catch {
        let place = "unable to get \(kind) from \(kind) store: failed to expand templated \(kind) \(id)"
        throw TemplateError(message: "\(place): \(error.message)")
      }
    }
    var files: [HandedFile] = []
    for (target, secret) in secrets {
      let bytes = try data(secret.data, secret.templating, "secret", secret.id.description)
      // One secret is one file, however often it is mounted: it looks as the last reference wants it.
      let last = secrets.last { $0.object.id == secret.id }?.target ?? target
      files.append(try HandedFile(target, in: "/run/secrets/", bytes, as: last))
    }
    for (target, config) in configs {
      let bytes = try data(config.data, config.templating, "config", config.id.description)
      let last = configs.last { $0.object.id == config.id }?.target ?? target
      files.append(try HandedFile(target, in: "/", bytes, as: last))
    }
    return files
  }

  /// Why a task's container cannot even be described; nil if it can.
  func objection(to task: SwarmTask, _ spec: TaskContainer) -> String? {
    if spec.image.isEmpty { return "dockerexec: image required" }
    for mount in spec.mounts {
      if !mount.target.hasPrefix("/") { return "invalid mount target, must be an absolute path: \(mount.target)" }
      switch mount.kind {
      case .bind:
        if !mount.source.hasPrefix("/") {
          return "invalid bind mount source, must be an absolute path: \(mount.source)"
        }
      case .volume:
        if mount.source.hasPrefix("/") {
          return "invalid volume mount source, must not be an absolute path: \(mount.source)"
        }
      case .tmpfs: if !mount.source.isEmpty { return "invalid tmpfs source, source must be empty" }
      case .npipe: if mount.source.isEmpty { return "invalid npipe source, source must not be empty" }
      case .cluster, .image: break
      }
    }
    do throws(TemplateError) { _ = try expandedSpec(of: task) } catch { return error.message }
    return nil
  }

  /// The host-mode ports that a container has open; one on both IPv4 and IPv6 stands twice, as the engine reports it.
  func hostPorts(of container: EngineContainer) -> [PortConfig] {
    var ports: [PortConfig] = []
    for bound in container.boundPorts {
      var port = PortConfig()
      port.protocol = PortProtocol(bound.port.transport)
      port.targetPort = UInt32(bound.port.number)
      port.publishedPort = UInt32(bound.hostPort)
      port.mode = .host
      ports += Array(repeating: port, count: bound.isOnIPv6 ? 2 : 1)
    }
    return ports
  }
}

extension HandedFile {
  /// The file that a service wants at a place, a relative one below `folder`, with the owner and mode of `look`.
  init(
    _ target: FileTarget, in folder: String, _ bytes: [UInt8], as look: FileTarget
  ) throws(TemplateError) {
    func number(_ text: String) throws(TemplateError) -> UInt32 {
      guard let number = UInt32(text) else {
        throw TemplateError(message: "strconv.Atoi: parsing \(text.goQuoted): invalid syntax")
      }
      return number
    }
    self.init(
      target.name.hasPrefix("/") ? target.name : folder + target.name, bytes,
      mode: UInt16(truncatingIfNeeded: look.mode & 0o7777), user: try number(look.uid), group: try number(look.gid))
  }
}

extension NetworkRecord {
  /// A network of the swarm as an engine keeps it.
  public init(_ network: Network) {
    let id = EngineNetworkID(network.id.description) ?? EngineNetworkID()
    self.init(
      id, name: network.spec.annotations.name, driver: network.driverState?.name ?? "overlay",
      created: network.meta.createdAt)
    configFrom = network.spec.configFrom
    isInternal = network.spec.isInternal
    isAttachable = network.spec.isAttachable
    isIngress = network.spec.isIngress
    options = network.driverState?.options ?? Labels()
    labels = network.spec.annotations.labels
    if let options = network.ipam?.driver.options, !options.isEmpty { ipamOptions = options }
    subnets = (network.ipam?.configs ?? []).map { SubnetConfig(subnet: $0.subnet, gateway: $0.gateway) }
  }
}

extension PortProtocol {
  /// The engine's protocol as a service has it.
  init(_ transport: ContainerPort.Transport) {
    self =
      switch transport {
      case .tcp: .tcp
      case .udp: .udp
      case .sctp: .sctp
      }
  }
}

extension HealthCheck {
  /// A service's health check as the engine has it.
  init(_ config: HealthConfig) {
    self.init(
      test: config.test, interval: config.interval, timeout: config.timeout, startPeriod: config.startPeriod,
      startInterval: config.startInterval, retries: Int(config.retries))
  }
}

extension [GenericResource] {
  /// What a container is told of the things that its task holds: `DOCKER_RESOURCE_GPU=UUID1,UUID2`, a variable per kind.
  ///
  /// Source: moby/swarmkit `api/genericresource/helpers.go` (`EnvFormat`).
  fileprivate var environment: [String] {
    var held: Table<String, [String]> = [:]
    for resource in self {
      switch resource {
      case .discrete(let kind, let value): held[kind] = [String(value)]
      case .named(let kind, let value): held[kind, default: []].append(value)
      }
    }
    return held.map { kind, values in "DOCKER_RESOURCE_\(kind.uppercased())=\(values.joined(separator: ","))" }
  }
}
