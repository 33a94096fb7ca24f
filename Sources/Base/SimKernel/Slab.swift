/// Where messages wait while their events are in the queue: places are numbered and used again.
public struct Slab<Element: Sendable>: Sendable {
  private var places: [Element?] = []
  private var free: [UInt32] = []

  /// An empty slab.
  public init() {}

  /// How many elements it holds.
  public var count: Int { places.count - free.count }

  /// Puts an element away and returns its place.
  public mutating func insert(_ element: Element) -> UInt32 {
    if let place = free.popLast() {
      places[Int(place)] = element
      return place
    }
    places.append(element)
    return UInt32(places.count - 1)
  }

  /// Takes the element at a place out. Traps if the place is empty: each event owns its message.
  public mutating func remove(_ place: UInt32) -> Element {
    guard let element = places[Int(place)].take() else { preconditionFailure("slab place \(place) is empty") }
    free.append(place)
    return element
  }
}
