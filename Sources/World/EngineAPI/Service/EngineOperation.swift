import Engine
import EngineTypes
import SimBase
import SimKernel
import SwarmNode
import SwarmStore

/// A request in flight that waits for something: a value, stepped like any machine.
///
/// One file per operation. It begins, hears what happens at its node, and writes its answer; the service drops it when it
/// says `finish` or its client hangs up.
protocol EngineOperation: Sendable {
  /// Does what can be done at once.
  mutating func begin(_ turn: inout OperationTurn, on node: inout SwarmNode, network: inout SimNetwork<Wire>)
  /// Hears something that it may have been waiting for.
  mutating func hear(
    _ news: OperationNews, _ turn: inout OperationTurn, on node: inout SwarmNode, network: inout SimNetwork<Wire>)
  /// Gives back what it holds at the node (followed logs, an exec's input), because its client has gone.
  mutating func abandon(at now: Instant, on node: inout SwarmNode, network: inout SimNetwork<Wire>)
  /// When it is to hear `.due`; nil for never.
  var nextDeadline: Instant? { get }
}

extension EngineOperation {
  /// Most operations hold nothing.
  mutating func abandon(at now: Instant, on node: inout SwarmNode, network: inout SimNetwork<Wire>) {}
  /// Most operations wait for events alone.
  var nextDeadline: Instant? { nil }
}

/// What an operation may hear.
enum OperationNews: Sendable {
  /// What it asked the swarm or the node's membership for.
  case completion(SwarmNode.Completion)
  /// Something has happened in the engine.
  case notice(EngineNotice)
  /// The swarm has changed, as a manager sees it.
  case store(StoreEvent)
  /// Bytes have come from the client.
  case input([UInt8])
  /// The client will send nothing more.
  case inputEnded
  /// Its deadline has come.
  case due
}

/// An operation's turn: who it is, when it is, and where its answer goes.
struct OperationTurn {
  /// The request.
  let id: RequestID
  /// The present instant.
  let now: Instant
  /// What goes out.
  var out: Outbox<EngineOutput>
  /// Whether the operation is over.
  private(set) var isFinished = false
  /// Places on the swarm's networks that containers have got, for the service to give back when they end.
  var places: [NetworkPlace] = []
  /// A container that has given up its place on a network, or with nil all its places.
  var released: (container: ContainerID, network: EngineNetworkID?)?

  init(id: RequestID, now: Instant) {
    self.id = id
    self.now = now
    out = Outbox()
  }

  /// Gives the whole answer, and ends the operation.
  mutating func answer(_ answer: EngineAnswer) {
    out.post(.answer(id, EngineResponse(status: answer.status, headers: answer.headers), answer.body))
    isFinished = true
  }

  /// Begins an answer that streams.
  mutating func stream(status: Int = 200, headers: [HTTPHeader]) {
    let head = EngineAnswer(status: status, headers: headers)
    out.post(.head(id, EngineResponse(status: head.status, headers: head.headers)))
  }

  /// Begins a stream with exactly these headers: a hijacked connection has no others.
  mutating func hijack(status: Int, headers: [HTTPHeader]) {
    out.post(.head(id, EngineResponse(status: status, headers: headers)))
  }

  /// Sends more of a stream.
  mutating func send(_ bytes: DatedBytes) {
    if !bytes.isEmpty { out.post(.bytes(id, bytes)) }
  }

  /// Ends a stream, and the operation.
  mutating func finish() {
    out.post(.end(id))
    isFinished = true
  }
}
