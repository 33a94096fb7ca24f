import SimBase

/// A JSON document as a value. Objects keep the order of their fields, because `docker inspect` shows it.
public indirect enum JSON: Sendable, Equatable {
  /// `null`.
  case null
  /// `true` or `false`.
  case bool(Bool)
  /// A whole number that fits 64 signed bits.
  case int(Int64)
  /// Any other number.
  case double(Double)
  /// A text.
  case string(String)
  /// A list.
  case array([JSON])
  /// Fields in the order in which they were written.
  case object([Field])

  /// One field of an object.
  public struct Field: Sendable, Equatable {
    /// The field's name as written.
    public var key: String
    /// What it holds.
    public var value: JSON

    /// A field.
    public init(_ key: String, _ value: JSON) {
      self.key = key
      self.value = value
    }
  }

  /// The field of this exact name; `.null` where there is none or this is no object.
  public subscript(key: String) -> JSON {
    if case .object(let fields) = self {
      // Go's decoder lets a later field of the same name win.
      for field in fields.reversed() where field.key == key { return field.value }
    }
    return .null
  }

  /// The element at this place; `.null` out of range or where this is no list.
  public subscript(index: Int) -> JSON {
    if case .array(let elements) = self, elements.indices.contains(index) { return elements[index] }
    return .null
  }

  /// The field of this name in any case, an exact match first: how Docker decodes requests.
  public func field(_ key: String) -> JSON {
    guard case .object(let fields) = self else { return .null }
    if let exact = fields.last(where: { $0.key == key }) { return exact.value }
    let folded = key.lowercased()
    return fields.last { $0.key.lowercased() == folded }?.value ?? .null
  }

  /// Whether this is `null`, which is also how an absent field reads.
  public var isNull: Bool { self == .null }

  /// The text, or nil for anything else.
  public var string: String? { if case .string(let text) = self { text } else { nil } }
  /// The truth value, or nil for anything else.
  public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  /// The elements, or nil for anything else.
  public var array: [JSON]? { if case .array(let elements) = self { elements } else { nil } }
  /// The fields, or nil for anything else.
  public var fields: [Field]? { if case .object(let fields) = self { fields } else { nil } }

  /// The number if it is whole, or nil.
  public var int: Int64? {
    switch self {
    case .int(let value): value
    case .double(let value): Int64(exactly: value)
    default: nil
    }
  }

  /// The number, or nil for anything else.
  public var double: Double? {
    switch self {
    case .int(let value): Double(value)
    case .double(let value): value
    default: nil
    }
  }

  /// The document on one line, as Go's encoder writes it without HTML escapes.
  public var text: String {
    var writer = JSONWriter()
    writer.value(self)
    return String(decoding: writer.bytes, as: UTF8.self)
  }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  /// A text.
  public init(stringLiteral value: String) { self = .string(value) }
  /// A whole number.
  public init(integerLiteral value: Int64) { self = .int(value) }
  /// A truth value.
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  /// A list.
  public init(arrayLiteral elements: JSON...) { self = .array(elements) }
  /// An object; the fields keep their order.
  public init(dictionaryLiteral elements: (String, JSON)...) { self = .object(elements.map { Field($0.0, $0.1) }) }
}
