import EngineTypes
import SimBase
import SwarmModel

// What Go's encoder does with `omitempty`: a field that holds nothing is left out.

extension JSONWriter {
  /// A text, unless empty.
  mutating func unlessEmpty(_ key: StaticString, _ value: String) { if !value.isEmpty { field(key, value) } }
  /// Texts, unless there are none.
  mutating func unlessEmpty(_ key: StaticString, _ values: [String]) { if !values.isEmpty { field(key, values) } }
  /// Texts by text, unless there are none.
  mutating func unlessEmpty(_ key: StaticString, _ values: Labels) { if !values.isEmpty { field(key, values) } }
  /// A number, unless 0.
  mutating func unlessZero(_ key: StaticString, _ value: Int64) { if value != 0 { field(key, value) } }
  /// A number, unless 0.
  mutating func unlessZero(_ key: StaticString, _ value: UInt64) { if value != 0 { field(key, value) } }
  /// Nanoseconds, unless zero.
  mutating func unlessZero(_ key: StaticString, _ value: Duration) {
    if value != .zero { field(key, value.nanoseconds) }
  }
  /// Truth, unless false.
  mutating func ifTrue(_ key: StaticString, _ value: Bool) { if value { field(key, true) } }
  /// Nanoseconds, unless absent.
  mutating func ifPresent(_ key: StaticString, _ value: Duration?) { if let value { field(key, value.nanoseconds) } }
  /// A date, unless absent.
  mutating func ifPresent(_ key: StaticString, _ value: Instant?) { if let value { field(key, value) } }
  /// An object that `write` fills, unless absent.
  mutating func ifPresent<T>(_ key: StaticString, _ value: T?, _ write: (inout JSONWriter, T) -> Void) {
    if let value { field(key) { $0.object { write(&$0, value) } } }
  }
  /// A list of objects, unless there are none.
  mutating func unlessEmpty<T>(_ key: StaticString, _ values: [T], _ write: (inout JSONWriter, T) -> Void) {
    if !values.isEmpty { list(key, values, write) }
  }
  /// A list of objects.
  mutating func list<T>(_ key: StaticString, _ values: [T], _ write: (inout JSONWriter, T) -> Void) {
    field(key) { writer in writer.array(values) { writer, value in writer.object { write(&$0, value) } } }
  }
  /// A list of objects, or null.
  mutating func listOrNull<T>(_ key: StaticString, _ values: [T]?, _ write: (inout JSONWriter, T) -> Void) {
    if let values { list(key, values, write) } else { null(key) }
  }
  /// An object.
  mutating func object(_ key: StaticString, _ write: (inout JSONWriter) -> Void) { field(key) { $0.object(write) } }
  /// A single-precision fraction, in the shortest form that reads back the same.
  mutating func field(_ key: StaticString, _ value: Float) {
    if let whole = Int64(exactly: value) { field(key, whole) } else { field(key) { $0.raw(value.description) } }
  }
  /// A version: an empty object for 0.
  mutating func version(_ key: StaticString, _ index: UInt64) { object(key) { $0.unlessZero("Index", index) } }
  /// The ID and the fields that every object of the swarm begins with.
  mutating func head<Tag>(_ id: ID<Tag>, _ meta: Meta) {
    field("ID", id.description)
    self.meta(meta)
  }
  /// Version and times.
  mutating func meta(_ meta: Meta) {
    version("Version", meta.version)
    field("CreatedAt", meta.createdAt)
    field("UpdatedAt", meta.updatedAt)
  }
  /// Name and labels; labels are there even where there are none.
  mutating func annotations(_ annotations: Annotations) {
    unlessEmpty("Name", annotations.name)
    field("Labels", annotations.labels)
  }
  /// A driver by name, with options.
  mutating func driver(_ driver: Driver) {
    unlessEmpty("Name", driver.name)
    unlessEmpty("Options", driver.options ?? Labels())
  }
}
