import EngineTypes
import SimBase

/// A container or an image as templates see it: the engine's document with its fields in their order.
///
/// The engine writes a struct's fields as declared and a map's by key, so a document in its own order prints as the
/// decoded struct would. What is a map rather than a struct goes by the field's name.
enum Document {
  /// Fields that hold maps.
  private static let maps: Set<String> = [
    "Labels", "Networks", "Ports", "PortBindings", "ExposedPorts", "Volumes", "Sysctls", "Annotations", "StorageOpt",
    "Tmpfs", "DriverOpts", "Options", "Data",
  ]
  /// Fields that are left out where they are nil, which a template may ask about all the same.
  private static let optional: [String: [String]] = [
    "State": ["Health"], "Config": ["ExposedPorts", "Healthcheck", "StopSignal"],
  ]

  /// The document as a struct of this name.
  static func value(_ json: JSON, named name: String) -> GoValue {
    switch json {
    case .array(let elements): return .slice(.any, elements.map { value($0, named: "") })
    case .object(let members):
      var fields: [GoStruct.Field] = []
      var values: [GoValue] = []
      func add(_ key: String, _ value: GoValue) {
        let alias = key == "Id" ? "ID" : key
        fields.append(.init(name: alias, key: key, type: .any, omitsEmpty: false, isEmbedded: false))
        values.append(value)
      }
      for member in members {
        let isMap = maps.contains(member.key) || member.key == "Config" && name == "LogConfig"
        if isMap, !member.value.isNull, let entries = member.value.fields {
          add(member.key, .map(.any, Table(entries.map { ($0.key, value($0.value, named: "")) })))
        } else {
          add(member.key, value(member.value, named: member.key))
        }
      }
      for key in optional[name] ?? [] where !fields.contains(where: { $0.key == key }) {
        fields.append(.init(name: key, key: key, type: .any, omitsEmpty: true, isEmbedded: false))
        values.append(.none)
      }
      return .record(GoStruct(name: name, fields: fields), values)
    default: return GoValue(untyped: json)
    }
  }
}
