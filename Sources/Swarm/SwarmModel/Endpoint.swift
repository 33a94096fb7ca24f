import SimBase

/// A transport protocol.
public enum PortProtocol: UInt8, Sendable, Comparable {
  /// TCP.
  case tcp = 0
  /// UDP.
  case udp = 1
  /// SCTP.
  case sctp = 2

  /// The word that the Engine API uses.
  public var word: String {
    switch self {
    case .tcp: "tcp"
    case .udp: "udp"
    case .sctp: "sctp"
    }
  }

  /// TCP, UDP, SCTP.
  public static func < (a: PortProtocol, b: PortProtocol) -> Bool { a.rawValue < b.rawValue }
}

/// Where a published port opens.
public enum PublishMode: UInt8, Sendable {
  /// On every node, by the routing mesh.
  case ingress = 0
  /// On the node of each task.
  case host = 1

  /// The word that the Engine API uses.
  public var word: String { self == .host ? "host" : "ingress" }
}

/// A port of a service.
public struct PortConfig: Sendable, Equatable, Archivable {
  /// A name; hardly ever used.
  public var name = ""
  /// Its protocol.
  public var `protocol` = PortProtocol.tcp
  /// In the container.
  public var targetPort: UInt32 = 0
  /// Outside; 0 leaves the choice to the allocator (ingress) or the node (host).
  public var publishedPort: UInt32 = 0
  /// Where it opens.
  public var mode = PublishMode.ingress

  /// No port.
  public init() {}

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&name)
    a.field(&`protocol`)
    a.field(&targetPort)
    a.field(&publishedPort)
    a.field(&mode)
  }
}

/// How a service's name resolves.
public enum EndpointMode: UInt8, Sendable {
  /// To a virtual address.
  case vip = 0
  /// To the tasks' addresses.
  case dnsrr = 1

  /// The word that the Engine API uses.
  public var word: String { self == .dnsrr ? "dnsrr" : "vip" }
}

/// The user's wish for how a service is reached.
public struct EndpointSpec: Sendable, Equatable, Archivable {
  /// How its name resolves.
  public var mode = EndpointMode.vip
  /// Its ports.
  public var ports: [PortConfig] = []

  /// A virtual address, no ports.
  public init() {}

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&mode)
    a.field(&ports)
  }
}

/// A service's address on a network.
public struct VirtualIP: Sendable, Equatable, Archivable {
  /// The network.
  public var network = NetworkID(raw: 0)
  /// A CIDR: `10.0.1.2/24`.
  public var addr = ""

  /// No address.
  public init() {}
  /// An address on a network.
  public init(network: NetworkID, addr: String) {
    self.network = network
    self.addr = addr
  }

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&network)
    a.field(&addr)
  }
}

/// How a service is reached, as allocated.
public struct Endpoint: Sendable, Equatable, Archivable {
  /// The wish it was allocated for; nil where the service gave none.
  public var spec: EndpointSpec?
  /// Ports with their numbers.
  public var ports: [PortConfig] = []
  /// Addresses.
  public var virtualIPs: [VirtualIP] = []

  /// Not reachable.
  public init() {}

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&spec)
    a.field(&ports)
    a.field(&virtualIPs)
  }
}
