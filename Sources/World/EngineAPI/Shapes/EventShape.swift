import EngineTypes
import SimBase
import SwarmModel
import SwarmStore

/// Something that happened, as `GET /events` tells it: one JSON document a line.
///
/// Source: moby/moby `api/types/events/events.go`.
public struct EventView: Sendable, Equatable {
  /// What it happened to: `container`, `service`.
  public var type: String
  /// What happened: `create`, `exec_start: sh`.
  public var action: String
  /// The thing's ID.
  public var id: String
  /// What else there is to say.
  public var attributes: Labels
  /// `local` or `swarm`.
  public var scope: String
  /// When.
  public var instant: Instant

  /// An event.
  public init(
    type: String, action: String, id: String, attributes: Labels, scope: String = "local", at instant: Instant
  ) {
    self.type = type
    self.action = action
    self.id = id
    self.attributes = attributes
    self.scope = scope
    self.instant = instant
  }

  /// The line, with its newline.
  public var line: DatedBytes {
    var writer = JSONWriter()
    writer.object { writer in
      if type == "container" || type == "image" {
        writer.field("status", action)
        writer.field("id", id)
        if type == "container" { writer.unlessEmpty("from", attributes["image"] ?? "") }
      }
      writer.field("Type", type)
      writer.field("Action", action)
      writer.object("Actor") { writer in
        writer.field("ID", id)
        writer.field("Attributes", attributes)
      }
      writer.field("scope", scope)
      writer.field("time") { $0.date(instant, as: .unixSeconds) }
      writer.field("timeNano") { $0.date(instant, as: .unixNanoseconds) }
    }
    writer.endLine()
    return writer.content
  }
}

extension EventView {
  /// What a manager's engine makes of a change in the store; nil where that is no event: tasks, volumes and the cluster tell none.
  ///
  /// Source: moby/moby `daemon/events.go` (`generateClusterEvent`).
  public init?(_ event: StoreEvent, at now: Instant) {
    switch event {
    case .node(let old, let new):
      guard let node = (new ?? old)?.value else { return nil }
      let name = node.spec.annotations.name
      self.init("node", node.id, node.meta, name.isEmpty ? node.hostname : name, old == nil, new == nil, now)
      if let old, new != nil { note(old.value, node) }
    case .service(let old, let new):
      guard let service = (new ?? old)?.value else { return nil }
      self.init("service", service.id, service.meta, service.name, old == nil, new == nil, now)
      if let old, new != nil { note(old.value, service) }
    case .network(let old, let new):
      guard let network = (new ?? old)?.value else { return nil }
      self.init("network", network.id, network.meta, network.spec.annotations.name, old == nil, new == nil, now)
    case .secret(let old, let new):
      guard let secret = (new ?? old)?.value else { return nil }
      self.init("secret", secret.id, secret.meta, secret.annotations.name, old == nil, new == nil, now)
    case .config(let old, let new):
      guard let config = (new ?? old)?.value else { return nil }
      self.init("config", config.id, config.meta, config.annotations.name, old == nil, new == nil, now)
    case .task, .cluster, .volume: return nil
    }
  }

  private init<Tag>(
    _ type: String, _ id: ID<Tag>, _ meta: Meta, _ name: String, _ isNew: Bool, _ isGone: Bool, _ now: Instant
  ) {
    let action = isNew ? "create" : isGone ? "remove" : "update"
    let instant = isNew ? meta.createdAt : isGone ? now : meta.updatedAt
    self.init(
      type: type, action: action, id: id.description, attributes: ["name": name], scope: "swarm", at: instant)
  }

  private mutating func note(_ old: Node, _ new: Node) {
    change("availability", old.spec.availability.word, new.spec.availability.word)
    change("role", old.role.word, new.role.word)
    change("state", old.status.state.word, new.status.state.word)
  }

  private mutating func note(_ old: Service, _ new: Service) {
    let (before, after) = (old.spec.value, new.spec.value)
    if let was = before.task.container?.image, let now = after.task.container?.image { change("image", was, now) }
    if case .replicated(let was) = before.mode, case .replicated(let now) = after.mode {
      change("replicas", String(was), String(now))
    }
    if let status = new.updateStatus {
      if let was = old.updateStatus {
        change("updatestate", was.state.word, status.state.word)
      } else {
        attributes["updatestate.new"] = status.state.word
      }
    }
  }

  private mutating func change(_ name: String, _ old: String, _ new: String) {
    if old == new { return }
    attributes["\(name).old"] = old
    attributes["\(name).new"] = new
  }
}

extension EventsQuery {
  /// Whether a client that asked for this is told of the event. Filters of other names ask nothing.
  ///
  /// Source: moby/moby `daemon/events/filter.go`.
  public func admits(_ event: EventView) -> Bool {
    let name = event.attributes["name"] ?? ""
    for key in ["container", "plugin", "volume", "network", "node", "service", "secret", "config", "daemon"] {
      if !hits(key, { event.id.hasPrefix($0) || name.hasPrefix($0) }) { return false }
    }
    let image = event.type == "image" ? name : event.attributes["image"] ?? ""
    let repository = image.split(separator: ":").first.map(String.init) ?? image
    return hits("type") { $0 == event.type } && hits("scope") { $0 == event.scope }
      && hits("event") { isAction($0, of: event) }
      && hits("image") { [event.id, image, repository].contains($0) }
      && filters.labels("label").allSatisfy { key, value in
        event.attributes[key].map { value.isEmpty || $0 == value } ?? false
      }
  }

  /// Actions that carry a text are known by their first word.
  private func isAction(_ word: String, of event: EventView) -> Bool {
    if ["health_status", "exec_create", "exec_start"].contains(word) { return event.action.hasPrefix(word) }
    return word == event.action
  }

  private func hits(_ key: String, _ test: (String) -> Bool) -> Bool {
    let values = filters[key]
    return values.isEmpty || values.contains(where: test)
  }
}
