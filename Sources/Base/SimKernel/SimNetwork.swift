import SimBase

/// The simulated network: hosts, links with latency, and ordered connections over them.
///
/// A connection is TCP as far as the swarm can see: messages of one direction arrive in order, once, or not at all after a
/// reset. A cut link delivers nothing; what is sent meanwhile waits and arrives after the cut is mended, unless the connection
/// has timed out first (20 s without progress: gRPC's keep-alive). A process that dies resets its connections at once, a host
/// that loses power does not. At most `window` messages of a direction are under way; more wait with the sender
/// (`backlog`). Latency is base ± jitter per message, drawn from the network's own dice; a host may be slow or lose packets on top of
/// that, and what TCP has lost it sends again.
///
/// Here is what hosts do; `+Faults` is what befalls them, `+Events` what comes of both with time. A `Connection` is what two
/// sides have of each other, `Cables` tell what can pass, `Wires` carry it.
///
/// **Differs from Docker:** no bytes, no segments, no slow start; a message is the unit.
public struct SimNetwork<Message: Sendable>: Sendable {
  /// Latency of a link.
  public struct Link: Sendable {
    /// One way, on average.
    public var latency: Duration
    /// More or less.
    public var jitter: Duration

    /// A link.
    public init(latency: Duration, jitter: Duration) {
      self.latency = latency
      self.jitter = jitter
    }
  }

  /// One scheduled event with its instant, for the kernel's queue.
  public typealias Schedule = (event: NetworkEvent, at: Instant)

  var connections = Table<ConnectionID, Connection>()
  var byHost = Table<HostID, Table<ConnectionID, Bool>>()
  var hosts = Table<String, HostID>()
  var listeners = Table<NetAddress, HostID>()
  /// Hosts without power: nobody answers there, not even with a reset.
  var darkHosts = Table<HostID, Bool>()
  private var lastConnection: UInt64 = 0
  var cables = Cables()
  var wires: Wires

  /// What to schedule; the kernel looks after each call, and then says `forgetSchedule`.
  public var schedule: [Schedule] { _read { yield wires.schedule } }
  /// Messages of one direction under way at most.
  public static var window: Int { 256 }
  /// How long a connection lives without progress while something waits.
  public static var patience: Duration { .seconds(20) }
  /// How long ARP asks for an address that nobody has.
  static var noRouteDelay: Duration { .milliseconds(3_060) }
  /// How long TCP waits before it sends again what was lost for the first time. Source: Linux `TCP_RTO_MIN`.
  static var resendDelay: Duration { .milliseconds(200) }
  /// No message is lost more often than until the next wait would be this long: by then connections time out.
  static var resendLimit: Duration { .seconds(12) }

  /// A network without hosts.
  public init(link: Link, dice: Dice) {
    wires = Wires(link: link, dice: dice)
  }

  // MARK: What hosts do

  /// Gives a host its address. The first host of an address is who answers where nothing listens.
  public mutating func attach(_ host: HostID, ip: String) {
    if !hosts.contains(ip) { hosts[ip] = host }
  }

  /// Opens a port of an address; a host that had it loses it.
  public mutating func listen(_ host: HostID, at address: NetAddress) { listeners[address] = host }

  /// Closes a port; its connections stay.
  public mutating func unlisten(_ host: HostID, at address: NetAddress) {
    if listeners[address] == host { listeners[address] = nil }
  }

  /// Dials an address. `connected` or `failed` follows.
  public mutating func dial(from: HostID, to address: NetAddress, at now: Instant) -> ConnectionID {
    lastConnection += 1
    let id = ConnectionID(number: lastConnection)
    guard let to = listeners[address] ?? hosts[address.ip] else {
      connections[id] = Connection(
        dialler: Side(host: from), acceptor: Side(host: from), address: address, isRoutable: false)
      wires.schedule.append((.refused(id), now + SimNetwork.noRouteDelay))
      return id
    }
    var connection = Connection(dialler: Side(host: from), acceptor: Side(host: to), address: address)
    byHost[from, default: [:]][id] = true
    byHost[to, default: [:]][id] = true
    if cables.pass(connection) {
      wires.schedule.append((.arrive(id), now + wires.delay(on: connection)))
    } else {
      cables.noteStopped(from, to)
    }
    wires.startTimer(id, &connection, at: now)
    connections[id] = connection
    return id
  }

  /// Sends a message from one side of a connection; it is dropped if the connection is gone.
  public mutating func send(_ message: Message, on id: ConnectionID, from host: HostID, at now: Instant) {
    guard connections.contains(id) else { return }
    SimNetwork.put(message, on: id, &connections[existing: id], from: host, &cables, &wires, at: now)
  }

  private static func put(
    _ message: Message, on id: ConnectionID, _ connection: inout Connection, from host: HostID,
    _ cables: inout Cables, _ wires: inout Wires, at now: Instant
  ) {
    let fromDialler = connection.dialler.host == host
    if connection[fromDialler].isClosed { return }
    let isOpen = connection.isEstablished || !fromDialler
    let isStopped = !cables.pass(connection)
    if isStopped { cables.noteStopped(connection.dialler.host, connection.acceptor.host) }
    let isFull = connection[fromDialler].underWay >= window || !connection[fromDialler].waiting.isEmpty
    if !isOpen || isFull || isStopped {
      connection[fromDialler].waiting.append(message)
      wires.startTimer(id, &connection, at: now)
    } else {
      let other = connection[!fromDialler].host
      wires.transmit(message, on: id, &connection[fromDialler], to: other, fromDialler: fromDialler, at: now)
    }
  }

  /// How many messages of a host wait for room on a connection.
  public func backlog(_ id: ConnectionID, from host: HostID) -> Int {
    guard let connection = connections[id] else { return 0 }
    return connection[connection.dialler.host == host].waiting.count
  }

  /// Closes a connection: the other side learns of it after what was sent before.
  public mutating func close(_ id: ConnectionID, from host: HostID, at now: Instant) {
    guard let connection = connections[id] else { return }
    let isDialler = connection.dialler.host == host
    connections[existing: id][isDialler].isClosed = true
    forget(id, host)
    if cables.pass(connection), connection.isEstablished || isDialler {
      let last = connection[isDialler].lastArrival
      wires.schedule.append((.reset(id, toDialler: !isDialler), Swift.max(last, now + wires.delay(on: connection))))
    } else {
      // Nobody can be told; the other side's own timer will find out.
      wires.startTimer(id, &connections[existing: id], at: now)
    }
  }
}
