import EngineTypes
import SimBase

/// Names a request, and the connection that carries it, for ever: no number comes twice in a lab's epoch.
public typealias RequestID = UInt64

/// What may change a world from outside. The door journals it with its instant first.
public enum Input: Sendable, Equatable {
  /// A whole request to a node's engine.
  case request(RequestID, node: Int, EngineRequest)
  /// Bytes from the client of a hijacked connection.
  case bytes(RequestID, [UInt8])
  /// The client will write no more.
  case closeWriting(RequestID)
  /// The client is gone.
  case hangUp(RequestID)
  /// A fault, as its command line: `kill node1`.
  case fault([String])
}

/// What a world tells the outside.
public enum Output: Sendable, Equatable {
  /// A whole answer.
  case answer(RequestID, EngineResponse, DatedBytes)
  /// The head of an answer that streams; 101 makes the connection a two-way pipe of bytes.
  case head(RequestID, EngineResponse)
  /// A piece of a streamed answer.
  case bytes(RequestID, DatedBytes)
  /// The streamed answer is over.
  case end(RequestID)
}

/// The door's hold on a world: the calls that it makes, and nothing else.
///
/// Calls, and no type: the world's room is free to change, and a test hands in a world of ten lines.
public struct WorldHandle {
  /// The world's clock.
  public var now: () -> Instant
  /// When the next event is due; nil in a world where nothing will ever happen by itself.
  public var nextEventAt: () -> Instant?
  /// Takes an input in, at `now`.
  public var accept: (Input) -> Void
  /// Handles due events, at most so many, and says how many; with fewer than that, `now` is the given instant.
  public var run: (_ until: Instant, _ atMost: Int) -> Int
  /// Takes the outputs that have gathered, oldest first.
  public var drainOutputs: () -> [Output]
  /// The hash of the whole history.
  public var traceHash: () -> UInt64
  /// The nodes' disks, for a clean stop; nil where the world cannot be stopped cleanly and its journal must be kept.
  public var disks: () -> [UInt8]?

  /// A handle with these calls.
  public init(
    now: @escaping () -> Instant, nextEventAt: @escaping () -> Instant?, accept: @escaping (Input) -> Void,
    run: @escaping (Instant, Int) -> Int, drainOutputs: @escaping () -> [Output], traceHash: @escaping () -> UInt64,
    disks: @escaping () -> [UInt8]?
  ) {
    self.now = now
    self.nextEventAt = nextEventAt
    self.accept = accept
    self.run = run
    self.drainOutputs = drainOutputs
    self.traceHash = traceHash
    self.disks = disks
  }
}
