import SimBase
import SwarmModel
import SwarmStore

/// A request that changes the store, with its objects resolved and its spec checked: what waits in the queue.
///
/// Making one does everything that swarmkit does before its transaction; `perform` does the rest. A refusal in there must
/// come before the first change, because a transaction cannot be undone.
enum ControlWrite: Sendable {
  case updateNode(NodeID, version: UInt64, NodeSpec)
  case removeNode(NodeID, force: Bool)
  case createService(Service)
  case updateService(ServiceID, version: UInt64, Shared<ServiceSpec>, isRollback: Bool)
  case removeService(ServiceID)
  case removeTask(TaskID)
  case createNetwork(Network)
  case removeNetwork(NetworkID)
  case createSecret(Secret)
  case updateSecret(SecretID, version: UInt64, SecretDraft)
  case removeSecret(SecretID)
  case createConfig(Config)
  case updateConfig(ConfigID, version: UInt64, SecretDraft)
  case removeConfig(ConfigID)
  case createVolume(ClusterVolume)
  case updateVolume(VolumeID, version: UInt64, Availability?)
  case removeVolume(VolumeID, force: Bool)
  case updateCluster(ClusterSpec, version: UInt64, KeyRotation)
  case createAttachment(SwarmTask)
  case removeAttachment(TaskID, node: NodeID)

  /// Checks a request as far as that needs no transaction. Traps for a request that only reads.
  init(_ request: ControlRequest, in store: Store, dice: inout Dice) throws(APIError) {
    let lookup = Lookup(store: store)
    switch request {
    case .updateNode(let text, let version, let spec):
      self = .updateNode(try lookup.node(text).value.id, version: version, spec)
    case .removeNode(let text, let force): self = .removeNode(try lookup.node(text).value.id, force: force)
    case .createService(let submission): self = try ServiceWrites.creation(of: submission, in: store, dice: &dice)
    case .updateService(let text, let update):
      self = try ServiceWrites.update(of: text, update, in: store, dice: &dice)
    case .removeService(let text): self = .removeService(try lookup.service(text).value.id)
    case .removeTask(let text): self = .removeTask(try lookup.task(text).value.id)
    case .createNetwork(let spec): self = try NetworkWrites.creation(of: spec, in: store, dice: &dice)
    case .removeNetwork(let text):
      let network = try lookup.network(text).value
      try relayed { () throws(ControlError) in try NetworkWrites.checkRemovable(network) }
      self = .removeNetwork(network.id)
    case .createSecret(let draft): self = try SecretWrites.secret(from: draft, dice: &dice)
    case .updateSecret(let text, let version, let draft):
      self = .updateSecret(try lookup.secret(text).value.id, version: version, draft)
    case .removeSecret(let text): self = .removeSecret(try lookup.secret(text).value.id)
    case .createConfig(let draft): self = try SecretWrites.config(from: draft, dice: &dice)
    case .updateConfig(let text, let version, let draft):
      self = .updateConfig(try lookup.config(text).value.id, version: version, draft)
    case .removeConfig(let text): self = .removeConfig(try lookup.config(text).value.id)
    case .createVolume(let spec): self = try VolumeWrites.creation(of: spec, dice: &dice)
    case .updateVolume(let text, let version, let availability):
      let id = try lookup.volume(text).value.id
      // The engine looks the volume up by any of its names, and then asks the swarm for it by the client's word.
      if id.description != text { throw APIError(ControlError.notFound("volume", text)) }
      self = .updateVolume(id, version: version, availability)
    case .removeVolume(let text, let force):
      self = .removeVolume(try lookup.volume(text).value.id, force: force)
    case .updateCluster(let version, let settings, let rotation):
      self = try ClusterWrites.update(settings.replacement, version: version, rotation, in: store)
    case .initializeCluster(let settings):
      guard let cluster = store.cluster?.value else { throw .notInSwarm }
      self = try ClusterWrites.update(
        settings.merged(into: cluster.spec), version: cluster.meta.version, KeyRotation(), in: store)
    case .attachNetwork(let request): self = try AttachmentWrites.creation(of: request, in: store, dice: &dice)
    case .detachNetwork(let attachment, let node): self = .removeAttachment(attachment, node: node)
    case .getNode, .listNodes, .getService, .listServices, .getTask, .listTasks, .getNetwork, .listNetworks,
      .getSecret, .listSecrets, .getConfig, .listConfigs, .getVolume, .listVolumes, .getCluster, .getUnlockKey,
      .summarize:
      preconditionFailure("a read has no write: \(request)")
    }
  }

  /// Makes the change, or refuses before anything is changed.
  func perform(
    in tx: inout Transaction, raft: RaftView, dice: inout Dice
  ) throws(ControlError) -> ControlReply {
    switch self {
    case .updateNode(let id, let version, let spec):
      return try NodeWrites.update(id, version: version, to: spec, raft: raft, in: &tx)
    case .removeNode(let id, let force): return try NodeWrites.remove(id, force: force, raft: raft, in: &tx)
    case .createService(let service): return try ServiceWrites.create(service, in: &tx)
    case .updateService(let id, let version, let spec, let isRollback):
      return try ServiceWrites.update(id, version: version, to: spec, isRollback: isRollback, in: &tx)
    case .removeService(let id):
      guard tx.store.services.contains(id) else { throw .serviceNotFound(id.description) }
      tx.remove(id)
      return .done
    case .removeTask(let id):
      guard tx.store.tasks.contains(id) else { throw .taskNotFound(id.description) }
      tx.remove(id, by: .controlAPI)
      return .done
    case .createNetwork(let network): return try NetworkWrites.create(network, in: &tx)
    case .removeNetwork(let id): return try NetworkWrites.remove(id, in: &tx)
    case .createSecret(let secret): return try SecretWrites.create(secret, in: &tx)
    case .updateSecret(let id, let version, let draft):
      return try SecretWrites.update(id, version: version, draft, of: Secret.self, in: &tx)
    case .removeSecret(let id): return try SecretWrites.remove(id, of: Secret.self, in: &tx)
    case .createConfig(let config): return try SecretWrites.create(config, in: &tx)
    case .updateConfig(let id, let version, let draft):
      return try SecretWrites.update(id, version: version, draft, of: Config.self, in: &tx)
    case .removeConfig(let id): return try SecretWrites.remove(id, of: Config.self, in: &tx)
    case .createVolume(let volume): return try VolumeWrites.create(volume, in: &tx)
    case .updateVolume(let id, let version, let availability):
      return try VolumeWrites.update(id, version: version, to: availability, in: &tx)
    case .removeVolume(let id, let force): return try VolumeWrites.remove(id, force: force, in: &tx)
    case .updateCluster(let spec, let version, let rotation):
      return try ClusterWrites.update(spec, version: version, rotation, in: &tx, dice: &dice)
    case .createAttachment(let task): return AttachmentWrites.create(task, in: &tx)
    case .removeAttachment(let id, let node): return try AttachmentWrites.remove(id, node: node, in: &tx)
    }
  }
}
