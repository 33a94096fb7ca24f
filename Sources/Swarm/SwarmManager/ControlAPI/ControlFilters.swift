import SimBase
import SwarmModel
import SwarmStore

// Filters of lists. Values of one field are alternatives, fields must all agree; an empty field asks nothing. A label with
// an empty value asks only that the label is there. Source: moby/swarmkit `manager/controlapi/common.go`.

/// Which nodes to list.
public struct NodeFilter: Sendable, Equatable {
  /// Beginnings of IDs.
  public var idPrefixes: [String] = []
  /// Beginnings of hostnames.
  public var namePrefixes: [String] = []
  /// Labels of the engine.
  public var engineLabels = Labels()
  /// Labels of the node.
  public var nodeLabels = Labels()
  /// Observed roles.
  public var roles: [NodeRole] = []
  /// Memberships.
  public var memberships: [Membership] = []

  /// All nodes.
  public init() {}

  func admits(_ node: Node) -> Bool {
    matches(node.id.description, prefixes: idPrefixes)
      && (namePrefixes.isEmpty || node.description != nil && matches(node.hostname, prefixes: namePrefixes))
      && (engineLabels.isEmpty || node.description.map { has($0.engineLabels, engineLabels) } ?? false)
      && has(node.spec.annotations.labels, nodeLabels)
      && (roles.isEmpty || roles.contains(node.role))
      && (memberships.isEmpty || memberships.contains(node.spec.membership))
  }
}

/// Which services to list.
public struct ServiceFilter: Sendable, Equatable {
  /// Beginnings of IDs.
  public var idPrefixes: [String] = []
  /// Beginnings of names.
  public var namePrefixes: [String] = []
  /// Labels of the spec.
  public var labels = Labels()
  /// `replicated`, `global` …; another word matches nothing.
  public var modes: [String] = []
  /// `container` by default; another word matches nothing.
  public var runtimes = ["container"]

  /// All services.
  public init() {}

  func admits(_ service: Service) -> Bool {
    let spec = service.spec.value
    return matches(service.id.description, prefixes: idPrefixes) && matches(spec.name, prefixes: namePrefixes)
      && has(spec.annotations.labels, labels) && (modes.isEmpty || modes.contains(spec.mode.word))
      && (runtimes.isEmpty || runtimes.contains(spec.task.runtime.word))
  }
}

/// Which tasks to list.
public struct TaskFilter: Sendable, Equatable {
  /// Beginnings of IDs.
  public var idPrefixes: [String] = []
  /// Beginnings of names: `web.1.`.
  public var namePrefixes: [String] = []
  /// Labels of the owning service, as of the task's creation.
  public var labels = Labels()
  /// Services, by ID, name or the beginning of an ID; each must exist.
  public var services: [String] = []
  /// Nodes, likewise.
  public var nodes: [String] = []
  /// Desired states.
  public var desiredStates: [TaskState] = []
  /// `container` by default; an empty word matches nothing.
  public var runtimes = ["container", ""]
  /// Only tasks that the service's present spec would leave as they are.
  public var isUpToDate = false

  /// All tasks of services.
  public init() {}

  func admits(_ task: SwarmTask, services: [ServiceID], nodes: [NodeID], in store: Store) -> Bool {
    if !services.isEmpty, !(task.serviceID.map(services.contains) ?? false) { return false }
    if !nodes.isEmpty, !(task.nodeID.map(nodes.contains) ?? false) { return false }
    if !desiredStates.isEmpty && !desiredStates.contains(task.desiredState) { return false }
    if !runtimes.isEmpty && !runtimes.contains(task.spec.runtime.word) { return false }
    if !matches(task.id.description, prefixes: idPrefixes) { return false }
    if !namePrefixes.isEmpty && !matches(task.name, prefixes: namePrefixes) { return false }
    if !has(task.serviceSpec.value.annotations.labels, labels) { return false }
    return !isUpToDate || isCurrent(task, in: store)
  }

  private func isCurrent(_ task: SwarmTask, in store: Store) -> Bool {
    guard let service = task.serviceID.flatMap({ store.services[$0] }) else { return false }
    return !isDirty(task, of: service.value, on: task.nodeID.flatMap { store.nodes[$0]?.value })
  }
}

/// Which networks to list.
public struct NetworkFilter: Sendable, Equatable {
  /// Beginnings of IDs.
  public var idPrefixes: [String] = []
  /// Whole names.
  public var names: [String] = []
  /// Whether those the swarm made itself, twins of `bridge` and `host`, are listed.
  public var includesPredefined = false

  /// All networks but predefined ones.
  public init() {}

  func admits(_ network: Network) -> Bool {
    (includesPredefined || !network.isPredefined) && matches(network.id.description, prefixes: idPrefixes)
      && (names.isEmpty || names.contains(network.spec.annotations.name))
  }
}

/// Which secrets or configs to list. Names and IDs are alternatives; labels must agree as well.
///
/// Source: moby/swarmkit `manager/controlapi/secret.go` (`ListSecrets`).
public struct NamedFilter: Sendable, Equatable {
  /// Whole names, in any case.
  public var names: [String] = []
  /// Beginnings of names, in any case.
  public var namePrefixes: [String] = []
  /// Beginnings of IDs.
  public var idPrefixes: [String] = []
  /// Labels.
  public var labels = Labels()

  /// All of them.
  public init() {}

  func admits(id: String, _ annotations: Annotations) -> Bool {
    if !has(annotations.labels, labels) { return false }
    if names.isEmpty && namePrefixes.isEmpty && idPrefixes.isEmpty { return true }
    let name = annotations.name.lowercased()
    return names.contains { $0.lowercased() == name } || namePrefixes.contains { name.hasPrefix($0.lowercased()) }
      || idPrefixes.contains { id.hasPrefix($0) }
  }
}

extension TaskRuntime {
  /// The word by which filters name what a task runs.
  var word: String {
    switch self {
    case .container: "container"
    case .attachment: "attachment"
    }
  }
}

private func matches(_ text: String, prefixes: [String]) -> Bool {
  prefixes.isEmpty || prefixes.contains { text.hasPrefix($0) }
}

private func has(_ labels: Labels, _ wanted: Labels) -> Bool {
  wanted.allSatisfy { key, value in labels[key].map { value.isEmpty || $0 == value } ?? false }
}
