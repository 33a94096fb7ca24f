import SimBase
import SwarmModel
import SwarmStore

/// Places of plain containers on attachable networks: tasks without a service, made for the node that asks.
///
/// Source: moby/swarmkit `manager/resourceapi/allocator.go`.
enum AttachmentWrites {
  static func creation(
    of request: AttachmentRequest, in store: Store, dice: inout Dice
  ) throws(APIError) -> ControlWrite {
    let network = try relayed { () throws(ControlError) in try attachableNetwork(request.network, in: store) }
    var task = SwarmTask()
    task.id = TaskID(drawnFrom: &dice)
    task.nodeID = request.node
    var config = NetworkAttachmentConfig()
    config.target = network.id.description
    config.addresses = request.addresses
    var spec = TaskSpec()
    spec.runtime = .attachment(request.container)
    spec.networks = [config]
    task.attachmentSpec = Shared(spec)
    task.desiredState = .running
    return .createAttachment(task)
  }

  private static func attachableNetwork(_ text: String, in store: Store) throws(ControlError) -> Network {
    guard let network = NetworkID(text).flatMap({ store.networks[$0] }) ?? store.network(named: text) else {
      throw .networkNotFound(text)
    }
    if !network.value.spec.isAttachable { throw .notAttachable(text) }
    return network.value
  }

  static func create(_ task: SwarmTask, in tx: inout Transaction) -> ControlReply {
    var task = task
    task.status = TaskStatus(state: .new, message: "created", at: tx.now)
    tx.put(task, by: .controlAPI)
    return .attached(task.id)
  }

  static func remove(_ id: TaskID, node: NodeID, in tx: inout Transaction) throws(ControlError) -> ControlReply {
    guard let task = tx.store.tasks[id]?.value else { throw .attachmentNotFound(id) }
    if task.nodeID != node { throw .attachmentElsewhere(id) }
    tx.remove(id)
    return .done
  }
}
