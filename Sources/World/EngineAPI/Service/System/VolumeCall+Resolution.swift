import Engine
import EngineTypes
import SimBase
import SimKernel
import SwarmManager
import SwarmNode

extension VolumeCall {
  /// Carries the call out at the engine; what may concern the swarm's volumes goes on to the swarm.
  ///
  /// Source: moby/moby `daemon/server/router/volume/volume_routes.go`, `daemon/volume/service/service.go`.
  func resolve(
    on node: inout SwarmNode, at now: Instant, network: inout SimNetwork<Wire>
  ) throws(APIError) -> Resolution {
    switch self {
    case .list(let filters, let knowsSwarm):
      let volumes = try VolumeCall.listed(filters, node.engine)
      if knowsSwarm && node.standing == .manager { return .operation(VolumeOperation(.list(volumes))) }
      return .answer(.volumes(volumes, [], warnings: []))
    case .inspect(let name, let knowsSwarm):
      if knowsSwarm && node.standing == .manager && !node.engine.has(volume: name) {
        return .operation(VolumeOperation(.inspect(name)))
      }
      let volume = try asked { () throws(EngineError) in try node.engine.volume(name) }
      return .answer(.json { writer in writer.object { $0.volume(volume) } })
    case .create(let wish):
      if let spec = wish.cluster { return .operation(VolumeOperation(.create(spec))) }
      let volume = try node.ask(at: now, &network) { engine, out throws(EngineError) in
        try engine.createVolume(
          wish.name, driver: wish.driver.isEmpty ? "local" : wish.driver, labels: wish.labels, options: wish.options,
          at: now, into: &out)
      }
      return .answer(.json(201) { writer in writer.object { $0.volume(volume) } })
    case .update(let term, let version, let availability):
      if node.standing != .manager {
        throw APIError(.unavailable, "volume update only valid for cluster volumes, but swarm is unavailable")
      }
      return .operation(
        VolumeOperation(.update(term, version: try Query.version(version, of: "swarm object"), availability)))
    case .remove(let name, let force, let knowsSwarm):
      let asksSwarm = knowsSwarm && node.standing == .manager
      if asksSwarm && !force && !node.engine.has(volume: name) {
        return .operation(VolumeOperation(.remove(name, force: false)))
      }
      try node.ask(at: now, &network) { engine, out throws(EngineError) in
        try engine.removeVolume(name, force: force, at: now, into: &out)
      }
      // An engine's forced removal does not tell whether there was a volume.
      if asksSwarm && force { return .operation(VolumeOperation(.remove(name, force: true))) }
      return .answer(.empty(204))
    case .prune(let filters): return .answer(try VolumeCall.prune(filters, on: &node, at: now, &network))
    }
  }

  private static func listed(_ filters: FilterArguments, _ engine: Engine) throws(APIError) -> [Volume] {
    try filters.validate("dangling", "name", "driver", "label")
    let isDangling = try filters.flag("dangling")
    return engine.volumes.filter { volume in
      if let isDangling, isDangling != engine.users(ofVolume: volume.name).isEmpty { return false }
      return filters.matches("name", volume.name) && filters.isAmong("driver", volume.driver)
        && filters.hasLabels("label", volume.labels ?? [:])
    }
  }

  private static func prune(
    _ filters: FilterArguments, on node: inout SwarmNode, at now: Instant, _ network: inout SimNetwork<Wire>
  ) throws(APIError) -> EngineAnswer {
    try filters.validate("label", "label!", "all")
    let all: Bool
    do { all = try filters.flag("all") ?? false } catch {
      let word = filters["all"].first ?? ""
      throw APIError(error.cause, "invalid filter 'all': strconv.ParseBool: parsing \(word.goQuoted): invalid syntax")
    }
    var removed: [String] = []
    var reclaimed: UInt64 = 0
    for usage in node.engine.diskUsage.volumes where usage.users == 0 {
      let (volume, labels) = (usage.volume, usage.volume.labels ?? [:])
      if !all && !volume.isAnonymous || !filters.hasLabels("label", labels) || !filters.lacksLabels(labels) { continue }
      try node.ask(at: now, &network) { engine, out throws(EngineError) in
        try engine.removeVolume(volume.name, at: now, into: &out)
      }
      removed.append(volume.name)
      reclaimed += usage.size
    }
    return .json { writer in
      writer.object { writer in
        writer.field("VolumesDeleted", removed)
        writer.field("SpaceReclaimed", reclaimed)
      }
    }
  }
}

extension JSONWriter {
  /// The fields of a volume. Source: moby/moby `api/types/volume/volume.go`.
  mutating func volume(_ volume: Volume) {
    field("CreatedAt") { $0.date(volume.created, as: .quotedSeconds) }
    field("Driver", volume.driver)
    if let labels = volume.labels { field("Labels", labels) } else { null("Labels") }
    field("Mountpoint", volume.mountpoint)
    field("Name", volume.name)
    if let options = volume.options { field("Options", options) } else { null("Options") }
    field("Scope", "local")
  }
}
