import Engine
import EngineTypes
import SimBase
import Workloads

extension JSONWriter {
  /// A container as `GET /containers/{id}/json` gives it.
  mutating func container(_ view: ContainerView, sizes: (own: UInt64, all: UInt64)?) {
    let container = view.container
    let directory = "/var/lib/docker/containers/\(container.id)"
    object { writer in
      writer.field("Id", container.id.description)
      writer.field("Created", container.created)
      writer.field("Path", container.path)
      writer.field("Args", container.arguments)
      writer.object("State") { $0.containerState(container) }
      writer.field("Image", "sha256:\(container.image)")
      // Files that the engine writes at the first start.
      let hasRun = container.state.startedAt != nil
      writer.field("ResolvConfPath", hasRun ? "\(directory)/resolv.conf" : "")
      writer.field("HostnamePath", hasRun ? "\(directory)/hostname" : "")
      writer.field("HostsPath", hasRun ? "\(directory)/hosts" : "")
      let isInFile = hasRun && container.host.value.logDriver == "json-file"
      writer.field("LogPath", isInFile ? "\(directory)/\(container.id)-json.log" : "")
      writer.field("Name", "/" + container.name)
      writer.field("RestartCount", container.state.restartCount)
      writer.field("Driver", "overlay2")
      writer.field("Platform", "linux")
      writer.field("MountLabel", "")
      writer.field("ProcessLabel", "")
      writer.field("AppArmorProfile", "")
      writer.orNull("ExecIDs", view.engine.execs(in: container.id).map(\.description))
      let links = view.engine.links(of: container).map { "/\($0.target.name):/\(container.name)/\($0.alias)" }
      writer.object("HostConfig") { $0.hostConfig(container.host.value, links: links) }
      writer.object("GraphDriver") { $0.graphDriver(container.id.description, isContainer: true) }
      if let sizes {
        writer.field("SizeRw", sizes.own)
        writer.field("SizeRootFs", sizes.all)
      }
      writer.list("Mounts", view.mounts) { $0.mountPoint($1) }
      writer.object("Config") { $0.containerConfig(container) }
      writer.object("NetworkSettings") { $0.networkSettings(view) }
    }
  }

  private mutating func containerState(_ container: Container) {
    let state = container.state
    field("Status", state.status.text)
    field("Running", state.isRunning)
    field("Paused", state.status == .paused)
    field("Restarting", state.status == .restarting)
    field("OOMKilled", state.isOOMKilled)
    field("Dead", state.status == .dead)
    field("Pid", state.pid)
    field("ExitCode", Int(state.exitCode))
    field("Error", state.error)
    orZero("StartedAt", state.startedAt)
    orZero("FinishedAt", state.finishedAt)
    guard let health = container.health else { return }
    object("Health") { writer in
      writer.field("Status", health.status.text)
      writer.field("FailingStreak", health.failingStreak)
      writer.list("Log", health.log) { writer, result in
        writer.field("Start", result.start)
        writer.field("End", result.end)
        writer.field("ExitCode", Int(result.exitCode))
        writer.field("Output", result.output)
      }
    }
  }

  /// A date, or Go's zero date.
  mutating func orZero(_ key: StaticString, _ instant: Instant?) {
    if let instant { field(key, instant) } else { field(key, "0001-01-01T00:00:00Z") }
  }

  /// Where a container's or an image's files are; made up of the ID, as nobody looks there.
  mutating func graphDriver(_ id: String, isContainer: Bool) {
    let root = "/var/lib/docker/overlay2/\(SHA256.hex("layer \(id)"))"
    object("Data") { writer in
      if isContainer {
        writer.field("ID", id)
        writer.field("LowerDir", "\(root)-init/diff")
      }
      writer.field("MergedDir", "\(root)/merged")
      writer.field("UpperDir", "\(root)/diff")
      writer.field("WorkDir", "\(root)/work")
    }
    field("Name", "overlay2")
  }

  private mutating func containerConfig(_ container: Container) {
    let config = container.config.value
    field("Hostname", container.hostname)
    field("Domainname", config.domainname)
    field("User", config.user)
    field("AttachStdin", config.attachStdin)
    field("AttachStdout", config.attachStdout)
    field("AttachStderr", config.attachStderr)
    exposedPorts(config.exposedPorts)
    field("Tty", config.tty)
    field("OpenStdin", config.openStdin)
    field("StdinOnce", config.stdinOnce)
    field("Env", config.env)
    orNull("Cmd", config.command)
    if let check = config.healthCheck { object("Healthcheck") { $0.healthCheck(check) } }
    field("Image", config.image)
    volumePaths(config.volumes)
    field("WorkingDir", config.workingDirectory)
    orNull("Entrypoint", config.entrypoint)
    null("OnBuild")
    field("Labels", container.labels)
    unlessEmpty("StopSignal", config.stopSignal ?? "")
    if let seconds = config.stopTimeoutSeconds { field("StopTimeout", seconds) }
  }

  /// Ports as the keys of an object, unless there are none.
  mutating func exposedPorts(_ ports: [ContainerPort]) {
    if ports.isEmpty { return }
    object("ExposedPorts") { writer in
      for port in ports.map(\.description).sorted() { writer.field(named: port) { $0.object { _ in } } }
    }
  }

  /// Paths of volumes as the keys of an object, or `null`.
  mutating func volumePaths(_ paths: [String]) {
    if paths.isEmpty { return null("Volumes") }
    object("Volumes") { writer in
      for path in paths.sorted() { writer.field(named: path) { $0.object { _ in } } }
    }
  }

  /// A health check; what is zero is left out.
  mutating func healthCheck(_ check: HealthCheck) {
    unlessEmpty("Test", check.test)
    unlessZero("Interval", check.interval)
    unlessZero("Timeout", check.timeout)
    unlessZero("StartPeriod", check.startPeriod)
    unlessZero("StartInterval", check.startInterval)
    unlessZero("Retries", Int64(check.retries))
  }

  private mutating func networkSettings(_ view: ContainerView) {
    let sandbox = view.sandbox
    let bridge = view.footholds.first { $0.record.map { $0.isPredefined && $0.driver == "bridge" } ?? false }
    let address = bridge?.endpoint.address
    let id = view.container.id
    field("Bridge", "")
    field("SandboxID", sandbox?.description ?? "")
    field("SandboxKey", sandbox.map { "/var/run/docker/netns/\($0.short)" } ?? "")
    object("Ports") { $0.publishedPorts(view) }
    field("HairpinMode", false)
    field("LinkLocalIPv6Address", "")
    field("LinkLocalIPv6PrefixLen", 0)
    null("SecondaryIPAddresses")
    null("SecondaryIPv6Addresses")
    // Since long these tell of the default bridge alone.
    field("EndpointID", bridge?.endpoint.id(in: id)?.description ?? "")
    field("Gateway", address == nil ? "" : bridge?.record?.gateway?.description ?? "")
    field("GlobalIPv6Address", "")
    field("GlobalIPv6PrefixLen", 0)
    field("IPAddress", address?.description ?? "")
    field("IPPrefixLen", address == nil ? 0 : bridge?.record?.subnet?.prefixLength ?? 0)
    field("IPv6Gateway", "")
    field("MacAddress", bridge?.endpoint.macAddress(in: id, isOverlay: false) ?? "")
    object("Networks") { $0.endpoints(view, inList: false) }
  }

  private mutating func publishedPorts(_ view: ContainerView) {
    if view.sandbox == nil { return }
    let bound = Dictionary(grouping: view.container.boundPorts, by: \.port.description)
    let exposed = view.container.config.value.exposedPorts.map(\.description)
    var seen = ""
    for text in (exposed + bound.keys).sorted() where text != seen {
      seen = text
      let bindings = bound[text] ?? []
      field(named: text) { writer in
        if bindings.isEmpty { return writer.raw("null") }
        writer.array { writer in
          for binding in bindings {
            writer.object { $0.binding(binding.address.description, String(binding.hostPort)) }
            if binding.isOnIPv6 { writer.object { $0.binding("::", String(binding.hostPort)) } }
          }
        }
      }
    }
  }

  /// An address and a port of the machine.
  mutating func binding(_ address: String, _ port: String) {
    field("HostIp", address)
    field("HostPort", port)
  }
}
