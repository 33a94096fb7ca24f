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
  /// Whether updates mostly start new tasks before they stop old ones.
  public var startsFirst: Bool
  /// Whether the weather is of all kinds. Without it nodes die and cables break, and users ask for services and nodes; with
  /// it nodes also freeze, lose their disks, are slow, lose packets, or leave, and the cluster itself is changed: its keys,
  /// its certificates, its locks.
  public var isWide: Bool
  /// The steps that are taken, from 1; the others are only waited for. Nil for all: what is left of a storm that was made
  /// smaller.
  public var only: [Int]?

  /// The plan of a seed.
  public init(seed: UInt64) {
    self.seed = seed
    var dice = Dice(seed: seed, label: "storm/plan")
    steps = dice.int(in: 20..<60)
    longestPause = .milliseconds(Int64(dice.below(8) + 1) * 1_500)
    requestShare = 20 + dice.below(50)
    mendShare = 35 + dice.below(30)
    startsFirst = dice.chance(1, in: 2)
    isWide = StormPlan.drawsWide(seed)
  }

  private static func drawsWide(_ seed: UInt64) -> Bool {
    var dice = Dice(seed: seed, label: "storm/breadth")
    return dice.chance(1, in: 2)
  }

  /// The last step.
  var lastStep: Int { only.map { $0.last ?? 0 } ?? steps }

  /// Whether a step is taken.
  func takes(_ step: Int) -> Bool { only?.contains(step) ?? true }

  /// How to see this storm again.
  public var command: String {
    var words = ["swarmlab", "chaos", "storm", "--seed", "\(seed)"]
    if managers != 3 { words += ["--managers", "\(managers)"] }
    if workers != 3 { words += ["--workers", "\(workers)"] }
    if isWide != StormPlan.drawsWide(seed) { words.append(isWide ? "--wide" : "--narrow") }
    if let only { words += ["--only", only.map(String.init).joined(separator: ",")] }
    return words.joined(separator: " ")
  }

  /// One line, to be printed before the storm.
  public var description: String {
    "seed \(seed): \(managers) managers, \(workers) workers, \(only.map { "\($0.count) of " } ?? "")\(steps) steps up to "
      + "\(longestPause) apart, \(requestShare) % requests, \(mendShare) % of the rest mends, "
      + "\(startsFirst ? "start" : "stop")-first, \(isWide ? "all kinds of weather" : "nodes and cables alone")"
  }
}
