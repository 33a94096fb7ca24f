import EngineTypes
import SimBase
import Testing

@testable import EngineServer

@Suite struct PaceTests {
  let clock = HandClock()

  @Test("at speed 10, a second of wall time makes ten virtual seconds due")
  func speed() {
    let pace = Pace(speed: 10, at: .zero, clock.wall)
    clock.pass(.seconds(1))
    #expect(pace.due(clock.wall) == .zero + .seconds(10))
  }

  @Test("the wall time of an instant is when that instant becomes due", arguments: [0.5, 1, 7, 100_000])
  func wallTime(speed: Double) throws {
    let pace = Pace(speed: speed, at: .zero, clock.wall)
    let instant = Instant.zero + .seconds(90)
    let wait = try #require(pace.wallTime(of: instant)) - clock.wall.monotonic()
    clock.pass(.nanoseconds(wait - 1_000))
    #expect(pace.due(clock.wall) < instant)
    clock.pass(.nanoseconds(1_000))
    #expect(pace.due(clock.wall) >= instant)
  }

  @Test("a world that lags a little may catch up; one that lags much slips and owes nothing")
  func slip() {
    var pace = Pace(speed: 1, at: .zero, clock.wall)
    clock.pass(.milliseconds(200))
    pace.reached(.zero, clock.wall)
    #expect(pace.slipped == 0)
    #expect(pace.due(clock.wall) == .zero + .milliseconds(200))
    clock.pass(.milliseconds(800))
    pace.reached(.zero, clock.wall)
    #expect(pace.slipped == 1_000_000_000)
    #expect(pace.due(clock.wall) == .zero)
  }

  @Test("nothing is due while paused, and what passed meanwhile is not made up for")
  func pause() {
    var pace = Pace(speed: 1, at: .zero, clock.wall)
    clock.pass(.seconds(2))
    pace.pause(at: .zero + .seconds(2), clock.wall)
    clock.pass(.seconds(50))
    #expect(pace.due(clock.wall) == .zero + .seconds(2))
    #expect(pace.wallTime(of: .zero + .seconds(3)) == nil)
    pace.resume(at: .zero + .seconds(2), clock.wall)
    clock.pass(.seconds(1))
    #expect(pace.due(clock.wall) == .zero + .seconds(3))
  }

  @Test("at speed 1 a thing's date never changes, so two inspects agree")
  func steadyEpoch() {
    var pace = Pace(speed: 1, at: .zero, clock.wall)
    let first = pace.epoch(at: .zero, clock.wall)
    clock.pass(.seconds(3_600))
    #expect(pace.epoch(at: .zero + .seconds(3_599), clock.wall) == first)
  }

  @Test("after a jump of three days, what was made before it is three days old by the laptop's clock")
  func ages() {
    var pace = Pace(speed: 1, at: .zero, clock.wall)
    let jumped = Instant.zero + .hours(72)
    pace.anchor(at: jumped, clock.wall)
    let made = pace.epoch(at: jumped, clock.wall).date(.zero)
    #expect(clock.date - made == .hours(72))
  }

  @Test("a laptop that slept finds its lab as old as it was")
  func laptopSleep() {
    var pace = Pace(speed: 1, at: .zero, clock.wall)
    clock.pass(.seconds(10))
    let ten = Instant.zero + .seconds(10)
    clock.sleep(.hours(8))
    #expect(pace.due(clock.wall) == ten)
    #expect(clock.date - pace.epoch(at: ten, clock.wall).date(.zero) == .seconds(10))
  }

  @Test("at another speed ages are virtual at every moment")
  func agesAtSpeed() {
    var pace = Pace(speed: 60, at: .zero, clock.wall)
    for minute in 1...3 {
      clock.pass(.seconds(1))
      let now = Instant.zero + .minutes(Int64(minute))
      #expect(clock.date - pace.epoch(at: now, clock.wall).date(.zero) == .minutes(Int64(minute)))
    }
  }
}
