import Raft
import SimBase
import SimKernel
import SwarmManager
import SwarmModel
import SwarmWorker

/// Connections: each has one use, and what happens on it goes to whoever has that use.
extension SwarmNode {
  /// Whether this node's certificate is past its time: nobody lets it in any more, and it can let nobody in.
  func hasExpired(at now: Instant) -> Bool {
    if let end = swarm?.identity?.certificate.notAfter { end < now } else { false }
  }

  mutating func connected(_ connection: ConnectionID, at now: Instant, network: inout SimNetwork<Wire>) {
    if hasExpired(at: now) {
      // The other side takes no certificate that is past its time.
      network.close(connection, from: host, at: now)
      lost(connection, because: nil, at: now, network: &network)
      return
    }
    switch uses[connection] {
    case nil, .inbound: break
    case .peer:
      var out = Outbox<ManagerOrder>()
      swarm?.manager?.value.peerConnected(connection, at: now, dice: &dice, into: &out)
      obey(&out, at: now, network: &network)
    case .probe(let ref, _):
      uses[connection] = nil
      network.close(connection, from: host, at: now)
      probed(ref, refusal: nil, at: now, network: &network)
    case .agent:
      var orders = Outbox<AgentOrder>()
      swarm?.agent?.connected(at: now, into: &orders)
      obey(&orders, at: now, network: &network)
    case .certificate:
      var orders = Outbox<CertificateRequest.Order>()
      swarm?.certificate?.connected(at: now, into: &orders)
      obey(&orders, at: now, network: &network)
    case .raftJoin: askToJoinRaft(on: connection, at: now, network: &network)
    }
  }

  /// A connection could not be made (`failure` says why) or is gone.
  mutating func lost(
    _ connection: ConnectionID, because failure: DialFailure?, at now: Instant, network: inout SimNetwork<Wire>
  ) {
    guard let use = uses.removeValue(connection) else { return }
    switch use {
    case .inbound:
      var out = Outbox<ManagerOrder>()
      swarm?.manager?.value.callerLost(connection, into: &out)
      obey(&out, at: now, network: &network)
    case .peer:
      var out = Outbox<ManagerOrder>()
      swarm?.manager?.value.peerLost(connection, at: now, dice: &dice, into: &out)
      obey(&out, at: now, network: &network)
    case .probe(let ref, let addr): probed(ref, refusal: dialRefusal(addr, failure), at: now, network: &network)
    case .agent:
      var orders = Outbox<AgentOrder>()
      swarm?.agent?.disconnected(at: now, dice: &dice, into: &orders)
      obey(&orders, at: now, network: &network)
    case .certificate(let addr):
      swarm?.certificateChannel = nil
      var orders = Outbox<CertificateRequest.Order>()
      let refusal = dialRefusal(addr, failure)
      swarm?.certificate?.disconnected(refusal, at: now, into: &orders)
      obey(&orders, at: now, network: &network)
    case .raftJoin(let addr): raftJoinFailed(dialRefusal(addr, failure), at: now, network: &network)
    }
  }

  mutating func received(
    _ wire: Wire, on connection: ConnectionID, at now: Instant, network: inout SimNetwork<Wire>
  ) {
    switch uses[connection] {
    case nil, .probe: break
    case .inbound(let ip):
      if hasExpired(at: now) {
        network.close(connection, from: host, at: now)
        lost(connection, because: nil, at: now, network: &network)
        return
      }
      if swarm?.manager == nil {
        swarm?.raftJoin?.early.append((connection, wire))
        return
      }
      toManager(wire, on: connection, from: ip, at: now, network: &network)
    case .peer: toManager(wire, on: connection, from: ip, at: now, network: &network)
    case .agent:
      guard case .reply(let number, let reply) = wire else { return }
      toAgent(reply, number, at: now, network: &network)
    case .certificate:
      guard case .reply(_, let reply) = wire else { return }
      toCertificate(reply, at: now, network: &network)
    case .raftJoin:
      guard case .reply(_, let reply) = wire else { return }
      raftJoinAnswered(reply, on: connection, at: now, network: &network)
    }
  }

  private mutating func toManager(
    _ wire: Wire, on connection: ConnectionID, from ip: String, at now: Instant, network: inout SimNetwork<Wire>
  ) {
    var out = Outbox<ManagerOrder>()
    swarm?.manager?.value.received(wire, on: connection, from: ip, at: now, dice: &dice, into: &out)
    obey(&out, at: now, network: &network)
  }

  private mutating func probed(
    _ ref: CallRef, refusal: APIError?, at now: Instant, network: inout SimNetwork<Wire>
  ) {
    var out = Outbox<ManagerOrder>()
    swarm?.manager?.value.probed(ref, refusal: refusal, at: now, dice: &dice, into: &out)
    obey(&out, at: now, network: &network)
  }

  /// What a failed dial is called. Source: Go `net.OpError`, as gRPC wraps it.
  private func dialRefusal(_ addr: String, _ failure: DialFailure?) -> APIError {
    let dialled = "connection error: desc = \"transport: Error while dialing: dial tcp \(addr): "
    return switch failure {
    case .refused: APIError(ControlError(.unavailable, dialled + "connect: connection refused\""))
    case .noRoute: APIError(ControlError(.unavailable, dialled + "connect: no route to host\""))
    case .timedOut: APIError(ControlError(.unavailable, dialled + "i/o timeout\""))
    case nil: APIError(ControlError(.unavailable, "error reading from server: EOF"))
    }
  }
}
