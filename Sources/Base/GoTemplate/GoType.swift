import SimBase

/// The type of a value as the Engine API's Go structs declare it.
///
/// The real CLI decodes an answer into a struct before a template or an `inspect` sees it, and that shows: fields the
/// struct lacks vanish, absent ones read as zero, an unknown name is an error that states the type. So the structs are
/// data (`GoSchema` of the docker command line), and one decoder, printer and encoder serve them all.
public indirect enum GoType: Sendable {
  case bool
  case string
  case int
  case uint
  case float
  case bytes
  case time
  case duration
  /// `os.FileMode`.
  case fileMode
  /// `any`: whatever the JSON holds.
  case any
  case pointer(GoType)
  case slice(GoType)
  /// A map from strings.
  case map(GoType)
  case structure(GoStruct)
  /// A type with a name of its own, and what it is made of.
  case named(String, GoType)

  /// The type as Go's `%T` prints it.
  public var name: String {
    switch self {
    case .bool: "bool"
    case .string: "string"
    case .int: "int"
    case .named(let name, _): name
    case .uint: "uint64"
    case .float: "float64"
    case .bytes: "[]uint8"
    case .time: "time.Time"
    case .duration: "time.Duration"
    case .fileMode: "fs.FileMode"
    case .any: "interface {}"
    case .pointer(let target): "*" + target.name
    case .slice(let element): "[]" + element.name
    case .map(let element): "map[string]" + element.name
    case .structure(let type): type.name
    }
  }

  /// The zero value.
  public var zero: GoValue {
    switch self {
    case .bool: .bool(false)
    case .string: .string("")
    case .int: .int(0)
    case .uint: .uint(0)
    case .float: .float(0)
    case .bytes: .bytes([])
    case .time: .time(nil)
    case .duration: .duration(.zero)
    case .fileMode: .fileMode(0)
    case .any: .none
    case .pointer(let target): .pointer(target, nil)
    case .slice(let element): .slice(element, nil)
    case .map(let element): .map(element, nil)
    case .named(let name, let type): .named(name, type.zero)
    case .structure(let type): .record(type, type.fields.map(\.type.zero))
    }
  }
}

/// A Go struct: its name with the package, and its fields in order.
public final class GoStruct: Sendable {
  /// One field of a struct.
  public struct Field: Sendable {
    /// The name in templates.
    public var name: String
    /// The key in JSON; empty for an embedded struct.
    public var key: String
    /// Its type.
    public var type: GoType
    /// Whether JSON leaves it out while it is empty.
    public var omitsEmpty: Bool
    /// Whether the field is a struct whose fields read as this struct's own.
    public var isEmbedded: Bool

    /// A field; its key in JSON is its name unless told.
    public init(
      _ name: String, key: String? = nil, _ type: GoType, omitsEmpty: Bool = false, isEmbedded: Bool = false
    ) {
      self.name = name
      self.key = key ?? name
      self.type = type
      self.omitsEmpty = omitsEmpty
      self.isEmbedded = isEmbedded
    }
  }

  /// The name with its package.
  public let name: String
  /// The fields as declared.
  public let fields: [Field]

  /// A struct of these fields.
  public init(name: String, fields: [Field]) {
    self.name = name
    self.fields = fields
  }

  /// Where a field is, by its name in templates; embedded structs are not searched.
  public func index(of name: String) -> Int? { fields.firstIndex { $0.name == name } }
}
