import SimBase

extension SimNetwork {
  struct Side: Sendable {
    var host: HostID
    /// Messages under way from this side.
    var underWay = 0
    /// Messages that wait for room or for a mended link.
    var waiting: [Message] = []
    /// When the last message from this side arrives: the next may not overtake it.
    var lastArrival = Instant.zero
    var isClosed = false
  }

  struct Connection: Sendable {
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

  /// What is on its way, and when it arrives.
  struct Wires: Sendable {
    var link: Link
    var dice: Dice
    var messages = Slab<Message>()
    var schedule: [Schedule] = []

    /// What is wrong with the cables of hosts that can be reached.
    var badCables = Table<HostID, BadCable>()
    /// How many messages those have lost.
    var lost = Table<HostID, UInt64>()

    mutating func delay(_ a: HostID, _ b: HostID) -> Duration {
      let spread = link.jitter
      let usual = link.latency + dice.duration(in: Duration.zero - spread..<spread)
      if badCables.isEmpty || a == b { return usual }
      return usual + extraDelay(at: a) + extraDelay(at: b)
    }

    mutating func delay(on connection: Connection) -> Duration {
      delay(connection.dialler.host, connection.acceptor.host)
    }

    /// What a bad cable adds: its slowness, and TCP's waits for what was lost, which double from one try to the next.
    private mutating func extraDelay(at host: HostID) -> Duration {
      guard let cable = badCables[host] else { return .zero }
      var (extra, wait) = (cable.slowness, SimNetwork.resendDelay)
      while cable.lossPercent > 0, wait < SimNetwork.resendLimit, dice.chance(cable.lossPercent, in: 100) {
        lost[host, default: 0] += 1
        extra += wait
        wait = wait * 2
      }
      return extra
    }

    mutating func transmit(
      _ message: Message, on id: ConnectionID, _ side: inout Side, to other: HostID, fromDialler: Bool,
      at now: Instant
    ) {
      let place = messages.insert(message)
      let arrival = Swift.max(now + delay(side.host, other), side.lastArrival)
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
        let (message, other) = (connection[fromDialler].waiting.removeFirst(), connection[!fromDialler].host)
        transmit(message, on: id, &connection[fromDialler], to: other, fromDialler: fromDialler, at: now)
      }
    }

    mutating func startTimer(_ id: ConnectionID, _ connection: inout Connection, at now: Instant) {
      if connection.hasTimer { return }
      connection.hasTimer = true
      schedule.append((.timeout(id, generation: connection.generation), now + SimNetwork.patience))
    }
  }
}
