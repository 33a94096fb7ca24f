/// A map whose order is its keys' order: what a simulated room uses where a `Dictionary` would leak an order.
///
/// It is kept in sorted chunks of at most 32 entries, so a copy is cheap to take, the first write after a copy
/// copies one chunk and the list of chunks, and a walk is as fast as an array's. Look-up is by binary search.
public struct Table<Key: Comparable & Sendable, Value: Sendable>: Sendable {
  /// Keys stand beside their values, so that a chunk is one array: copying the list of chunks counts one reference each.
  fileprivate typealias Entry = (key: Key, value: Value)

  /// Invariant: no chunk is empty; keys ascend within a chunk and from chunk to chunk.
  private var chunks: [[Entry]] = []
  /// How many entries there are.
  public private(set) var count = 0

  private static var chunkLimit: Int { 32 }

  /// An empty table.
  public init() {}

  /// A table of these pairs; a later pair replaces an earlier one of the same key.
  public init(_ pairs: some Sequence<(Key, Value)>) {
    for (key, value) in pairs { self[key] = value }
  }

  /// Whether there are no entries.
  public var isEmpty: Bool { count == 0 }

  /// The entry of the least key.
  public var first: (key: Key, value: Value)? {
    chunks.first?.first
  }

  /// The entry of the greatest key.
  public var last: (key: Key, value: Value)? {
    chunks.last?.last
  }

  /// The value of `key`; nil where there is none. Setting nil removes the entry.
  public subscript(key: Key) -> Value? {
    get {
      let place = find(key)
      return place.found ? chunks[place.chunk][place.index].value : nil
    }
    set {
      let place = find(key)
      switch (newValue, place.found) {
      case (let value?, true): chunks[place.chunk][place.index].value = value
      case (let value?, false): insert(key, value, chunk: place.chunk, index: place.index)
      case (nil, true): remove(chunk: place.chunk, index: place.index)
      case (nil, false): break
      }
    }
  }

  /// The value of a key that is known to be there, changed in place. Traps where it is not.
  ///
  /// It is lent, not copied: reading one field of a large value touches no reference count.
  public subscript(existing key: Key) -> Value {
    _read {
      let place = find(key)
      precondition(place.found, "no entry for \(key)")
      yield chunks[place.chunk][place.index].value
    }
    _modify {
      let place = find(key)
      precondition(place.found, "no entry for \(key)")
      yield &chunks[place.chunk][place.index].value
    }
  }

  /// The value of `key`, changed in place; where there is none, `initial` is put there first.
  public subscript(key: Key, default initial: @autoclosure () -> Value) -> Value {
    get { self[key] ?? initial() }
    _modify {
      var place = find(key)
      if !place.found {
        insert(key, initial(), chunk: place.chunk, index: place.index)
        place = find(key)
      }
      yield &chunks[place.chunk][place.index].value
    }
  }

  /// Changes the value of `key` in place and passes on what `body` returns; nil if there is no such entry.
  @discardableResult
  public mutating func update<Result>(_ key: Key, _ body: (inout Value) -> Result) -> Result? {
    let place = find(key)
    return place.found ? body(&chunks[place.chunk][place.index].value) : nil
  }

  /// Whether there is an entry for `key`.
  public func contains(_ key: Key) -> Bool { find(key).found }

  /// Takes the entry of `key` out and returns its value; nil if there was none.
  @discardableResult
  public mutating func removeValue(_ key: Key) -> Value? {
    let place = find(key)
    if !place.found { return nil }
    let value = chunks[place.chunk][place.index].value
    remove(chunk: place.chunk, index: place.index)
    return value
  }

  /// Forgets all entries.
  public mutating func removeAll() {
    chunks = []
    count = 0
  }

  /// The keys, ascending.
  public var keys: [Key] {
    var keys: [Key] = []
    keys.reserveCapacity(count)
    for chunk in chunks { for entry in chunk { keys.append(entry.key) } }
    return keys
  }

  /// The values in the order of their keys.
  public var values: [Value] {
    var values: [Value] = []
    values.reserveCapacity(count)
    for chunk in chunks { for entry in chunk { values.append(entry.value) } }
    return values
  }

  /// The entries from `key` on, ascending: for prefix scans.
  public func from(_ key: Key) -> Entries {
    let place = find(key)
    return Entries(table: self, chunk: place.chunk, index: place.index)
  }

  private func find(_ key: Key) -> (chunk: Int, index: Int, found: Bool) {
    if chunks.isEmpty { return (0, 0, false) }
    var low = 0
    var high = chunks.count - 1
    // The last chunk whose first key is not above `key`; the first chunk if there is none.
    while low < high {
      let middle = (low + high + 1) / 2
      if chunks[middle][0].key <= key { low = middle } else { high = middle - 1 }
    }
    let chunk = low
    let end = chunks[chunk].count
    low = 0
    high = end
    while low < high {
      let middle = (low + high) / 2
      if chunks[chunk][middle].key < key { low = middle + 1 } else { high = middle }
    }
    return (chunk, low, low < end && chunks[chunk][low].key == key)
  }

  private mutating func insert(_ key: Key, _ value: Value, chunk: Int, index: Int) {
    count += 1
    if chunks.isEmpty {
      chunks.append([(key, value)])
      return
    }
    // A full chunk is split before it takes one more: an array that has grown beyond the limit keeps room for twice as many.
    if chunks[chunk].count == Self.chunkLimit {
      if chunk == chunks.count - 1 && index == Self.chunkLimit {
        // Keys that come in ascending order leave full chunks behind.
        chunks.append([(key, value)])
        return
      }
      let cut = Self.chunkLimit / 2
      let upper = Array(chunks[chunk][cut...])
      chunks[chunk].removeSubrange(cut...)
      chunks.insert(upper, at: chunk + 1)
      if index > cut {
        chunks[chunk + 1].insert((key, value), at: index - cut)
        return
      }
    }
    chunks[chunk].insert((key, value), at: index)
  }

  private mutating func remove(chunk: Int, index: Int) {
    count -= 1
    if chunks[chunk].count == 1 {
      chunks.remove(at: chunk)
    } else {
      chunks[chunk].remove(at: index)
    }
  }
}

extension Table: Sequence {
  /// The entries in the order of their keys.
  public func makeIterator() -> Entries { Entries(table: self, chunk: 0, index: 0) }

  /// A walk over a table's entries in the order of their keys.
  public struct Entries: Sequence, IteratorProtocol {
    private let chunks: [[Entry]]
    private var chunk: Int
    private var index: Int

    fileprivate init(table: Table, chunk: Int, index: Int) {
      chunks = table.chunks
      self.chunk = chunk
      self.index = index
    }

    /// The next entry, or nil after the last.
    public mutating func next() -> (key: Key, value: Value)? {
      while chunk < chunks.count {
        if index < chunks[chunk].count {
          defer { index += 1 }
          return chunks[chunk][index]
        }
        chunk += 1
        index = 0
      }
      return nil
    }
  }
}

extension Table: ExpressibleByDictionaryLiteral {
  /// A table of the pairs.
  public init(dictionaryLiteral elements: (Key, Value)...) { self.init(elements) }
}

extension Table: Equatable where Value: Equatable {
  /// The same keys with the same values.
  public static func == (a: Table, b: Table) -> Bool {
    a.count == b.count && zip(a, b).allSatisfy { $0.key == $1.key && $0.value == $1.value }
  }
}
