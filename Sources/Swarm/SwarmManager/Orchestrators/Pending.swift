import SimBase

/// What is still to be looked at, each thing once, the least first.
///
/// swarmkit keeps such sets in Go maps and walks them in no order; here it is the order of IDs, so that a seed replays.
struct Pending<Key: Comparable & Sendable>: Sendable {
  private var keys = Table<Key, Bool>()

  /// Nothing.
  init() {}

  /// Whether nothing is left.
  var isEmpty: Bool { keys.isEmpty }
  /// How many are left.
  var count: Int { keys.count }
  /// All of them, ascending.
  var all: [Key] { keys.keys }

  /// Whether the key is among them.
  func contains(_ key: Key) -> Bool { keys.contains(key) }

  /// Adds a key; nothing happens if it is there.
  mutating func insert(_ key: Key) { keys[key] = true }

  /// Takes a key out; nothing happens if it is not there.
  mutating func remove(_ key: Key) { keys[key] = nil }

  /// Takes the least key out.
  mutating func popFirst() -> Key? {
    guard let key = keys.first?.key else { return nil }
    keys[key] = nil
    return key
  }
}

/// What is to be done in the order in which it came up.
struct Line<Element: Sendable>: Sendable {
  private var elements: [Element] = []
  private var head = 0

  /// Nobody waits.
  init() {}

  /// Whether nobody waits.
  var isEmpty: Bool { head == elements.count }

  /// Joins at the end.
  mutating func append(_ element: Element) { elements.append(element) }

  /// Takes the first out.
  mutating func popFirst() -> Element? {
    if head == elements.count { return nil }
    let element = elements[head]
    head += 1
    // The room of those that left is given back once they are the greater half.
    if head * 2 > elements.count {
      elements.removeFirst(head)
      head = 0
    }
    return element
  }
}
