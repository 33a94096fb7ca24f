import SimBase
import SwarmModel

/// What a node must satisfy to take a task, in the order in which it is asked.
///
/// Source: moby/swarmkit `manager/scheduler/filter.go`.
public enum PlacementFilter: Int, Sendable, CaseIterable {
  /// The node is ready and active.
  case ready
  /// It has what the task reserves.
  case resource
  /// It has the plugins for the task's networks, volumes and logs.
  case plugin
  /// It satisfies the constraints.
  case constraint
  /// It can run the image.
  case platform
  /// Ports in host mode are free.
  case hostPort
  /// It has fewer tasks of the service than allowed.
  case maxReplicas

  /// Why a task is not placed, where so many nodes failed this filter. The words are Docker's.
  public func explanation(nodes: Int) -> String {
    let nodesText = nodes == 1 ? "1 node" : "\(nodes) nodes"
    switch self {
    case .ready: return "\(nodesText) not available for new tasks"
    case .resource: return "insufficient resources on \(nodesText)"
    case .plugin: return "missing plugin on \(nodesText)"
    case .constraint: return "scheduling constraints not satisfied on \(nodesText)"
    case .platform: return "unsupported platform on \(nodesText)"
    case .hostPort: return "host-mode port already in use on \(nodesText)"
    case .maxReplicas: return "max replicas per node limit exceed"
    }
  }
}

/// The filters set up for one task, and how many nodes failed each since a node last passed them all.
///
/// The first filter that a node fails ends its test. **Every node that passes resets all counts**, so an explanation speaks
/// of the nodes tested last.
///
/// **Differs from Docker**: cluster volumes do not exist here, so their filter does not either.
///
/// Source: moby/swarmkit `manager/scheduler/pipeline.go`, `filter.go`.
struct FilterPipeline: Sendable {
  private var reservations: Resources?
  private var plugins: PluginNeeds?
  private var constraints: [Constraint] = []
  private var platforms: [Platform] = []
  private var hostPorts: [NodeInfo.HostPort] = []
  private var maxReplicas = 0
  private var service = ServiceID(raw: 0)
  private var failures: SIMD8<Int32> = .zero

  /// The filters that a task needs.
  init(for task: SwarmTask) {
    let spec = task.spec
    if let wanted = spec.resources?.reservations,
      wanted.nanoCPUs != 0 || wanted.memoryBytes != 0 || !wanted.generic.isEmpty
    {
      reservations = wanted
    }
    plugins = PluginNeeds(of: task, spec)
    constraints = Constraint.of(spec.placement)
    platforms = spec.placement?.platforms ?? []
    if let endpoint = task.endpoint { hostPorts = NodeInfo.hostPorts(of: endpoint) }
    maxReplicas = Int(clamping: spec.placement?.maxReplicas ?? 0)
    service = task.serviceID ?? ServiceID(raw: 0)
  }

  /// Whether a node passes all filters; counts the one it fails.
  mutating func passes(_ node: NodeInfo) -> Bool {
    if let failed = firstFailure(of: node) {
      failures[failed.rawValue] &+= 1
      return false
    }
    failures = .zero
    return true
  }

  /// The first filter that a node fails; nil if it passes all.
  func firstFailure(of node: NodeInfo) -> PlacementFilter? {
    if !node.isReady { return .ready }
    if let reservations, !FilterPipeline.has(node.available, reservations) { return .resource }
    if let plugins, !plugins.areMet(by: node.node.value.description) { return .plugin }
    if !constraints.isEmpty && !constraints.allow(node.node.value) { return .constraint }
    if !platforms.isEmpty && !FilterPipeline.runs(platforms, node.node.value.description) { return .platform }
    if !hostPorts.isEmpty && node.hostPorts.contains(where: hostPorts.contains) { return .hostPort }
    if maxReplicas > 0 && node.activeTasks(of: service) >= maxReplicas { return .maxReplicas }
    return nil
  }

  /// What stood in the way, the filter that most nodes failed first; empty if nothing did.
  var explanation: String {
    PlacementFilter.allCases.filter { failures[$0.rawValue] > 0 }
      .sorted { a, b in
        let (ofA, ofB) = (failures[a.rawValue], failures[b.rawValue])
        return ofA != ofB ? ofA > ofB : a.rawValue < b.rawValue
      }
      .map { $0.explanation(nodes: Int(failures[$0.rawValue])) }
      .joined(separator: "; ")
  }

  private static func has(_ available: Resources, _ wanted: Resources) -> Bool {
    wanted.nanoCPUs <= available.nanoCPUs && wanted.memoryBytes <= available.memoryBytes
      && wanted.generic.allSatisfy(available.generic.suffice)
  }

  private static func runs(_ platforms: [Platform], _ node: NodeDescription?) -> Bool {
    guard let node else { return false }
    let architecture = canonical(node.architecture)
    return platforms.contains { platform in
      (platform.architecture.isEmpty || canonical(platform.architecture) == architecture)
        && (platform.os.isEmpty || platform.os == node.os)
    }
  }

  private static func canonical(_ architecture: String) -> String {
    switch architecture {
    case "x86_64": "amd64"
    case "aarch64": "arm64"
    default: architecture
    }
  }
}

/// The plugins that a task needs on its node.
private struct PluginNeeds: Sendable {
  private var volumeDrivers: [String] = []
  private var networkDrivers: [String] = []
  private var logDriver: String?

  /// What a task needs; nil if the filter does not concern it.
  init?(of task: SwarmTask, _ spec: TaskSpec) {
    for mount in spec.container?.mounts ?? [] where mount.kind == .volume {
      if let name = mount.volumeOptions?.driver?.name, !name.isEmpty && name != "local" { volumeDrivers.append(name) }
    }
    if task.networks.isEmpty && spec.logDriver == nil && volumeDrivers.isEmpty { return nil }
    for attachment in task.networks {
      if let name = attachment.network.value.driverState?.name, !name.isEmpty, !networkDrivers.contains(name) {
        networkDrivers.append(name)
      }
    }
    if let name = spec.logDriver?.name, !name.isEmpty && name != "none" { logDriver = name }
  }

  /// Whether a node has them. One that told nothing of itself is let through, as is one that lists no log plugins at all.
  func areMet(by node: NodeDescription?) -> Bool {
    guard let plugins = node?.plugins else { return true }
    for name in volumeDrivers where !has(plugins, "Volume", name) { return false }
    for name in networkDrivers where !has(plugins, "Network", name) { return false }
    if let logDriver, !has(plugins, "Log", logDriver), plugins.contains(where: { $0.type == "Log" }) { return false }
    return true
  }

  private func has(_ plugins: [EnginePlugin], _ type: String, _ name: String) -> Bool {
    plugins.contains { $0.type == type && ($0.name == name || $0.name == name + ":latest") }
  }
}
