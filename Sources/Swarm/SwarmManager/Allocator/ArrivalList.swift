import SimBase
import SwarmModel

/// Waiting tasks in the order in which they appeared; a task that appears again keeps its place.
struct ArrivalList: Sendable {
  /// A task, the attachments it had when it was noted, and why its last trial failed.
  struct Entry: Sendable {
    var id: TaskID
    var networks: [NetworkAttachment]
    var reason: AllocationError?
  }

  private var entries = Table<UInt64, Entry>()
  private var places = Table<TaskID, UInt64>()
  private var arrivals: UInt64 = 0

  var isEmpty: Bool { entries.isEmpty }
  var count: Int { entries.count }
  /// The task that has waited longest.
  var first: Entry? { entries.first?.value }

  func contains(_ id: TaskID) -> Bool { places.contains(id) }

  func reason(of id: TaskID) -> AllocationError? { places[id].flatMap { entries[$0]?.reason } }

  /// The first entry behind a place; nil where there is none.
  func next(after place: UInt64?) -> (place: UInt64, entry: Entry)? {
    for (key, entry) in entries.from(place.map { $0 + 1 } ?? 0) { return (key, entry) }
    return nil
  }

  mutating func put(_ entry: Entry) {
    if let place = places[entry.id] {
      entries[place] = entry
      return
    }
    arrivals += 1
    places[entry.id] = arrivals
    entries[arrivals] = entry
  }

  @discardableResult
  mutating func remove(_ id: TaskID) -> Entry? {
    guard let place = places.removeValue(id) else { return nil }
    return entries.removeValue(place)
  }

  /// Takes over all entries of another list, in their order.
  mutating func append(_ other: inout ArrivalList) {
    for (_, entry) in other.entries { put(entry) }
    other = ArrivalList()
  }
}
