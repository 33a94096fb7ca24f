/// The byte form of values: one function per type, `archive(_:)`, both writes and reads it.
///
/// A type lists its fields once, in order; the archive either appends them to its bytes or fills them from there. So the
/// two directions cannot drift apart. Numbers are variable-length (LEB128), signed ones zig-zag first. Reading past the end
/// or nonsense marks the archive as broken instead of throwing at every field; whoever opened it asks `isWhole` once.
///
///     extension Version: Archivable {
///       public mutating func archive(_ a: inout Archive) { a.field(&index) }
///     }
public struct Archive: Sendable {
  /// What is being read, or what has been written since the last sealed piece.
  private var bytes: [UInt8]
  /// What was written before, and whole lists of bytes that were shared: they stay where they are.
  private var sealed: [[UInt8]] = []
  /// Whether fields are filled from the bytes rather than appended to them.
  public let isReading: Bool
  private var offset = 0
  private var isBroken = false

  /// An archive to write into.
  public init() {
    bytes = []
    isReading = false
  }

  /// An archive to read from.
  public init(reading bytes: [UInt8]) {
    self.bytes = bytes
    isReading = true
  }

  /// Whether everything read so far made sense.
  public var isWhole: Bool { !isBroken }
  /// Whether all bytes have been read.
  public var isAtEnd: Bool { offset == bytes.count }

  /// What has been written, without the room that it was given to grow: for bytes that are kept.
  public var exactBytes: [UInt8] {
    var exact: [UInt8] = []
    exact.reserveCapacity(sealed.reduce(bytes.count) { $0 + $1.count })
    for piece in sealed { exact += piece }
    exact += bytes
    return exact
  }

  /// The same in pieces: shared lists of bytes are pieces of their own, and take no room again.
  public var exactPieces: [[UInt8]] {
    // An array made of the whole of another one would share its room.
    var rest: [UInt8] = []
    rest.reserveCapacity(bytes.count)
    rest += bytes
    return rest.isEmpty ? sealed : sealed + [rest]
  }

  /// Marks what is being read as nonsense; for types that check what they read.
  public mutating func markBroken() { isBroken = true }

  /// A number from 0 up.
  public mutating func field(_ value: inout UInt64) {
    if isReading {
      value = readNumber()
    } else {
      var rest = value
      while rest >= 0x80 {
        bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
        rest >>= 7
      }
      bytes.append(UInt8(rest))
    }
  }

  /// A signed number.
  public mutating func field(_ value: inout Int64) {
    var folded = UInt64(bitPattern: (value << 1) ^ (value >> 63))
    field(&folded)
    value = Int64(bitPattern: folded >> 1) ^ -Int64(bitPattern: folded & 1)
  }

  /// A signed number.
  public mutating func field(_ value: inout Int) {
    var wide = Int64(value)
    field(&wide)
    value = Int(wide)
  }

  /// A small number.
  public mutating func field(_ value: inout UInt32) {
    var wide = UInt64(value)
    field(&wide)
    value = UInt32(truncatingIfNeeded: wide)
  }

  /// A small number.
  public mutating func field(_ value: inout UInt16) {
    var wide = UInt64(value)
    field(&wide)
    value = UInt16(truncatingIfNeeded: wide)
  }

  /// True or false.
  public mutating func field(_ value: inout Bool) {
    var wide: UInt64 = value ? 1 : 0
    field(&wide)
    value = wide != 0
  }

  /// A single-precision fraction, by its bits.
  public mutating func field(_ value: inout Float) {
    var wide = UInt64(value.bitPattern)
    field(&wide)
    value = Float(bitPattern: UInt32(truncatingIfNeeded: wide))
  }

  /// Raw bytes with their number before them.
  public mutating func field(_ value: inout [UInt8]) {
    var count = UInt64(value.count)
    field(&count)
    if isReading { value = Array(take(count)) } else { bytes.append(contentsOf: value) }
  }

  /// Raw bytes with their number before them, which are shared with who holds them if they are many.
  public mutating func field(sharing value: inout [UInt8]) {
    if isReading { return field(&value) }
    var count = UInt64(value.count)
    field(&count)
    append(value)
  }

  /// Adds bytes as they are; many at once are shared with who holds them.
  public mutating func append(_ more: [UInt8]) {
    if more.count < Archive.leastShared {
      bytes += more
      return
    }
    sealed = exactPieces + [more]
    bytes.removeAll(keepingCapacity: true)
  }

  /// Below this a piece of its own takes more room than it spares.
  private static var leastShared: Int { 512 }

  /// A text as UTF-8.
  public mutating func field(_ value: inout String) {
    var count = UInt64(value.utf8.count)
    field(&count)
    if isReading {
      value = String(decoding: take(count), as: UTF8.self)
    } else {
      bytes.append(contentsOf: value.utf8)
    }
  }

  /// A span of time.
  public mutating func field(_ value: inout Duration) { field(&value.nanoseconds) }

  /// A moment.
  public mutating func field(_ value: inout Instant) { field(&value.nanoseconds) }

  /// An object's ID.
  public mutating func field<Tag>(_ value: inout ID<Tag>) {
    var high = UInt64(truncatingIfNeeded: value.raw >> 64)
    var low = UInt64(truncatingIfNeeded: value.raw)
    field(&high)
    field(&low)
    if isReading { value = ID(raw: UInt128(high) << 64 | UInt128(low)) }
  }

  /// An enumeration by its number.
  public mutating func field<E: RawRepresentable>(_ value: inout E) where E.RawValue: FixedWidthInteger {
    var raw = Int64(value.rawValue)
    field(&raw)
    if isReading {
      if let known = E.RawValue(exactly: raw).flatMap(E.init(rawValue:)) { value = known } else { isBroken = true }
    }
  }

  /// A value with fields of its own.
  public mutating func field<T: Archivable>(_ value: inout T) { value.archive(&self) }

  /// A shared value; reading makes a new box.
  public mutating func field<T: Archivable>(_ value: inout Shared<T>) {
    var inner = value.value
    inner.archive(&self)
    if isReading { value = Shared(inner) }
  }

  /// A value that may be absent.
  public mutating func field<T: Archivable>(_ value: inout T?) {
    optional(&value, T()) { $0.field(&$1) }
  }
  /// A shared value that may be absent.
  public mutating func field<T: Archivable>(_ value: inout Shared<T>?) {
    var isPresent = value != nil
    field(&isPresent)
    guard isPresent else { return value = nil }
    if isReading {
      var inner = T()
      inner.archive(&self)
      value = Shared(inner)
    } else if var inner = value?.value {
      inner.archive(&self)
    }
  }

  /// A text that may be absent.
  public mutating func field(_ value: inout String?) { optional(&value, "") { $0.field(&$1) } }
  /// A span that may be absent.
  public mutating func field(_ value: inout Duration?) { optional(&value, .zero) { $0.field(&$1) } }
  /// A moment that may be absent.
  public mutating func field(_ value: inout Instant?) { optional(&value, .zero) { $0.field(&$1) } }
  /// A number that may be absent.
  public mutating func field(_ value: inout UInt64?) { optional(&value, 0) { $0.field(&$1) } }
  /// A number that may be absent.
  public mutating func field(_ value: inout Int64?) { optional(&value, 0) { $0.field(&$1) } }
  /// A truth that may be absent.
  public mutating func field(_ value: inout Bool?) { optional(&value, false) { $0.field(&$1) } }
  /// An ID that may be absent.
  public mutating func field<Tag>(_ value: inout ID<Tag>?) { optional(&value, ID(raw: 0)) { $0.field(&$1) } }

  /// A value that may be absent, with how one that is there is written and read.
  public mutating func optional<T>(
    _ value: inout T?, _ blank: @autoclosure () -> T, _ body: (inout Archive, inout T) -> Void
  ) {
    var present = value != nil
    field(&present)
    if !present {
      value = nil
      return
    }
    var inner = value ?? blank()
    body(&self, &inner)
    value = inner
  }

  /// A list of values.
  public mutating func field<T: Archivable>(_ values: inout [T]) { list(&values, T()) { $0.field(&$1) } }
  /// A list of texts.
  public mutating func field(_ values: inout [String]) { list(&values, "") { $0.field(&$1) } }
  /// A list of IDs.
  public mutating func field<Tag>(_ values: inout [ID<Tag>]) { list(&values, ID(raw: 0)) { $0.field(&$1) } }
  /// A list of numbers.
  public mutating func field(_ values: inout [UInt64]) { list(&values, 0) { $0.field(&$1) } }

  /// A list, with how one element is written and read.
  public mutating func list<T>(
    _ values: inout [T], _ blank: @autoclosure () -> T, _ body: (inout Archive, inout T) -> Void
  ) {
    var count = UInt64(values.count)
    field(&count)
    if isReading {
      values = []
      // A count larger than the bytes left is nonsense: each element takes a byte at least.
      guard count <= UInt64(bytes.count - offset) else {
        isBroken = true
        return
      }
      for _ in 0..<count {
        var element = blank()
        body(&self, &element)
        values.append(element)
      }
    } else {
      for var element in values { body(&self, &element) }
    }
  }

  /// A table of texts by text: labels, options.
  public mutating func field(_ table: inout Table<String, String>) {
    self.table(&table, "", "", key: { $0.field(&$1) }, value: { $0.field(&$1) })
  }

  /// A table, with how a key and a value are written and read.
  public mutating func table<K, V>(
    _ table: inout Table<K, V>, _ blankKey: K, _ blankValue: V,
    key: (inout Archive, inout K) -> Void, value: (inout Archive, inout V) -> Void
  ) {
    var pairs = isReading ? [] : table.map { ($0.key, $0.value) }
    list(&pairs, (blankKey, blankValue)) { archive, pair in
      key(&archive, &pair.0)
      value(&archive, &pair.1)
    }
    if isReading { table = Table(pairs) }
  }

  /// The next bytes that are being read; none, and what is read is broken, where there are fewer.
  private mutating func take(_ count: UInt64) -> ArraySlice<UInt8> {
    guard count <= UInt64(bytes.count - offset) else {
      isBroken = true
      return []
    }
    defer { offset += Int(count) }
    return bytes[offset..<offset + Int(count)]
  }

  private mutating func readNumber() -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while offset < bytes.count && shift < 64 {
      let byte = bytes[offset]
      offset += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    isBroken = true
    return 0
  }
}

/// A value with a byte form: it lists its fields, in order, to an archive that writes or reads them.
public protocol Archivable: Sendable {
  /// A blank value, for an archive to fill.
  init()
  /// Passes every field to the archive, in an order that never changes within a version.
  mutating func archive(_ a: inout Archive)
}

extension Archivable {
  /// The value's byte form.
  public func archived() -> [UInt8] {
    var archive = Archive()
    var copy = self
    copy.archive(&archive)
    return archive.exactBytes
  }

  /// The value with this byte form; nil if the bytes are not one.
  public init?(archived bytes: [UInt8]) {
    self.init()
    var archive = Archive(reading: bytes)
    self.archive(&archive)
    if !archive.isWhole || !archive.isAtEnd { return nil }
  }
}
