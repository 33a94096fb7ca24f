import SimBase

/// What a storm is made of, drawn from its seed before it begins.
public struct StormPlan: Sendable, Equatable, CustomStringConvertible {
  /// The seed of the world and of the storm.
  public var seed: UInt64
  /// How many managers.
  public var managers = 3
  /// How many workers.
  public var workers = 3
  /// How many things befall the swarm.
  public var steps: Int
  /// The longest pause between two of them.
  public var longestPause: Duration
  /// Of a hundred steps, how many are requests of users; the others are faults and their mending.
  public var requestShare: UInt64
  /// Of a hundred faults, how many are mended faults.
  public var mendShare: UInt64
  /// Whether updates start new tasks before they stop old ones.
  public var startsFirst: Bool

  /// The plan of a seed.
  public init(seed: UInt64) {
    self.seed = seed
    var dice = Dice(seed: seed, label: "storm/plan")
    steps = dice.int(in: 20..<60)
    longestPause = .milliseconds(Int64(dice.below(8) + 1) * 1_500)
    requestShare = 20 + dice.below(50)
    mendShare = 35 + dice.below(30)
    startsFirst = dice.chance(1, in: 2)
  }

  /// One line, to be printed before the storm.
  public var description: String {
    "seed \(seed): \(managers) managers, \(workers) workers, \(steps) steps up to \(longestPause) apart, "
      + "\(requestShare) % requests, \(mendShare) % of the rest mends, \(startsFirst ? "start" : "stop")-first"
  }
}
