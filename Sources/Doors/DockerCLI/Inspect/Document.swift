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
    "Tmpfs", "DriverOpts", "Options", "Data", "Details",
  ]
  /// Fields that are left out where they are empty, which a template may ask about all the same, and what it is told.
  private static let optional: [String: [(key: String, zero: GoValue)]] = [
    "State": [("Health", .none)], "Config": [("ExposedPorts", .none), ("Healthcheck", .none), ("StopSignal", .none)],
    "Swarm": [
      ("Nodes", .int(0)), ("Managers", .int(0)), ("Warnings", .strings([String]?.none)),
      ("Cluster", .pointer(.structure(GoStruct(name: "swarm.ClusterInfo", fields: [])), nil)),
    ],
    "system.dockerInfo": [("ProductLicense", .string("")), ("ServerErrors", .strings([String]?.none))],
  ]
  /// Structs that are not called after their field, as errors state them.
  private static let types = ["Client": "system.clientVersion", "Server": "*types.Version"]
  /// Fields whose name is spelled otherwise than their key.
  private static let names = [
    "Id": "ID", "ApiVersion": "APIVersion", "NanoCpus": "NanoCPUs", "CpuShares": "CPUShares", "CpuPeriod": "CPUPeriod",
    "CpuQuota": "CPUQuota", "CpuRealtimePeriod": "CPURealtimePeriod", "CpuRealtimeRuntime": "CPURealtimeRuntime",
    "CpuCount": "CPUCount", "CpuPercent": "CPUPercent", "Dns": "DNS", "DnsOptions": "DNSOptions",
    "DnsSearch": "DNSSearch",
  ]

  /// The document as a struct of this name.
  static func value(_ json: JSON, named name: String) -> GoValue {
    switch json {
    case .array(let elements): return .slice(.any, elements.map { value($0, named: "") })
    case .object(let members):
      var fields: [GoStruct.Field] = []
      var values: [GoValue] = []
      func add(_ key: String, _ value: GoValue) {
        fields.append(.init(names[key] ?? key, key: key, .any))
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
      for (key, zero) in optional[name] ?? [] where !fields.contains(where: { $0.key == key }) {
        fields.append(.init(key, .any, omitsEmpty: true))
        values.append(zero)
      }
      return .record(GoStruct(name: types[name] ?? name, fields: fields), values)
    default: return GoValue(untyped: json)
    }
  }
}
