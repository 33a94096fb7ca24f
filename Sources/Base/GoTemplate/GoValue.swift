import SimBase

/// A value as Go holds it: what templates walk.
public indirect enum GoValue: Sendable {
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
  /// The permission bits of a file.
  case fileMode(UInt32)
  /// A slice; nil is the nil slice, which is written `null`.
  case slice(GoType, [GoValue]?)
  /// A map; nil is the nil map. Keys ascend.
  case map(GoType, Table<String, GoValue>?)
  case record(GoStruct, [GoValue])
  case pointer(GoType, GoValue?)
  /// A value of a type with a name of its own, such as `swarm.NodeState`, which is a string but not `string`.
  case named(String, GoValue)
  /// A value that answers for its own fields, such as a row of a listing.
  case object(any GoObject)
}

extension GoValue {
  /// A list of texts.
  public static func strings(_ values: [String]?) -> GoValue { .slice(.string, values?.map { .string($0) }) }
  /// A map of texts.
  public static func strings(_ values: Table<String, String>?) -> GoValue {
    .map(.string, values.map { Table($0.map { ($0.key, .string($0.value)) }) })
  }

  /// The name of its type, as errors state it.
  public var typeName: String {
    switch self {
    case .none: "interface {}"
    case .bool: "bool"
    case .int: "int"
    case .named(let name, _): name
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
    case .object(let object): "*" + object.typeName
    }
  }

  /// Whether Go's templates take it for true: not zero, not empty.
  public var isTrue: Bool {
    switch self {
    case .none: false
    case .bool(let value): value
    case .int(let value): value != 0
    case .uint(let value): value != 0
    case .float(let value): value != 0
    case .string(let text): !text.isEmpty
    case .bytes(let bytes): !bytes.isEmpty
    case .time, .record, .object: true
    case .duration(let span): span != .zero
    case .fileMode(let bits): bits != 0
    case .slice(_, let elements): !(elements ?? []).isEmpty
    case .map(_, let entries): !(entries?.isEmpty ?? true)
    case .pointer(_, let target): target != nil
    case .named(_, let value): value.isTrue
    }
  }

  /// Whether `omitempty` leaves it out: as `isTrue`, but a struct is never left out.
  public var isEmpty: Bool { !isTrue }

  /// What a pointer points to; anything else is itself.
  public var target: GoValue? { if case .pointer(_, let target) = self { target } else { self } }

  /// The value without the name of its type.
  public var plain: GoValue { if case .named(_, let value) = self { value } else { self } }

  /// The text, or nil for anything else.
  public var string: String? { if case .string(let text) = plain { text } else { nil } }

  /// The number if it is whole, or nil.
  public var integer: Int64? {
    switch self {
    case .int(let value): value
    case .uint(let value): Int64(clamping: value)
    case .duration(let span): span.nanoseconds
    case .fileMode(let bits): Int64(bits)
    case .pointer(_, let target?): target.integer
    case .named(_, let value): value.integer
    default: nil
    }
  }

  /// The texts of a list of texts; empty for anything else.
  public var texts: [String] {
    if case .slice(_, let elements?) = self { elements.compactMap(\.string) } else { [] }
  }

  /// The elements of a list; empty for anything else.
  public var elements: [GoValue] {
    get { if case .slice(_, let elements?) = self { elements } else { [] } }
    set {
      guard case .slice(let type, _) = self else { preconditionFailure("\(typeName) is no list") }
      self = .slice(type, newValue)
    }
  }

  /// The texts of a map of texts; empty for anything else.
  public var textMap: Table<String, String> {
    guard case .map(_, let entries?) = self else { return Table() }
    return Table(entries.compactMap { entry in entry.value.string.map { (entry.key, $0) } })
  }

  /// A field of a struct, looked for in embedded structs and through pointers; `.none` where there is none.
  /// Through a nil pointer it reads as zero; setting it then makes what is pointed to.
  public subscript(name: String) -> GoValue {
    get {
      if case .pointer(let type, nil) = self { return type.zero.member(name) ?? .none }
      return member(name) ?? .none
    }
    set { precondition(setMember(name, newValue), "no field \(name) in \(typeName)") }
  }

  /// A field of a struct, or nil where the struct has none of this name.
  public func member(_ name: String) -> GoValue? {
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

/// A value that answers for its own fields.
public protocol GoObject: Sendable {
  /// The name of its type, as errors state it after an asterisk.
  var typeName: String { get }
  /// A field's value or a method's result; nil where it has none of this name.
  func member(_ name: String, _ arguments: [GoValue]) -> GoValue?
}

extension GoValue: ExpressibleByStringLiteral {
  /// A text.
  public init(stringLiteral value: String) { self = .string(value) }
}
