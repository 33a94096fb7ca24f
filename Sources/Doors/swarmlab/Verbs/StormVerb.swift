import ArgumentParser
import Chaos
import Lab
import SimBase

/// Raises random storms over swarms of its own and checks the laws of a swarm.
///
/// Exits with 0 if all laws held and every swarm recovered, with 1 if not, and with 2 if a storm did nothing, so that it
/// cannot tell.
struct StormVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "storm",
    abstract: "Draw storms over a swarm in process: faults and requests at random, then all is mended.",
    discussion: """
      The laws of a swarm are checked at every change, and afterwards the swarm must become what its users wish. Exit codes:
      0 all clean, 1 a law was broken or a swarm did not recover, 2 a storm had no effect, so that it cannot tell.
      """)

  @Option(parsing: .unconditional, help: "The first storm's seed; the others count up from it.") var seed: UInt64 = 1
  @Option(parsing: .unconditional, help: "How many storms.") var count: UInt64 = 1
  @Option(parsing: .unconditional, help: "How many managers each swarm has.") var managers = 3
  @Option(parsing: .unconditional, help: "How many workers each swarm has.") var workers = 3
  @Option(help: ArgumentHelp("Only these steps of a storm, as a failure prints them.", valueName: "steps"))
  var only: String?
  @Flag(
    help: ArgumentHelp("What weather, whatever the seed says: all kinds, or dying nodes and broken cables alone."))
  var breadth: Breadth?
  @Flag(help: "Print what was done, step by step, also where nothing was found.") var verbose = false
  @Flag(inversion: .prefixedNo, help: "Look for the smallest part of a failing storm that still fails.") var shrink =
    true

  /// How much of what there is befalls a swarm.
  enum Breadth: EnumerableFlag {
    case wide
    case narrow
  }

  func validate() throws {
    if !(1...9).contains(managers) || !(0...100).contains(workers) {
      throw ValidationError(
        "--managers \(managers) --workers \(workers): a storm takes 1 to 9 managers and at most 100 workers.")
    }
    if count == 0 { throw ValidationError("--count 0: write how many storms, 1 or more.") }
    if let only, steps == nil {
      throw ValidationError("--only \(only): write the numbers of steps, with commas: 3,7,12.")
    }
  }

  private var steps: [Int]? {
    guard let only else { return nil }
    let numbers = only.split(separator: ",").map { Int($0) }
    let steps = numbers.compactMap { $0 }.sorted()
    return steps.count == numbers.count ? steps : nil
  }

  func run() throws {
    var (failed, idle) = (0, 0)
    for number in seed..<(seed + count) {
      var plan = StormPlan(seed: number)
      (plan.managers, plan.workers, plan.only) = (managers, workers, steps)
      if let breadth { plan.isWide = breadth == .wide }
      Terminal.say("\(plan)")
      let report = try raise(plan)
      if verbose || !report.isClean { for line in report.diary { Terminal.say(line) } }
      for line in report.findings { Terminal.say(line) }
      Terminal.say(report.summary)
      if !report.isClean {
        failed += 1
        if shrink && only == nil, let smaller = try smallest(plan) {
          Terminal.say("smaller: \(smaller.command)")
        }
      } else if !report.hadEffect {
        idle += 1
        Terminal.say("cannot tell: nothing was broken, or nobody wrote anything")
      }
    }
    if failed > 0 { throw ExitCode(1) }
    if idle > 0 { throw ExitCode(2) }
  }

  private func raise(_ plan: StormPlan) throws -> StormReport {
    do throws(FormingFailure) {
      var storm = try Storm(plan)
      return storm.run()
    } catch { throw ValidationError("the swarm could not be formed: \(error.reason)") }
  }

  private func smallest(_ plan: StormPlan) throws -> StormPlan? {
    do throws(FormingFailure) { return try Storm.smallest(plan) } catch { return nil }
  }
}
