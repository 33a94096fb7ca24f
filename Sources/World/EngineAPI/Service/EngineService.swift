import Engine
import EngineTypes
import SimBase
import SimKernel
import SwarmManager
import SwarmNode

/// The API of one node's engine: finds out what requests ask for, answers at once what can be, and keeps the others until
/// they are answered.
///
/// A crash of the node drops it with all requests in flight.
public struct EngineService: Sendable {
  /// A request that came while the engine was still starting, and what its client has sent since.
  private struct Held: Sendable {
    var request: EngineRequest
    var bytes: [UInt8] = []
    var hasEnded = false
  }

  private var operations = Table<RequestID, any EngineOperation>()
  /// Their sockets are open, but nobody serves them yet.
  private var held = Table<RequestID, Held>()
  /// The places of plain containers on the swarm's networks.
  private var places: [NetworkPlace] = []
  private var lastRelease: UInt64 = 1 << 63

  /// A service without requests.
  public init() {}

  /// When an operation is due next.
  public var nextDeadline: Instant? {
    if operations.isEmpty { return nil }
    return operations.reduce(nil) { earliest($0, $1.value.nextDeadline) }
  }

  /// Whether requests wait for an engine that has started by now.
  public func isDueToServe(_ node: SwarmNode) -> Bool { !held.isEmpty && !node.isStarting }

  /// Takes a request.
  public mutating func begin(
    _ id: RequestID, _ request: EngineRequest, on node: inout SwarmNode, at now: Instant,
    network: inout SimNetwork<Wire>, into out: inout Outbox<EngineOutput>
  ) {
    if node.isStarting {
      held[id] = Held(request: request)
      return
    }
    let routed = EngineRouter.route(request)
    var turn = OperationTurn(id: id, now: now)
    switch EngineService.resolve(routed, request, on: &node, at: now, network: &network) {
    case .answer(let answer): turn.answer(answer)
    case .operation(var operation):
      operation.begin(&turn, on: &node, network: &network)
      if !turn.isFinished { operations[id] = operation }
    }
    flush(&turn, on: &node, network: &network, into: &out)
  }

  /// Bytes have come from a client.
  public mutating func received(
    _ bytes: [UInt8], for id: RequestID, on node: inout SwarmNode, at now: Instant,
    network: inout SimNetwork<Wire>, into out: inout Outbox<EngineOutput>
  ) {
    if held.contains(id) { held[existing: id].bytes += bytes }
    tell(id, .input(bytes), on: &node, at: now, network: &network, into: &out)
  }

  /// A client will send nothing more.
  public mutating func inputEnded(
    _ id: RequestID, on node: inout SwarmNode, at now: Instant, network: inout SimNetwork<Wire>,
    into out: inout Outbox<EngineOutput>
  ) {
    if held.contains(id) { held[existing: id].hasEnded = true }
    tell(id, .inputEnded, on: &node, at: now, network: &network, into: &out)
  }

  /// A client has gone; what was begun for it goes on, but nobody waits for it.
  public mutating func hangUp(
    _ id: RequestID, on node: inout SwarmNode, at now: Instant, network: inout SimNetwork<Wire>
  ) {
    held[id] = nil
    guard var operation = operations.removeValue(id) else { return }
    operation.abandon(at: now, on: &node, network: &network)
    node.cancel(id, at: now, network: &network)
  }

  /// Lets operations whose deadline has come go on.
  public mutating func wake(
    on node: inout SwarmNode, at now: Instant, network: inout SimNetwork<Wire>,
    into out: inout Outbox<EngineOutput>
  ) {
    if isDueToServe(node) { serveHeld(on: &node, at: now, network: &network, into: &out) }
    if operations.isEmpty { return }
    for (id, operation) in operations {
      if let due = operation.nextDeadline, due <= now {
        tell(id, .due, on: &node, at: now, network: &network, into: &out)
      }
    }
  }

  /// Tells operations what has happened at the node since they were last told.
  public mutating func resume(
    on node: inout SwarmNode, at now: Instant, network: inout SimNetwork<Wire>,
    into out: inout Outbox<EngineOutput>
  ) {
    if isDueToServe(node) { serveHeld(on: &node, at: now, network: &network, into: &out) }
    for (id, completion) in node.drainCompletions() {
      tell(id, .completion(completion), on: &node, at: now, network: &network, into: &out)
    }
    let notices = node.drainNotices()
    let changes = node.drainStoreEvents()
    for change in changes {
      // Events that nobody follows yet are kept for those who will ask what has been.
      guard let event = EngineEvent(change, at: now) else { continue }
      node.tellEngine(at: now, &network) { engine, out in engine.post(event, into: &out) }
    }
    if !places.isEmpty { for notice in notices { releasePlaces(after: notice, on: &node, at: now, network: &network) } }
    if operations.isEmpty { return }
    for notice in notices {
      for id in operations.keys { tell(id, .notice(notice), on: &node, at: now, network: &network, into: &out) }
    }
    for change in changes {
      for id in operations.keys { tell(id, .store(change), on: &node, at: now, network: &network, into: &out) }
    }
  }

  /// The engine has started: it turns to those who have waited, first come, first served.
  private mutating func serveHeld(
    on node: inout SwarmNode, at now: Instant, network: inout SimNetwork<Wire>, into out: inout Outbox<EngineOutput>
  ) {
    let waiting = held
    held = Table()
    for (id, one) in waiting {
      begin(id, one.request, on: &node, at: now, network: &network, into: &out)
      if !one.bytes.isEmpty { received(one.bytes, for: id, on: &node, at: now, network: &network, into: &out) }
      if one.hasEnded { inputEnded(id, on: &node, at: now, network: &network, into: &out) }
    }
  }

  private mutating func tell(
    _ id: RequestID, _ news: OperationNews, on node: inout SwarmNode, at now: Instant,
    network: inout SimNetwork<Wire>, into out: inout Outbox<EngineOutput>
  ) {
    if !operations.contains(id) { return }
    var turn = OperationTurn(id: id, now: now)
    operations[existing: id].hear(news, &turn, on: &node, network: &network)
    if turn.isFinished { operations[id] = nil }
    flush(&turn, on: &node, network: &network, into: &out)
  }

  private mutating func flush(
    _ turn: inout OperationTurn, on node: inout SwarmNode, network: inout SimNetwork<Wire>,
    into out: inout Outbox<EngineOutput>
  ) {
    for output in turn.out.drain() { out.post(output) }
    places += turn.places
    if let gone = turn.released {
      let isGone = { (place: NetworkPlace) in
        place.container == gone.container && gone.network.map { $0 == place.network } ?? true
      }
      release(isGone, on: &node, at: turn.now, &network)
    }
  }

  // MARK: Places on the swarm's networks

  /// A container that has ended for now or for good needs its places no longer; it gets others when it starts again.
  private mutating func releasePlaces(
    after notice: EngineNotice, on node: inout SwarmNode, at now: Instant, network: inout SimNetwork<Wire>
  ) {
    switch notice {
    case .died(let id, _):
      if node.engine.container(id)?.state.status == .restarting { return }
      release({ $0.container == id }, on: &node, at: now, &network)
    case .removed(let id): release({ $0.container == id }, on: &node, at: now, &network)
    default: break
    }
  }

  private mutating func release(
    _ isGone: (NetworkPlace) -> Bool, on node: inout SwarmNode, at now: Instant, _ network: inout SimNetwork<Wire>
  ) {
    for place in places where isGone(place) {
      lastRelease += 1
      // Nobody waits for the answer.
      if let id = node.nodeID {
        let request = ControlRequest.detachNetwork(attachment: place.attachment, node: id)
        node.askAsNode(request, for: RequestID(lastRelease), at: now, network: &network)
      }
      let isAwaited = places.contains { $0.network == place.network && !isGone($0) }
      node.tellEngine(at: now, &network) { engine, _ in
        // A plain container that does not run comes back for its place when it starts.
        let isUsed = engine.containers.contains { container in
          container.endpoints.contains { $0.network == place.network && (container.task != nil || $0.isUp) }
        }
        if !isUsed && !isAwaited { engine.removeSwarmNetwork(place.network) }
      }
    }
    places.removeAll(where: isGone)
  }
}
