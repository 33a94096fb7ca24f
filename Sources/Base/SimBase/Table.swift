/// A map whose order is its keys' order: what a simulated room uses where a `Dictionary` would leak an order.
///
/// It is kept in sorted chunks of at most 64 entries, so a copy is cheap to take, the first write after a copy
/// copies one chunk and the list of chunks, and a walk is as fast as an array's. Look-up is by binary search.
public struct Table<Key: Comparable & Sendable, Value: Sendable>: Sendable {
  private struct Chunk: Sendable {
    var keys: [Key]
    var values: [Value]
  }

  /// Invariant: no chunk is empty; keys ascend within a chunk and from chunk to chunk.
  private var chunks: [Chunk] = []
  /// How many entries there are.
  public private(set) var count = 0

  private static var chunkLimit: Int { 64 }

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
    chunks.first.flatMap { chunk in chunk.keys.first.map { ($0, chunk.values[0]) } }
  }

  /// The entry of the greatest key.
  public var last: (key: Key, value: Value)? {
    chunks.last.flatMap { chunk in chunk.keys.last.map { ($0, chunk.values[chunk.keys.count - 1]) } }
  }

  /// The value of `key`; nil where there is none. Setting nil removes the entry.
  public subscript(key: Key) -> Value? {
    get {
      let place = find(key)
      return place.found ? chunks[place.chunk].values[place.index] : nil
    }
    set {
      let place = find(key)
      switch (newValue, place.found) {
      case (let value?, true): chunks[place.chunk].values[place.index] = value
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
      yield chunks[place.chunk].values[place.index]
    }
    _modify {
      let place = find(key)
      precondition(place.found, "no entry for \(key)")
      yield &chunks[place.chunk].values[place.index]
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
      yield &chunks[place.chunk].values[place.index]
    }
  }

  /// Changes the value of `key` in place and passes on what `body` returns; nil if there is no such entry.
  @discardableResult
  public mutating func update<Result>(_ key: Key, _ body: (inout Value) -> Result) -> Result? {
    let place = find(key)
    return place.found ? body(&chunks[place.chunk].values[place.index]) : nil
  }

  /// Whether there is an entry for `key`.
  public func contains(_ key: Key) -> Bool { find(key).found }

  /// Takes the entry of `key` out and returns its value; nil if there was none.
  @discardableResult
  public mutating func removeValue(_ key: Key) -> Value? {
    let place = find(key)
    if !place.found { return nil }
    let value = chunks[place.chunk].values[place.index]
    remove(chunk: place.chunk, index: place.index)
    return value
  }

  /// Forgets all entries.
  public mutating func removeAll() {
    chunks = []
    count = 0
  }

  /// The keys, ascending.
  public var keys: [Key] { chunks.flatMap { $0.keys } }

  /// The values in the order of their keys.
  public var values: [Value] { chunks.flatMap { $0.values } }

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
      if chunks[middle].keys[0] <= key { low = middle } else { high = middle - 1 }
    }
    let chunk = low
    let keys = chunks[chunk].keys
    low = 0
    high = keys.count
    while low < high {
      let middle = (low + high) / 2
      if keys[middle] < key { low = middle + 1 } else { high = middle }
    }
    return (chunk, low, low < keys.count && keys[low] == key)
  }

  private mutating func insert(_ key: Key, _ value: Value, chunk: Int, index: Int) {
    count += 1
    if chunks.isEmpty {
      chunks.append(Chunk(keys: [key], values: [value]))
      return
    }
    // A full chunk is split before it takes one more: an array that has grown beyond the limit keeps room for twice as many.
    if chunks[chunk].keys.count == Self.chunkLimit {
      if chunk == chunks.count - 1 && index == Self.chunkLimit {
        // Keys that come in ascending order leave full chunks behind.
        chunks.append(Chunk(keys: [key], values: [value]))
        return
      }
      let cut = Self.chunkLimit / 2
      let upper = Chunk(keys: Array(chunks[chunk].keys[cut...]), values: Array(chunks[chunk].values[cut...]))
      chunks[chunk].keys.removeSubrange(cut...)
      chunks[chunk].values.removeSubrange(cut...)
      chunks.insert(upper, at: chunk + 1)
      if index > cut {
        insertInto(chunk + 1, key, value, at: index - cut)
        return
      }
    }
    insertInto(chunk, key, value, at: index)
  }

  private mutating func insertInto(_ chunk: Int, _ key: Key, _ value: Value, at index: Int) {
    chunks[chunk].keys.insert(key, at: index)
    chunks[chunk].values.insert(value, at: index)
  }

  private mutating func remove(chunk: Int, index: Int) {
    count -= 1
    if chunks[chunk].keys.count == 1 {
      chunks.remove(at: chunk)
    } else {
      chunks[chunk].keys.remove(at: index)
      chunks[chunk].values.remove(at: index)
    }
  }
}

extension Table: Sequence {
  /// The entries in the order of their keys.
  public func makeIterator() -> Entries { Entries(table: self, chunk: 0, index: 0) }

  /// A walk over a table's entries in the order of their keys.
  public struct Entries: Sequence, IteratorProtocol {
    private let chunks: [Chunk]
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
        if index < chunks[chunk].keys.count {
          defer { index += 1 }
          return (chunks[chunk].keys[index], chunks[chunk].values[index])
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
