import Engine
import SimBase
import SwarmModel
import Workloads

/// What the engine is asked for on behalf of a task.
///
/// Source: moby/moby `daemon/cluster/executor/container/container.go`, `validate.go`.
extension Agent {
  /// The container of a task.
  func containerSpec(for task: SwarmTask) -> EngineContainerSpec {
    let spec = task.spec.container ?? TaskContainer()
    let expansion = TemplateExpansion(task: task, node: nodeObject?.value)
    var config = ContainerConfig()
    config.image = spec.image
    config.labels = spec.labels
    config.hostname = expansion.expand(spec.hostname)
    config.env = spec.env.map(expansion.expand)
    config.user = spec.user
    config.tty = spec.tty
    config.openStdin = spec.openStdin
    config.workingDirectory = spec.dir
    if !spec.command.isEmpty { config.entrypoint = spec.command }
    if !spec.args.isEmpty { config.command = spec.args }
    config.stopSignal = spec.stopSignal.isEmpty ? nil : spec.stopSignal
    config.stopTimeoutSeconds = spec.stopGracePeriod.map { Int($0.seconds) }
    config.healthCheck = spec.healthcheck.map(HealthCheck.init)
    var container = EngineContainerSpec(name: task.name, config: config, host: hostConfig(for: task, spec, expansion))
    for attachment in task.networks {
      let network = attachment.network.value
      if network.isNodeLocal {
        container.networks.append(EngineNetworkRequest(network.spec.annotations.name))
        continue
      }
      var settings = EngineEndpointSettings()
      settings.address = attachment.addresses.first.flatMap { IPv4Address(String($0.prefix { $0 != "/" })) }
      settings.aliases = attachment.aliases
      container.networks.append(EngineNetworkRequest(network.id.description, settings: settings))
    }
    container.task = TaskMark(
      nodeID: node.description, serviceID: task.serviceID?.description ?? "",
      serviceName: task.serviceSpec.value.annotations.name, taskID: task.id.description, taskName: task.name)
    return container
  }

  private func hostConfig(
    for task: SwarmTask, _ spec: TaskContainer, _ expansion: TemplateExpansion
  ) -> HostConfig {
    var host = HostConfig()
    host.isReadOnly = spec.readOnly
    host.usesInit = spec.initProcess
    host.groupAdd = spec.groups.isEmpty ? nil : spec.groups
    host.capAdd = spec.capabilityAdd.isEmpty ? nil : spec.capabilityAdd
    host.capDrop = spec.capabilityDrop.isEmpty ? nil : spec.capabilityDrop
    host.sysctls = spec.sysctls
    host.isolation = spec.isolation == "default" ? "" : spec.isolation
    if let dns = spec.dns { (host.dns, host.dnsSearch, host.dnsOptions) = (dns.nameservers, dns.search, dns.options) }
    // A spec has lines of a hosts file, an engine has `name:address`.
    let hosts = spec.hosts.map { $0.split(separator: " ", omittingEmptySubsequences: true) }.filter { $0.count > 1 }
    if !hosts.isEmpty { host.extraHosts = hosts.map { "\($0[1]):\($0[0])" } }
    if let driver = task.logDriver {
      if !driver.name.isEmpty { host.logDriver = driver.name }
      host.logOptions = driver.options ?? Labels()
    }
    if let limits = task.spec.resources?.limits {
      (host.memory, host.nanoCPUs) = (limits.memoryBytes, limits.nanoCPUs)
      if limits.pids > 0 { host.pidsLimit = limits.pids }
    }
    host.memoryReservation = task.spec.resources?.reservations?.memoryBytes ?? 0
    if !spec.mounts.isEmpty { host.mounts = spec.mounts.map { mount($0, expansion) } }
    for port in task.endpoint?.ports ?? [] where port.mode == .host {
      let containerPort = ContainerPort(
        UInt16(port.targetPort), ContainerPort.Transport(name: port.protocol.word) ?? .tcp)
      host.portBindings.append(
        PortBinding(
          containerPort, hostAddress: "", hostPort: port.publishedPort == 0 ? "" : String(port.publishedPort)))
    }
    return host
  }

  private func mount(_ mount: TaskMount, _ expansion: TemplateExpansion) -> EngineMount {
    let kind: EngineMount.Kind =
      switch mount.kind {
      case .bind: .bind
      case .npipe: .npipe
      case .volume, .cluster, .image: .volume
      case .tmpfs: .tmpfs
      }
    var result = EngineMount(kind, source: expansion.expand(mount.source), target: expansion.expand(mount.target))
    result.isReadOnly = mount.readOnly
    result.driver = mount.volumeOptions?.driver?.name ?? ""
    result.labels = mount.volumeOptions?.labels ?? Labels()
    return result
  }

  /// The secrets and configs of a task as files in its container. They never reach the node's disk.
  ///
  /// Source: moby/moby `daemon/container_operations_unix.go` (`setupSecretDir`), `daemon/cluster/convert/container.go`.
  func handedFiles(for task: SwarmTask) -> [HandedFile] {
    guard let spec = task.spec.container else { return [] }
    let expansion = TemplateExpansion(task: task, node: nodeObject?.value)
    func file(_ target: FileTarget, in folder: String, _ data: [UInt8], isTemplate: Bool) -> HandedFile {
      let path = target.name.hasPrefix("/") ? target.name : folder + target.name
      let bytes = isTemplate ? Array(expansion.expand(String(decoding: data, as: UTF8.self)).utf8) : data
      return HandedFile(path, bytes, mode: UInt16(truncatingIfNeeded: target.mode & 0o7777))
    }
    var files: [HandedFile] = []
    for reference in spec.secrets {
      guard let target = reference.file, let secret = SecretID(reference.secretID).flatMap({ secrets[$0] }) else {
        continue
      }
      files.append(
        file(target, in: "/run/secrets/", secret.value.data, isTemplate: secret.value.templating != nil))
    }
    for reference in spec.configs {
      guard let target = reference.file, let config = ConfigID(reference.configID).flatMap({ configs[$0] }) else {
        continue
      }
      files.append(file(target, in: "/", config.value.data, isTemplate: config.value.templating != nil))
    }
    return files
  }

  /// The first secret or config that a task needs and this node was not given; nil if it has all.
  ///
  /// Source: moby/swarmkit `agent/secrets/secrets.go`, `agent/configs/configs.go`.
  func missingDependency(of spec: TaskContainer) -> String? {
    for reference in spec.secrets where SecretID(reference.secretID).flatMap({ secrets[$0] }) == nil {
      return "secret \(reference.secretID) not found"
    }
    for reference in spec.configs where ConfigID(reference.configID).flatMap({ configs[$0] }) == nil {
      return "config \(reference.configID) not found"
    }
    return nil
  }

  /// Why a container cannot even be described; nil if it can.
  func objection(to spec: TaskContainer) -> String? {
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

extension NetworkRecord {
  /// A network of the swarm as an engine keeps it.
  public init(_ network: Network) {
    let id = EngineNetworkID(network.id.description) ?? EngineNetworkID()
    self.init(
      id, name: network.spec.annotations.name, driver: network.driverState?.name ?? "overlay",
      created: network.meta.createdAt)
    isInternal = network.spec.isInternal
    isAttachable = network.spec.isAttachable
    isIngress = network.spec.isIngress
    options = network.driverState?.options ?? Labels()
    labels = network.spec.annotations.labels
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

/// Puts what is known of service, node and task into texts that may name it: `{{.Task.Slot}}`.
///
/// Source: moby/swarmkit `template/context.go`.
struct TemplateExpansion: Sendable {
  private let values: Table<String, String>

  init(task: SwarmTask, node: Node?) {
    let nodeID = task.nodeID?.description ?? ""
    values = [
      ".Service.ID": task.serviceID?.description ?? "", ".Service.Name": task.serviceSpec.value.annotations.name,
      ".Node.ID": nodeID, ".Node.Hostname": node?.hostname ?? "",
      ".Node.Platform.OS": node?.description?.os ?? "",
      ".Node.Platform.Architecture": node?.description?.architecture ?? "", ".Task.ID": task.id.description,
      ".Task.Name": task.name, ".Task.Slot": task.slot != 0 ? String(task.slot) : nodeID,
    ]
  }

  /// The text with its placeholders filled; what is no placeholder stays.
  func expand(_ text: String) -> String {
    var result = ""
    var rest = text[...]
    while let open = rest.firstRange(of: "{{"), let close = rest[open.upperBound...].firstRange(of: "}}") {
      let name = rest[open.upperBound..<close.lowerBound].trimmed()
      result += rest[..<open.lowerBound]
      result += values[name] ?? String(rest[open.lowerBound..<close.upperBound])
      rest = rest[close.upperBound...]
    }
    return result + rest
  }
}
