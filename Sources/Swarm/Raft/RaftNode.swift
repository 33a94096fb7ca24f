import SimBase

/// One member of a Raft cluster: agrees with the others on one log of entries, and decides nothing else.
///
/// It does no input or output. The driver feeds it inputs and, while `hasReady`, takes a `RaftReady`, does what it says
/// in the order of its fields, and calls `advance`. At most one is outstanding; messages may come in meanwhile.
///
/// **Roles.** A *follower* answers. One that has not heard from a leader for its election timeout (10 to 19 ticks,
/// drawn anew at every change of role or term) becomes a *candidate* of the next term; one that a majority votes for
/// becomes *leader*, appends an empty entry of its term, and with that commits all that came before. A leader that has
/// not heard from a majority for 10 ticks becomes a follower of nobody (CheckQuorum). While a member hears a leader it
/// does not even listen to candidates (the lease), unless that leader asked for the vote itself (transfer).
///
/// **Disruption.** There is no PreVote, as swarmkit has none: a member that was cut off and campaigned in vain comes
/// back with a higher term, answers the leader's heartbeat with it, and so forces an election.
///
/// **Membership.** One change at a time, which takes effect where it is applied. A change proposed while another is not
/// applied becomes an empty entry. A member with committed but unapplied changes does not campaign. Removal does not
/// stop anyone: the driver of a removed member does.
///
/// **Time.** A tick each second at the node's own phase. A node that was frozen has one tick when it wakes, as a Go
/// ticker does, and then goes on at its phase.
///
/// **Differs from Docker:** the phase is drawn, where a ticker starts with its process. Read-only requests, learners,
/// joint consensus and batching of disk writes (`AsyncStorageWrites`) are missing: swarmkit uses none of them.
///
/// Source: Ongaro and Ousterhout, "In Search of an Understandable Consensus Algorithm (Extended Version)", cited as
/// "Raft §"; etcd-io/raft v3.6 `raft.go`, `rawnode.go`; moby/swarmkit `manager/state/raft/raft.go`.
public struct RaftNode<Payload: Sendable>: Sendable {
  /// Who this is.
  public let id: RaftID
  let config: RaftConfig

  // What the disk must know, besides the log.
  var term: UInt64 = 0
  var vote: RaftID?
  var log: RaftLog<Payload>

  // What a crash may take.
  var role = RaftRole.follower
  var leader: RaftID?
  /// The voters, ascending by ID, and what the leader knows of each.
  var peers: [Peer] = []
  /// The answers to this candidate's request, by voter. Only the first counts.
  var votes: [(voter: RaftID, isGranted: Bool)] = []
  /// Ticks since the leader was heard or a vote given; for a leader, since it asked whether it has a quorum.
  var electionElapsedTicks = 0
  var heartbeatElapsedTicks = 0
  var electionTimeoutTicks = 0
  var transferee: RaftID?
  /// No membership change may be proposed until this entry is applied.
  var pendingChangeIndex: UInt64 = 0
  /// The cluster's list, as far as this member has applied the log.
  var membership: RaftMembership<Payload>
  var ticksWithoutLeader = 0
  var nextTick: Instant
  /// Whether to campaign as soon as it turns out that there is no other member.
  var campaignsIfAlone = false

  // What the next `RaftReady` is made of.
  var messages: [RaftMessage<Payload>] = []
  /// Votes and acknowledgements to others.
  var promises: [RaftMessage<Payload>] = []
  /// The same to itself: heard when what they promise is durable.
  var ownPromises: [OwnPromise] = []
  var savedHardState = RaftHardState()
  var toldSoftState = RaftSoftState(role: .follower, leader: nil)
  var outstanding: Outstanding?
  /// Whether the driver may propose: this member leads and has applied its whole log.
  var isReadyToLead = false

  struct Peer: Sendable {
    let id: RaftID
    var progress: RaftProgress
  }

  struct OwnPromise: Sendable {
    let term: UInt64
    /// The last entry that is acknowledged; nil for a vote.
    let index: UInt64?
  }

  /// What was handed out and not advanced over.
  struct Outstanding: Sendable {
    let ownPromises: [OwnPromise]
    let lastIndex: UInt64
    let snapshot: RaftSnapshot<Payload>?
    let committed: [RaftEntry<Payload>]
  }

  /// The member that this disk belongs to, starting again.
  ///
  /// It waits out its election timeout, unless it turns out to be the only member. `rejoined` is the list that it was
  /// given if it joined once more. One that is added and goes down before it has heard from its leader knows nobody,
  /// and gives its vote to nobody, until the leader speaks or it joins again.
  public init(
    restarting durable: RaftDurable<Payload>, rejoined: [RaftMember<Payload>]? = nil,
    config: RaftConfig = RaftConfig(), at now: Instant, dice: inout Dice
  ) {
    let list = durable.snapshot?.membership ?? RaftMembership()
    let known = rejoined.map { RaftMembership(members: $0, removed: list.removed) } ?? list
    self.init(durable, membership: known, config, now, &dice)
    campaignsIfAlone = true
  }

  /// The first member of a new cluster: its log opens with its own membership, and it campaigns at once.
  ///
  /// `payload` is what its membership change carries.
  public static func founding(
    _ id: RaftID, payload: Shared<Payload>?, size: Int = 0, config: RaftConfig = RaftConfig(), at now: Instant,
    dice: inout Dice
  ) -> RaftNode {
    let membership = RaftMembership(members: [RaftMember(id: id, payload: payload)])
    var node = RaftNode(RaftDurable(owner: id), membership: membership, config, now, &dice)
    node.becomeFollower(term: 1, of: nil, &dice)
    let change = RaftChange(.add, id)
    node.log.append([RaftEntry(term: 1, index: 1, kind: .change(change), size: size, payload: payload)])
    node.log.commitUp(to: 1)
    node.setVoter(id)
    node.campaignsIfAlone = true
    return node
  }

  /// A member that a leader has just added: its log is empty, and it waits to be told.
  ///
  /// `members` is what the leader's answer to the join listed.
  public static func joining(
    _ id: RaftID, members: [RaftMember<Payload>], config: RaftConfig = RaftConfig(), at now: Instant, dice: inout Dice
  ) -> RaftNode {
    RaftNode(RaftDurable(owner: id), membership: RaftMembership(members: members), config, now, &dice)
  }

  private init(
    _ durable: RaftDurable<Payload>, membership: RaftMembership<Payload>, _ config: RaftConfig, _ now: Instant,
    _ dice: inout Dice
  ) {
    config.check()
    id = durable.owner
    self.config = config
    self.membership = membership
    log = RaftLog(snapshot: durable.snapshot, entries: durable.entries)
    nextTick = now + dice.duration(in: .nanoseconds(1)..<config.tick + .nanoseconds(1))
    for voter in durable.snapshot?.voters ?? [] { setVoter(voter) }
    savedHardState = durable.hardState
    savedHardState.commit = durable.commit
    log.commitUp(to: durable.commit)
    becomeFollower(term: durable.hardState.term, of: nil, &dice)
    vote = durable.hardState.vote
    // Former members are known at once, so that nobody tries to reach one while the log is applied again.
    if log.committed >= log.firstIndex {
      for index in log.firstIndex...log.committed {
        if case .change(let change) = log[index].kind, change.action == .remove {
          self.membership.remove(change.member)
        }
      }
    }
  }

  /// When to call `step(.wake, …)` next: the next tick. There always is one.
  public var nextDeadline: Instant? { nextTick }

  /// Takes an input. What follows from it is in the next `RaftReady`.
  ///
  /// The dice are thrown for election timeouts alone.
  @discardableResult
  public mutating func step(_ input: RaftInput<Payload>, at now: Instant, dice: inout Dice) -> RaftOutcome {
    switch input {
    case .wake: wake(at: now, &dice)
    case .message(let message): hear(message, &dice)
    case .propose(let payload, let size): return propose(.normal, payload, size: size)
    case .proposeChange(let change, let payload, let size): return propose(change, payload, size: size)
    case .transferLeadership(let member): transferLeadership(to: member)
    case .campaign: campaignIfAllowed(isTransfer: false, &dice)
    case .unreachable(let member): noteUnreachable(member)
    case .snapshotSent(let member, let succeeded): noteSnapshotSent(to: member, succeeded: succeeded)
    }
    return .noted
  }

  // MARK: Ticks

  private mutating func wake(at now: Instant, _ dice: inout Dice) {
    if now < nextTick { return }
    let missed = (now - nextTick).nanoseconds / config.tick.nanoseconds
    nextTick += config.tick * (missed + 1)
    tick(&dice)
    ticksWithoutLeader = leader == nil ? ticksWithoutLeader + 1 : 0
  }

  private mutating func tick(_ dice: inout Dice) {
    electionElapsedTicks += 1
    if role == .leader {
      tickLeader(&dice)
    } else if isPromotable && electionElapsedTicks >= electionTimeoutTicks {
      electionElapsedTicks = 0
      campaignIfAllowed(isTransfer: false, &dice)
    }
  }

  private mutating func tickLeader(_ dice: inout Dice) {
    heartbeatElapsedTicks += 1
    if electionElapsedTicks >= config.electionTicks {
      electionElapsedTicks = 0
      checkQuorum(&dice)
      transferee = nil
    }
    if role == .leader && heartbeatElapsedTicks >= config.heartbeatTicks {
      heartbeatElapsedTicks = 0
      for place in peers.indices where peers[place].id != id { sendHeartbeat(to: place) }
    }
  }

  // MARK: Messages

  /// Takes a message: first what its term says, then what it says.
  private mutating func hear(_ message: RaftMessage<Payload>, _ dice: inout Dice) {
    if message.isReply && place(of: message.from) == nil { return }
    if message.term > term {
      if case .vote(_, _, let isTransfer) = message.kind, !isTransfer, isInLease { return }
      becomeFollower(term: message.term, of: message.isFromLeader ? message.from : nil, &dice)
    } else if message.term < term {
      tellOldLeader(message)
      return
    }
    switch message.kind {
    case .vote(let lastIndex, let lastTerm, _):
      answerVote(of: message.from, lastIndex: lastIndex, lastTerm: lastTerm)
    case .voteReply(let isGranted):
      if role == .candidate { count(isGranted, from: message.from, &dice) }
    case .append, .heartbeat, .snapshot: hearLeader(message, &dice)
    case .appendReply(let index): hearAppended(index, by: message.from)
    case .appendRejection(let index, let hintIndex, let hintTerm):
      hearRejected(index, hintIndex, hintTerm, by: message.from)
    case .heartbeatReply: hearAlive(message.from)
    case .timeoutNow: if role == .follower { campaignIfAllowed(isTransfer: true, &dice) }
    case .transferLeadership(let member): transferLeadership(to: member)
    }
  }

  /// Whether a leader was heard so lately that nobody else may ask for this member's vote.
  private var isInLease: Bool { leader != nil && electionElapsedTicks < config.electionTicks }

  /// Answers a leader of an earlier term, who would otherwise never learn about this one: with CheckQuorum a higher
  /// vote is not listened to. Anything else from the past is dropped.
  private mutating func tellOldLeader(_ message: RaftMessage<Payload>) {
    switch message.kind {
    case .append, .heartbeat: send(.appendReply(index: 0), to: message.from)
    case .vote, .voteReply, .appendReply, .appendRejection, .heartbeatReply, .snapshot, .timeoutNow,
      .transferLeadership:
      break
    }
  }

  // MARK: Sending

  /// Queues a message of this term; a promise goes after what it promises is durable.
  mutating func send(_ kind: RaftMessage<Payload>.Kind, to other: RaftID) {
    let message = RaftMessage(from: id, to: other, term: term, kind: kind)
    switch kind {
    case .voteReply, .appendReply, .appendRejection: promises.append(message)
    case .vote, .append, .heartbeat, .heartbeatReply, .snapshot, .timeoutNow, .transferLeadership:
      messages.append(message)
    }
  }

  // MARK: Voters

  /// Where the voter is in `peers`; nil if it is none.
  func place(of voter: RaftID) -> Int? { peers.firstIndex { $0.id == voter } }

  /// Makes `voter` a voter; nothing changes if it is one.
  mutating func setVoter(_ voter: RaftID) {
    let place = peers.firstIndex { $0.id >= voter } ?? peers.count
    if place < peers.count && peers[place].id == voter { return }
    // Optimistic: the new voter most likely has nothing. The first probe finds out. It counts as active, lest the next
    // quorum check depose a leader for a member that had no time to speak.
    var progress = RaftProgress(next: max(log.lastIndex, 1))
    progress.isRecentlyActive = true
    peers.insert(Peer(id: voter, progress: progress), at: place)
  }

  /// Whether this member may become leader: it is a voter and its log is not waiting for a snapshot.
  var isPromotable: Bool { place(of: id) != nil && !log.isSnapshotPending }
}
