import Raft
import SimBase
import SimKernel
import SwarmManager
import SwarmModel
import SwarmStore

/// A manager: one member of the managers' Raft, the store that it keeps, and, while it leads, the parts that run the swarm.
///
/// It is sans-IO: messages, calls and time come in, `ManagerOrder`s come out. What the log decides is applied to the store
/// on every manager alike; only the leader's parts watch the commits and propose what comes next, one proposal at a time.
/// Calls on a manager that does not lead are passed on to the leader, or wait for one, or are refused.
///
/// Source: moby/swarmkit `manager/manager.go`, `manager/state/raft/raft.go`, `protobuf/plugin/raftproxy/raftproxy.go`.
///
/// **Differs from Docker:** a Raft message to a peer that cannot be reached is dropped after its connection failed, instead
/// of after 2 s each. A leader that joined while this manager was away is answered on the connection that it made, where
/// swarmkit asks another peer for its address.
public struct Manager: Sendable {
  /// The node it runs on.
  public let node: NodeID
  /// Where other managers reach it: `10.99.0.11:2377`.
  public let addr: String
  /// The swarm's state, as far as this manager has applied the log.
  public internal(set) var store = Store()

  var raft: RaftNode<ManagerEntry>
  /// What is on the disk, for rewriting the log when it is compacted.
  var durable: RaftDurable<ManagerEntry>
  /// A `Ready` whose records are on their way to the disk.
  var unpersisted: RaftReady<ManagerEntry>?
  var parts: Aside<LeaderParts>?
  /// Whether this manager leads and has proposed its bootstrap, whose commit starts the parts.
  var isBootstrapping = false
  var bootstrap: Bootstrap
  var flight: Flight?
  var lastPart = LeaderParts.count - 1
  /// The first writes of tasks that this manager's parts wanted to make without a right to them, for checkers.
  public internal(set) var refusedMoves: [RefusedMove] = []
  var peers = Table<RaftID, Peer>()
  var peerConnections = Table<ConnectionID, RaftID>()
  /// On which connection members talk to this one that it has not heard of yet: it has no address to answer them at.
  var strangers = Table<RaftID, ConnectionID>()
  var calls = Table<CallRef, PendingCall>()
  /// The calls that came over connections.
  var remoteCalls = Table<RemoteCall, CallRef>()
  var forwards = Table<UInt64, CallRef>()
  var lastNumber: UInt64 = 0
  var waitingForLeader: [CallRef] = []
  var leaderPoll: Instant?
  /// When the first user's request that was passed on to the leader has waited for too long; maybe it has been answered.
  var forwardDeadline: Instant?
  var joinsInFlight = Table<UInt64, CallRef>()
  var probes = Table<CallRef, Instant>()
  /// The nodes of members that were removed, as far as this manager has seen it happen.
  var removedNodes = Table<RaftID, NodeID>()
  /// Whether the member has been removed from Raft and waits for its end.
  public internal(set) var isRemoved = false

  /// How many refused writes are kept, about.
  static let refusedMovesLimit = 100

  /// A proposal under way.
  struct Flight: Sendable {
    var index: UInt64
    var term: UInt64
    /// The part that wrote it; nil for the bootstrap.
    var part: Int?
  }

  /// The first manager of a new swarm.
  public static func founding(
    node: NodeID, addr: String, bootstrap: Bootstrap, at now: Instant, dice: inout Dice
  ) -> Manager {
    let member = ManagerEntry(member: ManagerPeer(node: node, addr: addr))
    let id = RaftID(drawnFrom: &dice)
    let raft = RaftNode.founding(id, payload: Shared(member), size: member.size, at: now, dice: &dice)
    return Manager(node: node, addr: addr, raft: raft, durable: RaftDurable(owner: id), bootstrap: bootstrap)
  }

  /// A manager that the leader has let in.
  public static func joining(
    node: NodeID, addr: String, id: RaftID, members: [RaftMember<ManagerEntry>], at now: Instant, dice: inout Dice
  ) -> Manager {
    let raft = RaftNode.joining(id, members: members, at: now, dice: &dice)
    return Manager(node: node, addr: addr, raft: raft, durable: RaftDurable(owner: id), bootstrap: Bootstrap())
  }

  /// A manager that starts again from its disk.
  public static func restarting(
    node: NodeID, addr: String, durable: RaftDurable<ManagerEntry>, at now: Instant, dice: inout Dice
  ) -> Manager {
    let raft = RaftNode(restarting: durable, at: now, dice: &dice)
    var manager = Manager(node: node, addr: addr, raft: raft, durable: durable, bootstrap: Bootstrap())
    if let snapshot = durable.snapshot { manager.load(snapshot) }
    return manager
  }

  private init(
    node: NodeID, addr: String, raft: RaftNode<ManagerEntry>, durable: RaftDurable<ManagerEntry>, bootstrap: Bootstrap
  ) {
    self.node = node
    self.addr = addr
    self.raft = raft
    self.durable = durable
    self.bootstrap = bootstrap
  }

  // MARK: Looking

  /// This member's ID in Raft.
  public var raftID: RaftID { raft.id }
  /// Its term, role, leader and log.
  public var raftStatus: RaftStatus { raft.status }
  /// Whether it runs the swarm now.
  public var isLeading: Bool { parts != nil }
  /// The members of Raft, where others reach them.
  public var members: [ManagerPeer] { raft.members.members.compactMap { $0.payload?.value.member } }
  /// The entry at an index of its log, for checkers; nil if it was compacted or is yet to come.
  public func logEntry(at index: UInt64) -> RaftEntry<ManagerEntry>? { raft.entry(at: index) }
  /// Whether the swarm has been without a leader for so long that requests are refused at once.
  public var hasLostQuorum: Bool { raft.hasLostQuorum }

  /// Whether a leader can be asked now: this manager leads, or talks to who does.
  public var reachesLeader: Bool {
    isLeading || raft.status.leader.flatMap { peers[$0]?.openConnection } != nil
  }

  /// Raft's membership as this manager sees it.
  public var view: RaftView {
    RaftView(
      memberList.map { id, node, addr, isReachable in
        RaftView.Member(node: node, address: addr, isLeader: raft.status.leader == id, isReachable: isReachable)
      })
  }

  /// The same with the members' IDs.
  var memberList: [(id: RaftID, node: NodeID, addr: String, isReachable: Bool)] {
    raft.members.members.compactMap { member in
      guard let peer = member.payload?.value.member, let node = peer.node else { return nil }
      return (member.id, node, peer.addr, member.id == raft.id || peers[member.id]?.isActive == true)
    }
  }

  /// The Raft ID of a node's member; nil if it has none.
  func raftID(of node: NodeID) -> RaftID? {
    raft.members.members.first { $0.payload?.value.member?.node == node }?.id
  }

  /// The requests of this node's own API that it has not answered yet.
  public var localRequests: [RequestID] {
    calls.values.compactMap { call in
      if case .local(.request(let id)) = call.origin { id } else { nil }
    }
  }

  /// When something is due next.
  ///
  /// Mutating, though it changes nothing: so the optional parts are asked where they are. A getter would move a copy of
  /// them, at every event.
  public mutating func findDeadline() -> Instant? {
    if isRemoved { return nil }
    let next = earliest(raft.nextDeadline, parts?.value.findDeadline())
    return earliest(next, earliest(leaderPoll, forwardDeadline))
  }

  // MARK: Time

  /// Begins: a founding member campaigns at once, others get to know their peers.
  public mutating func begin(at now: Instant, dice: inout Dice, into out: inout Outbox<ManagerOrder>) {
    syncPeers(at: now, into: &out)
    turn(at: now, dice: &dice, into: &out)
  }

  /// Something is due.
  public mutating func wake(at now: Instant, dice: inout Dice, into out: inout Outbox<ManagerOrder>) {
    if isRemoved { return }
    if let due = raft.nextDeadline, due <= now {
      _ = raft.step(.wake, at: now, dice: &dice)
      noticeSilentPeers(at: now)
      expireProbes(at: now, into: &out)
    }
    if let due = forwardDeadline, due <= now { expireForwards(at: now, into: &out) }
    if let due = leaderPoll, due <= now { retryWaiting(at: now, dice: &dice, into: &out) }
    if let due = parts?.value.findDeadline(), due <= now {
      if let due = parts?.value.roles.nextDeadline, due <= now {
        let view = view
        parts?.value.roles.view = view
      }
      var visitor = WakeVisitor(store: store, now: now, dice: dice)
      parts?.value.visitAll(&visitor)
      dice = visitor.dice
    }
    turn(at: now, dice: &dice, into: &out)
  }

  // MARK: Writing

  /// Lets the next part that wants to write do so, if no proposal is under way.
  mutating func pump(at now: Instant, dice: inout Dice, into out: inout Outbox<ManagerOrder>) {
    guard flight == nil, raft.isReadyForProposals else { return }
    if parts == nil {
      if !isBootstrapping { proposeBootstrap(at: now, dice: &dice, into: &out) }
      return
    }
    for step in 1...LeaderParts.count {
      let place = (lastPart + step) % LeaderParts.count
      guard parts?.value.wantsToWrite(place) == true else { continue }
      let transaction = Transaction(store, version: raft.status.committed, at: now)
      var visitor = WriteVisitor(transaction: transaction, dice: dice)
      parts?.value.visit(place, &visitor)
      dice = visitor.dice
      if !visitor.transaction.refused.isEmpty && refusedMoves.count < Manager.refusedMovesLimit {
        refusedMoves += visitor.transaction.refused
      }
      if !visitor.hasWritten { continue }
      lastPart = place
      propose(visitor.transaction.changes, by: place, at: now, dice: &dice)
      break
    }
    flushParts(at: now, dice: &dice, into: &out)
  }

  private mutating func proposeBootstrap(
    at now: Instant, dice: inout Dice, into out: inout Outbox<ManagerOrder>
  ) {
    isBootstrapping = true
    var transaction = Transaction(store, version: raft.status.committed, at: now)
    bootstrap.write(node: node, &transaction, dice: &dice)
    if transaction.changes.isEmpty {
      startParts(at: now, dice: &dice, into: &out)
    } else {
      propose(transaction.changes, by: nil, at: now, dice: &dice)
    }
  }

  private mutating func propose(_ changes: [StoreChange], by part: Int?, at now: Instant, dice: inout Dice) {
    let entry = ManagerEntry(changes: changes)
    let outcome = raft.step(.propose(Shared(entry), size: entry.size), at: now, dice: &dice)
    // A step may bring a tick that takes the lead away first: then what the part wanted ends with its leadership.
    guard case .appended(let index, let term) = outcome else { return }
    flight = Flight(index: index, term: term, part: part)
  }

  mutating func startParts(at now: Instant, dice: inout Dice, into out: inout Outbox<ManagerOrder>) {
    isBootstrapping = false
    var fresh = LeaderParts(leader: node)
    fresh.roles.view = view
    fresh.control.showsInbuiltPool = !bootstrap.hasEmptyPools
    fresh.dispatcher.managersChanged(members, at: now)
    var visitor = StartVisitor(store: store, now: now, dice: dice)
    fresh.visitAll(&visitor)
    dice = visitor.dice
    parts = Aside(fresh)
    out.post(.leadershipChanged(isLeading: true))
    retryWaiting(at: now, dice: &dice, into: &out)
    pump(at: now, dice: &dice, into: &out)
  }

  /// This manager no longer leads: its parts are gone, and who waited for them is told.
  mutating func stopParts(at now: Instant, into out: inout Outbox<ManagerOrder>) {
    let wasLeading = parts != nil || isBootstrapping
    parts = nil
    flight = nil
    isBootstrapping = false
    joinsInFlight.removeAll()
    if !wasLeading { return }
    out.post(.leadershipChanged(isLeading: false))
    for (ref, call) in calls where !waitingForLeader.contains(ref) && call.forwardedAs == nil {
      answer(ref, .refused(call.call.refusalOnLostLeadership), into: &out)
    }
  }

  /// Passes on what the parts have to say: answers, membership changes.
  mutating func flushParts(at now: Instant, dice: inout Dice, into out: inout Outbox<ManagerOrder>) {
    guard parts != nil else { return }
    for (ref, reply) in parts?.value.dispatcher.drainReplies() ?? [] { answer(ref, .dispatcher(reply), into: &out) }
    for (ref, reply) in parts?.value.ca.drainReplies() ?? [] { answer(ref, .ca(reply), into: &out) }
    for (ref, reply) in parts?.value.logs.drainAgentReplies() ?? [] { answer(ref, .dispatcher(reply), into: &out) }
    for (ref, reply) in parts?.value.logs.drainClientReplies() ?? [] { answer(ref, .logs(reply), into: &out) }
    for reply in parts?.value.control.takeAnswers() ?? [] {
      answer(CallRef(reply.id.raw), .control(reply.result), into: &out)
    }
    for order in parts?.value.roles.drainOrders() ?? [] { obey(order, at: now, dice: &dice) }
  }

  private mutating func obey(_ order: RoleManager.Order, at now: Instant, dice: inout Dice) {
    switch order {
    case .removeMember(let node):
      guard let member = raftID(of: node) else { return }
      let change = RaftChange(.remove, member)
      _ = raft.step(.proposeChange(change, nil, size: 16), at: now, dice: &dice)
    case .transferLeadership:
      // The transferee is the first active peer: there the comparison that should find the longest-active one is broken.
      guard let heir = peers.first(where: { $0.value.isActive })?.key else { return }
      _ = raft.step(.transferLeadership(to: heir), at: now, dice: &dice)
    }
  }
}

/// What a manager wants its node to do.
public enum ManagerOrder: Sendable {
  /// Send this on a connection.
  case send(ConnectionID, Wire)
  /// Connect to another manager for Raft and for passing calls on; `peerConnected` or `peerLost` follows.
  case dialPeer(RaftID, addr: String)
  /// Connect to a manager that wants to join, to see that it can be reached; `probed` follows.
  case probe(CallRef, addr: String)
  /// Hang up.
  case close(ConnectionID)
  /// Add these to the log on disk, one after the other, and say `persisted` once they are durable.
  case persist([[UInt8]])
  /// Add these to the log on disk; nobody waits for it.
  case note([[UInt8]])
  /// The log on disk is to be this from now on.
  case rewrite([UInt8])
  /// An answer to a call that came from this node itself.
  indirect case answer(LocalCall, Reply)
  /// The store has changed: the engine's event stream may show it.
  case changed(StoreEvent)
  /// This manager begins or ceases to run the swarm.
  case leadershipChanged(isLeading: Bool)
  /// This manager was removed from Raft: it stops and its disk is wiped.
  case removed
}

/// Whose call it is when it comes from the manager's own node.
public enum LocalCall: Hashable, Sendable {
  /// The agent's, of one of its sessions by number.
  case agent(UInt64)
  /// The certificate renewer's, by its number.
  case certificate(UInt64)
  /// A user's request at this engine's API.
  case request(RequestID)
}

/// A request at an engine's API, by a number that never repeats.
public struct RequestID: Hashable, Comparable, Sendable {
  /// Its number.
  public var number: UInt64
  /// The request with this number.
  public init(_ number: UInt64) { self.number = number }
  /// By number.
  public static func < (a: RequestID, b: RequestID) -> Bool { a.number < b.number }
}
