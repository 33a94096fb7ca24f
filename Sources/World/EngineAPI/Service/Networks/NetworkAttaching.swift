import Engine
import SimBase
import SimKernel
import SwarmManager
import SwarmModel
import SwarmNode
import SwarmWorker

/// A plain container's place on a network of the swarm.
struct NetworkPlace: Sendable, Equatable {
  /// The container.
  let container: ContainerID
  /// The network.
  let network: EngineNetworkID
  /// The task that stands for the place.
  let attachment: TaskID
}

/// Gets a plain container a place on an attachable network: asks the swarm for one, waits for its address, and brings the
/// network here. A part of the operations that need it.
///
/// **Differs from Docker:** a place whose client hangs up while it is being got stays taken until the network's end.
///
/// Source: moby/moby `daemon/network.go` (`findAndAttachNetwork`), `daemon/cluster/networks.go` (`AttachNetwork`).
struct NetworkAttaching: Sendable {
  /// What has come of it.
  enum Outcome {
    case pending
    /// The container may have this address on the network, which is here now.
    case attached(NetworkPlace, IPv4Address)
    case failed(APIError)
  }

  private let container: ContainerID
  private let name: String
  private let address: IPv4Address?
  private let deadline: Instant
  private var attachment: TaskID?
  /// When to look again, or to give up.
  private(set) var nextDeadline: Instant?

  private static let patience = Duration.seconds(20)
  private static let pollInterval = Duration.milliseconds(50)

  /// An attempt to get a container onto the network of this name or ID, at this address if one is asked for.
  init(_ container: ContainerID, to name: String, asking address: IPv4Address?, at now: Instant) {
    self.container = container
    self.name = name
    self.address = address
    deadline = now + NetworkAttaching.patience
    nextDeadline = deadline
  }

  /// The first network of the swarm on which a container that is to start has no place yet; nil if there is none. A name
  /// that is not known here may be such a network's.
  static func pendingNetwork(
    of container: Container, on node: SwarmNode, settled: [EngineNetworkID]
  ) -> (name: String, address: IPv4Address?)? {
    if container.task != nil || node.nodeID == nil || container.state.isRunning { return nil }
    for endpoint in container.endpoints {
      let settings = endpoint.settings?.value
      let address = settings?.isAddressLent == true ? nil : settings?.address
      if let wanted = endpoint.wanted { return (wanted, address) }
      if case .swarm = endpoint.network, !settled.contains(endpoint.network) {
        let known = node.engine.network(endpoint.network)?.name
        return (known ?? endpoint.network.description, address)
      }
    }
    return nil
  }

  mutating func begin(_ id: RequestID, on node: inout SwarmNode, at now: Instant, _ network: inout SimNetwork<Wire>) {
    guard let own = node.nodeID else { return }
    let request = AttachmentRequest(
      container: container.description, network: name, addresses: address.map { [$0.description] } ?? [], node: own)
    node.askAsNode(.attachNetwork(request), for: id, at: now, network: &network)
  }

  mutating func hear(
    _ news: OperationNews, _ turn: OperationTurn, on node: inout SwarmNode, _ network: inout SimNetwork<Wire>
  ) -> Outcome {
    switch news {
    case .due:
      if turn.now >= deadline { return giveUp(turn, on: &node, &network) }
      nextDeadline = deadline
      if let attachment {
        node.askAsNode(.getTask(attachment.description), for: turn.id, at: turn.now, network: &network)
      }
    case .completion(let completion):
      switch completion.controlResult {
      case .failure(let error):
        // Only what is not allowed has a status of its own.
        let cause: APIError.Cause = error.cause == .control(.permissionDenied) ? .forbidden : .system
        return failed(cause, error.message)
      case .success(.attached(let task)):
        attachment = task
        nextDeadline = turn.now + NetworkAttaching.pollInterval
      case .success(.task(let task)):
        if let outcome = join(task.value, on: &node, at: turn.now, &network) { return outcome }
        nextDeadline = min(deadline, turn.now + NetworkAttaching.pollInterval)
      case .success: break
      }
    case .notice, .store, .input, .inputEnded: break
    }
    return .pending
  }

  /// Brings the network here once the task has its address.
  private func join(
    _ task: SwarmTask, on node: inout SwarmNode, at now: Instant, _ network: inout SimNetwork<Wire>
  ) -> Outcome? {
    guard let given = task.networks.first, let cidr = given.addresses.first,
      let address = IPv4Address(String(cidr.prefix { $0 != "/" }))
    else { return nil }
    let record = NetworkRecord(given.network.value)
    do throws(APIError) {
      try node.ask(at: now, &network) { engine, _ throws(EngineError) in try engine.addSwarmNetwork(record) }
    } catch {
      return .failed(error)
    }
    return .attached(NetworkPlace(container: container, network: record.id, attachment: task.id), address)
  }

  /// Without an answer the swarm cannot be reached; without an address there is none to be had, and the place is given back.
  private func giveUp(
    _ turn: OperationTurn, on node: inout SwarmNode, _ network: inout SimNetwork<Wire>
  ) -> Outcome {
    guard let attachment, let own = node.nodeID else { return failed(.system, "context deadline exceeded") }
    node.askAsNode(.detachNetwork(attachment: attachment, node: own), for: turn.id, at: turn.now, network: &network)
    return .failed(
      APIError(
        .system,
        "attaching to network failed, make sure your network options are correct and check manager logs: "
          + "context deadline exceeded"))
  }

  private func failed(_ cause: APIError.Cause, _ text: String) -> Outcome {
    .failed(APIError(cause, "Could not attach to network \(name): \(text)"))
  }
}
