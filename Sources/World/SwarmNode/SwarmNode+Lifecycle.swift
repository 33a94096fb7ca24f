import Engine
import Raft
import SimBase
import SimKernel
import SwarmManager
import SwarmModel
import SwarmWorker

/// Into a swarm, and out of it again. Source: moby/moby `daemon/cluster/swarm.go`; moby/swarmkit `node/node.go`.
extension SwarmNode {
  /// Makes a new swarm with this node as its only manager. The request is answered when the node is active.
  public mutating func initSwarm(
    _ request: InitRequest, for id: RequestID, at now: Instant, network: inout SimNetwork<Wire>
  ) {
    if swarm != nil && request.forceNewCluster {
      forceNewCluster(request, for: id, at: now, network: &network)
      return
    }
    if swarm != nil {
      completions.append((id, .swarm(.failure(.alreadyInSwarm))))
      return
    }
    var cluster = Cluster()
    cluster.id = ClusterID(drawnFrom: &dice)
    cluster.spec = request.spec
    cluster.rootCA = RootCA(at: now, dice: &dice)
    cluster.joinTokens.worker = cluster.rootCA.joinToken(dice: &dice)
    cluster.joinTokens.manager = cluster.rootCA.joinToken(dice: &dice)
    if request.spec.autoLockManagers { cluster.unlockKey = UnlockKey(dice: &dice).text }
    cluster.defaultAddressPool = request.addressPool ?? []
    cluster.subnetSize = request.subnetSize
    cluster.dataPathPort = request.dataPathPort
    let advertise = request.advertiseAddr ?? NetAddress(ip: ip, port: request.listenPort)
    var identity = NodeIdentity()
    identity.node = NodeID(drawnFrom: &dice)
    identity.certificate = Certificate(node: identity.node, role: .manager, cluster: cluster, at: now)
    identity.trust = TrustInfo(root: cluster.rootCA.certificate, issuer: cluster.rootCA)
    identity.listenAddr = NetAddress(ip: ip, port: request.listenPort).description
    identity.advertiseAddr = advertise.description
    identity.availability = request.availability
    var member = SwarmMember()
    member.identity = identity
    member.advertisedIP = advertise.ip
    member.unseenUntil = .distantFuture
    member.waiting = id
    member.waitDeadline = now + SwarmMember.joinPatience
    member.knownManagers = [ManagerPeer(node: identity.node, addr: identity.advertiseAddr)]
    var bootstrap = Bootstrap()
    bootstrap.cluster = cluster
    bootstrap.certificate = identity.certificate
    bootstrap.availability = request.availability
    bootstrap.hasEmptyPools = request.addressPool == []
    member.manager = Aside(
      .founding(
        node: identity.node, addr: identity.advertiseAddr, bootstrap: bootstrap, at: now, dice: &dice))
    // The founder draws no key: it has one that follows from the root's.
    member.secrets.certificateKey = SHA256.digest(cluster.rootCA.key + Array(identity.node.description.utf8))
    swarm = member
    saveIdentity()
    saveSecrets()
    lock(with: UnlockKey(cluster.unlockKey))
    startWAL()
    listen(network: &network)
    scheduleRenewal(at: now)
    beginManager(at: now, network: &network)
    startAgent(at: now, network: &network)
  }

  /// Joins a swarm. The request is answered when the node is active, when the join has failed, or after 20 s.
  public mutating func joinSwarm(
    _ request: JoinRequest, for id: RequestID, at now: Instant, network: inout SimNetwork<Wire>
  ) {
    if swarm != nil {
      completions.append((id, .swarm(.failure(.alreadyInSwarm))))
      return
    }
    let token = JoinToken(request.token)
    if token == nil && !request.token.isEmpty {
      completions.append((id, .swarm(.failure(.malformedJoinToken))))
      return
    }
    var member = SwarmMember()
    member.joinAddr = request.remote.description
    let advertise = request.advertiseAddr ?? NetAddress(ip: ip, port: request.listenPort)
    member.joinAdvertise = advertise.description
    member.joinListen = NetAddress(ip: ip, port: request.listenPort).description
    member.advertisedIP = advertise.ip
    member.waiting = id
    member.waitDeadline = now + SwarmMember.joinPatience
    member.knownManagers = [ManagerPeer(node: nil, addr: request.remote.description)]
    member.certificate = CertificateRequest(
      .join(token, text: request.token, availability: request.availability), dice: &dice)
    swarm = member
    var orders = Outbox<CertificateRequest.Order>()
    swarm?.certificate?.start(at: now, into: &orders)
    obey(&orders, at: now, network: &network)
  }

  /// Opens a locked manager's data with its key.
  public mutating func unlock(_ key: String, for id: RequestID, at now: Instant, network: inout SimNetwork<Wire>) {
    if let refusal = standing.unlockRefusal {
      completions.append((id, .swarm(.failure(refusal))))
      return
    }
    guard let key = UnlockKey(key) else {
      completions.append((id, .swarm(.failure(.malformedUnlockKey))))
      return
    }
    guard case .sealed(let sealed)? = disk.records(SwarmNode.secretsFile).first.flatMap(NodeSecrets.read),
      let secrets = NodeSecrets(sealed, unlockedBy: key)
    else {
      completions.append((id, .swarm(.failure(.wrongUnlockKey))))
      return
    }
    swarm?.secrets = secrets
    swarm?.lockKey = key
    swarm?.waiting = id
    swarm?.waitDeadline = now + SwarmMember.joinPatience
    startMember(at: now, network: &network)
  }

  /// Leaves the swarm: task containers and all state of it are gone afterwards.
  public mutating func leaveSwarm(force: Bool, for id: RequestID, at now: Instant, network: inout SimNetwork<Wire>) {
    guard let member = swarm else {
      completions.append((id, .swarm(.failure(.notInSwarm))))
      return
    }
    if !force, let refusal = objectionToLeaving(member) {
      completions.append((id, .swarm(.failure(refusal))))
      return
    }
    let node = member.identity?.node ?? NodeID(raw: 0)
    if let waiting = member.waiting { completions.append((waiting, .swarm(.failure(.joinTimeout)))) }
    endSwarm(Departure(request: id, node: node), at: now, network: &network)
  }

  /// A node that has left is done when the last container of a task is gone.
  mutating func departIfEmpty() {
    guard let left = departure, !engine.containers.contains(where: { $0.task != nil }) else { return }
    departure = nil
    for network in engine.networks where network.isSwarm { engine.removeSwarmNetwork(network.id) }
    if let request = left.request { completions.append((request, .swarm(.success(left.node)))) }
  }

  private func objectionToLeaving(_ member: SwarmMember) -> APIError? {
    if member.state == .locked { return .leaveLocked }
    guard let manager = member.manager?.value else { return nil }
    let view = manager.view
    let reachable = view.members.count { $0.isReachable }
    return .leaveAsManager(
      isActive: true, isReachable: view.member(on: manager.node)?.isReachable ?? false,
      counts: !manager.reachesLeader ? nil : (reachable, view.members.count - reachable))
  }

  /// Everything of the swarm goes: connections, containers of tasks, files.
  mutating func endSwarm(_ left: Departure, at now: Instant, network: inout SimNetwork<Wire>) {
    for connection in uses.keys { network.close(connection, from: host, at: now) }
    uses.removeAll()
    if let address = swarm?.identity.flatMap({ NetAddress($0.listenAddr, defaultPort: SwarmNode.managerPort) }) {
      network.unlisten(host, at: address)
    }
    failRequests(.inactive)
    swarm = nil
    engine.isInSwarm = false
    var out = Outbox<EngineNotice>()
    for container in engine.containers where container.task != nil {
      try? engine.remove(.id(container.id), force: true, withVolumes: true, at: now, into: &out)
    }
    // Plain containers lose their places on the swarm's networks, and those go.
    for record in engine.networks where record.isSwarm {
      for container in engine.containers where container.endpoints.contains(where: { $0.network == record.id }) {
        try? engine.disconnect(.id(container.id), from: record.id.description, at: now, into: &out)
      }
      engine.removeSwarmNetwork(record.id)
    }
    notices += out.drain()
    for file in [SwarmNode.identityFile, SwarmNode.secretsFile, SwarmNode.walFile, SwarmNode.tasksFile] {
      disk.remove(file)
    }
    departure = left
    departIfEmpty()
  }

  /// Keeps the cluster's data, with this node as its only manager.
  private mutating func forceNewCluster(
    _ request: InitRequest, for id: RequestID, at now: Instant, network: inout SimNetwork<Wire>
  ) {
    guard let identity = swarm?.identity, swarm?.manager != nil else {
      completions.append((id, .swarm(.failure(SwarmStanding.worker.managerRefusal ?? .notInSwarm))))
      return
    }
    for connection in uses.keys { network.close(connection, from: host, at: now) }
    uses.removeAll()
    failRequests(.managerStarting)
    let entry = ManagerEntry(member: ManagerPeer(node: identity.node, addr: identity.advertiseAddr))
    guard var durable = readWAL() else { return }
    _ = durable.forceNewCluster(payload: Shared(entry), size: entry.size)
    writeWAL(RaftWAL.file(durable.records))
    var member = SwarmMember()
    member.identity = identity
    member.secrets = swarm?.secrets ?? NodeSecrets()
    member.lockKey = swarm?.lockKey
    member.identity?.remotes = Remotes()
    member.advertisedIP = swarm?.advertisedIP ?? ip
    member.waiting = id
    member.waitDeadline = now + SwarmMember.joinPatience
    member.knownManagers = [ManagerPeer(node: identity.node, addr: identity.advertiseAddr)]
    member.manager = Aside(
      .restarting(
        node: identity.node, addr: identity.advertiseAddr, durable: durable, at: now, dice: &dice))
    swarm = member
    scheduleRenewal(at: now)
    beginManager(at: now, network: &network)
    startAgent(at: now, network: &network)
  }

  // MARK: Disk

  /// Comes back as who the disk says.
  mutating func bootSwarm(at now: Instant, network: inout SimNetwork<Wire>) {
    guard let bytes = disk.records(SwarmNode.identityFile).first, let identity = NodeIdentity(archived: bytes) else {
      return
    }
    var member = SwarmMember()
    member.identity = identity
    member.remotes = identity.remotes
    member.knownManagers = identity.remotes.peers
    member.advertisedIP = NetAddress(identity.advertiseAddr, defaultPort: SwarmNode.managerPort)?.ip ?? ip
    swarm = member
    // The routing mesh is set up anew by the agent once it has heard of it.
    for network in engine.networks where network.isIngress { engine.removeSwarmNetwork(network.id) }
    switch disk.records(SwarmNode.secretsFile).first.flatMap(NodeSecrets.read) {
    case .open(let secrets)?: swarm?.secrets = secrets
    case .sealed?:
      swarm?.state = .locked
      return
    case nil: break
    }
    swarm?.startsUntil = now + SwarmMember.joinPatience
    startMember(at: now, network: &network)
    if case .error? = swarm?.state { swarm?.startsUntil = nil }
  }

  /// Starts manager and agent: at boot, or when the key has been given.
  private mutating func startMember(at now: Instant, network: inout SimNetwork<Wire>) {
    guard let identity = swarm?.identity else { return }
    if hasExpired(at: now) {
      // Nobody can renew what nobody accepts: the node stays out until it leaves and joins again.
      let text = expiredText(identity.certificate, at: now)
      swarm?.state = .error(text)
      if let waiting = swarm?.waiting {
        swarm?.waiting = nil
        completions.append(
          (waiting, .swarm(.failure(APIError(.system, "swarm component could not be started: \(text)")))))
      }
      return
    }
    swarm?.state = .pending
    scheduleRenewal(at: now)
    if identity.certificate.role == .manager {
      if let durable = readWAL() {
        swarm?.manager = Aside(
          .restarting(
            node: identity.node, addr: identity.advertiseAddr, durable: durable, at: now, dice: &dice))
        listen(network: &network)
        beginManager(at: now, network: &network)
      } else {
        startRaftJoin(at: now, network: &network)
      }
    }
    startAgent(at: now, network: &network)
  }

  /// What an engine says whose node cannot start with the certificate on its disk.
  ///
  /// Source: moby/swarmkit `ca/certificates.go` (`ValidateCertChain`), `node/node.go` (`loadSecurityConfig`).
  private func expiredText(_ certificate: Certificate, at now: Instant) -> String {
    let (end, today) = (Epoch.fixed.date(certificate.notAfter), Epoch.fixed.date(now))
    return "error while loading TLS certificate in /var/lib/docker/swarm/certificates/swarm-node.crt: "
      + "certificate (1 - \(certificate.node)) not valid after \(end.rfc1123("UTC")), "
      + "and it is currently \(today.rfc1123("UTC")): x509: certificate has expired or is not yet valid: "
  }

  mutating func listen(network: inout SimNetwork<Wire>) {
    guard let identity = swarm?.identity,
      let address = NetAddress(identity.listenAddr, defaultPort: SwarmNode.managerPort)
    else { return }
    network.listen(host, at: address)
    // Another address than the machine's own is taken for one that a router translates.
    if let advertised = NetAddress(identity.advertiseAddr, defaultPort: SwarmNode.managerPort), advertised.ip != ip {
      network.listen(host, at: advertised)
    }
  }
}
