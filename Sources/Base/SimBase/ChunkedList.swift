/// A list that only grows at its end, in sealed chunks: logs, events. A copy shares all chunks but the last.
public struct ChunkedList<Element: Sendable>: Sendable {
  private var sealed: [Shared<[Element]>] = []
  private var open: [Element] = []
  /// How many elements have been dropped from the front.
  public private(set) var dropped = 0

  private static var chunkLimit: Int { 256 }

  /// An empty list.
  public init() {}

  /// How many elements are kept.
  public var count: Int { sealed.count * Self.chunkLimit + open.count }
  /// The number that the next element will have, counting dropped ones: elements never change their number.
  public var endNumber: Int { dropped + count }

  /// Adds an element.
  public mutating func append(_ element: Element) {
    open.append(element)
    if open.count == Self.chunkLimit {
      sealed.append(Shared(open))
      open = []
    }
  }

  /// Drops whole chunks from the front while more than `limit` elements remain after it.
  public mutating func trim(to limit: Int) {
    while count - Self.chunkLimit >= limit && !sealed.isEmpty {
      sealed.removeFirst()
      dropped += Self.chunkLimit
    }
  }

  /// The element with this number; nil if it was dropped or is yet to come.
  public subscript(number number: Int) -> Element? {
    let index = number - dropped
    if index < 0 || index >= count { return nil }
    let chunk = index / Self.chunkLimit
    return chunk < sealed.count ? sealed[chunk].value[index % Self.chunkLimit] : open[index % Self.chunkLimit]
  }

  /// The elements from the one with this number on; from the first kept one if that was dropped.
  public func elements(from number: Int) -> [Element] {
    var found: [Element] = []
    for n in max(number, dropped)..<max(endNumber, number, dropped) {
      if let element = self[number: n] { found.append(element) }
    }
    return found
  }
}
