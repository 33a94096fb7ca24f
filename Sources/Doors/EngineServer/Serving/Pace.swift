import EngineTypes
import SimBase

/// Decides which virtual instant is due, and which date the world's zero has.
///
/// Virtual time is wall time × speed since an anchor. A world that cannot keep up *slips*: after a lag of a quarter of a
/// second the anchor moves, and what was lost is counted; it never tries to catch up all at once, which would only make it
/// later still. While paused, nothing is due.
///
/// Dates are the world's instants seen through an `Epoch` whose zero makes the ages that a client reckons, with the laptop's
/// own clock, the virtual ones. The zero stays put at speed 1, so that two `inspect`s agree; it moves where virtual and wall
/// time part: pause and resume, a jump, a slip, the laptop's sleep, and all the time at another speed.
struct Pace: Sendable {
  /// Virtual seconds per second.
  private(set) var speed: Double
  /// Whether virtual time stands still.
  private(set) var isPaused = false
  /// Wall time that the world could not keep up with, in nanoseconds.
  private(set) var slipped: Int64 = 0

  private var wallAnchor: Int64
  private var virtualAnchor: Instant
  private var zero: Timestamp
  /// The date minus the clock that stops in sleep, at the anchor: it moves when the laptop sleeps or its date is set.
  private var dateOffset: Int64

  /// The speeds that can be asked for.
  static let speeds = 0.001...1_000_000.0

  private static let lagLimit: Int64 = 250_000_000
  private static let sleepLimit: Int64 = 1_000_000_000

  /// A pace that starts at this instant.
  init(speed: Double, at now: Instant, _ clock: WallClock) {
    self.speed = speed
    wallAnchor = clock.monotonic()
    virtualAnchor = now
    zero = Timestamp(unixNanoseconds: 0)
    dateOffset = 0
    anchor(at: now, clock)
  }

  /// Starts to count from here: virtual `now` is this very moment.
  mutating func anchor(at now: Instant, _ clock: WallClock) {
    wallAnchor = clock.monotonic()
    virtualAnchor = now
    let date = clock.date()
    dateOffset = date.unixNanoseconds - wallAnchor
    zero = Timestamp(unixNanoseconds: date.unixNanoseconds - now.nanoseconds)
  }

  /// The instant that should have been reached by now.
  func due(_ clock: WallClock) -> Instant {
    if isPaused { return virtualAnchor }
    let elapsed = Double(max(0, clock.monotonic() - wallAnchor)) * speed
    return virtualAnchor + .nanoseconds(elapsed < 9e18 ? Int64(elapsed) : .max)
  }

  /// The clock's reading when this instant will be due; nil while paused.
  func wallTime(of instant: Instant) -> Int64? {
    if isPaused { return nil }
    let wait = Double((instant - virtualAnchor).nanoseconds) / speed
    return wallAnchor + (wait < 9e17 ? Int64(wait.rounded(.up)) : 900_000_000_000_000_000)
  }

  /// Takes note of how far the world has come, and slips if that is too far behind.
  mutating func reached(_ now: Instant, _ clock: WallClock) {
    if isPaused { return }
    let lag = Double((due(clock) - now).nanoseconds) / speed
    if lag > Double(Pace.lagLimit) {
      slipped += Int64(lag)
      anchor(at: now, clock)
    }
  }

  /// Changes the speed from this instant on.
  mutating func setSpeed(_ speed: Double, at now: Instant, _ clock: WallClock) {
    self.speed = speed
    anchor(at: now, clock)
  }

  /// Stops virtual time at this instant.
  mutating func pause(at now: Instant, _ clock: WallClock) {
    isPaused = true
    anchor(at: now, clock)
  }

  /// Lets virtual time go on from this instant.
  mutating func resume(at now: Instant, _ clock: WallClock) {
    isPaused = false
    anchor(at: now, clock)
  }

  /// What dates are written with at this moment.
  mutating func epoch(at now: Instant, _ clock: WallClock) -> Epoch {
    let date = clock.date().unixNanoseconds
    let movesAlways = speed != 1 && !isPaused
    if movesAlways || abs(date - clock.monotonic() - dateOffset) > Pace.sleepLimit {
      zero = Timestamp(unixNanoseconds: date - now.nanoseconds)
      dateOffset = date - clock.monotonic()
    }
    return Epoch(zero: zero)
  }
}
