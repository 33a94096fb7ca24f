import SimBase

/// Writes JSON field by field, in the order of the calls: Docker's order is the struct's, and it shows.
///
///     writer.object {
///       $0.field("ID", id)
///       $0.field("Version") { $0.object { $0.field("Index", 7) } }
///     }
public struct JSONWriter: Sendable {
  /// What has been written so far.
  public private(set) var bytes: [UInt8] = []
  private let escapesHTML: Bool
  private var needsComma = false

  /// A writer; `escapesHTML` writes `<`, `>` and `&` as Go does for progress streams.
  public init(escapingHTML: Bool = false) { escapesHTML = escapingHTML }

  /// An object, with its fields written by `body`.
  public mutating func object(_ body: (inout JSONWriter) -> Void) { nest("{", "}", body) }

  /// A list, with its elements written by `body`.
  public mutating func array(_ body: (inout JSONWriter) -> Void) { nest("[", "]", body) }

  /// A list of what `element` writes for each of the values.
  public mutating func array<S: Sequence>(_ values: S, _ element: (inout JSONWriter, S.Element) -> Void) {
    array { writer in
      for value in values { element(&writer, value) }
    }
  }

  /// A field whose value `body` writes.
  public mutating func field(_ key: StaticString, _ body: (inout JSONWriter) -> Void) {
    separate()
    bytes.append(UInt8(ascii: "\""))
    key.withUTF8Buffer { bytes.append(contentsOf: $0) }
    bytes.append(contentsOf: [UInt8(ascii: "\""), UInt8(ascii: ":")])
    needsComma = false
    body(&self)
    needsComma = true
  }

  /// A field whose name is not known in advance: labels, networks by name.
  public mutating func field(named key: String, _ body: (inout JSONWriter) -> Void) {
    separate()
    quote(key)
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
    body(&self)
    needsComma = true
  }

  /// A text field.
  public mutating func field(_ key: StaticString, _ value: String) { field(key) { $0.string(value) } }
  /// A number field.
  public mutating func field(_ key: StaticString, _ value: Int) { field(key) { $0.int(Int64(value)) } }
  /// A number field.
  public mutating func field(_ key: StaticString, _ value: Int64) { field(key) { $0.int(value) } }
  /// A number field.
  public mutating func field(_ key: StaticString, _ value: UInt64) { field(key) { $0.raw(String(value)) } }
  /// A fraction field.
  public mutating func field(_ key: StaticString, _ value: Double) { field(key) { $0.double(value) } }
  /// A truth field.
  public mutating func field(_ key: StaticString, _ value: Bool) { field(key) { $0.bool(value) } }
  /// A field of any value.
  public mutating func field(_ key: StaticString, _ value: JSON) { field(key) { $0.value(value) } }
  /// A list of texts.
  public mutating func field(_ key: StaticString, _ values: [String]) {
    field(key) { $0.array(values) { $0.string($1) } }
  }
  /// An object of texts, in the order of the keys, as Go writes maps.
  public mutating func field(_ key: StaticString, _ values: Table<String, String>) {
    field(key) { $0.map(values) }
  }
  /// A field that reads `null`.
  public mutating func null(_ key: StaticString) { field(key) { $0.raw("null") } }

  /// An object of texts.
  public mutating func map(_ values: Table<String, String>) {
    object { writer in
      for (name, value) in values { writer.field(named: name) { $0.string(value) } }
    }
  }

  /// A text.
  public mutating func string(_ value: String) {
    separate()
    quote(value)
    needsComma = true
  }

  /// A whole number.
  public mutating func int(_ value: Int64) { raw(String(value)) }

  /// A fraction in the shortest form that reads back the same; a whole one has no point.
  public mutating func double(_ value: Double) {
    if let whole = Int64(exactly: value) { raw(String(whole)) } else { raw(value.description) }
  }

  /// A truth value.
  public mutating func bool(_ value: Bool) { raw(value ? "true" : "false") }

  /// Text that is JSON already.
  public mutating func raw(_ text: String) {
    separate()
    bytes.append(contentsOf: text.utf8)
    needsComma = true
  }

  /// A whole document.
  public mutating func value(_ json: JSON) {
    switch json {
    case .null: raw("null")
    case .bool(let value): bool(value)
    case .int(let value): int(value)
    case .double(let value): double(value)
    case .string(let text): string(text)
    case .array(let elements): array(elements) { $0.value($1) }
    case .object(let fields):
      object { writer in
        for field in fields { writer.field(named: field.key) { $0.value(field.value) } }
      }
    }
  }

  private mutating func nest(_ open: Unicode.Scalar, _ close: Unicode.Scalar, _ body: (inout JSONWriter) -> Void) {
    separate()
    bytes.append(UInt8(ascii: open))
    needsComma = false
    body(&self)
    bytes.append(UInt8(ascii: close))
    needsComma = true
  }

  private mutating func separate() {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
    needsComma = false
  }

  private mutating func quote(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""): bytes.append(contentsOf: "\\\"".utf8)
      case UInt8(ascii: "\\"): bytes.append(contentsOf: "\\\\".utf8)
      case UInt8(ascii: "\n"): bytes.append(contentsOf: "\\n".utf8)
      case UInt8(ascii: "\r"): bytes.append(contentsOf: "\\r".utf8)
      case UInt8(ascii: "\t"): bytes.append(contentsOf: "\\t".utf8)
      case 8: bytes.append(contentsOf: "\\b".utf8)
      case 12: bytes.append(contentsOf: "\\f".utf8)
      case 0..<32: escape(byte)
      case UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "&"):
        if escapesHTML { escape(byte) } else { bytes.append(byte) }
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private mutating func escape(_ byte: UInt8) { bytes.append(contentsOf: "\\u00\(hexText([byte]))".utf8) }
}
