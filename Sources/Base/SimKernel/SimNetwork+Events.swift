import SimBase

/// What comes of it with time: the kernel hands the network its events back.
extension SimNetwork {
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
      wires.schedule.append((.refused(id), now + wires.delay(on: connection)))
      return nil
    }
    connections[existing: id].isAccepted = true
    wires.schedule.append((.established(id), now + wires.delay(on: connection)))
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
        wires.schedule.append((.reset(id, toDialler: !toDialler), now + wires.delay(on: connection)))
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

  mutating func resume(_ id: ConnectionID, at now: Instant) {
    guard let connection = connections[id], cables.pass(connection) else { return }
    if !connection.isEstablished {
      wires.schedule.append((connection.isAccepted ? .established(id) : .arrive(id), now + wires.delay(on: connection)))
      return
    }
    if connection.dialler.isClosed || connection.acceptor.isClosed {
      wires.schedule.append((.reset(id, toDialler: connection.acceptor.isClosed), now + wires.delay(on: connection)))
      return
    }
    for fromDialler in [true, false] {
      wires.flush(id, &connections[existing: id], fromDialler: fromDialler, through: cables, at: now)
    }
  }

  @discardableResult
  mutating func drop(_ id: ConnectionID) -> Connection? {
    guard let connection = connections.removeValue(id) else { return nil }
    forget(id, connection.dialler.host)
    forget(id, connection.acceptor.host)
    return connection
  }

  mutating func forget(_ id: ConnectionID, _ host: HostID) {
    byHost.update(host) { $0[id] = nil }
  }
}
