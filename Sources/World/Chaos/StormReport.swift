import Checkers
import Lab
import SimBase
import World

/// What a storm did and what it found.
public struct StormReport: Sendable, CustomStringConvertible {
  /// What was drawn.
  public let plan: StormPlan
  /// Laws that did not hold.
  public private(set) var violations: [Violation] = []
  /// What the swarm had not reached when its time was up.
  public private(set) var unmet: [String] = []
  /// What was done, line by line.
  public private(set) var diary: [String] = []
  /// How many nodes were killed.
  public var kills = 0
  /// How many nodes were started again.
  public var restarts = 0
  /// How many cables and ways were cut.
  public var cuts = 0
  /// What had to be done by hand for the swarm to recover.
  public var rescues: [String] = []
  /// How many requests of users were done.
  public private(set) var acknowledged = 0
  /// What the watch has done.
  public private(set) var watched = WatchCounts()
  /// How long the swarm took to recover.
  public private(set) var recovery = Duration.zero
  /// How many events there were.
  public private(set) var events: UInt64 = 0
  /// When it ended.
  public private(set) var end = Instant.zero
  /// The history's hash.
  public private(set) var traceHex = ""

  init(_ plan: StormPlan) { self.plan = plan }

  /// Whether nothing was found.
  public var isClean: Bool { violations.isEmpty && unmet.isEmpty }
  /// Whether the storm can tell anything: one that broke nothing, or in which nothing was written, has shown nothing.
  public var hadEffect: Bool { kills + cuts > 0 && watched.entries > 0 && acknowledged > 0 }

  /// The whole of it, diary included.
  public var description: String {
    (["\(plan)"] + diary + findings + [summary]).joined(separator: "\n")
  }

  /// What was found, a line each; then, if anything was, how to see it again.
  public var findings: [String] {
    let lines = violations.map { "BROKEN  \($0)" } + unmet.map { "UNMET   \($0)" }
    return lines.isEmpty ? [] : lines + ["again: \(plan.command)"]
  }

  /// One line: how it ended, and how much there was of what.
  public var summary: String {
    "\(isClean ? "clean" : "FAILED") at \(end): \(kills) kills, \(restarts) restarts, \(cuts) cuts, \(acknowledged) "
      + "requests done, \(watched.elections) elections, \(watched.entries) entries, \(watched.placements) placements, "
      + "\(events) events, \(rescues.count) rescues by hand, recovered in \(recovery), trace \(traceHex) seed \(plan.seed)"
  }

  mutating func finish(_ lab: Lab, unmet: [String], acknowledged: Int, recovery: Duration, diary: [String]) {
    violations = lab.watch?.violations ?? []
    watched = lab.watch?.counts ?? WatchCounts()
    // A law that broke ended the storm early: what was not reached is no news then.
    self.unmet = violations.isEmpty ? unmet : []
    (self.acknowledged, self.recovery, self.diary) = (acknowledged, recovery, diary)
    (events, end, traceHex) = (lab.world.handledEvents, lab.now, lab.world.traceHex)
  }
}
