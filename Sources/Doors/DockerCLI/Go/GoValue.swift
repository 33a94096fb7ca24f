import EngineTypes
import SimBase

/// A value as Go holds it: what templates walk, `inspect` prints and requests are encoded from.
indirect enum GoValue: Sendable {
  /// A nil interface; also what a missing map entry reads as.
  case none
  case bool(Bool)
  case int(Int64)
  case uint(UInt64)
  case float(Double)
  case string(String)
  case bytes([UInt8])
  /// A date; nil is the zero time of the year 1.
  case time(Timestamp?)
  case duration(Duration)
  /// The kind and permissions of a file, as Go numbers them.
  case fileMode(UInt32)
  /// A slice; nil is the nil slice, which is written `null`.
  case slice(GoType, [GoValue]?)
  /// A map; nil is the nil map. Keys ascend.
  case map(GoType, Table<String, GoValue>?)
  case record(GoStruct, [GoValue])
  case pointer(GoType, GoValue?)
  /// A row of a listing.
  case row(TableRow)
}

extension GoValue {
  /// A list of texts.
  static func strings(_ values: [String]?) -> GoValue { .slice(.string, values?.map { .string($0) }) }
  /// A map of texts.
  static func strings(_ values: Table<String, String>?) -> GoValue {
    .map(.string, values.map { Table($0.map { ($0.key, .string($0.value)) }) })
  }

  /// The name of its type, as errors state it.
  var typeName: String {
    switch self {
    case .none: "interface {}"
    case .bool: "bool"
    case .int: "int64"
    case .uint: "uint64"
    case .float: "float64"
    case .string: "string"
    case .bytes: "[]uint8"
    case .time: "time.Time"
    case .duration: "time.Duration"
    case .fileMode: "fs.FileMode"
    case .slice(let element, _): "[]" + element.name
    case .map(let element, _): "map[string]" + element.name
    case .record(let type, _): type.name
    case .pointer(let target, _): "*" + target.name
    case .row(let row): "*" + row.type
    }
  }

  /// Whether Go's templates take it for true: not zero, not empty.
  var isTrue: Bool {
    switch self {
    case .none: false
    case .bool(let value): value
    case .int(let value): value != 0
    case .uint(let value): value != 0
    case .float(let value): value != 0
    case .string(let text): !text.isEmpty
    case .bytes(let bytes): !bytes.isEmpty
    case .time, .record, .row: true
    case .duration(let span): span != .zero
    case .fileMode(let mode): mode != 0
    case .slice(_, let elements): !(elements ?? []).isEmpty
    case .map(_, let entries): !(entries?.isEmpty ?? true)
    case .pointer(_, let target): target != nil
    }
  }

  /// Whether `omitempty` leaves it out: as `isTrue`, but a struct is never left out.
  var isEmpty: Bool { !isTrue }

  /// What a pointer points to; anything else is itself.
  var target: GoValue? { if case .pointer(_, let target) = self { target } else { self } }

  /// The text, or nil for anything else.
  var string: String? { if case .string(let text) = self { text } else { nil } }

  /// The number if it is whole, or nil.
  var integer: Int64? {
    switch self {
    case .int(let value): value
    case .uint(let value): Int64(clamping: value)
    case .duration(let span): span.nanoseconds
    case .fileMode(let mode): Int64(mode)
    case .pointer(_, let target?): target.integer
    default: nil
    }
  }

  /// The texts of a list of texts; empty for anything else.
  var texts: [String] {
    if case .slice(_, let elements?) = self { elements.compactMap(\.string) } else { [] }
  }

  /// The elements of a list; empty for anything else.
  var elements: [GoValue] {
    get { if case .slice(_, let elements?) = self { elements } else { [] } }
    set {
      guard case .slice(let type, _) = self else { preconditionFailure("\(typeName) is no list") }
      self = .slice(type, newValue)
    }
  }

  /// The texts of a map of texts; empty for anything else.
  var textMap: Table<String, String> {
    guard case .map(_, let entries?) = self else { return Table() }
    return Table(entries.compactMap { entry in entry.value.string.map { (entry.key, $0) } })
  }

  /// A field of a struct, looked for in embedded structs and through pointers; `.none` where there is none.
  /// Through a nil pointer it reads as zero; setting it then makes what is pointed to.
  subscript(name: String) -> GoValue {
    get {
      if case .pointer(let type, nil) = self { return type.zero.member(name) ?? .none }
      return member(name) ?? .none
    }
    set { precondition(setMember(name, newValue), "no field \(name) in \(typeName)") }
  }

  /// A field of a struct, or nil where the struct has none of this name.
  func member(_ name: String) -> GoValue? {
    switch self {
    case .record(let type, let values):
      if let index = type.index(of: name) { return values[index] }
      for (field, value) in zip(type.fields, values) where field.isEmbedded {
        if let found = value.member(name) { return found }
      }
      return nil
    case .pointer(_, let target): return target?.member(name)
    default: return nil
    }
  }

  private mutating func setMember(_ name: String, _ value: GoValue) -> Bool {
    switch self {
    case .record(let type, var values):
      if let index = type.index(of: name) {
        if case .pointer(let target) = type.fields[index].type {
          // A pointer field takes either a pointer or what to point to.
          if case .pointer = value { values[index] = value } else { values[index] = .pointer(target, value) }
        } else {
          values[index] = value
        }
        self = .record(type, values)
        return true
      }
      for (index, field) in type.fields.enumerated() where field.isEmbedded {
        if values[index].setMember(name, value) {
          self = .record(type, values)
          return true
        }
      }
      return false
    case .pointer(let type, let target):
      var inner = target ?? type.zero
      guard inner.setMember(name, value) else { return false }
      self = .pointer(type, inner)
      return true
    default: return false
    }
  }
}

extension GoValue {
  /// Reads JSON as Go's decoder does: keys in any case, unknown ones skipped, absent ones zero.
  init(_ json: JSON, as type: GoType) {
    switch type {
    case .bool: self = .bool(json.bool ?? false)
    case .string: self = .string(json.string ?? "")
    case .int: self = .int(json.int ?? 0)
    case .uint: self = .uint(UInt64(clamping: json.int ?? 0))
    case .float: self = .float(json.double ?? 0)
    case .bytes: self = .bytes(json.string.map(decodedBase64) ?? [])
    case .time: self = .time(json.string.flatMap(date))
    case .duration: self = .duration(.nanoseconds(json.int ?? 0))
    case .fileMode: self = .fileMode(UInt32(clamping: json.int ?? 0))
    case .any: self.init(untyped: json)
    case .pointer(let target): self = .pointer(target, json.isNull ? nil : GoValue(json, as: target))
    case .slice(let element): self = .slice(element, json.array?.map { GoValue($0, as: element) })
    case .map(let element):
      self = .map(element, json.fields.map { Table($0.map { ($0.key, GoValue($0.value, as: element)) }) })
    case .structure(let type):
      self = .record(
        type, type.fields.map { $0.isEmbedded ? GoValue(json, as: $0.type) : GoValue(json.field($0.key), as: $0.type) })
    }
  }

  /// Reads JSON into maps, slices and scalars: what `map[string]any` holds.
  init(untyped json: JSON) {
    switch json {
    case .null: self = .none
    case .bool(let value): self = .bool(value)
    case .int(let value): self = .int(value)
    case .double(let value): self = .float(value)
    case .string(let text): self = .string(text)
    case .array(let elements): self = .slice(.any, elements.map { GoValue(untyped: $0) })
    case .object(let fields): self = .map(.any, Table(fields.map { ($0.key, GoValue(untyped: $0.value)) }))
    }
  }

  /// The value as Go's encoder writes it: fields in the struct's order, maps by key.
  var json: JSON {
    switch self {
    case .none: return .null
    case .bool(let value): return .bool(value)
    case .int(let value): return .int(value)
    case .uint(let value): return .int(Int64(clamping: value))
    case .float(let value): return Int64(exactly: value).map { .int($0) } ?? .double(value)
    case .string(let text): return .string(text)
    case .bytes(let bytes): return .string(base64Text(bytes))
    case .time(let date): return .string(date?.rfc3339 ?? "0001-01-01T00:00:00Z")
    case .duration(let span): return .int(span.nanoseconds)
    case .fileMode(let mode): return .int(Int64(mode))
    case .slice(_, let elements): return elements.map { .array($0.map(\.json)) } ?? .null
    case .map(_, let entries): return entries.map { .object($0.map { .init($0.key, $0.value.json) }) } ?? .null
    case .pointer(_, let target): return target?.json ?? .null
    case .row(let row): return .object(row.jsonFields.map { .init($0.name, $0.value.json) })
    case .record(let type, let values):
      var fields: [JSON.Field] = []
      for (field, value) in zip(type.fields, values) {
        if field.isEmbedded {
          fields += value.json.fields ?? []
        } else if !(field.omitsEmpty && value.isEmpty) {
          fields.append(.init(field.key, value.json))
        }
      }
      return .object(fields)
    }
  }
}

/// A date of an answer; nil for Go's zero time, whose year 1 lies outside what a `Timestamp` can hold.
func date(_ text: String) -> Timestamp? { text.hasPrefix("0001-") ? nil : Timestamp(rfc3339: text) }
