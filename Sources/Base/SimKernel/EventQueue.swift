import SimBase

/// What is to happen, and when: the world's one queue, ordered by (time, sequence number).
///
/// Events are trivial values (no strings, no references); what a message carries waits in a `Slab`. Two events of one
/// instant happen in the order in which they were scheduled, whatever the heap does inside.
public struct EventQueue<Event: BitwiseCopyable & Sendable>: Sendable {
  /// A scheduled event.
  public struct Entry: BitwiseCopyable, Sendable {
    /// When it happens.
    public var instant: Int64
    /// Its number, from 1: the identity by which causes name it.
    public var sequence: UInt64
    /// The number of the event that caused it; 0 for an input from outside.
    public var cause: UInt64
    /// What happens.
    public var event: Event
  }

  /// A heap with four children per node: shallower than a binary one, and its children share a cache line.
  private var heap: [Entry] = []
  private var lastSequence: UInt64 = 0

  /// An empty queue.
  public init() {}

  /// How many events wait.
  public var count: Int { heap.count }

  /// When the next event happens; nil if none waits.
  public var nextInstant: Instant? { heap.first.map { Instant(nanoseconds: $0.instant) } }

  /// Schedules an event and returns its number.
  @discardableResult
  public mutating func schedule(_ event: Event, at instant: Instant, causedBy cause: UInt64) -> UInt64 {
    lastSequence += 1
    heap.append(Entry(instant: instant.nanoseconds, sequence: lastSequence, cause: cause, event: event))
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 4
      if !precedes(child, parent) { break }
      heap.swapAt(child, parent)
      child = parent
    }
    return lastSequence
  }

  /// Takes the next event out if it happens at `limit` or before.
  public mutating func popFirst(upTo limit: Instant) -> Entry? {
    guard let top = heap.first, top.instant <= limit.nanoseconds else { return nil }
    let last = heap.removeLast()
    if !heap.isEmpty {
      heap[0] = last
      siftDown()
    }
    return top
  }

  private func precedes(_ a: Int, _ b: Int) -> Bool {
    heap[a].instant != heap[b].instant ? heap[a].instant < heap[b].instant : heap[a].sequence < heap[b].sequence
  }

  private mutating func siftDown() {
    var parent = 0
    while true {
      let first = 4 * parent + 1
      if first >= heap.count { return }
      var least = first
      for child in first + 1..<Swift.max(first + 1, Swift.min(first + 4, heap.count)) where precedes(child, least) {
        least = child
      }
      if !precedes(least, parent) { return }
      heap.swapAt(least, parent)
      parent = least
    }
  }
}
