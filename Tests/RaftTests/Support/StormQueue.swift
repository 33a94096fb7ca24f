import SimBase

/// What happens next in a storm: the earliest first, and what was planned first among equals.
struct StormQueue<Event> {
  private struct Slot {
    var instant: Instant
    var number: UInt64
    var event: Event
  }

  private var heap: [Slot] = []
  private var planned: UInt64 = 0

  /// When the next thing happens.
  var next: Instant? { heap.first?.instant }

  mutating func plan(_ event: Event, at instant: Instant) {
    planned += 1
    heap.append(Slot(instant: instant, number: planned, event: event))
    var place = heap.count - 1
    while place > 0, isBefore(place, (place - 1) / 2) {
      heap.swapAt(place, (place - 1) / 2)
      place = (place - 1) / 2
    }
  }

  mutating func pop() -> (instant: Instant, event: Event)? {
    guard let first = heap.first else { return nil }
    let last = heap.removeLast()
    if !heap.isEmpty {
      heap[0] = last
      var place = 0
      while true {
        let (left, right) = (2 * place + 1, 2 * place + 2)
        var least = place
        if left < heap.count && isBefore(left, least) { least = left }
        if right < heap.count && isBefore(right, least) { least = right }
        if least == place { break }
        heap.swapAt(place, least)
        place = least
      }
    }
    return (first.instant, first.event)
  }

  private func isBefore(_ a: Int, _ b: Int) -> Bool {
    (heap[a].instant, heap[a].number) < (heap[b].instant, heap[b].number)
  }
}
