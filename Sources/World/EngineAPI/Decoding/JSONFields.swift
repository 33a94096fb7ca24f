import EngineTypes
import SimBase
import SwarmModel

/// Why a body is not what an operation takes. Both are 400, but they come at different moments.
enum DecodingFault: Error, Equatable {
  /// The JSON has another type than the field: refused before anything else is looked at.
  case malformed(String)
  /// The value cannot be converted: refused only by a manager, after its own refusals.
  case conversion(String)
  /// As `conversion`, but with an error of no kind.
  case unspecific(String)
}

/// A JSON object as Docker decodes it into a struct: names in any case, unknown names ignored, `null` as if absent.
struct JSONFields {
  private let json: JSON
  /// The struct at the root and the fields on the way, for errors: `ServiceSpec.TaskTemplate`.
  private let path: String
  /// The Go package of the struct at the root, where those of its fields are too: `swarm`.
  private let package: String

  /// The fields of a document. `type` is the Go name of the struct.
  init(_ json: JSON, _ type: String) throws(DecodingFault) {
    guard json.isNull || json.fields != nil else {
      throw .malformed(
        "invalid JSON: json: cannot unmarshal \(JSONFields.kind(of: json)) into Go value of type \(type)")
    }
    let parts = type.split(separator: ".")
    self.init(json: json, path: String(parts.last ?? ""), package: String(parts.first ?? ""))
  }

  /// An object without fields, for one that is absent.
  static func none(_ type: String) -> JSONFields { JSONFields(json: .null, path: type, package: "swarm") }

  private init(json: JSON, path: String, package: String) {
    self.json = json
    self.path = path
    self.package = package
  }

  /// The same fields as those of a struct that is embedded in the one at the root: Go's errors do not name that one then.
  var embedded: JSONFields { JSONFields(json: json, path: "", package: package) }

  /// Whether a field is there, if only as `null`.
  func isThere(_ key: String) -> Bool {
    let folded = key.lowercased()
    return json.fields?.contains { $0.key.lowercased() == folded } ?? false
  }

  /// Whether a field is there and not `null`.
  func has(_ key: String) -> Bool { !json.field(key).isNull }

  /// A text; empty where absent. `type` is its type in Go, where that has a name of its own.
  func text(_ key: String, as type: String = "string") throws(DecodingFault) -> String {
    let value = json.field(key)
    if value.isNull { return "" }
    guard let text = value.string else { throw mismatch(key, value, type) }
    return text
  }

  /// A truth value; false where absent.
  func flag(_ key: String) throws(DecodingFault) -> Bool { try optionalFlag(key) ?? false }

  /// A truth value that may be absent.
  func optionalFlag(_ key: String) throws(DecodingFault) -> Bool? {
    let value = json.field(key)
    if value.isNull { return nil }
    guard let flag = value.bool else { throw mismatch(key, value, "bool") }
    return flag
  }

  /// A whole number; 0 where absent.
  func int(_ key: String, as type: String = "int64") throws(DecodingFault) -> Int64 {
    try optionalInt(key, as: type) ?? 0
  }

  /// A whole number that may be absent.
  func optionalInt(_ key: String, as type: String = "int64") throws(DecodingFault) -> Int64? {
    let value = json.field(key)
    if value.isNull { return nil }
    guard case .int(let number) = value else { throw mismatch(key, value, type) }
    return number
  }

  /// A number from 0 up that may be absent.
  func optionalUInt(_ key: String, as type: String = "uint64") throws(DecodingFault) -> UInt64? {
    let value = json.field(key)
    if value.isNull { return nil }
    if case .double(let number) = value, let whole = UInt64(exactly: number) { return whole }
    guard case .int(let number) = value, let whole = UInt64(exactly: number) else { throw mismatch(key, value, type) }
    return whole
  }

  /// A number from 0 up; 0 where absent.
  func uint(_ key: String, as type: String = "uint64") throws(DecodingFault) -> UInt64 {
    try optionalUInt(key, as: type) ?? 0
  }

  /// A number of 32 bits from 0 up; 0 where absent.
  func uint32(_ key: String) throws(DecodingFault) -> UInt32 {
    guard let number = UInt32(exactly: try uint(key, as: "uint32")) else {
      throw mismatch(key, json.field(key), "uint32")
    }
    return number
  }

  /// A fraction; 0 where absent.
  func fraction(_ key: String) throws(DecodingFault) -> Float {
    let value = json.field(key)
    if value.isNull { return 0 }
    guard let number = value.double else { throw mismatch(key, value, "float32") }
    return Float(number)
  }

  /// Nanoseconds; zero where absent.
  func duration(_ key: String) throws(DecodingFault) -> Duration { try optionalDuration(key) ?? .zero }

  /// Nanoseconds that may be absent.
  func optionalDuration(_ key: String) throws(DecodingFault) -> Duration? {
    try optionalInt(key, as: "time.Duration").map(Duration.nanoseconds)
  }

  /// A list of texts; empty where absent.
  func texts(_ key: String) throws(DecodingFault) -> [String] {
    let value = json.field(key)
    if value.isNull { return [] }
    guard let elements = value.array else { throw mismatch(key, value, "[]string") }
    var texts: [String] = []
    for (index, element) in elements.enumerated() {
      // Go leaves an element that is null as it was: empty.
      guard let text = element.isNull ? "" : element.string else {
        throw mismatch(key, at: index, element, "string")
      }
      texts.append(text)
    }
    return texts
  }

  /// Texts by text; empty where absent.
  func map(_ key: String) throws(DecodingFault) -> Labels {
    let value = json.field(key)
    if value.isNull { return Labels() }
    guard let fields = value.fields else { throw mismatch(key, value, "map[string]string") }
    var map = Labels()
    for field in fields {
      guard let text = field.value.isNull ? "" : field.value.string else {
        throw mismatch("\(key).\(field.key)", field.value, "string")
      }
      map[field.key] = text
    }
    return map
  }

  /// Bytes in base64; nil where absent.
  func bytes(_ key: String) throws(DecodingFault) -> [UInt8]? {
    let value = json.field(key)
    if value.isNull { return nil }
    guard let text = value.string else { throw mismatch(key, value, "[]uint8") }
    do throws(Base64.Corruption) {
      return try Base64.strictBytes(text)
    } catch {
      throw .malformed(
        "invalid JSON: json: cannot unmarshal string into Go struct field \(path).\(key) of type []uint8: "
          + "illegal base64 data at input byte \(error.place)")
    }
  }

  /// An object; nil where absent.
  func object(_ key: String, _ type: String = "struct") throws(DecodingFault) -> JSONFields? {
    let value = json.field(key)
    if value.isNull { return nil }
    guard value.fields != nil else { throw mismatch(key, value, qualified(type)) }
    return JSONFields(json: value, path: "\(path).\(key)", package: package)
  }

  /// A list of objects; empty where absent. An element that is `null` reads as an empty object. `type` opens with a star
  /// where Go keeps pointers.
  func objects(_ key: String, _ type: String = "struct") throws(DecodingFault) -> [JSONFields] {
    let value = json.field(key)
    if value.isNull { return [] }
    let isPointer = type.hasPrefix("*")
    let name = qualified(isPointer ? String(type.dropFirst()) : type)
    guard let elements = value.array else { throw mismatch(key, value, "[]\(isPointer ? "*" : "")\(name)") }
    var objects: [JSONFields] = []
    for (index, element) in elements.enumerated() {
      guard element.isNull || element.fields != nil else {
        throw mismatch(key, at: index, element, name)
      }
      objects.append(JSONFields(json: element, path: "\(path).\(key).\(index)", package: package))
    }
    return objects
  }

  /// A struct's name with its package: that of the root, where it names none.
  private func qualified(_ type: String) -> String { type.includes(".") ? type : "\(package).\(type)" }

  /// A field of any form; `null` where absent.
  func any(_ key: String) -> JSON { json.field(key) }

  /// An element of a list is named by its place, and not called a field.
  private func mismatch(
    _ key: String, at index: Int? = nil, _ value: JSON, _ type: String
  ) -> DecodingFault {
    let place = index.map { "\(path).\(key).\($0)" } ?? "Go struct field \(path).\(key)"
    return .malformed(
      "invalid JSON: json: cannot unmarshal \(JSONFields.kind(of: value, for: type)) into \(place) of type \(type)")
  }

  /// Go names the number itself only where a number was wanted, but not this one.
  private static func kind(of value: JSON, for type: String = "") -> String {
    let isNumeric = ["int", "uint", "float", "time.Duration"].contains { type.hasPrefix($0) }
    return switch value {
    case .null: "null"
    case .bool: "bool"
    case .int(let number): isNumeric ? "number \(number)" : "number"
    case .double(let number): isNumeric ? "number \(number)" : "number"
    case .string: "string"
    case .array: "array"
    case .object: "object"
    }
  }
}

extension Labels {
  /// The table, or nil where it is empty: on the control API's wire the two cannot be told apart.
  var orNil: Labels? { isEmpty ? nil : self }
}
