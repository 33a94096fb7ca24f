import SimBase
import World

/// Writes a history down, a line per event: what two runs of one history are compared by when their hashes differ.
///
/// Like everything that only looks on it is outside the world, and changes nothing there.
public struct Recorder: Sendable {
  /// An event, and the hash of the history with it.
  public struct Line: Sendable, Equatable, CustomStringConvertible {
    /// When.
    public var instant: Instant
    /// Its number: how many events there had been.
    public var number: UInt64
    /// What happened, and where.
    public var event: String
    /// The hash after it.
    public var hash: UInt64

    /// `12.000050000  1034  wake 2  9f3c…`
    public var description: String { "\(instant)  \(number)  \(event)  \(String(hash, radix: 16))" }
  }

  /// An input, with its place among the events: several may share an instant.
  public struct Entry: Sendable {
    /// How many events there had been.
    public var number: UInt64
    /// When.
    public var instant: Instant
    /// What came.
    public var input: Input
  }

  /// The lines so far.
  public private(set) var lines: [Line] = []
  /// The inputs so far.
  public private(set) var inputs: [Entry] = []
  private let keepsLines: Bool

  /// A recorder with nothing on it; without lines it keeps only what a replay needs.
  public init(keepsLines: Bool = true) { self.keepsLines = keepsLines }

  /// Notes what is about to come in.
  public mutating func note(_ input: Input, into world: World) {
    inputs.append(Entry(number: world.handledEvents, instant: world.now, input: input))
  }

  /// Does to a fresh world what was done to the recorded one, and lets it run on to an instant.
  public func replay(on world: inout World, to end: Instant) {
    for entry in inputs {
      world.run(until: entry.instant, atMost: Int(entry.number - world.handledEvents))
      if world.nextEventAt.map({ $0 > entry.instant }) ?? true { world.run(until: entry.instant) }
      world.accept(entry.input)
    }
    world.run(until: end)
  }

  /// Notes what has just happened.
  public mutating func note(_ world: World) {
    if !keepsLines { return }
    lines.append(Line(instant: world.now, number: world.handledEvents, event: world.lastEvent, hash: world.traceHash))
  }

  /// The first line that differs from another recording's, as both have it; nil if one is the beginning of the other.
  public func firstDifference(from other: Recorder) -> (mine: Line, theirs: Line)? {
    zip(lines, other.lines).first { $0 != $1 }.map { ($0, $1) }
  }
}
