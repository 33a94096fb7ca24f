import Chaos
import Checkers
import Lab
import SimBase
import Testing
import World

/// Whole swarms in bad weather, one storm per seed: the laws hold all along, and calm brings back what users wish.
@Suite struct StormTests {
  static let seeds = Seeds.sweep(debug: 8, release: 2_000)

  @Test("no storm breaks a law, and after it the swarm is what its users wish") func storms() throws {
    var (kills, cuts, done, elections, placements) = (0, 0, 0, 0, 0)
    for seed in Self.seeds {
      var storm = try Storm(StormPlan(seed: seed))
      let report = storm.run()
      #expect(report.isClean, "\(report)")
      kills += report.kills
      cuts += report.cuts
      done += report.acknowledged
      elections += report.watched.elections
      placements += report.watched.placements
    }
    print("\(Self.seeds.count) storms: \(kills) kills, \(cuts) cuts, \(done) requests done, \(elections) elections")
    if Self.seeds.count < 8 { return }
    // Storms that did nothing have shown nothing.
    #expect(kills > Self.seeds.count && cuts > 0 && done > 5 * Self.seeds.count)
    #expect(elections > Self.seeds.count && placements > 5 * Self.seeds.count)
  }

  /// - 10: a manager that was away while its leader joined could not answer it.
  /// - 81, 113, 114, 177, 204, 206, 243, 311, 410, 577: leaders that handed over and went on proposing, followers that were
  ///   told of commits beyond their logs, members that came back under their old number without their logs.
  /// - 328, 619, 854, 1000, 1774: a member of Raft that a demoted manager left behind, and the quorum with it.
  /// - 545, 1171: nodes that knew no manager any more.
  /// - 1178: a service with a slot that counted without running.
  /// - 304, 991, and of all weathers 405, 1400, 1632: addresses given twice by a new leader, because what had them was
  ///   removed, or another asked for more, while it restored.
  static var finders: [UInt64] {
    #if DEBUG
      [10, 206, 304, 545, 577, 854, 1178]
    #else
      [10, 81, 113, 114, 177, 204, 206, 243, 304, 311, 328, 410, 545, 577, 619, 854, 991, 1000, 1171, 1178, 1774]
    #endif
  }

  @Test("storms that have found something once stay clean", arguments: finders)
  func found(seed: UInt64) throws {
    try expectClean(seed, isWide: false)
  }

  @Test("storms of all weathers that have found something once stay clean", arguments: [405, 1400, 1632])
  func foundInAllWeathers(seed: UInt64) throws { try expectClean(seed, isWide: true) }

  private func expectClean(_ seed: UInt64, isWide: Bool) throws {
    var plan = StormPlan(seed: seed)
    plan.isWide = isWide  // As it was when it found something.
    var storm = try Storm(plan)
    let report = storm.run()
    #expect(report.isClean, "\(report)")
  }

  @Test("a storm is a value: the same seed makes the same storm, and a copy of one in its midst goes the same way")
  func sameSeed() throws {
    var storm = try Storm(StormPlan(seed: 4))
    for _ in 0..<10 { _ = storm.step() }
    var copy = storm
    var again = try Storm(StormPlan(seed: 4))
    let reports = [storm.run(), copy.run(), again.run()]
    #expect(Set(reports.map(\.traceHex)).count == 1)
    #expect(reports[0].diary == reports[2].diary && reports[0].diary.count > 5)
  }

  @Test("sweeping after every event finds nothing more than looking at what changed")
  func sweeps() throws {
    for seed in Seeds.sweep(debug: 1, release: 200) {
      let reports = try [Watch(), Watch(.collects, sweepsAlways: true)].map { watch in
        var storm = try Storm(StormPlan(seed: seed), watch: watch)
        return storm.run()
      }
      #expect(reports[1].violations.isEmpty, "\(reports[1])\n\(Seeds.replay(seed, "StormTests"))")
      // The watch changes nothing: it is the same storm.
      #expect(reports[0].traceHex == reports[1].traceHex)
      #expect(reports[1].watched.sweeps > 10 * reports[0].watched.sweeps)
    }
  }

  @Test("a storm tells how to see it again, and a failing one is cut down to the steps that matter") func smaller()
    throws
  {
    let clean = StormPlan(seed: 4)
    #expect(clean.command == "swarmlab chaos storm --seed 4")
    #expect(try Storm.smallest(clean) == nil)
    var part = clean
    part.only = [2, 5]
    #expect(part.command == "swarmlab chaos storm --seed 4 --only 2,5")
    var storm = try Storm(part)
    let report = storm.run()
    #expect(report.isClean && !report.diary.contains { $0.contains("step 3:") })
    // What did nothing has shown nothing.
    part.only = []
    var calm = try Storm(part)
    #expect(!calm.run().hadEffect)
  }
}
