import EngineTypes
import SimBase
import SwarmManager
import SwarmModel

extension EngineAnswer {
  /// A reply or refusal of the control API as the answer to the request that asked for it.
  ///
  /// Traps where reply and shape do not belong together: the router has chosen both.
  public init(_ result: Result<ControlReply, APIError>, as shape: ReplyShape) {
    switch result {
    case .failure(let error): self = .refusal(error)
    case .success(let reply): self = EngineAnswer.answer(reply, as: shape)
    }
  }

  private static func answer(_ reply: ControlReply, as shape: ReplyShape) -> EngineAnswer {
    switch (shape, reply) {
    case (.empty, _): return .empty()
    case (.noContent, _): return .empty(204)
    case (.created, .created(let id, _)): return .json(201) { $0.object { $0.field("ID", id) } }
    case (.networkCreated, .created(let id, let warnings)):
      return .json(201) { writer in
        writer.object { writer in
          writer.field("Id", id)
          writer.field("Warning", warnings.joined(separator: "\n"))
        }
      }
    case (.serviceCreated, .created(let id, let warnings)):
      return .json(201) { writer in
        writer.object { writer in
          writer.field("ID", id)
          writer.warnings(warnings)
        }
      }
    case (.serviceUpdated, .serviceUpdated(let warnings)):
      return .json { writer in writer.object { $0.warnings(warnings) } }
    case (.object, _): return .json { $0.reply(reply) }
    case (.created, _), (.networkCreated, _), (.serviceCreated, _), (.serviceUpdated, _):
      preconditionFailure("\(reply) is no answer of shape \(shape)")
    }
  }
}

extension JSONWriter {
  fileprivate mutating func warnings(_ warnings: [String]) {
    if warnings.isEmpty { null("Warnings") } else { field("Warnings", warnings) }
  }

  /// The objects of a reply; an empty list is a list.
  fileprivate mutating func reply(_ reply: ControlReply) {
    switch reply {
    case .node(let report): node(report)
    case .nodes(let reports): array(reports) { $0.node($1) }
    case .service(let service): self.service(ServiceReport(service))
    case .services(let reports): array(reports) { $0.service($1) }
    case .task(let task): self.task(task.value)
    case .tasks(let tasks): array(tasks) { $0.task($1.value) }
    case .network(let network): self.network(NetworkView(network.value))
    case .networks(let networks): array(networks) { $0.network(NetworkView($1.value)) }
    case .secret(let secret): self.secret(secret.value)
    case .secrets(let secrets): array(secrets) { $0.secret($1.value) }
    case .config(let config): self.config(config.value)
    case .configs(let configs): array(configs) { $0.config($1.value) }
    case .volume(let volume): object { $0.volume(volume.value) }
    case .volumes(let volumes): array(volumes) { writer, volume in writer.object { $0.volume(volume.value) } }
    case .cluster(let cluster): swarm(cluster.value)
    case .unlockKey(let key): object { $0.field("UnlockKey", key) }
    case .summary(let summary): object { $0.clusterInfo(summary.cluster.value) }
    case .done, .created, .serviceUpdated, .attached: preconditionFailure("\(reply) shows no object")
    }
  }
}
