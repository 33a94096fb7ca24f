import SimBase

/// What befalls hosts and the cables between them.
extension SimNetwork {
  /// What can be between two hosts, and what could not pass there.
  struct Cables: Sendable {
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

  /// What is wrong with a cable through which everything passes in the end.
  struct BadCable: Sendable, Equatable {
    /// How much longer everything takes, each way.
    var slowness = Duration.zero
    /// How many of a hundred messages are lost, each way.
    var lossPercent: UInt64 = 0
  }

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

  /// Makes all that a host sends and gets take so much longer, each way, and lose so many messages of a hundred.
  public mutating func spoilCable(of host: HostID, by slowness: Duration, lossPercent: Int) {
    let cable = BadCable(slowness: slowness, lossPercent: UInt64(Swift.max(0, Swift.min(lossPercent, 100))))
    wires.badCables[host] = cable == BadCable() ? nil : cable
  }

  /// How many messages of these hosts were lost on bad cables so far, and sent again.
  public func lost(at hosts: [HostID]) -> UInt64 { hosts.reduce(0) { $0 + (wires.lost[$1] ?? 0) } }

  /// How many messages and dials of these hosts could not pass so far.
  public func stopped(at hosts: [HostID]) -> UInt64 {
    cables.stopped.reduce(0) { sum, entry in
      let (a, b) = (HostID(Int(entry.key >> 32)), HostID(Int(entry.key & 0xFFFF_FFFF)))
      return hosts.contains(a) || hosts.contains(b) ? sum + entry.value : sum
    }
  }

  /// Whether packets pass between two hosts.
  public func canReach(_ a: HostID, _ b: HostID) -> Bool { cables.reach(a, b) }
}
