import Engine
import SimBase
import SimKernel
import SwarmManager
import SwarmModel
import SwarmStore
import SwarmWorker

/// Driving the agent: which manager it talks to, and what follows from what it hears.
///
/// Source: moby/swarmkit `node/node.go`, `connectionbroker/broker.go`.
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

  /// The node has something else to tell of itself.
  mutating func redescribe(at now: Instant, network: inout SimNetwork<Wire>) {
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
}
