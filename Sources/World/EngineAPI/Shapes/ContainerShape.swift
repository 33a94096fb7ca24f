import Engine
import EngineTypes
import SimBase
import Workloads

/// A container as its engine shows it: with what the engine knows of its networks and its image.
///
/// Source: moby/moby `api/types/container/container.go`, `daemon/inspect.go`, `daemon/container/view.go`.
struct ContainerView {
  /// The container.
  let container: Container
  /// Its engine.
  let engine: Engine
  /// The present instant, for ages.
  let now: Instant
  /// Whether its short ID is shown among its aliases.
  var hasShortAlias = false

  /// Docker's `Status`: `Up 9 seconds (healthy)`.
  ///
  /// Source: moby/moby `daemon/container/state.go` (`String`).
  var status: String {
    let state = container.state
    let sinceStart = (now - (state.startedAt ?? now)).humanText
    let sinceEnd = (now - (state.finishedAt ?? now)).humanText
    switch state.status {
    case .paused: return "Up \(sinceStart) (Paused)"
    case .restarting: return "Restarting (\(state.exitCode)) \(sinceEnd) ago"
    case .running:
      switch container.health?.status {
      case nil: return "Up \(sinceStart)"
      case .starting: return "Up \(sinceStart) (health: starting)"
      case .healthy: return "Up \(sinceStart) (healthy)"
      case .unhealthy: return "Up \(sinceStart) (unhealthy)"
      }
    case .removing: return "Removal In Progress"
    case .dead: return "Dead"
    case .created, .exited:
      if state.startedAt == nil { return "Created" }
      return "Exited (\(state.exitCode)) \(sinceEnd) ago"
    }
  }

  /// The image's name as it was asked for, unless that name means another image by now.
  var imageName: String {
    let name = container.config.value.image
    if name.hasPrefix("sha256:") || (try? engine.image(name))?.id == container.image { return name }
    return "sha256:\(container.image)"
  }

  /// The command line on one line.
  var command: String {
    let arguments = container.arguments.map { $0.includes(" ") ? "'\($0)'" : $0 }
    return ([container.path] + arguments).joined(separator: " ")
  }

  /// A foothold with its network; of one that is yet to be found only the name is known.
  struct Foothold {
    let name: String
    let record: NetworkRecord?
    let endpoint: EngineEndpoint
    /// The network's ID; empty until it is set up for the first time, but for a task's.
    let networkID: String
  }

  /// Its footholds, in the order of the networks' names.
  var footholds: [Foothold] {
    let all = container.endpoints.map { endpoint in
      let record = endpoint.wanted == nil ? engine.network(endpoint.network) : nil
      let isKnown = endpoint.generation > 0 || container.task != nil
      return Foothold(
        name: record?.name ?? endpoint.wanted ?? "", record: record, endpoint: endpoint,
        networkID: isKnown ? record?.id.description ?? "" : "")
    }
    return all.sorted { $0.name < $1.name }
  }

  /// Names by which the resolver knows it on a network; none on the default ones.
  func names(on foothold: Foothold) -> [String]? {
    let endpoint = foothold.endpoint
    if foothold.record?.isPredefined ?? true || !endpoint.isNamed { return nil }
    var names: [String] = []
    let hostname = container.config.value.hostname
    for name in [container.name] + (endpoint.settings?.value.aliases ?? []) + [container.id.short, hostname]
    where !name.isEmpty && !names.contains(name) {
      names.append(name)
    }
    return names
  }

  /// What is mounted, but for what `--tmpfs` asked for, which Docker does not list.
  var mounts: [EngineMount] {
    let host = container.host.value
    return container.mounts.filter { $0.kind != .tmpfs || !host.tmpfs.contains($0.target) }
      .sorted { $0.target < $1.target }
  }

  /// The ID of its network namespace while it has one.
  var sandbox: ContainerID? {
    container.state.status == .running || container.state.status == .paused ? container.id.derived(1) : nil
  }
}

extension JSONWriter {
  /// A container as `GET /containers/json` lists it; with the bytes of its own files and of all, if asked for.
  mutating func containerSummary(_ view: ContainerView, sizes: (own: UInt64, all: UInt64)?) {
    let container = view.container
    object { writer in
      writer.field("Id", container.id.description)
      writer.field("Names", ([container.name] + view.engine.linkNames(of: container.id)).map { "/" + $0 })
      writer.field("Image", view.imageName)
      writer.field("ImageID", "sha256:\(container.image)")
      writer.field("Command", view.command)
      writer.field("Created") { $0.date(container.created, as: .unixSeconds) }
      writer.field("Ports") { $0.portSummary(view) }
      if let sizes {
        writer.unlessZero("SizeRw", sizes.own)
        writer.unlessZero("SizeRootFs", sizes.all)
      }
      writer.field("Labels", container.labels)
      writer.field("State", container.state.status.text)
      writer.field("Status", view.status)
      writer.object("HostConfig") { $0.field("NetworkMode", container.host.value.effectiveNetworkMode) }
      writer.object("NetworkSettings") { writer in
        writer.object("Networks") { $0.endpoints(view, inList: true) }
      }
      writer.list("Mounts", view.mounts) { $0.mountPoint($1) }
    }
  }

  private mutating func portSummary(_ view: ContainerView) {
    let container = view.container
    let ports = view.sandbox == nil ? [] : container.config.value.exposedPorts
    let bound = Dictionary(grouping: container.boundPorts, by: \.port)
    var seen: ContainerPort?
    array { writer in
      for port in (ports + bound.keys).sorted() where seen != port {
        seen = port
        let bindings = bound[port] ?? []
        if bindings.isEmpty { writer.object { $0.port(port, address: nil, hostPort: nil) } }
        for binding in bindings {
          writer.object { $0.port(port, address: binding.address.description, hostPort: binding.hostPort) }
          if binding.isOnIPv6 { writer.object { $0.port(port, address: "::", hostPort: binding.hostPort) } }
        }
      }
    }
  }

  private mutating func port(_ port: ContainerPort, address: String?, hostPort: UInt16?) {
    if let address { field("IP", address) }
    field("PrivatePort", Int(port.number))
    if let hostPort { field("PublicPort", Int(hostPort)) }
    field("Type", port.transport.name)
  }

  /// A container's footholds, by the names of their networks.
  mutating func endpoints(_ view: ContainerView, inList: Bool) {
    for foothold in view.footholds {
      field(named: foothold.name) { writer in writer.object { $0.endpoint(foothold, view, inList: inList) } }
    }
  }

  private mutating func endpoint(_ foothold: ContainerView.Foothold, _ view: ContainerView, inList: Bool) {
    let (record, endpoint) = (foothold.record, foothold.endpoint)
    let settings = endpoint.settings?.value
    let id = view.container.id
    if let settings, settings.hasAddresses {
      object("IPAMConfig") { writer in
        if let asked = settings.address { writer.field("IPv4Address", asked.description) }
        writer.unlessEmpty("IPv6Address", settings.address6)
        writer.unlessEmpty("LinkLocalIPs", settings.linkLocalAddresses)
      }
    } else {
      null("IPAMConfig")
    }
    orNull("Links", settings?.links)
    // Older versions list the short ID among the aliases of a network of the user's own.
    let hasOwnNames = view.hasShortAlias && record.map { !$0.isPredefined } ?? false
    let aliases = (settings?.aliases ?? []) + (hasOwnNames ? [id.short] : [])
    if !inList && (settings?.speaksOfAliases ?? false || !aliases.isEmpty) {
      field("Aliases", aliases)
    } else {
      null("Aliases")
    }
    field("MacAddress", endpoint.macAddress(in: id, isOverlay: record?.driver == "overlay") ?? "")
    if let settings, settings.speaksOfOptions || !settings.driverOptions.isEmpty {
      field("DriverOpts", settings.driverOptions)
    } else {
      null("DriverOpts")
    }
    field("GwPriority", settings?.gatewayPriority ?? 0)
    field("NetworkID", foothold.networkID)
    field("EndpointID", endpoint.id(in: id)?.description ?? "")
    let hasGateway = endpoint.isUp && record?.driver != "overlay" && record?.isInternal == false
    field("Gateway", hasGateway ? record?.gateway?.description ?? "" : "")
    field("IPAddress", endpoint.address?.description ?? "")
    field("IPPrefixLen", endpoint.address == nil ? 0 : record?.subnet?.prefixLength ?? 0)
    field("IPv6Gateway", "")
    field("GlobalIPv6Address", "")
    field("GlobalIPv6PrefixLen", 0)
    orNull("DNSNames", inList ? nil : view.names(on: foothold))
  }

  /// Texts, or `null` where there are none.
  mutating func orNull(_ key: StaticString, _ texts: [String]?) {
    if let texts, !texts.isEmpty { field(key, texts) } else { null(key) }
  }

  /// A mount as containers show it.
  mutating func mountPoint(_ mount: EngineMount) {
    field("Type", mount.kind.text)
    if mount.kind == .volume {
      field("Name", mount.source)
      field("Source", "/var/lib/docker/volumes/\(mount.source)/_data")
    } else {
      field("Source", mount.source)
    }
    field("Destination", mount.target)
    if mount.kind == .volume { field("Driver", mount.driver.isEmpty ? "local" : mount.driver) }
    field("Mode", mount.mode)
    field("RW", !mount.isReadOnly)
    field("Propagation", mount.kind == .bind && mount.propagation.isEmpty ? "rprivate" : mount.propagation)
  }
}
