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

/// A swarm in bad weather: nodes die and come back, cables are pulled, users create, scale, update and drain, all drawn from
/// one seed, with the laws watched at every event. Then everything is mended, and the swarm has to become what its users
/// wish.
///
/// The storm is itself a value: a copy of it goes the same way as the original.
///
/// Source: tigerbeetle/tigerbeetle `src/vopr.zig` (safety first, then a healed core and liveness).
public struct Storm: Sendable {
  /// What was drawn.
  public let plan: StormPlan
  /// The swarm.
  public private(set) var lab: Lab
  /// What was done to it.
  public private(set) var diary: [String] = []
  /// What it has shown.
  public private(set) var report: StormReport

  private var dice: Dice
  private var users = StormUsers()
  private var down: [HostID] = []
  private var cut: [HostID] = []
  private var blocked: [(HostID, HostID)] = []
  private var left: Int

  /// How long the swarm has to recover.
  public static let patience = Duration.seconds(300)

  /// A storm over a swarm that has just been formed.
  public init(_ plan: StormPlan) throws(FormingFailure) {
    self.plan = plan
    dice = Dice(seed: plan.seed, label: "storm")
    lab = try Lab.formed(managers: plan.managers, workers: plan.workers, seed: plan.seed, watch: Watch())
    report = StormReport(plan)
    left = plan.steps
    users.startsFirst = plan.startsFirst
    users.prepare(&lab)
  }

  /// Raises the storm, mends everything, and waits for the swarm to recover.
  public mutating func run() -> StormReport {
    while step() {}
    heal()
    settle()
    return report
  }

  /// One pause and one blow; false once the plan is done, or a law broken.
  public mutating func step() -> Bool {
    if left == 0 || lab.watch?.violations.isEmpty == false { return false }
    left -= 1
    lab.advance(by: dice.duration(in: .milliseconds(10)..<plan.longestPause))
    if dice.chance(plan.requestShare, in: 100) {
      if let note = users.request(&lab, dice: &dice) { write(note) }
    } else if dice.chance(plan.mendShare, in: 100) {
      mend()
    } else {
      strike()
    }
    users.collect(&lab)
    return true
  }

  /// Mends all that is broken.
  public mutating func heal() {
    for host in cut { lab.apply(.heal(host)) }
    for (a, b) in blocked { lab.apply(.unblock(a, b)) }
    for host in down { lab.apply(.restart(host)) }
    (cut, blocked, down) = ([], [], [])
    write("all is mended")
  }

  /// Waits until the swarm is as its users wish, and notes what was found.
  public mutating func settle() {
    let end = lab.now + Storm.patience
    let start = lab.now
    var unmet = ["the swarm was never asked"]
    while lab.now < end, !unmet.isEmpty, lab.watch?.violations.isEmpty != false {
      lab.advance(by: .seconds(1))
      users.collect(&lab)
      users.activateAll(&lab)
      unmet = Convergence.unmet(in: lab.world) + users.unmet(lab)
    }
    lab.sweep()
    report.finish(
      lab, unmet: unmet, complaints: users.complaints, acknowledged: users.acknowledged, recovery: lab.now - start,
      diary: diary)
  }

  // MARK: Blows

  private mutating func strike() {
    let hosts = lab.world.hosts
    let up = hosts.filter { !down.contains($0) }
    switch dice.below(6) {
    case 0, 1:
      guard let host = dice.pick(up) else { return }
      let losesPower = dice.chance(1, in: 2)
      lab.apply(losesPower ? .powerCut(host) : .kill(host))
      down.append(host)
      report.kills += 1
      write("\(losesPower ? "power-cut" : "kill") \(name(host))")
    case 2:
      guard let leader = lab.leader else { return }
      lab.apply(.kill(leader))
      down.append(leader)
      report.kills += 1
      write("kill leader \(name(leader))")
    case 3:
      guard let host = dice.pick(hosts.filter { !cut.contains($0) }) else { return }
      lab.apply(.cut(host))
      cut.append(host)
      report.cuts += 1
      write("cut \(name(host))")
    case 4:
      guard let a = dice.pick(hosts), let b = dice.pick(hosts.filter { $0 != a }) else { return }
      if blocked.contains(where: { $0 == (a, b) || $0 == (b, a) }) { return }
      lab.apply(.block(a, b))
      blocked.append((a, b))
      report.cuts += 1
      write("block \(name(a)) \(name(b))")
    default:
      // A container dies on a node that runs one.
      let busy = up.filter { host in lab.world[host].engine.containers.contains { $0.state.isRunning } }
      guard let host = dice.pick(busy) else { return }
      let running = lab.world[host].engine.containers.filter(\.state.isRunning)
      guard let container = dice.pick(running) else { return }
      users.send("POST", "/containers/\(container.id)/kill", nil, at: host, &lab)
      write("kill a container on \(name(host))")
    }
  }

  private mutating func mend() {
    var choices: [Int] = []
    if !down.isEmpty { choices += [0, 0] }
    if !cut.isEmpty { choices.append(1) }
    if !blocked.isEmpty { choices.append(2) }
    switch dice.pick(choices) {
    case 0?:
      let host = down.remove(at: dice.int(in: 0..<down.count))
      lab.apply(.restart(host))
      report.restarts += 1
      write("restart \(name(host))")
    case 1?:
      let host = cut.remove(at: dice.int(in: 0..<cut.count))
      lab.apply(.heal(host))
      write("heal \(name(host))")
    case 2?:
      let (a, b) = blocked.remove(at: dice.int(in: 0..<blocked.count))
      lab.apply(.unblock(a, b))
      write("unblock \(name(a)) \(name(b))")
    default: break
    }
  }

  private func name(_ host: HostID) -> String { lab.world[host].hostname }
  private mutating func write(_ note: String) { diary.append("\(lab.now)  \(note)") }
}

/// What a storm did and what it found.
public struct StormReport: Sendable, CustomStringConvertible {
  /// What was drawn.
  public let plan: StormPlan
  /// Laws that did not hold.
  public private(set) var violations: [Violation] = []
  /// What the swarm had not reached when its time was up.
  public private(set) var unmet: [String] = []
  /// What users were told and then found otherwise.
  public private(set) var complaints: [String] = []
  /// What was done, line by line.
  public private(set) var diary: [String] = []
  /// How many nodes were killed, restarted; how many ways were cut.
  public var kills = 0
  /// How many nodes were started again while the storm went on.
  public var restarts = 0
  /// How many cables and ways were cut.
  public var cuts = 0
  /// How many requests of users were done.
  public private(set) var acknowledged = 0
  /// What the watch has done.
  public private(set) var watched = WatchCounts()
  /// How long the swarm took to recover.
  public private(set) var recovery = Duration.zero
  /// How many events there were, and how much virtual time.
  public private(set) var events: UInt64 = 0
  /// When it ended.
  public private(set) var end = Instant.zero
  /// The history's hash.
  public private(set) var traceHex = ""

  init(_ plan: StormPlan) { self.plan = plan }

  /// Whether nothing was found.
  public var isClean: Bool { violations.isEmpty && unmet.isEmpty && complaints.isEmpty }

  /// The whole of it, diary included.
  public var description: String {
    var lines = ["\(plan)"] + diary
    lines += violations.map { "BROKEN  \($0)" } + complaints.map { "BROKEN  \($0)" } + unmet.map { "UNMET   \($0)" }
    lines.append(
      "\(isClean ? "clean" : "FAILED") at \(end): \(kills) kills, \(restarts) restarts, \(cuts) cuts, \(acknowledged) "
        + "requests done, \(watched.elections) elections, \(watched.entries) entries, \(watched.placements) placements, "
        + "\(events) events, recovered in \(recovery), trace \(traceHex) seed \(plan.seed)")
    return lines.joined(separator: "\n")
  }

  mutating func finish(
    _ lab: Lab, unmet: [String], complaints: [String], acknowledged: Int, recovery: Duration, diary: [String]
  ) {
    violations = lab.watch?.violations ?? []
    watched = lab.watch?.counts ?? WatchCounts()
    // A law that broke ended the storm early: what was not reached is no news then.
    self.unmet = violations.isEmpty ? unmet : []
    (self.complaints, self.acknowledged, self.recovery, self.diary) = (complaints, acknowledged, recovery, diary)
    (events, end, traceHex) = (lab.world.handledEvents, lab.now, lab.world.traceHex)
  }
}
