import SimBase

/// A machine on the network, by its number in the world.
public struct HostID: Hashable, Comparable, BitwiseCopyable, Sendable {
  /// Its number, from 0.
  public var number: UInt32
  /// The host with this number.
  public init(_ number: Int) { self.number = UInt32(number) }
  /// Its number as an index.
  public var index: Int { Int(number) }
  /// By number.
  public static func < (a: HostID, b: HostID) -> Bool { a.number < b.number }
}

/// A connection, by a number that is never used again.
public struct ConnectionID: Hashable, Comparable, BitwiseCopyable, Sendable {
  /// Its number, from 1.
  public var number: UInt64
  /// The connection with this number.
  public init(number: UInt64) { self.number = number }
  /// By number.
  public static func < (a: ConnectionID, b: ConnectionID) -> Bool { a.number < b.number }
}

/// Where something listens: an address and a port. Two hosts may share an address and differ by port.
public struct NetAddress: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// `10.99.0.11`.
  public var ip: String
  /// 1 to 65535.
  public var port: UInt16

  /// An address and a port.
  public init(ip: String, port: UInt16) {
    self.ip = ip
    self.port = port
  }

  /// Reads `10.99.0.11:2377`; without a port, `defaultPort`. Nil if the port is no port.
  public init?(_ text: String, defaultPort: UInt16) {
    guard let colon = text.lastIndex(of: ":") else {
      self.init(ip: text, port: defaultPort)
      return
    }
    guard let port = UInt16(text[text.index(after: colon)...]) else { return nil }
    self.init(ip: String(text[..<colon]), port: port)
  }

  /// `10.99.0.11:2377`.
  public var description: String { "\(ip):\(port)" }

  /// By address as text, then by port.
  public static func < (a: NetAddress, b: NetAddress) -> Bool { a.ip != b.ip ? a.ip < b.ip : a.port < b.port }
}

/// Why a dial came to nothing.
public enum DialFailure: Sendable {
  /// The host is there but nothing listens.
  case refused
  /// No host has the address.
  case noRoute
  /// Nobody answered in time.
  case timedOut
}

/// What the network schedules for itself.
public enum NetworkEvent: BitwiseCopyable, Sendable {
  /// A dialled connection reaches the other side, or nobody.
  case arrive(ConnectionID)
  /// The other side's answer comes back: the dialler may send.
  case established(ConnectionID)
  /// Nobody listens there, or nobody is there.
  case refused(ConnectionID)
  /// A message arrives at one side.
  case deliver(ConnectionID, message: UInt32, toDialler: Bool)
  /// One side learns that the other is gone.
  case reset(ConnectionID, toDialler: Bool)
  /// A dialler or sender has waited long enough for a silent peer.
  case timeout(ConnectionID, generation: UInt32)
}

/// What the network tells a host.
public enum NetworkNotice<Message: Sendable>: Sendable {
  /// Somebody has connected to a port of this host.
  case accepted(ConnectionID, from: HostID)
  /// A connection this host dialled is up.
  case connected(ConnectionID)
  /// A connection this host dialled came to nothing.
  case failed(ConnectionID, DialFailure)
  /// A message came.
  case received(ConnectionID, Message)
  /// The connection is gone: the other side closed it, died, or has been silent for too long.
  case closed(ConnectionID)
}

/// The simulated network: hosts, links with latency, and ordered connections over them.
///
/// A connection is TCP as far as the swarm can see: messages of one direction arrive in order, once, or not at all after a
/// reset. A cut link delivers nothing; what is sent meanwhile waits and arrives after the cut is mended, unless the connection
/// has timed out first (20 s without progress: gRPC's keep-alive). A process that dies resets its connections at once, a host
/// that loses power does not. At most `window` messages of a direction are under way; more wait with the sender
/// (`backlog`). Latency is base ± jitter per message, drawn from the network's own dice; a host may be slow or lose packets
/// on top of that, and what TCP has lost it sends again.
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

  private struct Cable: Sendable, Equatable {
    /// How much longer everything takes, each way.
    var slowness = Duration.zero
    /// How many of a hundred messages are lost, each way.
    var lossPercent: UInt64 = 0
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
  }

  /// One scheduled event with its instant, for the kernel's queue.
  public typealias Schedule = (event: NetworkEvent, at: Instant)

  private var connections = Table<ConnectionID, Connection>()
  private var byHost = Table<HostID, Table<ConnectionID, Bool>>()
  private var hosts = Table<String, HostID>()
  private var listeners = Table<NetAddress, HostID>()
  private var cutHosts = Table<HostID, Bool>()
  /// Hosts without power: nobody answers there, not even with a reset.
  private var darkHosts = Table<HostID, Bool>()
  private var blocked = Table<UInt64, Bool>()
  private var blockedPorts = Table<UInt64, Bool>()
  /// What is wrong with the cables of hosts that can be reached.
  private var badCables = Table<HostID, Cable>()
  /// Messages and dials that could not pass, by pair of hosts.
  private var stopped = Table<UInt64, UInt64>()
  private var lastConnection: UInt64 = 0
  private var messages = Slab<Message>()
  private var dice: Dice
  /// What to schedule; the kernel looks after each call, and then says `forgetSchedule`.
  public private(set) var schedule: [Schedule] = []

  /// The latency of every link that has none of its own.
  public var link: Link
  /// Messages of one direction under way at most.
  public let window = 256
  /// How long a connection lives without progress while something waits.
  public let patience: Duration = .seconds(20)
  /// How long ARP asks for an address that nobody has.
  static var noRouteDelay: Duration { .milliseconds(3_060) }
  /// How long TCP waits before it sends again what was lost for the first time. Source: Linux `TCP_RTO_MIN`.
  static var resendDelay: Duration { .milliseconds(200) }
  /// No message is lost more often than until the next wait would be this long: by then connections time out.
  static var resendLimit: Duration { .seconds(12) }

  /// A network without hosts.
  public init(link: Link, dice: Dice) {
    self.link = link
    self.dice = dice
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
      schedule.append((.refused(id), now + SimNetwork.noRouteDelay))
      return id
    }
    connections[id] = Connection(dialler: Side(host: from), acceptor: Side(host: to), address: address)
    byHost[from, default: [:]][id] = true
    byHost[to, default: [:]][id] = true
    if passes(connections[existing: id]) {
      schedule.append((.arrive(id), now + delay(on: connections[existing: id])))
    } else {
      noteStopped(from, to)
    }
    startTimer(id, at: now)
    return id
  }

  /// Sends a message from one side of a connection; it is dropped if the connection is gone.
  public mutating func send(_ message: Message, on id: ConnectionID, from host: HostID, at now: Instant) {
    guard connections.contains(id) else { return }
    let fromDialler = connections[existing: id].dialler.host == host
    put(message, on: id, fromDialler: fromDialler, at: now)
  }

  /// How many messages of a host wait for room on a connection.
  public func backlog(_ id: ConnectionID, from host: HostID) -> Int {
    guard let connection = connections[id] else { return 0 }
    return connection.dialler.host == host ? connection.dialler.waiting.count : connection.acceptor.waiting.count
  }

  /// Closes a connection: the other side learns of it after what was sent before.
  public mutating func close(_ id: ConnectionID, from host: HostID, at now: Instant) {
    guard let connection = connections[id] else { return }
    let fromDialler = connection.dialler.host == host
    let last = fromDialler ? connection.dialler.lastArrival : connection.acceptor.lastArrival
    if passes(connection), connection.isEstablished || fromDialler {
      schedule.append((.reset(id, toDialler: !fromDialler), Swift.max(last, now + delay(on: connection))))
      if fromDialler {
        connections[existing: id].dialler.isClosed = true
      } else {
        connections[existing: id].acceptor.isClosed = true
      }
      forget(id, host)
    } else {
      // Nobody can be told; the other side's own timer will find out.
      if fromDialler {
        connections[existing: id].dialler.isClosed = true
      } else {
        connections[existing: id].acceptor.isClosed = true
      }
      forget(id, host)
      startTimer(id, at: now)
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
        startTimer(id, at: now)
      } else {
        close(id, from: host, at: now)
      }
    }
    byHost[host] = nil
  }

  /// A host has power again: who still sends to its former life gets a reset.
  public mutating func powerOn(_ host: HostID) { darkHosts[host] = nil }

  /// Pulls a host's cable.
  public mutating func cut(_ host: HostID) { cutHosts[host] = true }

  /// Plugs a host's cable in again: what waited goes on.
  public mutating func heal(_ host: HostID, at now: Instant) {
    cutHosts[host] = nil
    for id in byHost[host]?.keys ?? [] { resume(id, at: now) }
  }

  /// Blocks the way between two hosts, both ways.
  public mutating func block(_ a: HostID, _ b: HostID) { blocked[pair(a, b)] = true }

  /// Unblocks the way between two hosts.
  public mutating func unblock(_ a: HostID, _ b: HostID, at now: Instant) {
    blocked[pair(a, b)] = nil
    for id in byHost[a]?.keys ?? [] { resume(id, at: now) }
  }

  /// Whether the way between two hosts is blocked.
  public func isBlocked(_ a: HostID, _ b: HostID) -> Bool { blocked.contains(pair(a, b)) }

  /// Blocks a port of a host: connections to it get nothing through, either way.
  public mutating func blockPort(_ port: UInt16, of host: HostID) { blockedPorts[place(host, port)] = true }

  /// Lets a port of a host be reached again.
  public mutating func unblockPort(_ port: UInt16, of host: HostID, at now: Instant) {
    blockedPorts[place(host, port)] = nil
    for id in byHost[host]?.keys ?? [] where connections[id]?.address.port == port { resume(id, at: now) }
  }

  /// Makes all that a host sends and gets take so much longer, each way, and lose so many messages of a hundred.
  public mutating func spoilCable(of host: HostID, by slowness: Duration, lossPercent: Int) {
    let cable = Cable(slowness: slowness, lossPercent: UInt64(max(0, min(lossPercent, 100))))
    badCables[host] = cable == Cable() ? nil : cable
  }

  /// How many messages and dials of these hosts could not pass so far, or were lost.
  public func stopped(at hosts: [HostID]) -> UInt64 {
    stopped.reduce(0) { sum, entry in
      let (a, b) = (HostID(Int(entry.key >> 32)), HostID(Int(entry.key & 0xFFFF_FFFF)))
      return hosts.contains(a) || hosts.contains(b) ? sum + entry.value : sum
    }
  }

  /// Whether packets pass between two hosts.
  public func canReach(_ a: HostID, _ b: HostID) -> Bool {
    a == b || !(cutHosts.contains(a) || cutHosts.contains(b) || blocked.contains(pair(a, b)))
  }

  // MARK: What the kernel does

  /// All that was to be scheduled is. The room is used again: to hand the list out would cost a new one each time.
  public mutating func forgetSchedule() { schedule.removeAll(keepingCapacity: true) }

  /// Handles one of the network's events; returns whom to tell what, if anybody.
  public mutating func handle(
    _ event: NetworkEvent, at now: Instant
  ) -> (host: HostID, notice: NetworkNotice<Message>)? {
    switch event {
    case .arrive(let id): return arrive(id, at: now)
    case .established(let id):
      guard let connection = connections[id], !connection.dialler.isClosed else { return nil }
      connections[existing: id].isEstablished = true
      connections[existing: id].generation += 1
      flush(id, fromDialler: true, at: now)
      return (connection.dialler.host, .connected(id))
    case .refused(let id):
      guard let connection = drop(id), !connection.dialler.isClosed else { return nil }
      return (connection.dialler.host, .failed(id, connection.isRoutable ? .refused : .noRoute))
    case .deliver(let id, let place, let toDialler):
      let message = messages.remove(place)
      guard let connection = connections[id] else { return nil }
      return deliver(message, on: id, connection, toDialler: toDialler, at: now)
    case .reset(let id, let toDialler):
      guard let connection = drop(id) else { return nil }
      let side = toDialler ? connection.dialler : connection.acceptor
      return side.isClosed ? nil : (side.host, .closed(id))
    case .timeout(let id, let generation): return timeOut(id, generation, at: now)
    }
  }

  private mutating func arrive(
    _ id: ConnectionID, at now: Instant
  ) -> (host: HostID, notice: NetworkNotice<Message>)? {
    guard let connection = connections[id], !connection.isAccepted, !connection.dialler.isClosed else { return nil }
    let (dialler, acceptor) = (connection.dialler.host, connection.acceptor.host)
    guard passes(connection) else { return nil }
    if darkHosts.contains(acceptor) {
      connections[existing: id].isRoutable = false
      schedule.append((.refused(id), now + SimNetwork.noRouteDelay))
      return nil
    }
    guard listeners[connection.address] == acceptor else {
      schedule.append((.refused(id), now + delay(on: connection)))
      return nil
    }
    connections[existing: id].isAccepted = true
    schedule.append((.established(id), now + delay(on: connection)))
    return (acceptor, .accepted(id, from: dialler))
  }

  private mutating func deliver(
    _ message: Message, on id: ConnectionID, _ connection: Connection, toDialler: Bool, at now: Instant
  ) -> (host: HostID, notice: NetworkNotice<Message>)? {
    if toDialler {
      connections[existing: id].acceptor.underWay -= 1
    } else {
      connections[existing: id].dialler.underWay -= 1
    }
    // A cut that came while the message was on the wire loses the segment; TCP sends it again after the mend.
    guard passes(connection) else {
      noteStopped(connection.dialler.host, connection.acceptor.host)
      if toDialler {
        connections[existing: id].acceptor.waiting.insert(message, at: 0)
      } else {
        connections[existing: id].dialler.waiting.insert(message, at: 0)
      }
      startTimer(id, at: now)
      return nil
    }
    let side = toDialler ? connection.dialler : connection.acceptor
    if side.isClosed {
      // Nobody is there. A machine without power says nothing, so that the sender's patience runs out; any other resets.
      if !darkHosts.contains(side.host) { schedule.append((.reset(id, toDialler: !toDialler), now + delay(on: connection))) }
      return nil
    }
    connections[existing: id].generation += 1
    flush(id, fromDialler: !toDialler, at: now)
    return (side.host, .received(id, message))
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
      startTimer(id, at: now)
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
      schedule.append((.reset(id, toDialler: false), now))
    }
    return (connection.dialler.host, .closed(id))
  }

  private mutating func put(_ message: Message, on id: ConnectionID, fromDialler: Bool, at now: Instant) {
    let connection = connections[existing: id]
    let side = fromDialler ? connection.dialler : connection.acceptor
    if side.isClosed { return }
    let isOpen = connection.isEstablished || !fromDialler
    let isStopped = !passes(connection)
    if isStopped { noteStopped(connection.dialler.host, connection.acceptor.host) }
    if !isOpen || side.underWay >= window || !side.waiting.isEmpty || isStopped {
      if fromDialler {
        connections[existing: id].dialler.waiting.append(message)
      } else {
        connections[existing: id].acceptor.waiting.append(message)
      }
      startTimer(id, at: now)
      return
    }
    transmit(message, on: id, fromDialler: fromDialler, at: now)
  }

  private mutating func transmit(_ message: Message, on id: ConnectionID, fromDialler: Bool, at now: Instant) {
    let place = messages.insert(message)
    var arrival = now + delay(on: connections[existing: id])
    if fromDialler {
      arrival = Swift.max(arrival, connections[existing: id].dialler.lastArrival)
      connections[existing: id].dialler.lastArrival = arrival
      connections[existing: id].dialler.underWay += 1
    } else {
      arrival = Swift.max(arrival, connections[existing: id].acceptor.lastArrival)
      connections[existing: id].acceptor.lastArrival = arrival
      connections[existing: id].acceptor.underWay += 1
    }
    schedule.append((.deliver(id, message: place, toDialler: !fromDialler), arrival))
  }

  private mutating func flush(_ id: ConnectionID, fromDialler: Bool, at now: Instant) {
    while true {
      let connection = connections[existing: id]
      let side = fromDialler ? connection.dialler : connection.acceptor
      if side.waiting.isEmpty || side.underWay >= window { return }
      if !passes(connection) { return }
      if fromDialler && !connection.isEstablished { return }
      let message =
        fromDialler
        ? connections[existing: id].dialler.waiting.removeFirst()
        : connections[existing: id].acceptor.waiting.removeFirst()
      transmit(message, on: id, fromDialler: fromDialler, at: now)
    }
  }

  private mutating func resume(_ id: ConnectionID, at now: Instant) {
    guard let connection = connections[id], passes(connection) else { return }
    if !connection.isEstablished {
      schedule.append((connection.isAccepted ? .established(id) : .arrive(id), now + delay(on: connection)))
      return
    }
    if connection.dialler.isClosed || connection.acceptor.isClosed {
      schedule.append((.reset(id, toDialler: connection.acceptor.isClosed), now + delay(on: connection)))
      return
    }
    flush(id, fromDialler: true, at: now)
    flush(id, fromDialler: false, at: now)
  }

  private mutating func startTimer(_ id: ConnectionID, at now: Instant) {
    guard let connection = connections[id], !connection.hasTimer else { return }
    connections[existing: id].hasTimer = true
    schedule.append((.timeout(id, generation: connection.generation), now + patience))
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

  private mutating func delay(on connection: Connection) -> Duration {
    let spread = link.jitter
    let usual = link.latency + dice.duration(in: Duration.zero - spread..<spread)
    let (a, b) = (connection.dialler.host, connection.acceptor.host)
    if badCables.isEmpty || a == b { return usual }
    return usual + extraDelay(at: a, towards: b) + extraDelay(at: b, towards: a)
  }

  /// What a bad cable adds: its slowness, and TCP's waits for what was lost, which double from one try to the next.
  private mutating func extraDelay(at host: HostID, towards other: HostID) -> Duration {
    guard let cable = badCables[host] else { return .zero }
    var (extra, wait) = (cable.slowness, SimNetwork.resendDelay)
    while cable.lossPercent > 0, wait < SimNetwork.resendLimit, dice.chance(cable.lossPercent, in: 100) {
      noteStopped(host, other)
      extra += wait
      wait = wait * 2
    }
    return extra
  }

  private func passes(_ connection: Connection) -> Bool {
    canReach(connection.dialler.host, connection.acceptor.host)
      && (blockedPorts.isEmpty || !blockedPorts.contains(place(connection.acceptor.host, connection.address.port)))
  }

  private mutating func noteStopped(_ a: HostID, _ b: HostID) { stopped[pair(a, b), default: 0] += 1 }

  private func place(_ host: HostID, _ port: UInt16) -> UInt64 { UInt64(host.number) << 16 | UInt64(port) }

  private func pair(_ a: HostID, _ b: HostID) -> UInt64 {
    UInt64(Swift.min(a.number, b.number)) << 32 | UInt64(Swift.max(a.number, b.number))
  }
}
