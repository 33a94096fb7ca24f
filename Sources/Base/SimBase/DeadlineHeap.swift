/// Deadlines by name: the earliest first, ties by key. Setting one again moves it.
///
/// A machine with many deadlines keeps one of these and answers `nextDeadline` in O(1). Entries that were moved or
/// cancelled stay in the heap until they come to the top, where they are told from live ones by their generation.
public struct DeadlineHeap<Key: Hashable & Comparable & Sendable>: Sendable {
  private struct Entry: Sendable {
    var instant: Instant
    var key: Key
    var generation: UInt64
  }

  private var heap: [Entry] = []
  private var live: [Key: (instant: Instant, generation: UInt64)] = [:]
  private var generation: UInt64 = 0

  /// No deadlines.
  public init() {}

  /// How many keys have a deadline.
  public var count: Int { live.count }

  /// The earliest deadline and its key, or nil while there is none.
  public var first: (instant: Instant, key: Key)? { heap.first.map { ($0.instant, $0.key) } }

  /// The deadline of `key`, or nil.
  public subscript(key: Key) -> Instant? { live[key]?.instant }

  /// Sets or moves the deadline of `key`.
  public mutating func set(_ key: Key, to instant: Instant) {
    generation += 1
    live[key] = (instant, generation)
    heap.append(Entry(instant: instant, key: key, generation: generation))
    siftUp(heap.count - 1)
    dropStale()
  }

  /// Takes the deadline of `key` away; nothing happens if it has none.
  public mutating func cancel(_ key: Key) {
    if live.removeValue(forKey: key) != nil { dropStale() }
  }

  /// Forgets all deadlines.
  public mutating func removeAll() {
    heap.removeAll()
    live.removeAll()
  }

  /// Takes out the earliest deadline if it is due at `now` or before; nil if none is.
  public mutating func popFirst(upTo now: Instant) -> (instant: Instant, key: Key)? {
    guard let top = heap.first, top.instant <= now else { return nil }
    live[top.key] = nil
    dropStale()
    return (top.instant, top.key)
  }

  /// Invariant: the heap's top is live, so that `first` is the truth.
  private mutating func dropStale() {
    while let top = heap.first, live[top.key]?.generation != top.generation {
      let last = heap.removeLast()
      if !heap.isEmpty {
        heap[0] = last
        siftDown(0)
      }
    }
  }

  private func precedes(_ a: Entry, _ b: Entry) -> Bool {
    if a.instant != b.instant { return a.instant < b.instant }
    if a.key != b.key { return a.key < b.key }
    return a.generation < b.generation
  }

  private mutating func siftUp(_ start: Int) {
    var child = start
    while child > 0 {
      let parent = (child - 1) / 2
      if !precedes(heap[child], heap[parent]) { return }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  private mutating func siftDown(_ start: Int) {
    var parent = start
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && precedes(heap[child], heap[least]) {
        least = child
      }
      if least == parent { return }
      heap.swapAt(parent, least)
      parent = least
    }
  }
}
