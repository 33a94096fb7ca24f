import EngineTypes
import SimBase
import SimKernel
import SwarmManager
import SwarmModel
import SwarmNode

/// `swarm init`, `join`, `leave` and `unlock`: what changes the node's own place in a swarm.
///
/// `init` ends with a write of the spec that was asked for, as the daemon does it, once the cluster object is there.
///
/// Source: moby/moby `daemon/cluster/swarm.go`.
struct SwarmOperation: EngineOperation {
  private enum Phase: Sendable {
    case begun
    case settling(NodeID)
  }

  private let call: SwarmCall
  private var phase = Phase.begun

  init(_ call: SwarmCall) { self.call = call }

  mutating func begin(_ turn: inout OperationTurn, on node: inout SwarmNode, network: inout SimNetwork<Wire>) {
    do throws(APIError) {
      switch call {
      case .initialize(let parameters):
        let wants = try? parameters.get()
        if node.localState != .inactive && wants?.forceNewCluster != true { throw .alreadyInSwarm }
        let request = try InitRequest(try parameters.get(), node)
        node.initSwarm(request, for: turn.id, at: turn.now, network: &network)
      case .join(let parameters):
        if node.localState != .inactive { throw .alreadyInSwarm }
        let request = try JoinRequest(try parameters.get(), node)
        node.joinSwarm(request, for: turn.id, at: turn.now, network: &network)
      case .leave(let force): node.leaveSwarm(force: force, for: turn.id, at: turn.now, network: &network)
      case .unlock(let key): node.unlock(key, for: turn.id, at: turn.now, network: &network)
      }
    } catch {
      turn.answer(.refusal(error))
    }
  }

  mutating func hear(
    _ news: OperationNews, _ turn: inout OperationTurn, on node: inout SwarmNode, network: inout SimNetwork<Wire>
  ) {
    guard case .completion(let completion) = news else { return }
    switch (phase, completion) {
    case (_, .swarm(.failure(let error))): turn.answer(.refusal(error))
    case (.begun, .swarm(.success(let id))):
      guard case .initialize(.success(let parameters)) = call else { return turn.answer(.empty()) }
      phase = .settling(id)
      var settings = parameters.settings
      if parameters.autoLockManagers { settings.autoLockManagers = true }
      node.control(.initializeCluster(settings), for: turn.id, at: turn.now, network: &network)
    case (.settling(let id), .control(.success)): turn.answer(.nodeID(id))
    case (.settling, _):
      if case .failure(let error) = completion.controlResult {
        turn.answer(.refusal(APIError(.system, "error updating cluster settings: \(error.message)")))
      }
    case (.begun, _): break
    }
  }
}

extension EngineAnswer {
  /// A node's ID as a JSON text.
  static func nodeID(_ id: NodeID) -> EngineAnswer { .json { $0.string(id.description) } }
}

extension InitRequest {
  /// What the daemon makes of a request on this node: addresses are resolved against the machine's own.
  ///
  /// Source: moby/moby `daemon/cluster/listen_addr.go`.
  init(_ parameters: SwarmInit, _ node: SwarmNode) throws(APIError) {
    self.init()
    let listen = try NodeInterfaces(node).listen(parameters.listenAddress)
    listenPort = listen.port
    if !NodeInterfaces(node).canBind(listen) {
      throw APIError(
        .system,
        "manager stopped: failed to listen on remote API address: listen tcp \(listen): "
          + "bind: cannot assign requested address")
    }
    advertiseAddr = try NodeInterfaces(node).advertise(parameters.advertiseAddress, port: listen.port)
    _ = try NodeInterfaces(node).dataPath(parameters.dataPathAddress)
    try parameters.checkNumbers()
    availability = parameters.availability
    addressPool = parameters.defaultAddressPool
    subnetSize = parameters.subnetSize
    dataPathPort = parameters.dataPathPort
    forceNewCluster = parameters.forceNewCluster
  }
}

extension JoinRequest {
  /// What the daemon makes of a request on this node.
  init(_ parameters: SwarmJoin, _ node: SwarmNode) throws(APIError) {
    let listen = try NodeInterfaces(node).listen(parameters.listenAddress)
    // One that cannot be resolved is left to the leader, which sees where the joiner calls from.
    let given = parameters.advertiseAddress
    let advertise = given.isEmpty ? nil : try? NodeInterfaces(node).advertise(given, port: listen.port)
    _ = try NodeInterfaces(node).dataPath(parameters.dataPathAddress)
    guard let first = parameters.remoteAddresses.first,
      let remote = NetAddress(first, defaultPort: SwarmNode.managerPort)
    else { throw APIError(.invalidParameter, "at least 1 RemoteAddr is required to join") }
    if advertise == nil && IPv4Address(remote.ip) == nil {
      throw APIError(.system, "could not find local IP address: dial udp: lookup \(remote.ip): no such host")
    }
    self.init(remote: remote, token: parameters.token)
    listenPort = listen.port
    advertiseAddr = advertise
    availability = parameters.availability
  }
}

/// The addresses of a virtual machine: one interface beside the loopback one.
///
/// Source: moby/moby `daemon/cluster/listen_addr.go` (`resolveListenAddr`, `resolveAdvertiseAddr`, `resolveDataPathAddr`).
struct NodeInterfaces {
  private let ip: String
  private static let interface = "eth0"

  init(_ node: SwarmNode) { ip = node.ip }

  func listen(_ text: String) throws(APIError) -> NetAddress {
    guard let address = NetAddress(text, defaultPort: SwarmNode.managerPort) else {
      let port = text.split(separator: ":").last.flatMap { Int($0) } ?? 0
      if port > 65535 {
        throw APIError(
          .system, "manager stopped: failed to listen on remote API address: listen tcp: address \(port): invalid port")
      }
      throw .unparsableListenAddress(text)
    }
    if address.ip == NodeInterfaces.interface { return NetAddress(ip: ip, port: address.port) }
    if IPv4Address(address.ip) == nil {
      throw .badListenAddress
    }
    return address
  }

  /// Whether a socket of this machine can have the address.
  func canBind(_ address: NetAddress) -> Bool {
    address.ip == ip || IPv4Address(address.ip) == .any || address.ip.hasPrefix("127.")
  }

  func advertise(_ text: String, port: UInt16) throws(APIError) -> NetAddress {
    if text.isEmpty { return NetAddress(ip: ip, port: port) }
    guard let address = NetAddress(text, defaultPort: port) else { throw .badAdvertiseAddress }
    if address.ip == NodeInterfaces.interface { return NetAddress(ip: ip, port: address.port) }
    guard let parsed = IPv4Address(address.ip), parsed != .any else { throw .badAdvertiseAddress }
    return address
  }

  func dataPath(_ text: String) throws(APIError) -> String {
    if text.isEmpty || text == NodeInterfaces.interface { return ip }
    guard let parsed = IPv4Address(text), parsed != .any else {
      throw .badDataPathAddress
    }
    return text
  }
}
