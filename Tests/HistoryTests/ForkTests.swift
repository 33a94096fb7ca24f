import Chaos
import EngineTypes
import Lab
import SimBase
import SimKernel
import Testing
import World

/// One seed, one history: a copy goes the way of its original, and a journal of inputs brings a new world to the same hash.
@Suite struct ForkTests {
  static let seeds = Seeds.sweep(debug: 20, release: 500)

  @Test("a world that is copied at a random instant of a storm goes the same way as its copy") func fork() throws {
    for seed in Self.seeds {
      var dice = Dice(seed: seed, label: "test/fork")
      var storm = try Storm(StormPlan(seed: seed))
      for _ in 0..<dice.int(in: 1..<12) { _ = storm.step() }
      var copies = [storm.lab.world, storm.lab.world]
      let spans = (0..<20).map { _ in dice.duration(in: .zero ..< .seconds(4)) }
      for place in copies.indices {
        for span in spans { copies[place].run(until: copies[place].now + span) }
      }
      #expect(copies[0].traceHash == copies[1].traceHash, "\(Seeds.replay(seed, "ForkTests"))")
      // The original is where it was, and goes on as if there were no copies.
      let before = storm.lab.world.traceHash
      var third = storm.lab.world
      for span in spans { third.run(until: third.now + span) }
      #expect(third.traceHash == copies[0].traceHash && storm.lab.world.traceHash == before)
    }
  }

  @Test("a world that is treated otherwise than its copy does not change the copy") func apart() throws {
    var lab = try Lab.formed(managers: 3, workers: 2, seed: 1)
    var other = lab
    other.apply(.kill(HostID(0)))
    other.advance(by: .seconds(30))
    lab.advance(by: .seconds(30))
    var again = try Lab.formed(managers: 3, workers: 2, seed: 1)
    again.advance(by: .seconds(30))
    #expect(lab.world.traceHash == again.world.traceHash && lab.world.traceHash != other.world.traceHash)
  }

  @Test("the inputs of a history, given to a new world at their instants, make the same history") func replay() throws {
    for seed in Self.seeds {
      let lab = try StandardHistory.run(seed: seed, recorder: Recorder(keepsLines: false))
      let recorder = try #require(lab.recorder)
      #expect(recorder.inputs.count > 8)
      var world = World(lab.world.plan)
      recorder.replay(on: &world, to: lab.now)
      #expect(world.traceHash == lab.world.traceHash, "\(Seeds.replay(seed, "ForkTests"))")
      #expect(world.handledEvents == lab.world.handledEvents)
    }
  }

  @Test("a history that takes another way is told from its original at the first event that differs") func difference()
    throws
  {
    let mine = try #require(StandardHistory.run(seed: 1, recorder: Recorder()).recorder)
    let same = try #require(StandardHistory.run(seed: 1, recorder: Recorder()).recorder)
    let other = try #require(StandardHistory.run(seed: 2, recorder: Recorder()).recorder)
    #expect(mine.lines == same.lines && mine.firstDifference(from: same) == nil)
    let first = try #require(mine.firstDifference(from: other))
    #expect(first.mine.number == first.theirs.number && first.mine.number < 50)
  }
}
