import EngineTypes
import SimBase
import SwarmModel

extension TaskSpec {
  /// What tasks are to be. Source: moby/moby `daemon/cluster/convert/service.go`.
  init(_ fields: JSONFields, version: APIVersion) throws(DecodingFault) {
    self.init()
    resources = try fields.object("Resources", "ResourceRequirements").map { fields throws(DecodingFault) in
      try ResourceRequirements(fields, version: version)
    }
    logDriver = try fields.object("LogDriver", "Driver").map { fields throws(DecodingFault) in try Driver(fields) }
    for network in try fields.objects("Networks", "NetworkAttachmentConfig") {
      networks.append(try NetworkAttachmentConfig(network))
    }
    forceUpdate = try fields.uint("ForceUpdate")
    let container = try fields.object("ContainerSpec", "ContainerSpec")
    switch try fields.text("Runtime", as: "swarm.RuntimeType") {
    case "", "container":
      guard let container else { throw .conversion("mismatched Runtime and *Spec fields") }
      runtime = .container(try ContainerSpec(container, version: version))
    case "plugin" where !fields.has("PluginSpec"): throw .conversion("mismatched Runtime and *Spec fields")
    case "plugin": throw .unspecific("runtime type \"plugin\" only supported in experimental")
    default: throw .conversion("unsupported runtime")
    }
    restart = try fields.object("RestartPolicy", "RestartPolicy").map { fields throws(DecodingFault) in
      try RestartPolicy(fields)
    }
    placement = try fields.object("Placement", "Placement").map { fields throws(DecodingFault) in
      try Placement(fields, version: version)
    }
  }
}

extension ResourceRequirements {
  fileprivate init(_ fields: JSONFields, version: APIVersion) throws(DecodingFault) {
    self.init()
    limits = try fields.object("Limits", "Limit").map { fields throws(DecodingFault) in try Resources(fields) }
    if version < APIVersion("1.41") { limits?.pids = 0 }
    reservations = try fields.object("Reservations", "Resources").map { fields throws(DecodingFault) in
      try Resources(fields)
    }
    reservations?.pids = 0
  }
}

extension Resources {
  fileprivate init(_ fields: JSONFields) throws(DecodingFault) {
    self.init()
    nanoCPUs = try fields.int("NanoCPUs")
    memoryBytes = try fields.int("MemoryBytes")
    pids = try fields.int("Pids")
    for resource in try fields.objects("GenericResources", "GenericResource") {
      if let discrete = try resource.object("DiscreteResourceSpec", "DiscreteGenericResource") {
        generic.append(.discrete(kind: try discrete.text("Kind"), value: try discrete.int("Value")))
      } else if let named = try resource.object("NamedResourceSpec", "NamedGenericResource") {
        generic.append(.named(kind: try named.text("Kind"), value: try named.text("Value")))
      }
    }
  }
}

extension Driver {
  /// A driver by name, with options.
  init(_ fields: JSONFields) throws(DecodingFault) {
    self.init(name: try fields.text("Name"), options: try fields.map("Options").orNil)
  }
}

extension RestartPolicy {
  fileprivate init(_ fields: JSONFields) throws(DecodingFault) {
    self.init()
    switch try fields.text("Condition") {
    case "", "any": condition = .any
    case "none": condition = .none
    case "on-failure": condition = .onFailure
    case let word: throw .conversion("invalid RestartCondition: \(word.goQuoted)")
    }
    delay = try fields.optionalDuration("Delay")
    // Absent and 0 are one: a spec that is read and sent again replaces no task.
    maxAttempts = try fields.optionalUInt("MaxAttempts") ?? 0
    window = try fields.optionalDuration("Window")
  }
}

extension Placement {
  fileprivate init(_ fields: JSONFields, version: APIVersion) throws(DecodingFault) {
    self.init()
    constraints = try fields.texts("Constraints")
    for preference in try fields.objects("Preferences", "PlacementPreference") {
      if let spread = try preference.object("Spread", "SpreadOver") {
        preferences.append(try spread.text("SpreadDescriptor"))
      }
    }
    if version >= APIVersion("1.40") { maxReplicas = try fields.uint("MaxReplicas") }
    for platform in try fields.objects("Platforms", "Platform") {
      platforms.append(Platform(architecture: try platform.text("Architecture"), os: try platform.text("OS")))
    }
  }
}
