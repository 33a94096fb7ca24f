import Raft
import SimBase
import SimKernel
import SwarmManager
import SwarmModel
import SwarmStore

/// Another member, and the connection on which this one talks to it.
struct Peer: Sendable {
  var node: NodeID?
  var addr: String
  /// A connection that is up or being made.
  var connection: ConnectionID?
  var isConnected = false
  /// Whether a dial was ordered and its connection is not known yet.
  var isDialling = false
  /// Whether messages get through: what managers show as reachable.
  var isActive = false
  var lastDial: Instant?
  /// Since when the leader has sent to it without hearing anything.
  var unansweredSince: Instant?
  /// What waits for the connection to come up.
  var held: [Wire] = []
  /// Vote requests of this candidate, which count only if it can be reached.
  var heldVotes: [RaftMessage<ManagerEntry>] = []

  var openConnection: ConnectionID? { isConnected ? connection : nil }
}

/// Driving Raft: the ready loop, the disk, the transport, and membership.
///
/// Source: moby/swarmkit `manager/state/raft/raft.go`, `manager/state/raft/transport`.
extension Manager {
  static let sendTimeout = Duration.seconds(2)
  static let probeTimeout = Duration.seconds(5)
  static let heldLimit = 256

  /// Does all that Raft wants done until it waits for the disk or wants nothing, then lets a part write.
  mutating func turn(at now: Instant, dice: inout Dice, into out: inout Outbox<ManagerOrder>) {
    flushParts(at: now, dice: &dice, into: &out)
    while unpersisted == nil, !isRemoved {
      if let ready = raft.takeReady() {
        let records = ready.records
        if !records.isEmpty {
          durable.persist(records)
          let bytes = RaftWAL.pieces(of: records)
          if ready.mustSync {
            unpersisted = ready
            out.post(.persist(bytes))
            return
          }
          out.post(.note(bytes))
        }
        finish(ready, at: now, dice: &dice, into: &out)
        continue
      }
      pump(at: now, dice: &dice, into: &out)
      if !raft.hasReady { return }
    }
  }

  /// What was ordered with `persist` is durable.
  public mutating func persisted(at now: Instant, dice: inout Dice, into out: inout Outbox<ManagerOrder>) {
    guard let ready = unpersisted else { return }
    unpersisted = nil
    finish(ready, at: now, dice: &dice, into: &out)
    turn(at: now, dice: &dice, into: &out)
  }

  private mutating func finish(
    _ ready: RaftReady<ManagerEntry>, at now: Instant, dice: inout Dice, into out: inout Outbox<ManagerOrder>
  ) {
    for message in ready.messages { send(message, at: now, dice: &dice, into: &out) }
    if let snapshot = ready.snapshot { load(snapshot) }
    if let soft = ready.softState, soft.role != .leader { stopParts(at: now, into: &out) }
    for entry in ready.committed { apply(entry, at: now, dice: &dice, into: &out) }
    raft.advance(dice: &dice)
    if ready.removesSelf {
      leaveRaft(into: &out)
      return
    }
    if ready.changesMembers { syncPeers(at: now, into: &out) }
    compactIfDue(into: &out)
  }

  private mutating func apply(
    _ entry: RaftEntry<ManagerEntry>, at now: Instant, dice: inout Dice, into out: inout Outbox<ManagerOrder>
  ) {
    if case .change = entry.kind {
      settleJoin(entry, into: &out)
      return
    }
    guard case .changes(let changes)? = entry.payload?.value.body else { return }
    let events = changes.compactMap { store.apply($0) }
    for event in events { out.post(.changed(event)) }
    let isOurs = flight?.index == entry.index && flight?.term == entry.term
    let writer = isOurs ? flight?.part : nil
    if isOurs { flight = nil }
    if parts != nil {
      showMembers(events)
      var visitor = CommitVisitor(store: store, events: events, writer: writer, now: now, dice: dice)
      parts?.value.visitAll(&visitor)
      dice = visitor.dice
      flushParts(at: now, dice: &dice, into: &out)
    } else if isOurs && isBootstrapping {
      startParts(at: now, dice: &dice, into: &out)
    }
  }

  /// Lets the role manager see who the members are, where it is about to look: when nodes change.
  private mutating func showMembers(_ events: [StoreEvent]) {
    guard events.contains(where: { if case .node = $0 { true } else { false } }) else { return }
    let view = view
    parts?.value.roles.view = view
  }

  /// Takes over the state of a snapshot.
  mutating func load(_ snapshot: RaftSnapshot<ManagerEntry>) {
    guard case .changes(let changes)? = snapshot.payload?.value.body else { return }
    store = Store(contents: changes)
  }

  private mutating func compactIfDue(into out: inout Outbox<ManagerOrder>) {
    guard let spec = store.cluster?.value.spec, raft.isSnapshotDue(interval: spec.snapshotInterval) else { return }
    let payload = ManagerEntry(changes: store.contents)
    guard let snapshot = raft.makeSnapshot(Shared(payload), size: payload.size) else { return }
    _ = durable.add(.snapshot(snapshot))
    raft.compact(to: snapshot)
    out.post(.rewrite(RaftWAL.file(durable.records)))
  }

  mutating func leaveRaft(into out: inout Outbox<ManagerOrder>) {
    if isRemoved { return }
    isRemoved = true
    for call in calls.keys { answer(call, .refused(.plain("raft: member was removed from the cluster")), into: &out) }
    parts = nil
    out.post(.removed)
  }

  // MARK: Transport

  private mutating func send(
    _ message: RaftMessage<ManagerEntry>, at now: Instant, dice: inout Dice, into out: inout Outbox<ManagerOrder>
  ) {
    guard let peer = peers[message.to] else {
      if let connection = strangers[message.to] { out.post(.send(connection, .raft(message))) }
      return
    }
    if raft.isLeader && peer.unansweredSince == nil {
      peers[existing: message.to].unansweredSince = now
    }
    if let connection = peer.openConnection {
      out.post(.send(connection, .raft(message)))
      // A connection delivers or breaks: Raft need not wait to hear of a snapshot's fate.
      if message.isSnapshot { _ = raft.step(.snapshotSent(to: message.to, succeeded: true), at: now, dice: &dice) }
      return
    }
    if message.isSnapshot { _ = raft.step(.snapshotSent(to: message.to, succeeded: false), at: now, dice: &dice) }
    if peer.held.count < Manager.heldLimit { peers[existing: message.to].held.append(.raft(message)) }
    dialIfNeeded(message.to, at: now, into: &out)
  }

  /// Connects to a peer, at most once a second.
  mutating func dialIfNeeded(_ id: RaftID, at now: Instant, into out: inout Outbox<ManagerOrder>) {
    guard let peer = peers[id], peer.connection == nil, !peer.isDialling else { return }
    if let last = peer.lastDial, now - last < .seconds(1) { return }
    peers[existing: id].lastDial = now
    peers[existing: id].isDialling = true
    out.post(.dialPeer(id, addr: peer.addr))
  }

  /// The node has begun to dial a peer on this connection.
  public mutating func peerDialled(_ id: RaftID, on connection: ConnectionID) {
    peers.update(id) { peer in
      peer.isDialling = false
      peer.connection = connection
    }
    peerConnections[connection] = id
  }

  /// The connection to a peer is up: what waited for it goes out, and its candidacies count.
  public mutating func peerConnected(
    _ connection: ConnectionID, at now: Instant, dice: inout Dice, into out: inout Outbox<ManagerOrder>
  ) {
    guard let id = peerConnections[connection], let peer = peers[id] else { return }
    peers[existing: id].isConnected = true
    peers[existing: id].isActive = true
    peers[existing: id].held = []
    peers[existing: id].heldVotes = []
    for wire in peer.held { out.post(.send(connection, wire)) }
    for vote in peer.heldVotes { _ = raft.step(.message(vote), at: now, dice: &dice) }
    retryWaiting(at: now, dice: &dice, into: &out)
    turn(at: now, dice: &dice, into: &out)
  }

  /// The connection to a peer could not be made or has broken.
  public mutating func peerLost(
    _ connection: ConnectionID, at now: Instant, dice: inout Dice, into out: inout Outbox<ManagerOrder>
  ) {
    guard let id = peerConnections.removeValue(connection) else { return }
    failForwards(over: connection, into: &out)
    if peers[id]?.connection == connection {
      peers.update(id) { peer in
        peer.connection = nil
        peer.isConnected = false
        peer.isActive = false
        peer.held = []
        peer.heldVotes = []
      }
      _ = raft.step(.unreachable(id), at: now, dice: &dice)
    }
    turn(at: now, dice: &dice, into: &out)
  }

  mutating func receive(
    _ message: RaftMessage<ManagerEntry>, on connection: ConnectionID, at now: Instant, dice: inout Dice,
    into out: inout Outbox<ManagerOrder>
  ) {
    let isKnown: Void? = peers.update(message.from) { peer in
      peer.unansweredSince = nil
      if peer.isConnected { peer.isActive = true }
    }
    if isKnown == nil { strangers[message.from] = connection }
    switch raft.reception(of: message) {
    case .step: _ = raft.step(.message(message), at: now, dice: &dice)
    case .senderIsRemoved:
      // A node that was deleted, too, is not even let in to hear it, and waits for a leader for ever.
      let node = removedNodes[message.from]
      let isBlacklisted = store.cluster?.value.blacklist.contains { $0.node == node } ?? false
      if !isBlacklisted { out.post(.send(connection, .removedFromRaft)) }
    case .misaddressed, .unknownCandidate: break
    case .checkCandidateFirst:
      if peers[message.from]?.isConnected == true {
        _ = raft.step(.message(message), at: now, dice: &dice)
      } else if peers.contains(message.from) {
        peers[existing: message.from].heldVotes = [message]
        dialIfNeeded(message.from, at: now, into: &out)
      }
    }
  }

  /// A peer that has been sent to for 2 s without an answer counts as unreachable until it is heard again.
  mutating func noticeSilentPeers(at now: Instant) {
    for (id, peer) in peers {
      guard let since = peer.unansweredSince else { continue }
      if !raft.isLeader {
        peers[existing: id].unansweredSince = nil
      } else if peer.isActive && now - since >= Manager.sendTimeout {
        peers[existing: id].isActive = false
      }
    }
  }

  /// The peers are the members but this one; who has left is hung up on.
  mutating func syncPeers(at now: Instant, into out: inout Outbox<ManagerOrder>) {
    var present = Table<RaftID, Bool>()
    for member in raft.members.members where member.id != raft.id {
      guard let info = member.payload?.value.member else { continue }
      present[member.id] = true
      strangers[member.id] = nil
      if peers[member.id]?.addr == info.addr { continue }
      if let connection = peers[member.id]?.connection { out.post(.close(connection)) }
      peers[member.id] = Peer(node: info.node, addr: info.addr)
      dialIfNeeded(member.id, at: now, into: &out)
    }
    for (id, peer) in peers where !present.contains(id) {
      if let node = peer.node { removedNodes[id] = node }
      if let connection = peer.connection {
        peerConnections[connection] = nil
        failForwards(over: connection, into: &out)
        out.post(.close(connection))
      }
      peers[id] = nil
    }
    let managers = members
    parts?.value.dispatcher.managersChanged(managers, at: now)
  }

  // MARK: Joining

  /// A node wants to be a member: it is called back first, and only then proposed.
  ///
  /// One that is a member whose log has reached this leader lost that log with its role, and cannot go on as the same
  /// member: that one is removed first. (**Differs from Docker**, where it goes on, and its daemon ends in a panic.)
  mutating func startJoin(
    _ ref: CallRef, node: NodeID, addr: String, at now: Instant, dice: inout Dice,
    into out: inout Outbox<ManagerOrder>
  ) {
    if let known = raftID(of: node) {
      if let progress = raft.progress(of: known), progress.match > 0 {
        _ = raft.step(.proposeChange(RaftChange(.remove, known), nil, size: 16), at: now, dice: &dice)
        answer(ref, .refused(.plain("raft: the member that this node was has yet to be removed")), into: &out)
        turn(at: now, dice: &dice, into: &out)
        return
      }
      if raft.members[known]?.payload?.value.member?.addr == addr {
        answer(ref, .joined(known, members: raft.members.members), into: &out)
      } else {
        proposeMember(ref, RaftChange(.update, known), node, addr, at: now, dice: &dice, into: &out)
      }
      return
    }
    probes[ref] = now + Manager.probeTimeout
    out.post(.probe(ref, addr: addr))
  }

  /// The node that wants to join could be reached, or not, for this reason.
  public mutating func probed(
    _ ref: CallRef, refusal: APIError?, at now: Instant, dice: inout Dice, into out: inout Outbox<ManagerOrder>
  ) {
    guard probes.removeValue(ref) != nil, case .join(let node, let addr)? = calls[ref]?.call else { return }
    if let refusal {
      let text = "could not connect to prospective new cluster member using its advertised address: "
      answer(ref, .refused(ControlError(.unavailable, text + refusal.message)), into: &out)
      return
    }
    var id = RaftID(drawnFrom: &dice)
    while raft.members[id] != nil || raft.members.isRemoved(id) { id = RaftID(drawnFrom: &dice) }
    proposeMember(ref, RaftChange(.add, id), node, addr, at: now, dice: &dice, into: &out)
    turn(at: now, dice: &dice, into: &out)
  }

  private mutating func proposeMember(
    _ ref: CallRef, _ change: RaftChange, _ node: NodeID, _ addr: String, at now: Instant, dice: inout Dice,
    into out: inout Outbox<ManagerOrder>
  ) {
    let entry = ManagerEntry(member: ManagerPeer(node: node, addr: addr))
    switch raft.step(.proposeChange(change, Shared(entry), size: entry.size), at: now, dice: &dice) {
    case .appended(let index, _): joinsInFlight[index] = ref
    case .replaced:
      // Another change is not applied yet; the joiner tries again.
      answer(ref, .refused(.plain("raft: propose configuration change refused")), into: &out)
    case .dropped, .noted:
      answer(ref, .refused(.plain("raft: failed to process the request: node lost leader status")), into: &out)
    }
  }

  private mutating func settleJoin(_ entry: RaftEntry<ManagerEntry>, into out: inout Outbox<ManagerOrder>) {
    guard case .change(let change) = entry.kind, let ref = joinsInFlight.removeValue(entry.index) else { return }
    var members = raft.members.members.filter { $0.id != change.member }
    members.append(RaftMember(id: change.member, payload: entry.payload))
    answer(ref, .joined(change.member, members: members.sorted { $0.id < $1.id }), into: &out)
  }

  mutating func expireProbes(at now: Instant, into out: inout Outbox<ManagerOrder>) {
    for (ref, deadline) in probes where deadline <= now {
      probes[ref] = nil
      let text = "could not connect to prospective new cluster member using its advertised address: "
      answer(ref, .refused(.plain(text + "context deadline exceeded")), into: &out)
    }
  }
}

extension RaftReady {
  /// Whether the members may be others once it is applied.
  fileprivate var changesMembers: Bool {
    snapshot != nil || committed.contains { if case .change = $0.kind { true } else { false } }
  }
}

extension RaftMessage {
  fileprivate var isSnapshot: Bool { if case .snapshot = kind { true } else { false } }
}
