import SimBase

@testable import Raft

/// Raft members in bad weather: links that cut, lose, repeat and delay; disks that are slow and forget; crashes, frozen
/// processes, snapshots, and members that come and go. One seed, one storm.
///
/// It is a value like everything else, so that a copy of it goes the same way.
struct Storm {
  enum Event {
    case wake(Int, life: Int)
    case saved(Int, life: Int)
    case snapshotSaved(Int, life: Int)
    case deliver(Int)
    case bounce(Int)
    case restart(Int)
    case propose
    case chaos
    case calm(Int)
  }

  /// One machine: what it runs and what its disk holds.
  struct Seat {
    let id: RaftID
    var node: RaftNode<Op>?
    /// What is on the disk for certain.
    var file: [UInt8]
    /// What is written and can still be lost.
    var unsynced: [UInt8] = []
    var saving: RaftReady<Op>?
    var snapshot: RaftSnapshot<Op>?
    /// Counts starts, so that what was planned for an earlier one is known to be void.
    var life = 0
    var isRemoved = false
    var frozenUntil = Instant.zero
    var diskDelay = Duration.microseconds(20)
    /// Whom it was told about when it joined.
    var sponsors: [RaftMember<Op>] = []
    // The state machine.
    var appliedIndex: UInt64 = 0
    var digest: UInt64 = 0
    // What the laws compare with.
    var seenTerm: UInt64 = 0
    var durableTerm: UInt64 = 0
    var seenCommit: UInt64 = 0
    var wasLeading = false
  }

  let seed: UInt64
  var config = RaftConfig()
  var seats: [Seat] = []
  /// Each seat's own dice.
  var dices: [Dice] = []
  var now = Instant.zero
  var queue = StormQueue<Event>()
  var laws = StormLaws()
  var trace = TraceHasher()
  var weather: Weather
  var dice: Dice
  var mail: [RaftMessage<Op>?] = []
  var freeMail: [Int] = []
  var snapshotInterval: UInt64
  var nextOp: UInt64 = 0
  var counts = Counts()

  /// What a storm has seen, so that one in which nothing happened does not pass for a test.
  struct Counts {
    var events = 0
    var crashes = 0
    var tornFiles = 0
    var lost = 0
    var snapshotsLoaded = 0
    var compactions = 0
    var membershipChanges = 0
    var transfers = 0
    var elections = 0
    var committed = 0
    var rescues = 0

    static func += (a: inout Counts, b: Counts) {
      a.events += b.events
      a.crashes += b.crashes
      a.tornFiles += b.tornFiles
      a.lost += b.lost
      a.snapshotsLoaded += b.snapshotsLoaded
      a.compactions += b.compactions
      a.membershipChanges += b.membershipChanges
      a.transfers += b.transfers
      a.elections += b.elections
      a.committed += b.committed
      a.rescues += b.rescues
    }
  }

  /// Draws the configuration and founds the cluster.
  init(seed: UInt64, plantedBug: RaftPlantedBug? = nil) {
    self.seed = seed
    dice = Dice(seed: seed, label: "storm")
    weather = Weather(seed: seed)
    config.plantedBug = plantedBug
    config.electionTicks = dice.pick([3, 4, 10]) ?? 10
    config.maxInflightMessages = dice.pick([1, 2, 8, 256]) ?? 256
    config.maxBytesPerMessage = dice.pick([200, 2_000, 65_535]) ?? 65_535
    config.keptEntries = dice.pick([0, 3, 20]) ?? 0
    snapshotInterval = dice.pick([0, 8, 25, 60]) ?? 0
    found(members: dice.pick([1, 2, 3, 3, 3, 4, 5, 5, 7]) ?? 3)
  }

  private mutating func found(members count: Int) {
    for _ in 0..<count { addSeat() }
    let ids = seats.map(\.id)
    let list = RaftMembership(members: ids.map { RaftMember(id: $0, payload: Shared(Op($0.raw))) })
    for place in seats.indices {
      if count == 1 {
        seats[0].node = RaftNode.founding(
          ids[0], payload: Shared(Op(1)), config: config, at: now, dice: &dices[0])
        seats[0].file = RaftWAL.file([RaftRecord<Op>.owner(ids[0])])
        started(0)
      } else {
        // All begin with the same committed additions, as if a founder had just added them.
        var records: [RaftRecord<Op>] = [.owner(ids[place])]
        records.append(.hardState(RaftHardState(term: 1, vote: nil, commit: UInt64(count))))
        for member in list.members {
          let change = RaftEntryKind.change(RaftChange(.add, member.id))
          records.append(.entry(RaftEntry(term: 1, index: member.id.raw, kind: change, payload: member.payload)))
        }
        seats[place].file = RaftWAL.file(records)
        start(place)
      }
    }
    queue.plan(.propose, at: now + .seconds(1))
    queue.plan(.chaos, at: now + .seconds(2))
  }

  private mutating func addSeat() {
    let id = RaftID(UInt64(seats.count) + 1)
    seats.append(Seat(id: id, file: []))
    dices.append(dice.forked("seat \(id)"))
  }

  // MARK: Life and death

  /// Starts the machine from its disk.
  mutating func start(_ place: Int) {
    if seats[place].isRemoved || seats[place].node != nil { return }
    do {
      let (durable, whole) = try RaftWAL.read(seats[place].file, of: Op.self)
      if whole < seats[place].file.count { counts.tornFiles += 1 }
      seats[place].file.removeSubrange(whole...)
      laws.demand(
        durable.hardState.term >= seats[place].durableTerm, "\(seats[place].id) forgot a term that it had saved")
      seats[place].appliedIndex = durable.snapshot?.index ?? 0
      seats[place].digest = durable.snapshot?.payload?.value.value ?? 0
      // Who was added and never heard from the leader has to join again.
      let rejoined = durable.lastIndex == 0 && !seats[place].sponsors.isEmpty ? seats[place].sponsors : nil
      seats[place].node = RaftNode(
        restarting: durable, rejoined: rejoined, config: config, at: now, dice: &dices[place])
      seats[place].seenTerm = durable.hardState.term
      seats[place].seenCommit = durable.snapshot?.index ?? 0
      seats[place].wasLeading = false
      started(place)
    } catch { laws.demand(false, "\(seats[place].id) cannot read its disk: \(error)") }
  }

  private mutating func started(_ place: Int) {
    seats[place].life += 1
    let life = seats[place].life
    if let deadline = seats[place].node?.nextDeadline { queue.plan(.wake(place, life: life), at: deadline) }
    watch(place)
    proceed(place)
  }

  /// Stops the machine at once. What was not synced survives whole, in part or not at all.
  mutating func crash(_ place: Int) {
    if seats[place].node == nil { return }
    counts.crashes += 1
    let pending = seats[place].unsynced
    let kept = dice.chance(1, in: 3) ? pending.count : dice.int(in: 0..<pending.count + 1)
    if !dice.chance(1, in: 3) { seats[place].file += pending[..<kept] }
    stop(place)
  }

  private mutating func stop(_ place: Int) {
    seats[place].life += 1
    seats[place].node = nil
    seats[place].saving = nil
    seats[place].snapshot = nil
    seats[place].unsynced = []
  }

  /// Whoever is removed stops for good.
  private mutating func retire(_ place: Int) {
    seats[place].isRemoved = true
    stop(place)
  }

  func place(of id: RaftID) -> Int? { Int(exactly: id.raw - 1).flatMap { $0 < seats.count ? $0 : nil } }

  // MARK: The loop

  /// Runs until `end`, or until a law is broken.
  mutating func run(until end: Instant) {
    while laws.breach == nil, let next = queue.next, next <= end, let (instant, event) = queue.pop() {
      now = instant
      counts.events += 1
      handle(event)
    }
    now = max(now, end)
  }

  private mutating func handle(_ event: Event) {
    switch event {
    case .wake(let place, let life):
      if !isDue(event, place, life) { return }
      step(place, .wake)
      if let deadline = seats[place].node?.nextDeadline { queue.plan(.wake(place, life: life), at: deadline) }
    case .saved(let place, let life): if isDue(event, place, life) { finish(place) }
    case .snapshotSaved(let place, let life): if isDue(event, place, life) { compact(place) }
    case .deliver(let slot): deliver(slot)
    case .bounce(let slot): if let message = takeMail(slot) { report(message, succeeded: false) }
    case .restart(let place): start(place)
    case .propose: propose()
    case .chaos: makeTrouble()
    case .calm(let number): weather.end(number)
    }
  }

  /// Whether an event of this life is to happen now: not to the dead, and later to the frozen.
  private mutating func isDue(_ event: Event, _ place: Int, _ life: Int) -> Bool {
    if seats[place].life != life { return false }
    if now < seats[place].frozenUntil {
      queue.plan(event, at: seats[place].frozenUntil)
      return false
    }
    trace.mix(UInt64(place) &+ UInt64(bitPattern: now.nanoseconds) << 4)
    return true
  }

  @discardableResult
  mutating func step(_ place: Int, _ input: RaftInput<Op>) -> RaftOutcome {
    let outcome = seats[place].node?.step(input, at: now, dice: &dices[place]) ?? .dropped
    watch(place)
    proceed(place)
    return outcome
  }

  /// Looks for what a step may have broken.
  private mutating func watch(_ place: Int) {
    guard let status = seats[place].node?.status else { return }
    let id = seats[place].id
    laws.demand(status.term >= seats[place].seenTerm, "\(id) went back to term \(status.term)")
    seats[place].seenTerm = status.term
    laws.demand(status.committed >= seats[place].seenCommit, "\(id) took back its commit index")
    let isLeading = status.role == .leader
    if isLeading && !seats[place].wasLeading, let node = seats[place].node {
      counts.elections += 1
      laws.elected(node)
    }
    seats[place].wasLeading = isLeading
    while seats[place].seenCommit < status.committed, laws.breach == nil, let node = seats[place].node {
      seats[place].seenCommit += 1
      laws.knowsCommitted(seats[place].seenCommit, node)
    }
  }

  // MARK: The driver

  /// Takes the next `RaftReady`, if there is one, and begins to save it.
  private mutating func proceed(_ place: Int) {
    while laws.breach == nil, seats[place].saving == nil, let ready = seats[place].node?.takeReady() {
      for entry in ready.entries {
        laws.saved(entry, after: seats[place].node?.term(at: entry.index - 1) ?? nil, by: seats[place].id)
      }
      RaftWAL.append(ready.records, to: &seats[place].unsynced)
      seats[place].saving = ready
      if ready.mustSync {
        let delay = seats[place].diskDelay + dice.duration(in: .zero..<seats[place].diskDelay)
        queue.plan(.saved(place, life: seats[place].life), at: now + delay)
        return
      }
      carryOut(place, ready)
    }
  }

  private mutating func sync(_ place: Int) {
    seats[place].file += seats[place].unsynced
    seats[place].unsynced = []
  }

  private mutating func finish(_ place: Int) {
    guard let ready = seats[place].saving else { return }
    sync(place)
    seats[place].durableTerm = max(seats[place].durableTerm, ready.hardState?.term ?? 0)
    carryOut(place, ready)
    proceed(place)
  }

  /// Sends and applies what is saved.
  private mutating func carryOut(_ place: Int, _ ready: RaftReady<Op>) {
    for message in ready.messages {
      if case .voteReply(true) = message.kind { laws.voted(message.from, for: message.to, term: message.term) }
      post(message)
    }
    if let snapshot = ready.snapshot {
      counts.snapshotsLoaded += 1
      seats[place].appliedIndex = snapshot.index
      seats[place].digest = snapshot.payload?.value.value ?? 0
      laws.applied(snapshot.index, digest: seats[place].digest, by: seats[place].id)
    }
    for entry in ready.committed { apply(entry, place) }
    seats[place].saving = nil
    seats[place].node?.advance(dice: &dices[place])
    watch(place)
    for case .change(let change) in ready.committed.map(\.kind) where change.action == .add {
      join(change.member, sponsor: place)
    }
    if ready.removesSelf { return retire(place) }
    if ready.removesLeader && dice.chance(1, in: 2) {
      seats[place].node?.step(.campaign, at: now, dice: &dices[place])
      watch(place)
    }
    if seats[place].snapshot == nil, seats[place].node?.isSnapshotDue(interval: snapshotInterval) == true,
      let snapshot = seats[place].node?.makeSnapshot(Shared(Op(seats[place].digest)), size: 500)
    {
      seats[place].snapshot = snapshot
      RaftWAL.append([.snapshot(snapshot)], to: &seats[place].unsynced)
      queue.plan(.snapshotSaved(place, life: seats[place].life), at: now + seats[place].diskDelay * 3)
    }
  }

  private mutating func apply(_ entry: RaftEntry<Op>, _ place: Int) {
    laws.demand(
      entry.index == seats[place].appliedIndex + 1, "\(seats[place].id) applied \(entry.index) out of order")
    seats[place].appliedIndex = entry.index
    var hasher = TraceHasher()
    hasher.mix(seats[place].digest)
    hasher.mix(entry.payload?.value.value ?? 0)
    hasher.mix(entry.term)
    seats[place].digest = hasher.digest
    laws.applied(entry.index, digest: hasher.digest, by: seats[place].id)
    trace.mix(hasher.digest)
  }

  /// Somebody knows that the addition is committed: the new machine starts.
  private mutating func join(_ id: RaftID, sponsor: Int) {
    if place(of: id) != nil { return }
    while self.place(of: id) == nil { addSeat() }
    guard let place = self.place(of: id), seats[place].file.isEmpty else { return }
    counts.membershipChanges += 1
    let list = seats[sponsor].node?.members.members ?? []
    seats[place].file = RaftWAL.file([RaftRecord<Op>.owner(id)])
    seats[place].sponsors = list
    seats[place].node = .joining(id, members: list, config: config, at: now, dice: &dices[place])
    started(place)
  }

  private mutating func compact(_ place: Int) {
    guard let snapshot = seats[place].snapshot else { return }
    sync(place)
    seats[place].snapshot = nil
    if seats[place].node?.compact(to: snapshot) == true { counts.compactions += 1 }
    // Half of the disks are tidied up: a new file that says the same.
    if dice.chance(1, in: 2), let durable = try? RaftWAL.read(seats[place].file, of: Op.self).durable {
      seats[place].file = RaftWAL.file(durable.records)
    }
  }

  // MARK: The network

  private mutating func post(_ message: RaftMessage<Op>) {
    let delays = weather.delays(from: message.from, to: message.to, &dice)
    for delay in delays { queue.plan(.deliver(keep(message)), at: now + delay) }
    // Messages may be lost in silence, but a snapshot's fate is always reported: its sender has stopped for it.
    if delays.isEmpty, case .snapshot = message.kind { queue.plan(.bounce(keep(message)), at: now + .seconds(2)) }
  }

  private mutating func keep(_ message: RaftMessage<Op>) -> Int {
    guard let slot = freeMail.popLast() else {
      mail.append(message)
      return mail.count - 1
    }
    mail[slot] = message
    return slot
  }

  private mutating func takeMail(_ slot: Int) -> RaftMessage<Op>? {
    guard let message = mail[slot] else { return nil }
    mail[slot] = nil
    freeMail.append(slot)
    return message
  }

  /// Whether somebody listens at the other end.
  private func isReachable(_ other: RaftID, from id: RaftID) -> Bool {
    guard let place = place(of: other), seats[place].node != nil else { return false }
    return !weather.isCut(from: id, to: other)
  }

  private mutating func deliver(_ slot: Int) {
    if let to = mail[slot]?.to, let place = place(of: to), now < seats[place].frozenUntil {
      return queue.plan(.deliver(slot), at: seats[place].frozenUntil)
    }
    guard let message = takeMail(slot) else { return }
    guard isReachable(message.to, from: message.from), let place = place(of: message.to) else {
      counts.lost += 1
      return report(message, succeeded: false)
    }
    let life = seats[place].life
    switch seats[place].node?.reception(of: message) {
    case .step?: step(place, .message(message))
    case .checkCandidateFirst?:
      if isReachable(message.from, from: message.to) { step(place, .message(message)) }
    case .senderIsRemoved?:
      // The answer takes the way back.
      if let sender = self.place(of: message.from), isReachable(message.from, from: message.to) { retire(sender) }
      return
    case .misaddressed?, .unknownCandidate?, nil: break
    }
    if seats[place].life == life { report(message, succeeded: true) }
  }

  /// What the sender's transport makes of it.
  private mutating func report(_ message: RaftMessage<Op>, succeeded: Bool) {
    guard let sender = place(of: message.from), seats[sender].node != nil else { return }
    if case .snapshot = message.kind {
      step(sender, .snapshotSent(to: message.to, succeeded: succeeded))
    }
    if !succeeded && dice.chance(1, in: 2) { step(sender, .unreachable(message.to)) }
  }

  // MARK: Work

  /// The place of a member that thinks it leads.
  func anyLeader() -> Int? { seats.indices.last { seats[$0].node?.isLeader == true } }

  private mutating func propose() {
    queue.plan(.propose, at: now + dice.duration(in: .milliseconds(20)..<weather.workPause))
    guard let place = anyLeader() else { return }
    for _ in 0..<dice.int(in: 1..<4) {
      nextOp += 1
      let size = dice.chance(1, in: 50) ? 70_000 : dice.int(in: 1..<200)
      step(place, .propose(Shared(Op(nextOp)), size: size))
    }
  }

  // MARK: Afterwards

  /// Everybody in a line each, for whoever has to find out what went wrong.
  var description: String {
    seats.map { seat in
      let fate = seat.isRemoved ? " removed" : seat.node == nil ? " down" : ""
      let status = seat.node.map { node in
        let (s, voters) = (node.status, node.voters.map { "\($0)" }.joined(separator: ","))
        return " \(s.role) term=\(s.term) leader=\(s.leader.map { "\($0)" } ?? "-") last=\(s.lastIndex)"
          + " committed=\(s.committed) applied=\(s.applied) voters=\(voters)"
      }
      return "\(seat.id)\(fate)\(status ?? "")"
    }.joined(separator: "\n")
  }

  /// Ends all trouble, starts everybody, and gives the members time to agree. Returns what is wrong, if anything is.
  mutating func healAndSettle() -> String? {
    weather.clear()
    for place in seats.indices {
      seats[place].frozenUntil = now
      seats[place].diskDelay = .microseconds(20)
      start(place)
    }
    for _ in 0..<60 {
      run(until: now + .seconds(Int64(config.electionTicks)))
      if laws.breach != nil || disagreement() == nil { break }
    }
    if laws.breach == nil && disagreement() != nil && waitsForTheRemoved { rescue() }
    return laws.breach ?? disagreement()
  }

  /// Whether somebody waits for the vote of a member that was removed and has stopped.
  ///
  /// It can happen to swarmkit. The commit index of a removal is not synced; if the removed member learns of it and
  /// stops, and the power fails on the one that told it, then of two members the other waits for ever. So does one that
  /// is behind and whose only up-to-date peer is too new for it to know: it drops a stranger's requests.
  private var waitsForTheRemoved: Bool {
    seats.contains { $0.node?.voters.contains { place(of: $0).map { seats[$0].isRemoved } == true } == true }
  }

  /// Does what an operator does then: makes the member with the best log the only one. What was known to be committed
  /// is no longer law, as its terms may be used again.
  private mutating func rescue() {
    counts.rescues += 1
    let alive = seats.indices.filter { seats[$0].node?.voters.contains(seats[$0].id) == true }
    let best = alive.max { a, b in
      guard let left = seats[a].node, let right = seats[b].node else { return false }
      return !left.log.isUpToDate(lastIndex: right.status.lastIndex, lastTerm: right.log.lastTerm)
        || (left.log.lastIndex, left.log.lastTerm) == (right.log.lastIndex, right.log.lastTerm)
    }
    guard let best else { return }
    for place in seats.indices { if place == best { stop(place) } else { retire(place) } }
    guard var durable = try? RaftWAL.read(seats[best].file, of: Op.self).durable else { return }
    let records = durable.forceNewCluster(payload: Shared(Op(seats[best].id.raw)), size: 10)
    RaftWAL.append(records, to: &seats[best].file)
    laws = StormLaws()
    laws.isSuspended = true
    start(best)
    run(until: now + .seconds(Int64(2 * config.electionTicks + 2)))
  }

  /// Why the members do not agree yet; nil if they do.
  private func disagreement() -> String? {
    guard let place = anyLeader(), let leader = seats[place].node else { return "nobody leads" }
    if !leader.isReadyForProposals { return "\(leader.id) leads but is not ready" }
    for voter in leader.voters {
      guard let seat = self.place(of: voter), let node = seats[seat].node else { return "voter \(voter) is down" }
      if node.status.leader != leader.id { return "\(voter) does not follow \(leader.id)" }
      // Work goes on, so that followers may be a little behind.
      if node.status.applied + 30 < leader.status.applied { return "\(voter) lags behind" }
      if node.voters != leader.voters { return "\(voter) has other voters" }
    }
    return laws.committedIndex > 0 || laws.isSuspended ? nil : "nothing was ever committed"
  }
}
