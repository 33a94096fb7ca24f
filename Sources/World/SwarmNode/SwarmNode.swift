import Engine
import Raft
import Shell
import SimBase
import SimKernel
import SwarmManager
import SwarmModel
import SwarmStore
import SwarmWorker
import Workloads

/// One virtual machine of the lab: an engine, perhaps with a place in a swarm as worker or manager, a disk, and its cable.
///
/// It is the driver of the machines inside it: it hands them messages and time, and obeys their orders on the network, the
/// disk and the engine. What a crash takes is in `swarm` and in the engine's memory; what comes back is on the disk, in its
/// byte form, and is read from there at the next boot.
///
/// Source: moby/moby `daemon/cluster`; moby/swarmkit `node/node.go`.
public struct SwarmNode: Sendable {
  /// What a connection of this node's is for.
  enum Use: Sendable {
    /// Another node called this manager, from this address.
    case inbound(ip: String)
    /// This manager talks to another.
    case peer
    /// This leader sees whether a joining manager can be reached.
    case probe(CallRef, addr: String)
    /// The agent talks to a manager.
    case agent(ManagerPeer)
    /// A certificate is asked for.
    case certificate(String)
    /// A new manager asks to be a member.
    case raftJoin(addr: String)
  }

  /// Its place in the world.
  public let host: HostID
  /// Its name.
  public let hostname: String
  /// Its address.
  public let ip: String
  /// Its Docker: most events leave it alone, and copies of the node share it meanwhile.
  var docker: Aside<Engine>
  /// Whether it runs; a node that was killed does not.
  public internal(set) var isUp = true
  /// Its disk.
  public internal(set) var disk: Disk

  /// Its place in a swarm; nil in none.
  var swarm: SwarmMember?
  /// A leave that waits for its last container.
  var departure: Departure?
  var uses = Table<ConnectionID, Use>()
  var dice: Dice
  /// What requests at this node's API have been waiting for; the world drains it.
  public internal(set) var completions: [(request: RequestID, completion: Completion)] = []
  /// What has happened in the engine since the world last looked.
  public internal(set) var notices: [EngineNotice] = []
  /// The swarm's changes that this node's event stream may show, while it is a manager.
  public internal(set) var storeEvents: [StoreEvent] = []

  /// A node that has left, and the request to tell once its last task is gone.
  struct Departure: Sendable {
    var request: RequestID?
    var node: NodeID
  }

  static let walFile = "raft.wal"
  static let identityFile = "swarm"
  static let secretsFile = "swarm-node.key"
  static let tasksFile = "tasks"
  /// Where managers listen.
  public static let managerPort: UInt16 = 2377

  /// The answer to something that a request waited for.
  public enum Completion: Sendable {
    /// The swarm's control API.
    case control(Result<ControlReply, APIError>)
    /// The swarm could not be asked.
    case refused(ControlError)
    /// Logs from all over the swarm; more may come until they have ended.
    case logs(LogReply)
    /// `swarm init`, `join`, `leave` or `unlock` is done, or refused.
    case swarm(Result<NodeID, APIError>)
  }

  /// A machine with an empty disk.
  public init(host: HostID, hostname: String, ip: String, syncTime: Duration, dice: Dice, engine: EngineConfig) {
    self.host = host
    self.hostname = hostname
    self.ip = ip
    self.dice = dice.forked("node")
    docker = Aside(Engine(hostname: hostname, dice: dice.forked("engine"), config: engine))
    disk = Disk(syncTime: syncTime)
  }

  // MARK: Looking

  /// Its Docker.
  public internal(set) var engine: Engine {
    _read { yield docker.value }
    _modify { yield &docker.value }
  }
  /// How it stands towards a swarm.
  public var localState: LocalState { swarm?.state ?? .inactive }
  /// Its ID in the swarm; nil in none or before it got one.
  public var nodeID: NodeID? { swarm?.identity?.node }
  /// Its manager; nil on a worker.
  public var manager: Manager? { swarm?.manager?.value }
  /// Whether it has one.
  public var isManager: Bool { swarm?.manager != nil }
  /// The managers that it knows.
  public var remoteManagers: [ManagerPeer] { swarm?.knownManagers ?? [] }
  /// Where others reach it, as it told them.
  public var advertisedIP: String { swarm?.advertisedIP ?? "" }
  /// Where it looks for managers when it has to find one.
  public var knownManagerAddresses: [String] { swarm?.remotes.peers.map(\.addr) ?? [] }
  /// Its agent; nil in no swarm.
  public var agent: Agent? { swarm?.agent }

  // What checkers ask after each event goes through the optional parts without copying them.

  /// Its manager's Raft: term, role, log; nil on a worker.
  public var raftStatus: RaftStatus? { swarm?.manager?.value.raft.status }
  /// Its manager's number in Raft; nil on a worker.
  public var raftID: RaftID? { swarm?.manager?.value.raft.id }
  /// The entry at an index of its manager's log; nil on a worker, or if it was compacted or is yet to come.
  @inline(__always)  // Or the whole node is copied to where the call can find it.
  public func logEntry(at index: UInt64) -> RaftEntry<ManagerEntry>? { swarm?.manager?.value.raft.entry(at: index) }
  /// The swarm's state as its manager has applied it; nil on a worker.
  public var store: Store? { swarm?.manager?.value.store }
  /// Whether its manager leads and runs the swarm.
  public var isLeading: Bool { swarm?.manager?.value.isLeading ?? false }
  /// What its manager's parts wanted to do to tasks without a right to it.
  public var refusedMoves: [RefusedMove] { swarm?.manager?.value.refusedMoves ?? [] }
  /// Whether there are any.
  public var hasRefusedMoves: Bool { swarm?.manager?.value.refusedMoves.isEmpty == false }
  /// The swarm that it is in; nil in none.
  public var clusterID: ClusterID? { swarm?.identity?.certificate.cluster }
  /// The role that its certificate gives it; nil in no swarm.
  public var certificateRole: NodeRole? { swarm?.identity?.certificate.role }
  /// The members of Raft as its manager sees them, itself among them; none on a worker.
  public var raftMembers: [(id: RaftID, node: NodeID, addr: String, isReachable: Bool)] {
    swarm?.manager?.value.memberList ?? []
  }
  /// The secrets that its agent holds.
  public var heldSecrets: [SecretID] { swarm?.agent?.heldSecrets ?? [] }
  /// What its agent knows of a task, in words; nil if nothing.
  public func summary(of task: TaskID) -> String? { swarm?.agent?.summary(of: task) }
  /// The container of a task that its agent knows; nil if there is none.
  public func container(of task: TaskID) -> ContainerID? { swarm?.agent?.container(of: task) }

  /// When something is due next; mutating, so that the parts are asked where they are (`Manager.findDeadline`).
  public mutating func findDeadline() -> Instant? {
    if !isUp { return nil }
    return earliest(engine.nextDeadline, swarm?.findDeadline())
  }

  // MARK: Inputs

  /// Something is due.
  public mutating func wake(at now: Instant, network: inout SimNetwork<Wire>) {
    if !isUp { return }
    advanceEngine(at: now, network: &network)
    wakeSwarm(at: now, network: &network)
    advanceEngine(at: now, network: &network)
  }

  /// The network has something for this node.
  public mutating func handle(
    _ notice: NetworkNotice<Wire>, at now: Instant, network: inout SimNetwork<Wire>, ips: (HostID) -> String
  ) {
    if !isUp { return }
    switch notice {
    case .accepted(let connection, let from):
      if swarm?.isServing == true {
        uses[connection] = .inbound(ip: ips(from))
      } else {
        network.close(connection, from: host, at: now)
      }
    case .connected(let connection): connected(connection, at: now, network: &network)
    case .failed(let connection, let failure):
      lost(connection, because: failure, at: now, network: &network)
    case .closed(let connection): lost(connection, because: nil, at: now, network: &network)
    case .received(let connection, let wire): received(wire, on: connection, at: now, network: &network)
    }
    advanceEngine(at: now, network: &network)
  }

  /// A sync of the log on disk has ended.
  public mutating func diskSynced(records: Int, at now: Instant, network: inout SimNetwork<Wire>) {
    if !isUp { return }
    disk.sync(SwarmNode.walFile, upTo: records)
    var out = Outbox<ManagerOrder>()
    swarm?.manager?.value.persisted(at: now, dice: &dice, into: &out)
    obey(&out, at: now, network: &network)
    advanceEngine(at: now, network: &network)
  }

  /// How many records of the log a sync that begins now will make durable; nil while nobody waits for one.
  public mutating func takeSyncRequest() -> Int? {
    guard swarm?.wantsSync == true else { return nil }
    swarm?.wantsSync = false
    return disk.count(SwarmNode.walFile)
  }

  // MARK: News

  /// Whether requests at this node's API may find something that they wait for.
  public var hasNews: Bool { !completions.isEmpty || !notices.isEmpty || !storeEvents.isEmpty }

  /// Takes out what requests have been waiting for, oldest first.
  public mutating func drainCompletions() -> [(request: RequestID, completion: Completion)] {
    defer { completions = [] }
    return completions
  }

  /// Takes out what has happened in the engine, oldest first.
  public mutating func drainNotices() -> [EngineNotice] {
    defer { notices = [] }
    return notices
  }

  /// Whether its engine has started again and waits for its swarm, before which it serves no request.
  public var isStarting: Bool { swarm?.startsUntil != nil }

  /// Takes out the swarm's changes, oldest first.
  public mutating func drainStoreEvents() -> [StoreEvent] {
    defer { storeEvents = [] }
    return storeEvents
  }

  // MARK: Faults

  /// The machine dies: processes are gone, the disk stays. With `losingPower` unsynced writes are gone, too, and peers are
  /// not told.
  public mutating func crash(losingPower: Bool, at now: Instant, network: inout SimNetwork<Wire>) {
    if !isUp { return }
    isUp = false
    if losingPower { disk.losePower() }
    swarm = nil
    departure = nil
    uses.removeAll()
    completions = []
    engine.crash()
    network.crash(host, silently: losingPower, at: now)
  }

  /// The machine, which is down, gets an empty disk: neither its place in a swarm nor its containers will come back.
  public mutating func wipe() {
    if isUp { return }
    disk = Disk(syncTime: disk.syncTime)
    engine = Engine(hostname: hostname, dice: dice.forked("engine/\(dice.next())"), config: engine.config)
  }

  /// The machine starts again from its disk.
  public mutating func boot(at now: Instant, network: inout SimNetwork<Wire>) {
    if isUp { return }
    isUp = true
    network.powerOn(host)
    var out = Outbox<EngineNotice>()
    engine.boot(at: now, into: &out)
    notices += out.drain()
    bootSwarm(at: now, network: &network)
    advanceEngine(at: now, network: &network)
  }

  // MARK: Inside

  /// Runs the engine, and lets the agent hear what happened there until neither has more to say.
  mutating func advanceEngine(at now: Instant, network: inout SimNetwork<Wire>) {
    guard let due = engine.nextDeadline, due <= now else { return }
    var out = Outbox<EngineNotice>()
    engine.advance(to: now, into: &out)
    take(&out, at: now, network: &network)
  }

  /// Hands on what happened in the engine.
  mutating func take(_ out: inout Outbox<EngineNotice>, at now: Instant, network: inout SimNetwork<Wire>) {
    let fresh = out.drain()
    if fresh.isEmpty { return }
    notices += fresh
    var orders = Outbox<AgentOrder>()
    for notice in fresh {
      if case .commandWanted(let id, _, let command) = notice { refuse(command, id, at: now, into: &out) }
      swarm?.agent?.noticed(notice, at: now, engine: &docker.value, dice: &dice, into: &orders)
    }
    obey(&orders, at: now, network: &network)
    departIfEmpty()
    if !out.isEmpty { take(&out, at: now, network: &network) }
  }

  /// A process in a container wants to reach beyond it, by `ping` or `curl`.
  ///
  /// **Differs from Docker:** nothing travels between containers yet, and the command says so instead of waiting for ever.
  private mutating func refuse(
    _ command: ExternalCommand, _ id: CommandID, at now: Instant, into out: inout Outbox<EngineNotice>
  ) {
    let name = command.arguments.first ?? ""
    let text = "\(name): the lab does not simulate traffic between containers yet\n"
    engine.answer(id, .wrote(.error, Array(text.utf8)), at: now, into: &out)
    engine.answer(id, .ended(1), at: now, into: &out)
  }
}
