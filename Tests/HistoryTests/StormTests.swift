import Chaos
import Checkers
import Lab
import SimBase
import Testing
import World

/// Whole swarms in bad weather, one storm per seed: the laws hold all along, and calm brings back what users wish.
@Suite struct StormTests {
  static let seeds = Seeds.sweep(debug: 10, release: 2_000)

  @Test("no storm breaks a law, and after it the swarm is what its users wish") func storms() throws {
    var (kills, cuts, done, elections, placements) = (0, 0, 0, 0, 0)
    for seed in Self.seeds {
      var storm = try Storm(StormPlan(seed: seed))
      let report = storm.run()
      #expect(report.isClean, "\(report)\n\(Seeds.replay(seed, "StormTests"))")
      kills += report.kills
      cuts += report.cuts
      done += report.acknowledged
      elections += report.watched.elections
      placements += report.watched.placements
    }
    print("\(Self.seeds.count) storms: \(kills) kills, \(cuts) cuts, \(done) requests done, \(elections) elections")
    if Self.seeds.count < 10 { return }
    // Storms that did nothing have shown nothing.
    #expect(kills > Self.seeds.count && cuts > 0 && done > 5 * Self.seeds.count)
    #expect(elections > Self.seeds.count && placements > 5 * Self.seeds.count)
  }

  /// 13: a manager that had lost power never heard of its leader again. 269: a container that was starting while its task
  /// was shut down ran for good. 509: a scheduler that forgets, as Docker's does, is no fault.
  @Test("storms that have found something once stay clean", arguments: [13, 269, 509] as [UInt64])
  func found(seed: UInt64) throws {
    var storm = try Storm(StormPlan(seed: seed))
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
}
