import Engine
import SimBase
import SimKernel
import SwarmManager
import SwarmModel
import SwarmStore
import SwarmWorker
import Workloads

/// A port of a container, as an engine has it.
public typealias EnginePort = ContainerPort

/// Where a port on the ingress network leads.
public struct IngressTarget: Sendable {
  /// The service's ID.
  public let service: String
  /// The port of its containers.
  public let port: EnginePort
}

/// What requests do to the node's engine.
extension SwarmNode {
  /// Changes the engine, and lets the agent and other requests hear what happened there.
  ///
  /// What the engine refuses is passed on; what had happened before is heard all the same.
  public mutating func changeEngine<Result, Refusal: Error>(
    at now: Instant, network: inout SimNetwork<Wire>,
    _ change: (inout Engine, inout Outbox<EngineNotice>) throws(Refusal) -> Result
  ) throws(Refusal) -> Result {
    var out = Outbox<EngineNotice>()
    defer { take(&out, at: now, network: &network) }
    // Errors about networks that are not here differ with it.
    engine.isInSwarm = swarm != nil
    return try change(&engine, &out)
  }

  /// The networks on which the swarm has given this node an address of its own, as its agent last heard.
  public var ownAttachments: [NetworkAttachment] { swarm?.agent?.attachments ?? [] }

  /// The service that has published a port on the ingress network, and its port; nil on a worker, or if none has.
  public func publisher(ofIngressPort number: UInt16) -> IngressTarget? {
    for (_, service) in store?.services ?? [:] {
      for port in service.value.endpoint?.ports ?? []
      where port.publishedPort == UInt32(number) && port.mode == .ingress && port.protocol == .tcp {
        return IngressTarget(
          service: service.value.id.description, port: EnginePort(UInt16(clamping: port.targetPort)))
      }
    }
    return nil
  }

  // MARK: Places on the swarm's networks

  /// A request asks the swarm something on behalf of a plain container. Workers may do so, too: the call goes where those
  /// of the agent go. It is answered by a completion.
  ///
  /// Source: moby/swarmkit `agent/resource.go`, `manager/resourceapi/allocator.go`.
  public mutating func askAsNode(
    _ request: ControlRequest, for id: RequestID, at now: Instant, network: inout SimNetwork<Wire>
  ) {
    if swarm?.manager != nil {
      control(request, for: id, at: now, network: &network)
      return
    }
    guard case .remote(let connection, _)? = swarm?.agentChannel else {
      completions.append((id, .refused(ControlError(.deadlineExceeded, "context deadline exceeded"))))
      return
    }
    swarm?.lastCall += 1
    let number = swarm?.lastCall ?? 0
    swarm?.requestCalls[number] = id
    let caller = Caller(node: nodeID, ip: advertisedIP)
    network.send(.call(number, .control(request), caller), on: connection, from: host, at: now)
  }

  mutating func toRequest(_ reply: Reply, _ number: UInt64) {
    guard let id = swarm?.requestCalls.removeValue(number) else { return }
    switch reply {
    case .control(let result): completions.append((id, .control(result)))
    case .refused(let error): completions.append((id, .refused(error)))
    case .dispatcher, .ca, .joined, .logs: break
    }
  }

  /// The agent's connection is gone, and with it what requests asked over it.
  mutating func failRequestCalls() {
    for id in swarm?.requestCalls.values ?? [] {
      completions.append((id, .refused(ControlError(.unavailable, "error reading from server: EOF"))))
    }
    swarm?.requestCalls.removeAll()
  }
}
