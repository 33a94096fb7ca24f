import SimBase
import SwarmModel

/// The filters set up for one task, and how many nodes failed each since a node last passed them all.
///
/// The first filter that a node fails ends its test. **Every node that passes resets all counts**, so an explanation speaks
/// of the nodes tested last.
///
/// **Differs from Docker**: no storage plugin exists here, so no node can ever reach a cluster volume.
///
/// Source: moby/swarmkit `manager/scheduler/pipeline.go`, `filter.go`.
struct FilterPipeline: Sendable {
  private let nanoCPUs: Int64
  private let memoryBytes: Int64
  private let reserves: Bool
  private let maxReplicas: Int32
  private let mountsClusterVolume: Bool
  /// Filters that ask for more than a node's load; nil where the task needs none of them.
  private let needs: Needs?
  private var failures: SIMD8<Int32> = .zero

  /// The filters that a task needs.
  init(for task: SwarmTask) {
    let spec = task.spec
    let wanted = spec.resources?.reservations ?? Resources()
    nanoCPUs = wanted.nanoCPUs
    memoryBytes = wanted.memoryBytes
    reserves = wanted.nanoCPUs != 0 || wanted.memoryBytes != 0 || !wanted.generic.isEmpty
    maxReplicas = Int32(clamping: spec.placement?.maxReplicas ?? 0)
    mountsClusterVolume = spec.container?.mounts.contains { $0.kind == .cluster } ?? false
    needs = Needs(of: task, spec)
  }

  /// Whether a node passes all filters; counts the one it fails. `held`: its active tasks of the service.
  mutating func passes(_ nodes: NodeSet, _ position: Int, held: Int32) -> Bool {
    if let failed = firstFailure(nodes, position, held: held) {
      failures[failed.rawValue] &+= 1
      return false
    }
    failures = .zero
    return true
  }

  /// The first filter that a node fails; nil if it passes all.
  func firstFailure(_ nodes: NodeSet, _ position: Int, held: Int32) -> PlacementFilter? {
    let load = nodes.loads[position]
    if !load.isReady { return .ready }
    if reserves && (nanoCPUs > load.nanoCPUs || memoryBytes > load.memoryBytes) { return .resource }
    if let needs, let failed = needs.firstMissing(nodes.infos[position]) { return failed }
    if maxReplicas > 0 && held >= maxReplicas { return .maxReplicas }
    if mountsClusterVolume { return .volumes }
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
}

/// What a task asks of a node beside room for it.
private struct Needs: Sendable {
  private var generic: [GenericResource]
  private var volumeDrivers: [String] = []
  private var networkDrivers: [String] = []
  private var logDriver: String?
  private var constraints: [Constraint]
  private var platforms: [Platform]
  private var hostPorts: [HostPort]

  /// What a task asks; nil if nothing.
  init?(of task: SwarmTask, _ spec: TaskSpec) {
    generic = spec.resources?.reservations?.generic ?? []
    constraints = Constraint.of(spec.placement)
    platforms = spec.placement?.platforms ?? []
    hostPorts = task.endpoint.map(HostPort.opened) ?? []
    for mount in spec.container?.mounts ?? [] where mount.kind == .volume {
      if let name = mount.volumeOptions?.driver?.name, !name.isEmpty && name != "local" { volumeDrivers.append(name) }
    }
    for attachment in task.networks {
      if let name = attachment.network.value.driverState?.name, !name.isEmpty, !networkDrivers.contains(name) {
        networkDrivers.append(name)
      }
    }
    if let name = spec.logDriver?.name, !name.isEmpty && name != "none" { logDriver = name }
    let asksNothing =
      generic.isEmpty && constraints.isEmpty && platforms.isEmpty && hostPorts.isEmpty && volumeDrivers.isEmpty
      && networkDrivers.isEmpty && logDriver == nil
    if asksNothing { return nil }
  }

  /// The first filter that a node fails.
  func firstMissing(_ node: NodeInfo) -> PlacementFilter? {
    if !generic.allSatisfy(node.generic.suffice) { return .resource }
    if !hasPlugins(node.node.value.description) { return .plugin }
    if !constraints.isEmpty && !constraints.allow(node.node.value) { return .constraint }
    if !platforms.isEmpty && !runsOn(node.node.value.description) { return .platform }
    if !hostPorts.isEmpty && node.hostPorts.contains(where: hostPorts.contains) { return .hostPort }
    return nil
  }

  /// A node that told nothing of itself is let through, as is one that lists no log plugins at all.
  private func hasPlugins(_ node: NodeDescription?) -> Bool {
    guard let plugins = node?.plugins else { return true }
    for name in volumeDrivers where !has(plugins, "Volume", name) { return false }
    for name in networkDrivers where !has(plugins, "Network", name) { return false }
    if let logDriver, !has(plugins, "Log", logDriver), plugins.contains(where: { $0.type == "Log" }) { return false }
    return true
  }

  private func has(_ plugins: [EnginePlugin], _ type: String, _ name: String) -> Bool {
    plugins.contains { $0.type == type && ($0.name == name || $0.name == name + ":latest") }
  }

  private func runsOn(_ node: NodeDescription?) -> Bool {
    guard let node else { return false }
    let architecture = canonical(node.architecture)
    return platforms.contains { platform in
      (platform.architecture.isEmpty || canonical(platform.architecture) == architecture)
        && (platform.os.isEmpty || platform.os == node.os)
    }
  }

  private func canonical(_ architecture: String) -> String {
    switch architecture {
    case "x86_64": "amd64"
    case "aarch64": "arm64"
    default: architecture
    }
  }
}
