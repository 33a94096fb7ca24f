import SimBase
import SimKernel
import SwarmManager
import SwarmModel
import SwarmWorker

/// Driving the request for the node's certificate, and what follows from the certificate: the role that the node takes, and
/// when it asks for the next.
///
/// Source: moby/swarmkit `node/node.go`, `ca/renewer.go`, `ca/certificates.go`.
extension SwarmNode {
  /// Somewhere between 50 and 80 % of the certificate's life, in whole minutes.
  mutating func scheduleRenewal(at now: Instant) {
    guard let certificate = swarm?.identity?.certificate else { return }
    let minutes = (certificate.notAfter - certificate.notBefore).seconds / 60
    let (low, high) = (minutes / 2, minutes * 8 / 10)
    let drawn = low < high ? low + Int64(dice.below(UInt64(high - low))) : low
    swarm?.renewAt = max(now, certificate.notBefore + .minutes(drawn))
    swarm?.renewalFailures = 0
  }

  mutating func renewCertificate(at now: Instant, network: inout SimNetwork<Wire>) {
    swarm?.renewAt = nil
    guard let node = nodeID, swarm?.certificate == nil else { return }
    swarm?.certificate = CertificateRequest(.renew(node), dice: &dice)
    var orders = Outbox<CertificateRequest.Order>()
    swarm?.certificate?.start(at: now, into: &orders)
    obey(&orders, at: now, network: &network)
  }

  mutating func obey(
    _ orders: inout Outbox<CertificateRequest.Order>, at now: Instant, network: inout SimNetwork<Wire>
  ) {
    while !orders.isEmpty {
      for order in orders.drain() { obey(order, at: now, network: &network, into: &orders) }
    }
  }

  private mutating func obey(
    _ order: CertificateRequest.Order, at now: Instant, network: inout SimNetwork<Wire>,
    into orders: inout Outbox<CertificateRequest.Order>
  ) {
    switch order {
    case .connect: connectCertificate(at: now, network: &network, into: &orders)
    case .call(let call):
      let caller = Caller(node: nodeID, ip: advertisedIP)
      swarm?.lastCall += 1
      let number = swarm?.lastCall ?? 0
      switch swarm?.certificateChannel {
      case .remote(let connection):
        network.send(.call(number, .ca(call), caller), on: connection, from: host, at: now)
      case .local:
        var out = Outbox<ManagerOrder>()
        swarm?.manager?.value.serveLocal(
          .ca(call), from: caller, as: .certificate(number), at: now, dice: &dice, into: &out)
        obey(&out, at: now, network: &network)
      case nil: break
      }
    case .disconnect: disconnectCertificate(at: now, network: &network)
    case .obtained(let certificate, let key, let trust):
      obtained(certificate, key, trust, at: now, network: &network)
    case .failed(let refusal): certificateFailed(refusal, at: now)
    }
  }

  private mutating func connectCertificate(
    at now: Instant, network: inout SimNetwork<Wire>, into orders: inout Outbox<CertificateRequest.Order>
  ) {
    disconnectCertificate(at: now, network: &network)
    if swarm?.manager != nil {
      swarm?.certificateChannel = .local
      swarm?.certificate?.connected(at: now, into: &orders)
      return
    }
    let chosen = swarm?.joinAddr ?? swarm?.remotes.select(dice: &dice)?.addr
    guard let addr = chosen, let address = NetAddress(addr, defaultPort: SwarmNode.managerPort) else {
      swarm?.certificate?.disconnected(.managerGone, at: now, into: &orders)
      return
    }
    let connection = network.dial(from: host, to: address, at: now)
    uses[connection] = .certificate(addr)
    swarm?.certificateChannel = .remote(connection)
  }

  private mutating func disconnectCertificate(at now: Instant, network: inout SimNetwork<Wire>) {
    if case .remote(let connection)? = swarm?.certificateChannel {
      uses[connection] = nil
      network.close(connection, from: host, at: now)
    }
    swarm?.certificateChannel = nil
  }

  mutating func toCertificate(_ reply: Reply, at now: Instant, network: inout SimNetwork<Wire>) {
    var orders = Outbox<CertificateRequest.Order>()
    switch reply {
    case .ca(let answer): swarm?.certificate?.answered(answer, at: now, dice: &dice, into: &orders)
    case .refused(let error):
      swarm?.certificate?.answered(.refused(error), at: now, dice: &dice, into: &orders)
    case .dispatcher, .joined, .control, .logs: break
    }
    obey(&orders, at: now, network: &network)
  }

  private mutating func obtained(
    _ certificate: Certificate, _ key: [UInt8], _ trust: TrustInfo, at now: Instant,
    network: inout SimNetwork<Wire>
  ) {
    disconnectCertificate(at: now, network: &network)
    let failures = swarm?.renewalFailures ?? 0
    swarm?.certificate = nil
    let isFirst = swarm?.identity == nil
    var identity = swarm?.identity ?? NodeIdentity()
    identity.certificate = certificate
    identity.node = certificate.node
    identity.trust = trust
    if isFirst {
      identity.advertiseAddr = swarm?.joinAdvertise ?? ""
      identity.listenAddr = swarm?.joinListen ?? ""
      if let addr = swarm?.joinAddr { swarm?.remotes.listed(ManagerPeer(node: nil, addr: addr)) }
      identity.remotes = swarm?.remotes ?? Remotes()
    }
    swarm?.identity = identity
    swarm?.secrets.certificateKey = key
    saveIdentity()
    saveSecrets()
    // A worker keeps nothing that would be worth a lock.
    if certificate.role == .worker { lock(with: nil) }
    redescribe(at: now, network: &network)
    scheduleRenewal(at: now)
    let hasManager = swarm?.manager != nil || swarm?.raftJoin != nil
    if certificate.role == .worker { swarm?.demotionDeadline = nil }
    // Who was removed from Raft does not go back in for a certificate that came too early to say "worker".
    if certificate.role == .manager && !hasManager && swarm?.demotionDeadline == nil {
      startRaftJoin(at: now, network: &network)
    }
    if certificate.role == .worker && hasManager { stopManager(at: now, network: &network) }
    if let desired = swarm?.desiredRole, desired != certificate.role { backOffRenewal(after: failures, at: now) }
    if isFirst { startAgent(at: now, network: &network) }
  }

  /// A manager was removed from Raft and has no worker's certificate yet: it asks for one, and the second time comes back.
  mutating func demotionOverdue(at now: Instant, network: inout SimNetwork<Wire>) {
    if swarm?.hasAskedForDemotion == false {
      swarm?.hasAskedForDemotion = true
      swarm?.demotionDeadline = now + SwarmMember.demotionPatience
      if swarm?.certificate == nil { renewCertificate(at: now, network: &network) }
      return
    }
    swarm?.demotionDeadline = nil
    startRaftJoin(at: now, network: &network)
  }

  /// The certificate does not carry the role that was hoped for: ask again, at random below a growing bound.
  private mutating func backOffRenewal(after failures: Int64, at now: Instant) {
    swarm?.renewalFailures = failures + 1
    let bound = min(
      SwarmMember.renewalBackoff + SwarmMember.renewalBackoff * (Int64(1) << min(failures, 10)),
      SwarmMember.maxRenewalBackoff)
    swarm?.renewAt = now + dice.duration(in: .zero..<bound)
  }

  private mutating func certificateFailed(_ refusal: APIError, at now: Instant) {
    swarm?.certificate = nil
    if swarm?.identity != nil {
      backOffRenewal(after: swarm?.renewalFailures ?? 0, at: now)
      return
    }
    // A first join that failed leaves nothing behind, unless its request has been answered already.
    if let waiting = swarm?.waiting {
      completions.append((waiting, .swarm(.failure(refusal))))
      swarm = nil
    } else {
      swarm?.state = .error(refusal.message)
    }
  }
}
