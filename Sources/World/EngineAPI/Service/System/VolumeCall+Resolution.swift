import Engine
import EngineTypes
import SimBase
import SimKernel
import SwarmManager
import SwarmNode

extension VolumeCall {
  /// Carries the call out. A manager would look for a volume of the swarm where its engine has none; there are none here,
  /// and the refusal is the same.
  ///
  /// Source: moby/moby `daemon/server/router/volume/volume_routes.go`, `daemon/volume/service/service.go`.
  func resolve(
    on node: inout SwarmNode, at now: Instant, network: inout SimNetwork<Wire>
  ) throws(APIError) -> Resolution {
    switch self {
    case .list(let filters):
      let volumes = try VolumeCall.listed(filters, node.engine)
      return .answer(
        .json { writer in
          writer.object { writer in
            writer.list("Volumes", volumes) { $0.volume($1) }
            writer.null("Warnings")
          }
        })
    case .inspect(let name):
      let volume = try asked { () throws(EngineError) in try node.engine.volume(name) }
      return .answer(.json { writer in writer.object { $0.volume(volume) } })
    case .create(let wish):
      let volume = try node.ask(at: now, &network) { engine, out throws(EngineError) in
        try engine.createVolume(
          wish.name, driver: wish.driver.isEmpty ? "local" : wish.driver, labels: wish.labels, options: wish.options,
          at: now, into: &out)
      }
      return .answer(.json(201) { writer in writer.object { $0.volume(volume) } })
    case .remove(let name, let force):
      try node.ask(at: now, &network) { engine, out throws(EngineError) in
        try engine.removeVolume(name, force: force, at: now, into: &out)
      }
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
        writer.orNull("VolumesDeleted", removed)
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
