import SimBase

/// The type of a value as the Engine API's Go structs declare it.
///
/// The real CLI decodes an answer into a struct before a template or an `inspect` sees it, and that shows: fields the
/// struct lacks vanish, absent ones read as zero, an unknown name is an error that states the type. So the structs are
/// data here (`GoSchema`), and one decoder, printer and encoder serve them all.
indirect enum GoType: Sendable {
  case bool
  case string
  case int
  case uint
  case float
  case bytes
  case time
  case duration
  case fileMode
  /// `any`: whatever the JSON holds.
  case any
  case pointer(GoType)
  case slice(GoType)
  /// A map from strings.
  case map(GoType)
  case structure(GoStruct)

  /// The type as Go's `%T` prints it.
  var name: String {
    switch self {
    case .bool: "bool"
    case .string: "string"
    case .int: "int64"
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
  var zero: GoValue {
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
    case .structure(let type): .record(type, type.fields.map(\.type.zero))
    }
  }
}

/// A Go struct: its name with the package, and its fields in order.
final class GoStruct: Sendable {
  struct Field: Sendable {
    /// The name in templates.
    var name: String
    /// The key in JSON; empty for an embedded struct.
    var key: String
    var type: GoType
    var omitsEmpty: Bool
    /// Whether the field is a struct whose fields read as this struct's own.
    var isEmbedded: Bool
  }

  let name: String
  let fields: [Field]

  init(name: String, fields: [Field]) {
    self.name = name
    self.fields = fields
  }

  /// Where a field is, by its name in templates; embedded structs are not searched.
  func index(of name: String) -> Int? { fields.firstIndex { $0.name == name } }
}

/// The structs of the Engine API, read from a declaration in text.
///
/// A line `pkg.Name` begins a struct; an indented line declares fields: names, then the type. `+pkg.Name` embeds,
/// `Name=key` gives another JSON key, a `?` after the type is `omitempty`.
struct GoSchema: Sendable {
  private var structs: [String: GoStruct] = [:]

  /// Reads the declarations; a struct is declared before it is used.
  init(_ text: String) {
    var name = ""
    var fields: [GoStruct.Field] = []
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ").map(String.init)
      guard let first = words.first else { continue }
      if !line.hasPrefix(" ") {
        if !name.isEmpty { structs[name] = GoStruct(name: name, fields: fields) }
        name = first
        fields = []
      } else if first.hasPrefix("+") {
        let embedded = String(first.dropFirst())
        let plain = embedded.split(separator: ".").last.map(String.init) ?? embedded
        fields.append(.init(name: plain, key: "", type: type(embedded), omitsEmpty: false, isEmbedded: true))
      } else {
        let last = words[words.count - 1]
        let omits = last.hasSuffix("?")
        let fieldType = type(omits ? String(last.dropLast()) : last)
        for word in words.dropLast() {
          let parts = word.split(separator: "=").map(String.init)
          fields.append(
            .init(name: parts[0], key: parts[parts.count - 1], type: fieldType, omitsEmpty: omits, isEmbedded: false))
        }
      }
    }
    structs[name] = GoStruct(name: name, fields: fields)
  }

  /// The struct of this name; it must have been declared.
  subscript(name: String) -> GoStruct {
    guard let found = structs[name] else { preconditionFailure("no struct \(name) in the schema") }
    return found
  }

  private func type(_ text: String) -> GoType {
    if text.hasPrefix("*") { return .pointer(type(String(text.dropFirst()))) }
    if text == "[]byte" { return .bytes }
    if text.hasPrefix("[]") { return .slice(type(String(text.dropFirst(2)))) }
    if text.hasPrefix("map:") { return .map(type(String(text.dropFirst(4)))) }
    switch text {
    case "bool": return .bool
    case "string": return .string
    case "int": return .int
    case "uint": return .uint
    case "float": return .float
    case "time": return .time
    case "duration": return .duration
    case "filemode": return .fileMode
    case "any": return .any
    default: return .structure(self[text])
    }
  }
}
