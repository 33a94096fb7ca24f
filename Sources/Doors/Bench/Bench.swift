import Chaos
import Lab
import SimBase
import World

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Measurements and comparisons for the people who work on swarmlab; no part of the product.
///
/// - `swarmlab-bench [ROW…] [--write FILE]`: measure, and write the table;
/// - `swarmlab-bench history N`: hashes of the standard history, a line per seed;
/// - `swarmlab-bench events SEED`: that history, a line per event;
/// - `swarmlab-bench storm FROM TO`: storms, with their reports where something was found;
/// - `swarmlab-bench shrink SEED`: the report of the smallest part of a storm that still fails.
@main struct Bench {
  static func main() {
    var arguments = Array(CommandLine.arguments.dropFirst())
    do {
      switch arguments.first {
      case "history": try history(UInt64(arguments.dropFirst().first ?? "") ?? 50)
      case "events": try events(UInt64(arguments.dropFirst().first ?? "") ?? 1)
      case "storm":
        let from = UInt64(arguments.dropFirst().first ?? "") ?? 1
        try storms(from...max(from, UInt64(arguments.dropFirst(2).first ?? "") ?? from))
      case "shrink": try shrink(UInt64(arguments.dropFirst().first ?? "") ?? 1)
      default:
        var file: String?
        if let place = arguments.firstIndex(of: "--write"), place + 1 < arguments.count {
          file = arguments[place + 1]
          arguments.removeSubrange(place...place + 1)
        }
        try Table.measure(only: arguments, writingTo: file)
      }
    } catch {
      print("swarmlab-bench: \(error)")
      exit(1)
    }
  }

  private static func history(_ count: UInt64) throws {
    for seed in 1...max(1, count) {
      let world = try StandardHistory.run(seed: seed).world
      print("\(seed) \(world.traceHex) \(world.handledEvents)")
    }
  }

  private static func events(_ seed: UInt64) throws {
    let lab = try StandardHistory.run(seed: seed, recorder: Recorder())
    for line in lab.recorder?.lines ?? [] { print(line) }
  }

  private static func shrink(_ seed: UInt64) throws {
    guard let plan = try Storm.smallest(StormPlan(seed: seed)) else {
      return print("the storm of seed \(seed) is clean")
    }
    var storm = try Storm(plan)
    print(storm.run())
  }

  private static func storms(_ seeds: ClosedRange<UInt64>) throws {
    var failures: [UInt64] = []
    var (events, recovery, seconds) = (UInt64(0), Duration.zero, Int64(0))
    let took = try Clock.time {
      for seed in seeds {
        var storm = try Storm(StormPlan(seed: seed))
        let report = storm.run()
        events += report.events
        recovery = max(recovery, report.recovery)
        seconds += (report.end - .zero).seconds
        if !report.isClean || seeds.count == 1 { print(report) }
        if !report.isClean { failures.append(seed) }
      }
    }
    print(
      "\(seeds.count) storms, \(failures.count) failed \(failures), \(events) events, \(seconds) virtual seconds, "
        + "slowest recovery \(recovery), \(Int(took.wall * 1000)) ms")
    if !failures.isEmpty { exit(1) }
  }
}
