import SimBase

/// The simulated network: hosts, links with latency, and ordered connections over them.
///
/// A connection is TCP as far as the swarm can see: messages of one direction arrive in order, once, or not at all after a
/// reset. A cut link delivers nothing; what is sent meanwhile waits and arrives after the cut is mended, unless the connection
/// has timed out first (20 s without progress: gRPC's keep-alive). A process that dies resets its connections at once, a host
/// that loses power does not. At most `window` messages of a direction are under way; more wait with the sender
/// (`backlog`). Latency is base ± jitter per message, drawn from the network's own dice.
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

  private struct Side: Sendable {
    var host: HostID
    /// Messages under way from this side.
    var underWay = 0
    /// Messages that wait for room or for a mended link.
    var waiting: [Message] = []
    /// When the last message from this side arrives: the next may not overtake it.
    var lastArrival = Instant.zero
    var isClosed = false
  }

  private struct Connection: Sendable {
    var dialler: Side
    var acceptor: Side
    var address: NetAddress
    var isRoutable = true
    /// Whether the acceptor knows of it; a mended link may make the dialler knock twice.
    var isAccepted = false
    var isEstablished = false
    /// Counts progress, so that a timeout that was overtaken by progress is told from a real one.
    var generation: UInt32 = 0
    var hasTimer = false

    /// The dialler's side, or the acceptor's.
    subscript(isDialler: Bool) -> Side {
      _read { if isDialler { yield dialler } else { yield acceptor } }
      _modify { if isDialler { yield &dialler } else { yield &acceptor } }
    }
  }

  /// What can be between two hosts, and what could not pass there.
  private struct Cables: Sendable {
    var cutHosts = Table<HostID, Bool>()
    var blocked = Table<UInt64, Bool>()
    var blockedPorts = Table<UInt64, Bool>()
    /// Messages and dials that could not pass, by pair of hosts.
    var stopped = Table<UInt64, UInt64>()

    func reach(_ a: HostID, _ b: HostID) -> Bool {
      // Mostly nothing is cut anywhere.
      if cutHosts.isEmpty && blocked.isEmpty { return true }
      return a == b || !(cutHosts.contains(a) || cutHosts.contains(b) || blocked.contains(pair(a, b)))
    }

    func pass(_ connection: Connection) -> Bool {
      reach(connection.dialler.host, connection.acceptor.host)
        && (blockedPorts.isEmpty || !blockedPorts.contains(place(connection.acceptor.host, connection.address.port)))
    }

    mutating func noteStopped(_ a: HostID, _ b: HostID) { stopped[pair(a, b), default: 0] += 1 }

    func place(_ host: HostID, _ port: UInt16) -> UInt64 { UInt64(host.number) << 16 | UInt64(port) }

    func pair(_ a: HostID, _ b: HostID) -> UInt64 {
      UInt64(Swift.min(a.number, b.number)) << 32 | UInt64(Swift.max(a.number, b.number))
    }
  }

  /// What is on its way, and when it arrives.
  private struct Wires: Sendable {
    var link: Link
    var dice: Dice
    var messages = Slab<Message>()
    var schedule: [Schedule] = []

    mutating func delay() -> Duration {
      let spread = link.jitter
      return link.latency + dice.duration(in: Duration.zero - spread..<spread)
    }

    mutating func transmit(
      _ message: Message, on id: ConnectionID, _ side: inout Side, fromDialler: Bool, at now: Instant
    ) {
      let place = messages.insert(message)
      let arrival = Swift.max(now + delay(), side.lastArrival)
      side.lastArrival = arrival
      side.underWay += 1
      schedule.append((.deliver(id, message: place, toDialler: !fromDialler), arrival))
    }

    /// Sends what waits at a side, as far as there is room.
    mutating func flush(
      _ id: ConnectionID, _ connection: inout Connection, fromDialler: Bool, through cables: Cables, at now: Instant
    ) {
      while !connection[fromDialler].waiting.isEmpty, connection[fromDialler].underWay < SimNetwork.window,
        cables.pass(connection), connection.isEstablished || !fromDialler
      {
        let message = connection[fromDialler].waiting.removeFirst()
        transmit(message, on: id, &connection[fromDialler], fromDialler: fromDialler, at: now)
      }
    }

    mutating func startTimer(_ id: ConnectionID, _ connection: inout Connection, at now: Instant) {
      if connection.hasTimer { return }
      connection.hasTimer = true
      schedule.append((.timeout(id, generation: connection.generation), now + SimNetwork.patience))
    }
  }

  /// One scheduled event with its instant, for the kernel's queue.
  public typealias Schedule = (event: NetworkEvent, at: Instant)

  private var connections = Table<ConnectionID, Connection>()
  private var byHost = Table<HostID, Table<ConnectionID, Bool>>()
  private var hosts = Table<String, HostID>()
  private var listeners = Table<NetAddress, HostID>()
  /// Hosts without power: nobody answers there, not even with a reset.
  private var darkHosts = Table<HostID, Bool>()
  private var lastConnection: UInt64 = 0
  private var cables = Cables()
  private var wires: Wires

  /// What to schedule; the kernel looks after each call, and then says `forgetSchedule`.
  public var schedule: [Schedule] { _read { yield wires.schedule } }
  /// Messages of one direction under way at most.
  public static var window: Int { 256 }
  /// How long a connection lives without progress while something waits.
  public static var patience: Duration { .seconds(20) }
  /// How long ARP asks for an address that nobody has.
  static var noRouteDelay: Duration { .milliseconds(3_060) }

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
      wires.schedule.append((.arrive(id), now + wires.delay()))
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
      wires.schedule.append((.reset(id, toDialler: !isDialler), Swift.max(last, now + wires.delay())))
    } else {
      // Nobody can be told; the other side's own timer will find out.
      wires.startTimer(id, &connections[existing: id], at: now)
    }
  }

  // MARK: What befalls hosts

  /// A host's processes die: ports close and peers that can be reached are told. With `silently` (the power went) nobody
  /// is told, and they find out by waiting.
  public mutating func crash(_ host: HostID, silently: Bool, at now: Instant) {
    for (address, listener) in listeners where listener == host { listeners[address] = nil }
    if silently { darkHosts[host] = true }
    for id in byHost[host]?.keys ?? [] {
      if silently {
        guard let connection = connections[id] else { continue }
        if connection.dialler.host == host { connections[existing: id].dialler.isClosed = true }
        if connection.acceptor.host == host { connections[existing: id].acceptor.isClosed = true }
        wires.startTimer(id, &connections[existing: id], at: now)
      } else {
        close(id, from: host, at: now)
      }
    }
    byHost[host] = nil
  }

  /// A host has power again: who still sends to its former life gets a reset.
  public mutating func powerOn(_ host: HostID) { darkHosts[host] = nil }

  /// Pulls a host's cable.
  public mutating func cut(_ host: HostID) { cables.cutHosts[host] = true }

  /// Plugs a host's cable in again: what waited goes on.
  public mutating func heal(_ host: HostID, at now: Instant) {
    cables.cutHosts[host] = nil
    for id in byHost[host]?.keys ?? [] { resume(id, at: now) }
  }

  /// Blocks the way between two hosts, both ways.
  public mutating func block(_ a: HostID, _ b: HostID) { cables.blocked[cables.pair(a, b)] = true }

  /// Unblocks the way between two hosts.
  public mutating func unblock(_ a: HostID, _ b: HostID, at now: Instant) {
    cables.blocked[cables.pair(a, b)] = nil
    for id in byHost[a]?.keys ?? [] { resume(id, at: now) }
  }

  /// Whether the way between two hosts is blocked.
  public func isBlocked(_ a: HostID, _ b: HostID) -> Bool { cables.blocked.contains(cables.pair(a, b)) }

  /// Blocks a port of a host: connections to it get nothing through, either way.
  public mutating func blockPort(_ port: UInt16, of host: HostID) {
    cables.blockedPorts[cables.place(host, port)] = true
  }

  /// Lets a port of a host be reached again.
  public mutating func unblockPort(_ port: UInt16, of host: HostID, at now: Instant) {
    cables.blockedPorts[cables.place(host, port)] = nil
    for id in byHost[host]?.keys ?? [] where connections[id]?.address.port == port { resume(id, at: now) }
  }

  /// How many messages and dials of these hosts could not pass so far.
  public func stopped(at hosts: [HostID]) -> UInt64 {
    cables.stopped.reduce(0) { sum, entry in
      let (a, b) = (HostID(Int(entry.key >> 32)), HostID(Int(entry.key & 0xFFFF_FFFF)))
      return hosts.contains(a) || hosts.contains(b) ? sum + entry.value : sum
    }
  }

  /// Whether packets pass between two hosts.
  public func canReach(_ a: HostID, _ b: HostID) -> Bool { cables.reach(a, b) }

  // MARK: What the kernel does

  /// All that was to be scheduled is. The room is used again: to hand the list out would cost a new one each time.
  public mutating func forgetSchedule() { wires.schedule.removeAll(keepingCapacity: true) }

  /// Handles one of the network's events; returns whom to tell what, if anybody.
  public mutating func handle(
    _ event: NetworkEvent, at now: Instant
  ) -> (host: HostID, notice: NetworkNotice<Message>)? {
    switch event {
    case .arrive(let id): return arrive(id, at: now)
    case .established(let id):
      guard let dialler = connections[id]?.dialler, !dialler.isClosed else { return nil }
      connections[existing: id].isEstablished = true
      connections[existing: id].generation += 1
      wires.flush(id, &connections[existing: id], fromDialler: true, through: cables, at: now)
      return (dialler.host, .connected(id))
    case .refused(let id):
      guard let connection = drop(id), !connection.dialler.isClosed else { return nil }
      return (connection.dialler.host, .failed(id, connection.isRoutable ? .refused : .noRoute))
    case .deliver(let id, let place, let toDialler):
      let message = wires.messages.remove(place)
      guard connections.contains(id) else { return nil }
      let host = SimNetwork.deliver(
        message, on: id, &connections[existing: id], toDialler: toDialler, &cables, &wires, darkHosts, at: now)
      return host.map { ($0, .received(id, message)) }
    case .reset(let id, let toDialler):
      guard let connection = drop(id) else { return nil }
      let side = connection[toDialler]
      return side.isClosed ? nil : (side.host, .closed(id))
    case .timeout(let id, let generation): return timeOut(id, generation, at: now)
    }
  }

  private mutating func arrive(
    _ id: ConnectionID, at now: Instant
  ) -> (host: HostID, notice: NetworkNotice<Message>)? {
    guard let connection = connections[id], !connection.isAccepted, !connection.dialler.isClosed else { return nil }
    let (dialler, acceptor) = (connection.dialler.host, connection.acceptor.host)
    guard cables.pass(connection) else { return nil }
    if darkHosts.contains(acceptor) {
      connections[existing: id].isRoutable = false
      wires.schedule.append((.refused(id), now + SimNetwork.noRouteDelay))
      return nil
    }
    guard listeners[connection.address] == acceptor else {
      wires.schedule.append((.refused(id), now + wires.delay()))
      return nil
    }
    connections[existing: id].isAccepted = true
    wires.schedule.append((.established(id), now + wires.delay()))
    return (acceptor, .accepted(id, from: dialler))
  }

  /// The host that gets the message; nil where it cannot, or nobody is there.
  ///
  /// Static, as `put` is: the connection is looked up once and lent, beside the other parts of the network.
  private static func deliver(
    _ message: Message, on id: ConnectionID, _ connection: inout Connection, toDialler: Bool,
    _ cables: inout Cables, _ wires: inout Wires, _ darkHosts: Table<HostID, Bool>, at now: Instant
  ) -> HostID? {
    connection[!toDialler].underWay -= 1
    // A cut that came while the message was on the wire loses the segment; TCP sends it again after the mend.
    guard cables.pass(connection) else {
      cables.noteStopped(connection.dialler.host, connection.acceptor.host)
      connection[!toDialler].waiting.insert(message, at: 0)
      wires.startTimer(id, &connection, at: now)
      return nil
    }
    let host = connection[toDialler].host
    if connection[toDialler].isClosed {
      // Nobody is there. A machine without power says nothing, so that the sender's patience runs out; any other resets.
      if !darkHosts.contains(host) {
        wires.schedule.append((.reset(id, toDialler: !toDialler), now + wires.delay()))
      }
      return nil
    }
    connection.generation += 1
    wires.flush(id, &connection, fromDialler: !toDialler, through: cables, at: now)
    return host
  }

  private mutating func timeOut(
    _ id: ConnectionID, _ generation: UInt32, at now: Instant
  ) -> (host: HostID, notice: NetworkNotice<Message>)? {
    guard let connection = connections[id] else { return nil }
    connections[existing: id].hasTimer = false
    let isStuck =
      !connection.isEstablished || !connection.dialler.waiting.isEmpty || !connection.acceptor.waiting.isEmpty
      || connection.dialler.isClosed || connection.acceptor.isClosed
    if !isStuck { return nil }
    if connection.generation != generation {
      wires.startTimer(id, &connections[existing: id], at: now)
      return nil
    }
    drop(id)
    if connection.dialler.isClosed && connection.acceptor.isClosed { return nil }
    // Both sides find out at the same moment; the acceptor is told by a reset of its own.
    if !connection.isEstablished {
      return connection.dialler.isClosed ? nil : (connection.dialler.host, .failed(id, .timedOut))
    }
    if connection.dialler.isClosed { return (connection.acceptor.host, .closed(id)) }
    if !connection.acceptor.isClosed {
      connections[id] = connection
      connections[existing: id].dialler.isClosed = true
      wires.schedule.append((.reset(id, toDialler: false), now))
    }
    return (connection.dialler.host, .closed(id))
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
      wires.transmit(message, on: id, &connection[fromDialler], fromDialler: fromDialler, at: now)
    }
  }

  private mutating func resume(_ id: ConnectionID, at now: Instant) {
    guard let connection = connections[id], cables.pass(connection) else { return }
    if !connection.isEstablished {
      wires.schedule.append((connection.isAccepted ? .established(id) : .arrive(id), now + wires.delay()))
      return
    }
    if connection.dialler.isClosed || connection.acceptor.isClosed {
      wires.schedule.append((.reset(id, toDialler: connection.acceptor.isClosed), now + wires.delay()))
      return
    }
    for fromDialler in [true, false] {
      wires.flush(id, &connections[existing: id], fromDialler: fromDialler, through: cables, at: now)
    }
  }

  @discardableResult
  private mutating func drop(_ id: ConnectionID) -> Connection? {
    guard let connection = connections.removeValue(id) else { return nil }
    forget(id, connection.dialler.host)
    forget(id, connection.acceptor.host)
    return connection
  }

  private mutating func forget(_ id: ConnectionID, _ host: HostID) {
    byHost.update(host) { $0[id] = nil }
  }
}
