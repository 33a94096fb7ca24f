import Engine
import EngineTypes
import SimBase
import SimKernel
import SwarmManager
import SwarmModel
import SwarmNode

/// A request about volumes for which a manager asks the swarm: for lists always, else where its engine has no such volume.
///
/// States: asked for the volume (or the list); for a new volume then asked to show it.
///
/// Source: moby/moby `daemon/server/router/volume/volume_routes.go`, `daemon/cluster/volumes.go`.
struct VolumeOperation: EngineOperation {
  /// What is asked of the swarm.
  enum Wish: Sendable {
    /// The swarm's volumes, after these of the engine.
    case list([Volume])
    case inspect(String)
    case create(ClusterVolumeSpec)
    case update(String, version: UInt64, Availability?)
    case remove(String, force: Bool)
  }

  private let wish: Wish
  private var isCreated = false

  init(_ wish: Wish) { self.wish = wish }

  mutating func begin(_ turn: inout OperationTurn, on node: inout SwarmNode, network: inout SimNetwork<Wire>) {
    if let refusal = node.standing.managerRefusal { return turn.answer(.refusal(refusal)) }
    node.control(wish.request, for: turn.id, at: turn.now, network: &network)
  }

  mutating func hear(
    _ news: OperationNews, _ turn: inout OperationTurn, on node: inout SwarmNode, network: inout SimNetwork<Wire>
  ) {
    guard case .completion(let completion) = news else { return }
    switch (wish, completion.controlResult) {
    case (.list(let volumes), .success(.volumes(let cluster))):
      turn.answer(.volumes(volumes, cluster.map(\.value), warnings: []))
    case (.list(let volumes), .failure(let error)):
      turn.answer(.volumes(volumes, [], warnings: [error.message]))
    case (.create, .success(.created(let id, _))):
      isCreated = true
      node.control(.getVolume(id), for: turn.id, at: turn.now, network: &network)
    case (_, .success(.volume(let volume))):
      turn.answer(.json(isCreated ? 201 : 200) { writer in writer.object { $0.volume(volume.value) } })
    case (.remove(_, force: true), .failure(let error)) where error.status == 404: turn.answer(.empty(204))
    case (.remove, .success): turn.answer(.empty(204))
    case (.update, .success): turn.answer(.empty(200))
    case (_, .failure(let error)): turn.answer(.refusal(error))
    case (_, .success(let reply)): preconditionFailure("\(reply) answers nothing about volumes")
    }
  }
}

extension VolumeOperation.Wish {
  fileprivate var request: ControlRequest {
    switch self {
    case .list: .listVolumes
    case .inspect(let term): .getVolume(term)
    case .create(let spec): .createVolume(spec)
    case .update(let term, let version, let availability): .updateVolume(term, version: version, availability)
    case .remove(let term, let force): .removeVolume(term, force: force)
    }
  }
}

extension EngineAnswer {
  /// A list of volumes: the engine's own, then the swarm's.
  static func volumes(_ own: [Volume], _ cluster: [ClusterVolume], warnings: [String]) -> EngineAnswer {
    .json { writer in
      writer.object { writer in
        writer.field("Volumes") { writer in
          writer.array { writer in
            for volume in own { writer.object { $0.volume(volume) } }
            for volume in cluster { writer.object { $0.volume(volume) } }
          }
        }
        if warnings.isEmpty { writer.null("Warnings") } else { writer.field("Warnings", warnings) }
      }
    }
  }
}
