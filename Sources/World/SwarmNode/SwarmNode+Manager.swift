import Raft
import SimBase
import SimKernel
import SwarmManager
import SwarmModel
import SwarmStore
import SwarmWorker

/// Driving the manager: its orders to disk and network, its answers to whoever on this node called.
extension SwarmNode {
  /// A request at this node's API asks the swarm something. It is answered by a completion.
  public mutating func control(
    _ request: ControlRequest, for id: RequestID, at now: Instant, network: inout SimNetwork<Wire>
  ) {
    if let refusal = standing.managerRefusal {
      completions.append((id, .swarm(.failure(refusal))))
      return
    }
    var out = Outbox<ManagerOrder>()
    let caller = Caller(node: nodeID, ip: advertisedIP)
    swarm?.manager?.value.serveLocal(
      .control(request), from: caller, as: .request(id), at: now, dice: &dice, into: &out)
    obey(&out, at: now, network: &network)
  }

  /// A request at this node's API wants logs from all over the swarm. They come as completions.
  public mutating func logs(
    _ selector: LogSelector, for id: RequestID, at now: Instant, network: inout SimNetwork<Wire>
  ) {
    var out = Outbox<ManagerOrder>()
    let caller = Caller(node: nodeID, ip: advertisedIP)
    swarm?.manager?.value.serveLocal(.logs(selector), from: caller, as: .request(id), at: now, dice: &dice, into: &out)
    obey(&out, at: now, network: &network)
  }

  /// The request is not waited for any more.
  public mutating func cancel(_ id: RequestID, at now: Instant, network: inout SimNetwork<Wire>) {
    if swarm?.waiting == id { swarm?.waiting = nil }
    completions.removeAll { $0.request == id }
    for (number, request) in swarm?.requestCalls ?? [:] where request == id { swarm?.requestCalls[number] = nil }
    var out = Outbox<ManagerOrder>()
    swarm?.manager?.value.cancelLocal(.request(id), into: &out)
    obey(&out, at: now, network: &network)
  }

  /// Where this node stands in a swarm, as far as its API goes.
  public var standing: SwarmStanding {
    guard let member = swarm else { return .inactive }
    if member.state == .locked { return .locked }
    if member.manager != nil { return .manager }
    if member.raftJoin != nil { return .managerStarting }
    // One that is still on its way in is no manager either; one that failed runs nothing.
    if case .error = member.state { return .inactive }
    return .worker
  }

  mutating func beginManager(at now: Instant, network: inout SimNetwork<Wire>) {
    var out = Outbox<ManagerOrder>()
    swarm?.manager?.value.begin(at: now, dice: &dice, into: &out)
    obey(&out, at: now, network: &network)
  }

  mutating func obey(_ out: inout Outbox<ManagerOrder>, at now: Instant, network: inout SimNetwork<Wire>) {
    while !out.isEmpty {
      for order in out.drain() { obey(order, at: now, network: &network, into: &out) }
    }
  }

  private mutating func obey(
    _ order: ManagerOrder, at now: Instant, network: inout SimNetwork<Wire>, into out: inout Outbox<ManagerOrder>
  ) {
    switch order {
    case .send(let connection, let wire): network.send(wire, on: connection, from: host, at: now)
    case .dialPeer(let id, let addr):
      guard let address = NetAddress(addr, defaultPort: SwarmNode.managerPort) else { return }
      let connection = network.dial(from: host, to: address, at: now)
      uses[connection] = .peer
      swarm?.manager?.value.peerDialled(id, on: connection)
    case .probe(let ref, let addr):
      guard let address = NetAddress(addr, defaultPort: SwarmNode.managerPort) else { return }
      uses[network.dial(from: host, to: address, at: now)] = .probe(ref, addr: addr)
    case .close(let connection):
      uses[connection] = nil
      network.close(connection, from: host, at: now)
    case .persist(let pieces):
      for piece in pieces { disk.append(kept(piece), to: SwarmNode.walFile) }
      swarm?.wantsSync = true
    case .note(let pieces): for piece in pieces { disk.append(kept(piece), to: SwarmNode.walFile) }
    case .rewrite(let bytes): writeWAL(bytes)
    case .answer(let local, let reply): answer(local, reply, at: now, network: &network)
    case .changed(let event):
      if now >= swarm?.unseenUntil ?? now { storeEvents.append(event) }
      if case .cluster(_, let new?) = event {
        // A manager keeps its data under the cluster's key, from when it hears of it.
        lock(with: new.value.spec.autoLockManagers ? UnlockKey(new.value.unlockKey) : nil)
      }
    case .leadershipChanged: break
    case .removed:
      stopManager(at: now, network: &network)
      swarm?.demotionDeadline = now + SwarmMember.demotionPatience
      swarm?.hasAskedForDemotion = false
    }
  }

  private mutating func answer(
    _ local: LocalCall, _ reply: Reply, at now: Instant, network: inout SimNetwork<Wire>
  ) {
    switch local {
    case .agent(let number): toAgent(reply, number, at: now, network: &network)
    case .certificate: toCertificate(reply, at: now, network: &network)
    case .request(let id):
      switch reply {
      case .control(let result): completions.append((id, .control(result)))
      case .logs(let reply): completions.append((id, .logs(reply)))
      case .refused(let error): completions.append((id, .refused(error)))
      case .dispatcher, .ca, .joined: break
      }
    }
  }

  /// The manager ends: this node is a worker from now on, or about to become one. Its Raft state is wiped.
  mutating func stopManager(at now: Instant, network: inout SimNetwork<Wire>) {
    guard swarm?.manager != nil || swarm?.raftJoin != nil else { return }
    failRequests(.worker)
    for (connection, use) in uses {
      switch use {
      case .inbound, .peer, .probe, .raftJoin:
        uses[connection] = nil
        network.close(connection, from: host, at: now)
      case .agent, .certificate: break
      }
    }
    if let addr = swarm?.identity?.listenAddr, let address = NetAddress(addr, defaultPort: SwarmNode.managerPort) {
      network.unlisten(host, at: address)
    }
    swarm?.manager = nil
    swarm?.raftJoin = nil
    disk.remove(SwarmNode.walFile)
    if swarm?.agentChannel == .local {
      swarm?.agentChannel = nil
      var orders = Outbox<AgentOrder>()
      swarm?.agent?.disconnected(at: now, dice: &dice, into: &orders)
      obey(&orders, at: now, network: &network)
    }
    if swarm?.certificateChannel == .local {
      swarm?.certificateChannel = nil
      var orders = Outbox<CertificateRequest.Order>()
      swarm?.certificate?.disconnected(.managerGone, at: now, into: &orders)
      obey(&orders, at: now, network: &network)
    }
  }

  /// Requests that this node's manager was to answer never will be.
  mutating func failRequests(_ standing: SwarmStanding) {
    guard let refusal = standing.managerRefusal else { return }
    for request in swarm?.manager?.value.localRequests ?? [] {
      completions.append((request, .swarm(.failure(refusal))))
    }
  }

  // MARK: Becoming a manager

  /// Asks a known manager to be let into Raft.
  mutating func startRaftJoin(at now: Instant, network: inout SimNetwork<Wire>) {
    if swarm?.raftJoin == nil { swarm?.raftJoin = SwarmMember.RaftJoin() }
    listen(network: &network)
    let own = swarm?.identity?.advertiseAddr
    let chosen = swarm?.joinAddr ?? swarm?.remotes.select(dice: &dice, excluding: own)?.addr
    guard let addr = chosen, let address = NetAddress(addr, defaultPort: SwarmNode.managerPort) else {
      swarm?.raftJoin?.deadline = now + SwarmMember.raftJoinPause
      return
    }
    let connection = network.dial(from: host, to: address, at: now)
    uses[connection] = .raftJoin(addr: addr)
    swarm?.raftJoin?.connection = connection
    swarm?.raftJoin?.deadline = now + SwarmMember.raftJoinPatience
  }

  mutating func askToJoinRaft(on connection: ConnectionID, at now: Instant, network: inout SimNetwork<Wire>) {
    guard let identity = swarm?.identity else { return }
    let call = Call.join(node: identity.node, addr: identity.advertiseAddr)
    network.send(
      .call(0, call, Caller(node: identity.node, ip: advertisedIP)), on: connection, from: host, at: now)
  }

  /// A node that has just got in gives up; one that has been promoted tries again.
  ///
  /// Source: moby/moby `daemon/cluster/noderunner.go` (`handleNodeExit`).
  mutating func raftJoinFailed(_ refusal: APIError, at now: Instant, network: inout SimNetwork<Wire>) {
    if let waiting = swarm?.waiting {
      let text = "manager stopped: can't initialize raft node: \(refusal.message)"
      completions.append((waiting, .swarm(.failure(APIError(.system, text)))))
      swarm?.waiting = nil
      endSwarm(Departure(request: nil, node: nodeID ?? NodeID(raw: 0)), at: now, network: &network)
      return
    }
    swarm?.raftJoin?.connection = nil
    swarm?.raftJoin?.deadline = now + SwarmMember.raftJoinPause
  }

  mutating func raftJoinAnswered(
    _ reply: Reply, on connection: ConnectionID, at now: Instant, network: inout SimNetwork<Wire>
  ) {
    uses[connection] = nil
    network.close(connection, from: host, at: now)
    guard case .joined(let id, let members) = reply, let identity = swarm?.identity else {
      guard case .refused(let error) = reply, error.code == .unavailable else {
        // Another member is just coming in, or the leader is changing.
        swarm?.raftJoin?.connection = nil
        swarm?.raftJoin?.deadline = now + SwarmMember.raftJoinPause
        return
      }
      raftJoinFailed(APIError(error), at: now, network: &network)
      return
    }
    let early = swarm?.raftJoin?.early ?? []
    swarm?.raftJoin = nil
    swarm?.joinAddr = nil
    swarm?.manager = Aside(
      .joining(
        node: identity.node, addr: identity.advertiseAddr, id: id, members: members, at: now, dice: &dice))
    startWAL()
    beginManager(at: now, network: &network)
    for (source, wire) in early {
      guard case .inbound = uses[source] else { continue }
      received(wire, on: source, at: now, network: &network)
    }
    becomeActiveIfReady(at: now)
  }
}
