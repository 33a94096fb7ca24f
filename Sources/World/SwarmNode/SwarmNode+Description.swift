import Engine
import SimBase
import SwarmModel

extension SwarmNode {
  /// What this node tells of itself.
  public func describe() -> NodeDescription {
    var description = NodeDescription()
    description.hostname = hostname
    description.architecture = "x86_64"
    description.os = "linux"
    description.resources.nanoCPUs = Int64(engine.config.cpus) * 1_000_000_000
    description.resources.memoryBytes = Int64(engine.config.memory)
    for resource in engine.config.daemon.resources {
      switch resource {
      case .discrete(let kind, let count):
        description.resources.generic.append(.discrete(kind: kind, value: count))
      case .named(let kind, let names):
        description.resources.generic += names.map { .named(kind: kind, value: $0) }
      }
    }
    for label in engine.config.daemon.labels {
      let parts = label.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      description.engineLabels[String(parts[0])] = parts.count > 1 ? String(parts[1]) : ""
    }
    description.engineVersion = EngineVersion.current
    description.plugins = EngineVersion.plugins
    description.trust = swarm?.identity?.trust ?? TrustInfo()
    return description
  }
}
