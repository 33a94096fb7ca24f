import Engine
import EngineTypes
import SimBase
import SimKernel
import SwarmManager
import SwarmNode
import Workloads

/// `GET /distribution/{name}/json`: what a registry has under a name. Clients pin a service's image to the digest in it.
///
/// The registry takes as long as it does for the manifest of a pull.
///
/// Source: moby/moby `daemon/server/router/distribution/distribution_routes.go`.
struct DistributionOperation: EngineOperation {
  private let reference: ImageReference
  private(set) var nextDeadline: Instant?
  private var call: RegistryCallID?

  init(_ reference: ImageReference) { self.reference = reference.withDefaultTag }

  mutating func begin(_ turn: inout OperationTurn, on node: inout SwarmNode, network: inout SimNetwork<Wire>) {
    let config = node.engine.config
    nextDeadline = turn.now + config.costs.manifest.lowerBound * config.registry.slowdown
  }

  mutating func hear(
    _ news: OperationNews, _ turn: inout OperationTurn, on node: inout SwarmNode, network: inout SimNetwork<Wire>
  ) {
    switch news {
    case .due:
      if call != nil { return }
      nextDeadline = nil
      let reference = reference
      call = node.changeEngine(at: turn.now, network: &network) { engine, _ in engine.callRegistry(reference) }
    case .notice(.registryReplied(let id, let reply)) where id == call:
      do throws(EngineError) {
        let image = try node.engine.image(reply, of: reference)
        turn.answer(.json { $0.distribution(of: image) })
      } catch {
        turn.answer(.refusal(DistributionOperation.refusal(error)))
      }
    default: break
    }
  }

  /// The registry's own words; a pull has others.
  private static func refusal(_ error: EngineError) -> APIError {
    switch error {
    case .pullDenied:
      APIError(
        .forbidden,
        "errors:\ndenied: requested access to the resource is denied\nunauthorized: authentication required\n")
    case .manifestUnknown: APIError(.notFound, "manifest unknown: manifest unknown")
    default: APIError(error)
    }
  }

  /// How many bytes the manifest of an image has.
  static func manifestSize(of image: Image) -> Int { 317 + 210 * image.layers.count }
}

extension JSONWriter {
  fileprivate mutating func distribution(of image: Image) {
    object { writer in
      writer.object("Descriptor") { writer in
        writer.field("mediaType", "application/vnd.docker.distribution.manifest.v2+json")
        writer.field("digest", image.digest)
        writer.field("size", DistributionOperation.manifestSize(of: image))
      }
      writer.list("Platforms", ["amd64"]) { writer, architecture in
        writer.field("architecture", architecture)
        writer.field("os", "linux")
      }
    }
  }
}
