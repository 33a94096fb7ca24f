import SimBase

/// A port of a container: number and protocol.
public struct ContainerPort: Hashable, Comparable, Sendable {
  /// The transport protocol.
  public enum Transport: UInt8, Hashable, Comparable, Sendable {
    /// TCP.
    case tcp
    /// UDP.
    case udp
    /// SCTP.
    case sctp

    /// The protocol of this name, in any case.
    public init?(name: String) {
      switch name.lowercased() {
      case "tcp": self = .tcp
      case "udp": self = .udp
      case "sctp": self = .sctp
      default: return nil
      }
    }

    /// `tcp`, `udp`, `sctp`.
    public var name: String {
      switch self {
      case .tcp: "tcp"
      case .udp: "udp"
      case .sctp: "sctp"
      }
    }

    /// TCP first.
    public static func < (a: Transport, b: Transport) -> Bool { a.rawValue < b.rawValue }
  }

  /// Its number.
  public var number: UInt16
  /// Its protocol.
  public var transport: Transport

  /// A port.
  public init(_ number: UInt16, _ transport: Transport = .tcp) {
    self.number = number
    self.transport = transport
  }

  /// The port written as `80/tcp` or `80`; nil for anything else.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= 2, let number = UInt16(parts[0]) else { return nil }
    guard parts.count == 2 else {
      self.init(number)
      return
    }
    guard let transport = Transport(name: String(parts[1])) else { return nil }
    self.init(number, transport)
  }

  /// By number, then by protocol.
  public static func < (a: ContainerPort, b: ContainerPort) -> Bool {
    (a.number, a.transport) < (b.number, b.transport)
  }
}

extension ContainerPort: CustomStringConvertible {
  /// `80/tcp`.
  public var description: String { "\(number)/\(transport.name)" }
}

extension ContainerPort: Archivable {
  /// Port 0.
  public init() { self.init(0) }
  /// Number and protocol.
  public mutating func archive(_ a: inout Archive) {
    a.field(&number)
    a.field(&transport)
  }
}

/// How a container's health is asked for. Zero means the default.
public struct HealthCheck: Hashable, Sendable {
  /// `CMD` and its words, `CMD-SHELL` and a command line, `NONE`, or nothing to inherit the image's.
  public var test: [String]
  /// Between the end of a probe and the begin of the next; default 30 s.
  public var interval: Duration
  /// How long a probe may take; default 30 s.
  public var timeout: Duration
  /// For so long after the start failures do not count.
  public var startPeriod: Duration
  /// The interval within the start period; default 5 s.
  public var startInterval: Duration
  /// How many failures in a row make it unhealthy; default 3.
  public var retries: Int

  /// A health check.
  public init(
    test: [String] = [], interval: Duration = .zero, timeout: Duration = .zero, startPeriod: Duration = .zero,
    startInterval: Duration = .zero, retries: Int = 0
  ) {
    self.test = test
    self.interval = interval
    self.timeout = timeout
    self.startPeriod = startPeriod
    self.startInterval = startInterval
    self.retries = retries
  }

  /// The words that a probe runs; nil where there is no check.
  public var command: [String]? {
    switch test.first {
    case "CMD": test.count > 1 ? Array(test.dropFirst()) : nil
    case "CMD-SHELL": ["/bin/sh", "-c", test.dropFirst().joined(separator: " ")]
    default: nil
    }
  }

  /// This check, with what it leaves open taken from the image's.
  ///
  /// Source: moby/moby `daemon/commit.go` (`merge`).
  public func filled(from image: HealthCheck?) -> HealthCheck {
    guard let image else { return self }
    var filled = self
    if filled.test.isEmpty { filled.test = image.test }
    if filled.interval == .zero { filled.interval = image.interval }
    if filled.timeout == .zero { filled.timeout = image.timeout }
    if filled.startPeriod == .zero { filled.startPeriod = image.startPeriod }
    if filled.startInterval == .zero { filled.startInterval = image.startInterval }
    if filled.retries == 0 { filled.retries = image.retries }
    return filled
  }
}

extension HealthCheck: Archivable {
  /// A check that says nothing.
  public init() { self.init(test: []) }
  /// All fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&test)
    a.field(&interval)
    a.field(&timeout)
    a.field(&startPeriod)
    a.field(&startInterval)
    a.field(&retries)
  }
}

/// What an image says about containers made from it. Nil lists are JSON's null.
public struct ImageConfig: Hashable, Sendable {
  /// Who runs it; empty for root.
  public var user = ""
  /// The ports that it listens on.
  public var exposedPorts: [ContainerPort] = []
  /// `NAME=value`.
  public var env: [String] = []
  /// Put before the command.
  public var entrypoint: [String]?
  /// The command if none is given.
  public var command: [String]?
  /// Paths that become anonymous volumes.
  public var volumes: [String] = []
  /// Where it runs; empty for the root.
  public var workingDirectory = ""
  /// The image's labels in the order of their keys.
  public var labels: [Label] = []
  /// The signal that `docker stop` sends; nil for SIGTERM.
  public var stopSignal: String?
  /// The health check, if any.
  public var healthCheck: HealthCheck?
  /// Instructions for builds on top of it.
  public var triggers: [String] = []
  /// What runs shell commands of its build; nil for `/bin/sh -c`.
  public var shell: [String]?

  /// A label of an image.
  public struct Label: Hashable, Sendable {
    /// Its key.
    public var key: String
    /// Its value.
    public var value: String
    /// A label.
    public init(_ key: String, _ value: String) {
      self.key = key
      self.value = value
    }
  }

  /// Nothing said.
  public init() {}
}

extension ImageConfig: Archivable {
  /// All fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&user)
    a.field(&exposedPorts)
    a.field(&env)
    a.optional(&entrypoint, []) { $0.field(&$1) }
    a.optional(&command, []) { $0.field(&$1) }
    a.field(&volumes)
    a.field(&workingDirectory)
    a.list(&labels, Label("", "")) {
      $0.field(&$1.key)
      $0.field(&$1.value)
    }
    a.field(&stopSignal)
    a.field(&healthCheck)
    a.field(&triggers)
    a.optional(&shell, []) { $0.field(&$1) }
  }
}
