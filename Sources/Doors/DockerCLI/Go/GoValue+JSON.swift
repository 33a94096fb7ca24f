import EngineTypes
@_exported import GoTemplate
import SimBase

// Every command line prints and reads Go's values, so the room has them throughout.

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
    case .named(let name, let type): self = .named(name, GoValue(json, as: type))
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
    case .fileMode(let bits): return .int(Int64(bits))
    case .slice(_, let elements): return elements.map { .array($0.map(\.json)) } ?? .null
    case .map(_, let entries): return entries.map { .object($0.map { .init($0.key, $0.value.json) }) } ?? .null
    case .pointer(_, let target): return target?.json ?? .null
    case .named(_, let value): return value.json
    case .object(let object):
      return .object(((object as? TableRow)?.jsonFields ?? []).map { .init($0.name, $0.value.json) })
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
