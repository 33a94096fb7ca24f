import SimBase
import Workloads

/// What a container is told to be: the `Config` of Docker's create request, and later, filled from the image, of
/// inspect.
public struct ContainerConfig: Equatable, Sendable {
  /// The host name; empty for the first twelve digits of the ID.
  public var hostname = ""
  /// The domain after it.
  public var domainname = ""
  /// Who runs it; empty for root.
  public var user = ""
  /// Whether a client will send input.
  public var attachStdin = false
  /// Whether a client will read output.
  public var attachStdout = false
  /// Whether a client will read errors.
  public var attachStderr = false
  /// The ports that it listens on.
  public var exposedPorts: [ContainerPort] = []
  /// Whether it has a terminal.
  public var tty = false
  /// Whether its input stays open while nobody is attached.
  public var openStdin = false
  /// Whether its input closes after the first client has gone.
  public var stdinOnce = false
  /// `NAME=value`.
  public var env: [String] = []
  /// The command; nil for the image's.
  public var command: [String]?
  /// The health check; nil for the image's.
  public var healthCheck: HealthCheck?
  /// The image as it was asked for.
  public var image = ""
  /// Paths that become anonymous volumes.
  public var volumes: [String] = []
  /// Where it runs; empty for the root.
  public var workingDirectory = ""
  /// Put before the command; nil for the image's.
  public var entrypoint: [String]?
  /// Its labels.
  public var labels: Table<String, String> = [:]
  /// The signal that asks it to stop; nil for the image's, or SIGTERM.
  public var stopSignal: String?
  /// How long to wait for it to stop, in seconds; negative for ever, nil for the engine's default.
  public var stopTimeoutSeconds: Int?

  /// A config that says nothing.
  public init() {}

  /// The config with what it leaves open taken from the image's.
  ///
  /// Source: moby/moby `daemon/commit.go` (`merge`).
  public func filled(from image: ImageConfig) -> ContainerConfig {
    var filled = self
    if filled.user.isEmpty { filled.user = image.user }
    for port in image.exposedPorts where !filled.exposedPorts.contains(port) { filled.exposedPorts.append(port) }
    filled.exposedPorts.sort()
    for entry in image.env {
      let name = entry.prefix { $0 != "=" }
      if !env.contains(where: { $0.prefix { $0 != "=" } == name }) { filled.env.append(entry) }
    }
    for label in image.labels where filled.labels[label.key] == nil { filled.labels[label.key] = label.value }
    if filled.entrypoint?.isEmpty ?? true {
      if filled.command?.isEmpty ?? true { filled.command = image.command }
      if filled.entrypoint == nil { filled.entrypoint = image.entrypoint }
    }
    if let check = filled.healthCheck {
      filled.healthCheck = check.filled(from: image.healthCheck)
    } else {
      filled.healthCheck = image.healthCheck
    }
    if filled.workingDirectory.isEmpty { filled.workingDirectory = image.workingDirectory }
    if filled.entrypoint == [""] { filled.entrypoint = nil }  // Said so that the image's does not count.
    for path in image.volumes where !filled.volumes.contains(path) { filled.volumes.append(path) }
    if filled.stopSignal == nil { filled.stopSignal = image.stopSignal }
    return filled
  }

  /// The words that its first process is started with.
  public var commandLine: [String] { (entrypoint ?? []) + (command ?? []) }
}

extension ContainerConfig: Archivable {
  /// All fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&hostname)
    a.field(&domainname)
    a.field(&user)
    a.field(&attachStdin)
    a.field(&attachStdout)
    a.field(&attachStderr)
    a.field(&exposedPorts)
    a.field(&tty)
    a.field(&openStdin)
    a.field(&stdinOnce)
    a.field(&env)
    a.optional(&command, []) { $0.field(&$1) }
    a.field(&healthCheck)
    a.field(&image)
    a.field(&volumes)
    a.field(&workingDirectory)
    a.optional(&entrypoint, []) { $0.field(&$1) }
    a.field(&labels)
    a.field(&stopSignal)
    a.optional(&stopTimeoutSeconds, 0) { $0.field(&$1) }
  }
}
