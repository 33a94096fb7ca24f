import Engine
import EngineTypes
import SimBase
import SimKernel
import SwarmManager
import SwarmNode

extension SystemCall {
  /// Carries the call out, or finds the operation that does.
  ///
  /// **Differs from Docker:** any credentials are good enough for any registry that answers.
  ///
  /// Source: moby/moby `daemon/server/router/system/system_routes.go`.
  func resolve(for version: APIVersion, on node: SwarmNode, at now: Instant) throws(APIError) -> Resolution {
    switch self {
    case .events(let query): return .operation(EventsOperation(query))
    case .diskUsage(let kinds): return .answer(.diskUsage(kinds, node.engine, at: now, for: version))
    case .login(let user, _, let server):
      let isHub = server.isEmpty || server.hasPrefix("https://index.docker.io")
      let host = isHub ? "registry-1.docker.io" : server
      let fault = node.engine.config.registry.fault
      if fault == .down { throw APIError(.registryUnreachable(host)) }
      if user.isEmpty || fault == .unauthorized {
        throw APIError(.unauthorized, "Get \"https://\(host)/v2/\": unauthorized: incorrect username or password")
      }
      return .answer(
        .json { writer in
          writer.object { writer in
            writer.field("IdentityToken", "")
            writer.field("Status", "Login Succeeded")
          }
        })
    case .pruneBuilds:
      return .answer(
        .json { writer in
          writer.object { writer in
            writer.null("CachesDeleted")
            writer.field("SpaceReclaimed", 0)
          }
        })
    }
  }
}

extension EngineAnswer {
  /// What is on the engine's disk, of these kinds.
  static func diskUsage(
    _ kinds: [DiskUsageKind], _ engine: Engine, at now: Instant, for version: APIVersion
  ) -> EngineAnswer {
    let usage = engine.diskUsage
    return .json { writer in
      writer.object { writer in
        if kinds.contains(.image) { writer.imageUsage(usage, engine, version) }
        if kinds.contains(.container) {
          writer.field("Containers") { writer in
            writer.array(usage.containers) { writer, entry in
              let view = ContainerView(container: entry.container, engine: engine, now: now)
              writer.containerSummary(view, sizes: (entry.own, entry.own + entry.image))
            }
          }
        }
        if kinds.contains(.volume) {
          writer.list("Volumes", usage.volumes) { writer, entry in
            writer.volume(entry.volume)
            writer.object("UsageData") { writer in
              writer.field("RefCount", entry.users)
              writer.field("Size", entry.size)
            }
          }
        }
        if kinds.contains(.buildCache) { writer.field("BuildCache", [String]()) }
      }
    }
  }
}

extension JSONWriter {
  fileprivate mutating func imageUsage(_ usage: DiskUsage, _ engine: Engine, _ version: APIVersion) {
    field("LayersSize", usage.layers)
    let newestFirst = usage.images.sorted { a, b in
      (b.image.created, a.image.id) < (a.image.created, b.image.id)
    }
    field("Images") { writer in
      writer.array(newestFirst) { writer, entry in
        writer.imageSummary(ImageView(entry.image, engine), sharedSize: Int64(entry.shared), version)
      }
    }
  }
}
