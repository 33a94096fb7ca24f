import SimBase

/// Writes JSON field by field, in the order of the calls: Docker's order is the struct's, and it shows.
///
///     writer.object {
///       $0.field("ID", id)
///       $0.field("Version") { $0.object { $0.field("Index", 7) } }
///     }
public struct JSONWriter: Sendable {
  /// What has been written so far, dates as instants.
  public private(set) var content = DatedBytes()
  private let escapesHTML: Bool
  private let sortsKeys: Bool
  private var needsComma = false
  /// The fields of the object being written, where they go out in the order of their names.
  private var fields: [(key: String, value: DatedBytes)] = []

  /// What has been written so far; for a writer that was given no instants.
  public var bytes: [UInt8] { content.bytes }

  /// A writer; `escapesHTML` writes `<`, `>` and `&` as Go does for progress streams, `sortingKeys` writes all objects as
  /// Go writes maps.
  public init(escapingHTML: Bool = false, sortingKeys: Bool = false) {
    escapesHTML = escapingHTML
    sortsKeys = sortingKeys
  }

  /// An object, with its fields written by `body`.
  public mutating func object(_ body: (inout JSONWriter) -> Void) {
    if sortsKeys { sortedObject(body) } else { nest("{", "}", body) }
  }

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
    if sortsKeys { return keep("\(key)", body) }
    separate()
    content.append(UInt8(ascii: "\""))
    key.withUTF8Buffer { content.append($0) }
    content.append(UInt8(ascii: "\""))
    content.append(UInt8(ascii: ":"))
    needsComma = false
    body(&self)
    needsComma = true
  }

  /// A field whose name is not known in advance: labels, networks by name.
  public mutating func field(named key: String, _ body: (inout JSONWriter) -> Void) {
    if sortsKeys { return keep(key, body) }
    separate()
    quote(key)
    content.append(UInt8(ascii: ":"))
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
  /// A date field: the door writes the instant as RFC 3339.
  public mutating func field(_ key: StaticString, _ value: Instant) { field(key) { $0.date(value) } }
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

  /// A date, quoted as RFC 3339 unless another form is asked for.
  public mutating func date(_ instant: Instant, as form: DatedBytes.Form = .quoted) {
    separate()
    content.append(instant, as: form)
    needsComma = true
  }

  /// A truth value.
  public mutating func bool(_ value: Bool) { raw(value ? "true" : "false") }

  /// Text that is JSON already.
  public mutating func raw(_ text: String) {
    separate()
    content.append(text.utf8)
    needsComma = true
  }

  /// Ends a document with a newline; what follows is another one.
  public mutating func endLine() {
    content.append(UInt8(ascii: "\n"))
    needsComma = false
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
    content.append(UInt8(ascii: open))
    needsComma = false
    body(&self)
    content.append(UInt8(ascii: close))
    needsComma = true
  }

  private mutating func keep(_ key: String, _ body: (inout JSONWriter) -> Void) {
    var writer = JSONWriter(escapingHTML: escapesHTML, sortingKeys: true)
    body(&writer)
    fields.append((key, writer.content))
  }

  /// An object whose fields stand in the order of their names, as those of a Go map do.
  public mutating func sortedObject(_ body: (inout JSONWriter) -> Void) {
    var inner = JSONWriter(escapingHTML: escapesHTML, sortingKeys: true)
    body(&inner)
    nest("{", "}") { writer in
      for field in inner.fields.sorted(by: { $0.key < $1.key }) {
        writer.separate()
        writer.quote(field.key)
        writer.content.append(UInt8(ascii: ":"))
        writer.content.append(field.value)
        writer.needsComma = true
      }
    }
  }

  private mutating func separate() {
    if needsComma { content.append(UInt8(ascii: ",")) }
    needsComma = false
  }

  private mutating func quote(_ text: String) {
    content.append(UInt8(ascii: "\""))
    var text = text
    text.withUTF8 { bytes in
      // What needs no escape goes in runs: nearly every text is one.
      var run = bytes.startIndex
      for place in bytes.indices where needsEscape(bytes[place]) {
        content.append(UnsafeBufferPointer(rebasing: bytes[run..<place]))
        escape(bytes[place])
        run = place + 1
      }
      content.append(UnsafeBufferPointer(rebasing: bytes[run...]))
    }
    content.append(UInt8(ascii: "\""))
  }

  private func needsEscape(_ byte: UInt8) -> Bool {
    switch byte {
    case 0..<32, UInt8(ascii: "\""), UInt8(ascii: "\\"): true
    case UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "&"): escapesHTML
    default: false
    }
  }

  private mutating func escape(_ byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\""): content.append("\\\"".utf8)
    case UInt8(ascii: "\\"): content.append("\\\\".utf8)
    case UInt8(ascii: "\n"): content.append("\\n".utf8)
    case UInt8(ascii: "\r"): content.append("\\r".utf8)
    case UInt8(ascii: "\t"): content.append("\\t".utf8)
    case 8: content.append("\\b".utf8)
    case 12: content.append("\\f".utf8)
    default: content.append("\\u00\(hexText([byte]))".utf8)
    }
  }
}
