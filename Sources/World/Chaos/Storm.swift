import Checkers
import Engine
import EngineTypes
import Lab
import SimBase
import SimKernel
import SwarmModel
import SwarmNode
import SwarmStore
import World

/// A swarm in bad weather: nodes die and come back, cables are pulled, users create, update, drain and remove, all drawn
/// from one seed, with the laws watched at every event. Then everything is mended, and the swarm has to become what its
/// users wish.
///
/// The storm is itself a value: a copy of it goes the same way as the original. Each step has dice of its own, so a storm
/// without some of its steps is still much the same storm: that is how a failing one is made smaller (`smallest`).
///
/// Source: tigerbeetle/tigerbeetle `src/vopr.zig` (safety first, then a healed core and liveness).
public struct Storm: Sendable {
  /// Something that is broken and can be mended.
  private enum Break: Sendable, Equatable {
    case down(HostID)
    case cut(HostID)
    /// Nothing passes from a host of the one side to a host of the other.
    case apart([HostID], [HostID])
    /// One of the world's lasting faults that need no more than to be mended.
    case lasting(Fault)
  }

  /// What was drawn.
  public let plan: StormPlan
  /// The swarm.
  public internal(set) var lab: Lab
  /// What was done to it.
  public private(set) var diary: [String] = []
  /// What it has shown.
  public private(set) var report: StormReport

  private var users = StormUsers()
  private var broken: [Break] = []
  private var stepsDone = 0

  /// How long the swarm has to recover.
  public static let patience = Duration.seconds(600)

  /// A storm over a swarm that has just been formed.
  public init(_ plan: StormPlan, watch: Watch = Watch()) throws(FormingFailure) {
    self.plan = plan
    lab = try Lab.formed(managers: plan.managers, workers: plan.workers, seed: plan.seed, watch: watch)
    report = StormReport(plan)
    users.startsFirst = plan.startsFirst
    users.isWide = plan.isWide
    users.prepare(&lab)
  }

  /// Raises the storm, mends everything, and waits for the swarm to recover. `between` is called after each step: a test may
  /// look, or do harm.
  public mutating func run(between: (inout Storm) -> Void = { _ in }) -> StormReport {
    while step() { between(&self) }
    heal()
    settle(between: between)
    return report
  }

  /// One pause and one blow; false once the plan is done, or a law broken.
  public mutating func step() -> Bool {
    if stepsDone >= plan.lastStep || lab.watch?.violations.isEmpty == false { return false }
    stepsDone += 1
    var dice = Dice(seed: plan.seed, label: "storm/step/\(stepsDone)")
    lab.advance(by: dice.duration(in: .milliseconds(10)..<plan.longestPause))
    if plan.takes(stepsDone) { act(&dice) }
    users.collect(&lab)
    return true
  }

  private mutating func act(_ dice: inout Dice) {
    if dice.chance(plan.requestShare, in: 100) {
      if let note = users.request(&lab, dice: &dice) { write(note) }
    } else if dice.chance(plan.mendShare, in: 100) {
      mend(&dice)
    } else {
      strike(&dice)
    }
  }

  /// Mends all that is broken.
  public mutating func heal() {
    while let last = broken.popLast() { mend(last) }
    for brief in lab.world.faults.active { lab.apply(.mend(brief.id)) }
    lab.sweep()
    write("all is mended")
  }

  /// Waits until the swarm is as its users wish, and notes what was found.
  public mutating func settle(between: (inout Storm) -> Void = { _ in }) {
    let end = lab.now + Storm.patience
    let start = lab.now
    var unmet = ["the swarm was never asked"]
    while lab.now < end, !unmet.isEmpty, lab.watch?.violations.isEmpty != false {
      lab.advance(by: .seconds(1))
      between(&self)
      users.collect(&lab)
      users.rescue(&lab)
      users.repair(&lab)
      noteRescues()
      unmet = users.unmet(lab)
      if unmet.isEmpty { unmet = Convergence.unmet(in: lab.world) }
    }
    // Why users could not repair something is often found in the swarm.
    if !unmet.isEmpty {
      for fact in Convergence.unmet(in: lab.world) where !unmet.contains(fact) { unmet.append(fact) }
    }
    lab.sweep()
    report.finish(lab, unmet: unmet, acknowledged: users.acknowledged, recovery: lab.now - start, diary: diary)
  }

  private mutating func noteRescues() {
    for deed in users.rescues { write("by hand: \(deed)") }
    report.rescues += users.rescues
    users.rescues = []
  }

  // MARK: Blows

  private mutating func strike(_ dice: inout Dice) {
    let hosts = lab.world.hosts
    let up = hosts.filter { lab.world[$0].isUp }
    if plan.isWide && dice.chance(2, in: 5) { return strikeOtherwise(hosts, &dice) }
    switch dice.below(8) {
    case 0, 1:
      guard let host = dice.pick(up) else { return }
      let losesPower = dice.chance(1, in: 2)
      kill(host, losesPower ? .powerCut(host) : .kill(host), losesPower ? "power-cut" : "kill")
    case 2:
      guard let leader = lab.leader else { return }
      kill(leader, .kill(leader), "kill leader")
    case 3:
      guard let host = dice.pick(hosts.filter { !broken.contains(.cut($0)) }) else { return }
      lab.apply(.cut(host))
      broken.append(.cut(host))
      report.cuts += 1
      write("cut \(name(host))")
    case 4:
      guard let a = dice.pick(hosts), let b = dice.pick(hosts.filter { $0 != a }) else { return }
      part([a], [b])
    case 5:
      var sides = hosts
      dice.shuffle(&sides)
      let border = dice.int(in: 1..<sides.count)
      part(Array(sides[..<border]), Array(sides[border...]))
    case 6:
      // A quick restart: the swarm hardly notices that the node was away.
      guard let host = dice.pick(up) else { return }
      lab.apply(.kill(host))
      lab.advance(by: dice.duration(in: .milliseconds(1)..<Duration.seconds(2)))
      lab.apply(.restart(host))
      report.kills += 1
      write("kill and restart \(name(host))")
    default: users.troubleContainer(&lab, dice: &dice).map { write($0) }
    }
  }

  /// What happens in wide storms alone.
  private mutating func strikeOtherwise(_ hosts: [HostID], _ dice: inout Dice) {
    guard let host = dice.pick(hosts) else { return }
    switch dice.below(8) {
    case 0...1: if lab.world[host].isUp { last(.freeze(host)) }
    case 2: last(.blockPort(host, SwarmNode.managerPort))
    case 3: last(.slow(host, dice.duration(in: .milliseconds(5)..<Duration.seconds(2))))
    case 4: last(.lossy(host, percent: dice.int(in: 5..<60)))
    case 5:
      // It ends by itself.
      let span = dice.duration(in: .seconds(1)..<Duration.seconds(40))
      if broken.contains(.cut(host)) { return }
      lab.apply(.cut(host), for: span)
      report.cuts += 1
      write("cut \(name(host)) for \(span)")
    case 6:
      let span = dice.duration(in: .seconds(20)..<Duration.seconds(200))
      write("let \(span) pass")
      lab.advance(by: span)
    default: if maySpare(host) { kill(host, .wipe(host), "wipe") }
    }
  }

  /// Whether the swarm can do without what is on a machine's disk: a cluster whose data is gone would not come back.
  private func maySpare(_ host: HostID) -> Bool {
    guard lab.world[host].isUp else { return false }
    guard let id = lab.world[host].raftID else { return lab.world[host].certificateRole != .manager }
    guard let leader = lab.leader else { return false }
    let members = lab.world[leader].raftMembers
    let others = members.count { member in
      member.id != id && lab.world.hosts.contains { lab.world[$0].isUp && lab.world[$0].raftID == member.id }
    }
    return others >= members.count / 2 + 1
  }

  private mutating func last(_ fault: Fault) {
    if broken.contains(.lasting(fault)) { return }
    lab.apply(fault)
    broken.append(.lasting(fault))
    report.cuts += 1
    write(FaultWords.words(for: fault, in: lab.world))
  }

  private mutating func kill(_ host: HostID, _ fault: Fault, _ word: String) {
    lab.apply(fault)
    broken.append(.down(host))
    report.kills += 1
    write("\(word) \(name(host))")
  }

  private mutating func part(_ some: [HostID], _ others: [HostID]) {
    // The world keeps one block per pair, so that two partitions that overlap would mend each other.
    let isNew = !broken.contains { if case .apart(let a, let b) = $0 { overlaps(a, b, some, others) } else { false } }
    if !isNew { return }
    for a in some { for b in others { lab.apply(.block(a, b)) } }
    broken.append(.apart(some, others))
    report.cuts += 1
    write("partition \(some.map(name)) | \(others.map(name))")
  }

  private func overlaps(_ a: [HostID], _ b: [HostID], _ some: [HostID], _ others: [HostID]) -> Bool {
    some.contains { one in
      others.contains { other in a.contains(one) && b.contains(other) || a.contains(other) && b.contains(one) }
    }
  }

  private mutating func mend(_ dice: inout Dice) {
    if broken.isEmpty { return }
    let place = dice.int(in: 0..<broken.count)
    mend(broken.remove(at: place))
  }

  private mutating func mend(_ what: Break) {
    switch what {
    case .down(let host):
      lab.apply(.restart(host))
      report.restarts += 1
      write("restart \(name(host))")
    case .cut(let host):
      lab.apply(.heal(host))
      write("heal \(name(host))")
    case .apart(let some, let others):
      for a in some { for b in others { lab.apply(.unblock(a, b)) } }
      write("join \(some.map(name)) | \(others.map(name))")
    case .lasting(let fault):
      for active in lab.world.faults.active where active.fault == fault { lab.apply(.mend(active.id)) }
      write("mend \(FaultWords.words(for: fault, in: lab.world))")
    }
  }

  private func name(_ host: HostID) -> String { lab.world[host].hostname }
  private mutating func write(_ note: String) { diary.append("\(lab.now)  step \(stepsDone): \(note)") }
}
