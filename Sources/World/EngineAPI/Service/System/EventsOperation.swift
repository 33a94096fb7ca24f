import Engine
import EngineTypes
import SimBase
import SimKernel
import SwarmManager
import SwarmNode
import SwarmStore

/// `docker events`: what happens, as it happens, after what is kept of what happened.
///
/// Source: moby/moby `daemon/events/events.go`, `daemon/server/router/system/system_routes.go` (`getEvents`).
struct EventsOperation: EngineOperation {
  private let query: EventsQuery
  private var next = 0
  private var isFollowing = false

  init(_ query: EventsQuery) { self.query = query }

  var nextDeadline: Instant? { isFollowing ? query.until : nil }

  mutating func begin(_ turn: inout OperationTurn, on node: inout SwarmNode, network: inout SimNetwork<Wire>) {
    turn.stream(headers: [HTTPHeader("Content-Type", "application/json")])
    if query.since == nil && query.until == nil {
      next = node.engine.eventEnd
    } else {
      next = query.since.map { node.engine.firstEvent(since: $0) } ?? 0
    }
    sendNew(&turn, node)
    if let until = query.until, until <= turn.now { return turn.finish() }
    isFollowing = true
    node.tellEngine(at: turn.now, &network) { engine, _ in engine.followEvents() }
  }

  mutating func hear(
    _ news: OperationNews, _ turn: inout OperationTurn, on node: inout SwarmNode, network: inout SimNetwork<Wire>
  ) {
    switch news {
    case .notice(.eventsAdded): sendNew(&turn, node)
    case .due:
      sendNew(&turn, node)
      turn.finish()
      abandon(at: turn.now, on: &node, network: &network)
    default: break
    }
  }

  mutating func abandon(at now: Instant, on node: inout SwarmNode, network: inout SimNetwork<Wire>) {
    if !isFollowing { return }
    isFollowing = false
    node.tellEngine(at: now, &network) { engine, _ in engine.unfollowEvents() }
  }

  private mutating func sendNew(_ turn: inout OperationTurn, _ node: SwarmNode) {
    var lines = DatedBytes()
    for event in node.engine.events(from: next) {
      if let until = query.until, event.instant > until { continue }
      let view = EventView(event)
      if query.admits(view) { lines.append(view.line) }
    }
    next = node.engine.eventEnd
    turn.send(lines)
  }
}

extension EventView {
  /// An engine's event as clients see it.
  init(_ event: EngineEvent) {
    self.init(
      type: event.kind.text, action: event.action, id: event.actor, attributes: event.attributes,
      scope: event.isSwarm ? "swarm" : "local", at: event.instant)
  }
}

extension EngineEvent {
  /// A change of the swarm as an event that a manager's engine keeps among its own; nil where it is none.
  init?(_ change: StoreEvent, at now: Instant) {
    guard let view = EventView(change, at: now) else { return nil }
    let kind: Kind
    switch change {
    case .node: kind = .node
    case .service: kind = .service
    case .network: kind = .network
    case .secret: kind = .secret
    case .config: kind = .config
    case .task, .cluster, .volume: return nil
    }
    self.init(
      kind, view.action, actor: view.id, attributes: view.attributes.map { ($0.key, $0.value) }, isSwarm: true,
      at: view.instant)
  }
}
