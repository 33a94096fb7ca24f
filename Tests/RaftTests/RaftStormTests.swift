import Foundation
import Raft
import SimBase
import Testing

/// Raft alone in bad weather, one storm per seed: first trouble, with the laws watched all along, then calm, in which
/// the members must come to agree.
///
/// `SWARMLAB_STORMS` says how many storms (60), `SWARMLAB_STORM_SEED` runs one again.
@Suite struct RaftStormTests {
  private static let environment = ProcessInfo.processInfo.environment

  private static var seeds: [UInt64] {
    if let seed = environment["SWARMLAB_STORM_SEED"].flatMap(UInt64.init) { return [seed] }
    return Array(1...max(1, environment["SWARMLAB_STORMS"].flatMap(UInt64.init) ?? 60))
  }

  private static func replay(_ seed: UInt64) -> Comment {
    "seed \(seed); again: SWARMLAB_STORM_SEED=\(seed) swift test --filter RaftStormTests"
  }

  @Test("no storm breaks a law, and after it the members agree")
  func storms() {
    var counts = Storm.Counts()
    for seed in Self.seeds {
      var storm = Storm(seed: seed)
      storm.run(until: .zero + .seconds(120))
      let wrong = storm.laws.breach ?? storm.healAndSettle()
      #expect(wrong == nil, Self.replay(seed))
      if wrong != nil { print(storm.description) }
      storm.counts.committed = Int(storm.laws.committedIndex)
      counts += storm.counts
    }
    print("\(Self.seeds.count) storms: \(counts)")
    // The ways to get stuck that swarmkit has are rare.
    #expect(counts.rescues <= 1 + Self.seeds.count / 200)
    if Self.seeds.count < 20 { return }
    // A storm that did nothing has shown nothing.
    #expect(counts.elections > Self.seeds.count && counts.committed > 20 * Self.seeds.count)
    #expect(counts.crashes > 0 && counts.tornFiles > 0 && counts.lost > 0 && counts.transfers > 0)
    #expect(counts.snapshotsLoaded > 0 && counts.compactions > 0 && counts.membershipChanges > 0)
  }

  @Test(
    "a copy of a storm goes the way of the original, and so does the same seed", arguments: [3, 14, 15] as [UInt64])
  func sameSeedSameStorm(seed: UInt64) {
    var storm = Storm(seed: seed)
    storm.run(until: .zero + .seconds(40))
    var copy = storm
    storm.run(until: .zero + .seconds(80))
    copy.run(until: .zero + .seconds(80))
    var again = Storm(seed: seed)
    again.run(until: .zero + .seconds(80))
    #expect(copy.trace.hex == storm.trace.hex && again.trace.hex == storm.trace.hex)
    #expect(Storm(seed: seed + 1).trace.hex != storm.trace.hex && storm.trace.count > 100)
  }

  @Test("a planted bug does not survive the storms", arguments: RaftPlantedBug.allCases)
  func plantedBug(bug: RaftPlantedBug) {
    for seed in UInt64(1)...200 {
      var storm = Storm(seed: seed, plantedBug: bug)
      storm.run(until: .zero + .seconds(120))
      if let breach = storm.laws.breach {
        print("\(bug) was found by seed \(seed): \(breach)")
        return
      }
    }
    Issue.record("\(bug) was not found")
  }
}
