import Engine
import SimBase
import SimKernel
import SwarmManager
import SwarmModel
import SwarmStore
import SwarmWorker

/// Driving the agent and the node's certificate: which manager they talk to, and what follows from what they hear.
///
/// Source: moby/swarmkit `node/node.go`, `ca/renewer.go`, `connectionbroker/broker.go`.
extension SwarmNode {
  mutating func startAgent(at now: Instant, network: inout SimNetwork<Wire>) {
    guard let identity = swarm?.identity else { return }
    var orders = Outbox<AgentOrder>()
    var agent = Agent(
      node: identity.node, description: describe(), records: disk.records(SwarmNode.tasksFile), engine: engine)
    agent.start(at: now, engine: &docker.value, dice: &dice, into: &orders)
    swarm?.agent = agent
    obey(&orders, at: now, network: &network)
  }

  /// What this node tells of itself.
  public func describe() -> NodeDescription {
    var description = NodeDescription()
    description.hostname = hostname
    description.architecture = "x86_64"
    description.os = "linux"
    description.resources.nanoCPUs = Int64(engine.config.cpus) * 1_000_000_000
    description.resources.memoryBytes = Int64(engine.config.memory)
    for resource in engine.config.daemon.resources {
      switch resource {
      case .discrete(let kind, let count):
        description.resources.generic.append(.discrete(kind: kind, value: count))
      case .named(let kind, let names):
        description.resources.generic += names.map { .named(kind: kind, value: $0) }
      }
    }
    for label in engine.config.daemon.labels {
      let parts = label.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      description.engineLabels[String(parts[0])] = parts.count > 1 ? String(parts[1]) : ""
    }
    description.engineVersion = EngineVersion.current
    description.plugins = EngineVersion.plugins
    description.trust = swarm?.identity?.trust ?? TrustInfo()
    return description
  }

  /// The node has something else to tell of itself.
  private mutating func redescribe(at now: Instant, network: inout SimNetwork<Wire>) {
    let description = describe()
    var orders = Outbox<AgentOrder>()
    swarm?.agent?.describe(description, at: now, dice: &dice, into: &orders)
    obey(&orders, at: now, network: &network)
  }

  mutating func obey(_ orders: inout Outbox<AgentOrder>, at now: Instant, network: inout SimNetwork<Wire>) {
    while !orders.isEmpty {
      for order in orders.drain() { obey(order, at: now, network: &network, into: &orders) }
    }
  }

  private mutating func obey(
    _ order: AgentOrder, at now: Instant, network: inout SimNetwork<Wire>, into orders: inout Outbox<AgentOrder>
  ) {
    switch order {
    case .connect: connectAgent(at: now, network: &network, into: &orders)
    case .call(let activity, let call): callDispatcher(activity, call, at: now, network: &network)
    case .disconnect: disconnectAgent(at: now, network: &network)
    case .registered: becomeActiveIfReady(at: now)
    case .message(let message): heard(message, at: now, network: &network)
    case .record(let bytes):
      disk.append(bytes, to: SwarmNode.tasksFile)
      disk.sync(SwarmNode.tasksFile)
    case .rewriteRecords(let records):
      disk.replace(SwarmNode.tasksFile, with: records)
      disk.sync(SwarmNode.tasksFile)
    case .noticed(let notice): notices.append(notice)
    }
  }

  private mutating func connectAgent(
    at now: Instant, network: inout SimNetwork<Wire>, into orders: inout Outbox<AgentOrder>
  ) {
    if swarm?.manager != nil {
      swarm?.agentChannel = .local
      swarm?.agent?.connected(at: now, into: &orders)
      return
    }
    let chosen =
      swarm?.remotes.select(dice: &dice) ?? swarm?.joinAddr.map { ManagerPeer(node: nil, addr: $0) }
    guard let peer = chosen, let address = NetAddress(peer.addr, defaultPort: SwarmNode.managerPort) else {
      swarm?.agent?.disconnected(at: now, dice: &dice, into: &orders)
      return
    }
    let connection = network.dial(from: host, to: address, at: now)
    uses[connection] = .agent(peer)
    swarm?.agentChannel = .remote(connection, peer)
  }

  private mutating func callDispatcher(
    _ activity: AgentSession.Activity, _ call: DispatcherCall, at now: Instant, network: inout SimNetwork<Wire>
  ) {
    guard let channel = swarm?.agentChannel else { return }
    swarm?.lastCall += 1
    let number = swarm?.lastCall ?? 0
    swarm?.agentCalls[number] = activity
    let caller = Caller(node: nodeID, ip: advertisedIP)
    switch channel {
    case .remote(let connection, _):
      network.send(.call(number, .dispatcher(call), caller), on: connection, from: host, at: now)
    case .local:
      var out = Outbox<ManagerOrder>()
      swarm?.manager?.value.serveLocal(
        .dispatcher(call), from: caller, as: .agent(number), at: now, dice: &dice, into: &out)
      obey(&out, at: now, network: &network)
    }
  }

  private mutating func disconnectAgent(at now: Instant, network: inout SimNetwork<Wire>) {
    switch swarm?.agentChannel {
    case .remote(let connection, let peer):
      swarm?.remotes.failed(peer)
      uses[connection] = nil
      network.close(connection, from: host, at: now)
    case .local:
      var out = Outbox<ManagerOrder>()
      for number in swarm?.agentCalls.keys ?? [] { swarm?.manager?.value.cancelLocal(.agent(number), into: &out) }
      obey(&out, at: now, network: &network)
    case nil: break
    }
    swarm?.agentChannel = nil
    swarm?.agentCalls.removeAll()
    failRequestCalls()
  }

  mutating func toAgent(_ reply: Reply, _ number: UInt64, at now: Instant, network: inout SimNetwork<Wire>) {
    guard let activity = swarm?.agentCalls[number] else { return toRequest(reply, number) }
    if reply.isLast { swarm?.agentCalls[number] = nil }
    var news = Outbox<AgentSession.Order>()
    switch reply {
    case .dispatcher(let answer): swarm?.agent?.answered(activity, answer, at: now, dice: &dice, into: &news)
    case .refused(let error): swarm?.agent?.answered(activity, .refused(error), at: now, dice: &dice, into: &news)
    case .ca, .joined, .control, .logs: break
    }
    if news.isEmpty { return }
    var orders = Outbox<AgentOrder>()
    swarm?.agent?.heed(&news, at: now, engine: &docker.value, into: &orders)
    obey(&orders, at: now, network: &network)
  }

  /// News from the dispatcher about the node itself: who the managers are, and what the node is to be.
  private mutating func heard(_ message: SessionMessage, at now: Instant, network: inout SimNetwork<Wire>) {
    for peer in message.managers { swarm?.remotes.listed(peer) }
    swarm?.remotes.keepOnly(message.managers)
    if !message.managers.isEmpty { swarm?.knownManagers = message.managers }
    let node = message.node.value
    // A change hurries the renewal, even one that is being backed off from; the same wish again does not.
    let hasNewRole = node.spec.desiredRole != swarm?.desiredRole ?? swarm?.identity?.certificate.role
    swarm?.desiredRole = node.spec.desiredRole
    if !message.trustRoot.isEmpty, swarm?.identity?.trust.trustRoot != message.trustRoot {
      swarm?.identity?.trust.trustRoot = message.trustRoot
      saveIdentity()
      redescribe(at: now, network: &network)
    }
    if swarm?.identity?.remotes != swarm?.remotes {
      let remotes = swarm?.remotes ?? Remotes()
      swarm?.identity?.remotes = remotes
      saveIdentity()
    }
    if (hasNewRole || node.certificate.state == .rotate) && swarm?.certificate == nil {
      let planned = swarm?.renewAt
      swarm?.renewAt = earliest(planned, now + SwarmMember.forcedRenewalDelay)
    }
  }

  /// A node is active once its agent is registered and, on a manager, Raft is up; then `init` and `join` answer.
  mutating func becomeActiveIfReady(at now: Instant) {
    guard let member = swarm, member.agent?.session.isActive == true, member.state != .active,
      let node = member.identity?.node
    else { return }
    if member.identity?.certificate.role == .manager && member.manager == nil { return }
    swarm?.state = .active
    swarm?.startsUntil = nil
    engine.isInSwarm = true
    swarm?.joinAddr = nil
    swarm?.waitDeadline = nil
    if member.unseenUntil != nil, let object = member.manager?.value.store.nodes[node] {
      // A real node is ready a little after its engine has begun to watch; what else the founding did is past by then.
      var before = object.value
      before.status.state = .unknown
      storeEvents.append(.node(old: Shared(before), new: object))
      swarm?.unseenUntil = now + SwarmMember.foundingPatience
    }
    if let waiting = member.waiting {
      swarm?.waiting = nil
      completions.append((waiting, .swarm(.success(node))))
    }
  }

  mutating func wakeSwarm(at now: Instant, network: inout SimNetwork<Wire>) {
    if swarm == nil { return }
    if let due = swarm?.agent?.nextDeadline, due <= now {
      var orders = Outbox<AgentOrder>()
      // A heartbeat leaves the engine alone, which copies of the node may share.
      if swarm?.agent?.hasTasksDue(at: now) == true {
        swarm?.agent?.wakeTasks(at: now, engine: &docker.value, into: &orders)
      }
      swarm?.agent?.wakeSession(at: now, dice: &dice, into: &orders)
      obey(&orders, at: now, network: &network)
    }
    if let due = swarm?.manager?.value.findDeadline(), due <= now {
      var out = Outbox<ManagerOrder>()
      swarm?.manager?.value.wake(at: now, dice: &dice, into: &out)
      obey(&out, at: now, network: &network)
    }
    if let due = swarm?.certificate?.nextDeadline, due <= now {
      var orders = Outbox<CertificateRequest.Order>()
      swarm?.certificate?.wake(at: now, dice: &dice, into: &orders)
      obey(&orders, at: now, network: &network)
    }
    if let due = swarm?.raftJoin?.deadline, due <= now {
      if let connection = swarm?.raftJoin?.connection {
        uses[connection] = nil
        network.close(connection, from: host, at: now)
      }
      swarm?.raftJoin?.connection = nil
      startRaftJoin(at: now, network: &network)
    }
    if let due = swarm?.renewAt, due <= now { renewCertificate(at: now, network: &network) }
    if let due = swarm?.demotionDeadline, due <= now { demotionOverdue(at: now, network: &network) }
    if let due = swarm?.startsUntil, due <= now { swarm?.startsUntil = nil }
    if let due = swarm?.waitDeadline, due <= now {
      swarm?.waitDeadline = nil
      if let waiting = swarm?.waiting {
        swarm?.waiting = nil
        completions.append((waiting, .swarm(.failure(.joinTimeout))))
      }
    }
  }

  // MARK: Certificates

  /// Somewhere between 50 and 80 % of the certificate's life, in whole minutes.
  mutating func scheduleRenewal(at now: Instant) {
    guard let certificate = swarm?.identity?.certificate else { return }
    let minutes = (certificate.notAfter - certificate.notBefore).seconds / 60
    let (low, high) = (minutes / 2, minutes * 8 / 10)
    let drawn = low < high ? low + Int64(dice.below(UInt64(high - low))) : low
    swarm?.renewAt = max(now, certificate.notBefore + .minutes(drawn))
    swarm?.renewalFailures = 0
  }

  private mutating func renewCertificate(at now: Instant, network: inout SimNetwork<Wire>) {
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
  private mutating func demotionOverdue(at now: Instant, network: inout SimNetwork<Wire>) {
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

/// Which Docker the lab's engines say they are.
public enum EngineVersion {
  /// The engine's version.
  public static let current = "28.5.2"

  /// Network drivers.
  public static let networkDrivers = ["bridge", "host", "ipvlan", "macvlan", "null", "overlay"]

  /// The plugins of an engine without any installed, sorted as it reports them.
  public static let plugins: [EnginePlugin] =
    Engine.logDrivers.map { EnginePlugin(type: "Log", name: $0) }
    + networkDrivers.map { EnginePlugin(type: "Network", name: $0) }
    + [EnginePlugin(type: "Volume", name: "local")]
}
