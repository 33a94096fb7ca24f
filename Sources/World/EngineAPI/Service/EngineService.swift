import EngineTypes
import SimBase
import SimKernel
import SwarmNode

/// The API of one node's engine: finds out what requests ask for, answers at once what can be, and keeps the others until
/// they are answered.
///
/// A crash of the node drops it with all requests in flight.
public struct EngineService: Sendable {
  private var operations = Table<RequestID, any EngineOperation>()

  /// A service without requests.
  public init() {}

  /// When an operation is due next.
  public var nextDeadline: Instant? {
    if operations.isEmpty { return nil }
    return operations.reduce(nil) { earliest($0, $1.value.nextDeadline) }
  }

  /// Takes a request.
  public mutating func begin(
    _ id: RequestID, _ request: EngineRequest, on node: inout SwarmNode, at now: Instant,
    network: inout SimNetwork<Wire>, into out: inout Outbox<EngineOutput>
  ) {
    let routed = EngineRouter.route(request)
    var turn = OperationTurn(id: id, now: now)
    switch EngineService.resolve(routed, request, on: &node, at: now) {
    case .answer(let answer): turn.answer(answer)
    case .operation(var operation):
      operation.begin(&turn, on: &node, network: &network)
      if !turn.isFinished { operations[id] = operation }
    }
    flush(&turn, into: &out)
  }

  /// Bytes have come from a client.
  public mutating func received(
    _ bytes: [UInt8], for id: RequestID, on node: inout SwarmNode, at now: Instant,
    network: inout SimNetwork<Wire>, into out: inout Outbox<EngineOutput>
  ) {
    tell(id, .input(bytes), on: &node, at: now, network: &network, into: &out)
  }

  /// A client will send nothing more.
  public mutating func inputEnded(
    _ id: RequestID, on node: inout SwarmNode, at now: Instant, network: inout SimNetwork<Wire>,
    into out: inout Outbox<EngineOutput>
  ) {
    tell(id, .inputEnded, on: &node, at: now, network: &network, into: &out)
  }

  /// A client has gone; what was begun for it goes on, but nobody waits for it.
  public mutating func hangUp(
    _ id: RequestID, on node: inout SwarmNode, at now: Instant, network: inout SimNetwork<Wire>
  ) {
    guard var operation = operations.removeValue(id) else { return }
    operation.abandon(at: now, on: &node, network: &network)
    node.cancel(id, at: now, network: &network)
  }

  /// Lets operations whose deadline has come go on.
  public mutating func wake(
    on node: inout SwarmNode, at now: Instant, network: inout SimNetwork<Wire>,
    into out: inout Outbox<EngineOutput>
  ) {
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
    for (id, completion) in node.drainCompletions() {
      tell(id, .completion(completion), on: &node, at: now, network: &network, into: &out)
    }
    let notices = node.drainNotices()
    let changes = node.drainStoreEvents()
    if operations.isEmpty { return }
    for notice in notices {
      for id in operations.keys { tell(id, .notice(notice), on: &node, at: now, network: &network, into: &out) }
    }
    for change in changes {
      for id in operations.keys { tell(id, .store(change), on: &node, at: now, network: &network, into: &out) }
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
    flush(&turn, into: &out)
  }

  private func flush(_ turn: inout OperationTurn, into out: inout Outbox<EngineOutput>) {
    for output in turn.out.drain() { out.post(output) }
  }
}
