import EngineTypes
import SimBase

/// What a part of a compose file may hold, and the complaint about one that holds something else.
///
/// Source: docker/cli `cli/compose/schema/data/config_schema_v3.13.json`. **Differs from Docker:** every version 3.x is
/// held to the schema of 3.13, the newest.
indirect enum ComposeShape: Sendable {
  case any
  case string
  case integer
  case number
  case boolean
  /// One of several scalars, in the words of the complaint: `string, number or null`.
  case scalar(String)
  case duration
  case list(ComposeShape)
  case strings
  /// Known fields only, and `x-` ones where extensions are allowed.
  case closed([String: ComposeShape], extends: Bool)
  /// Any names, each of this shape.
  case named(ComposeShape)
  /// `K: v` or `- K=v`.
  case listOrDict
  case stringOrList
  case ports
  case volumes
  case references
  case networks
  case external

  /// Throws the complaint about a value at a path.
  func check(_ value: JSON, at path: String) throws(Failure) {
    func refuse(_ words: String) -> Failure { Failure("\(path) \(words)") }
    switch self {
    case .any: break
    case .string: if value.string == nil { throw refuse("must be a string") }
    case .integer: if value.int == nil { throw refuse("must be a integer") }
    case .number: if value.double == nil { throw refuse("must be a number") }
    case .boolean: if value.bool == nil { throw refuse("must be a boolean") }
    case .scalar(let words):
      let isFine =
        value.string != nil || value.double != nil || words.includes("null") && value.isNull
        || words.includes("boolean") && value.bool != nil
      if !isFine { throw refuse("must be a \(words)") }
    case .duration:
      guard let text = value.string else { throw refuse("must be a string") }
      if Duration(go: text) == nil { throw refuse("Does not match format 'duration'") }
    case .list(let element):
      guard let elements = value.array else { throw refuse("must be a list") }
      for (place, held) in elements.enumerated() { try element.check(held, at: "\(path).\(place)") }
    case .strings: try ComposeShape.list(.string).check(value, at: path)
    case .closed(let fields, let extends):
      guard let members = value.fields else { throw refuse("must be a mapping") }
      for member in members {
        if let shape = fields[member.key] {
          // A key without a value is as good as absent.
          if !member.value.isNull { try shape.check(member.value, at: "\(path).\(member.key)") }
        } else if !(extends && member.key.hasPrefix("x-")) {
          throw refuse("Additional property \(member.key) is not allowed")
        }
      }
    case .named(let shape):
      guard let members = value.fields else { throw refuse("must be a mapping") }
      for member in members { try shape.check(member.value, at: path.isEmpty ? member.key : "\(path).\(member.key)") }
    case .listOrDict:
      if value.array != nil { return try ComposeShape.strings.check(value, at: path) }
      guard let members = value.fields else { throw refuse("must be a mapping") }
      for member in members {
        try ComposeShape.scalar("string, number or null").check(member.value, at: "\(path).\(member.key)")
      }
    case .stringOrList: if value.string == nil { try ComposeShape.strings.check(value, at: path) }
    case .ports:
      guard let elements = value.array else { throw refuse("must be a list") }
      for (place, held) in elements.enumerated() { try Self.checkPort(held, at: "\(path).\(place)") }
    case .volumes, .references:
      guard let elements = value.array else { throw refuse("must be a list") }
      for (place, held) in elements.enumerated() where held.string == nil {
        try (isVolumes ? ComposeSchema.volume : ComposeSchema.reference).check(held, at: "\(path).\(place)")
      }
    case .networks:
      if value.array != nil { return try ComposeShape.strings.check(value, at: path) }
      for member in value.fields ?? [] where !member.value.isNull {
        try ComposeSchema.attachment.check(member.value, at: "\(path).\(member.key)")
      }
    case .external:
      if value.bool == nil { try ComposeShape.closed(["name": .string], extends: false).check(value, at: path) }
    }
  }

  private var isVolumes: Bool { if case .volumes = self { true } else { false } }

  private static func checkPort(_ value: JSON, at path: String) throws(Failure) {
    if value.int != nil { return }
    if let text = value.string {
      do throws(FlagTrouble) { _ = try PortMapping(text) } catch {
        throw Failure("\(path) Does not match format 'ports'")
      }
      return
    }
    try ComposeSchema.port.check(value, at: path)
  }
}

/// The shape of a whole compose file.
enum ComposeSchema {
  static let file = ComposeShape.closed(
    [
      "version": .string, "services": .named(service), "networks": .named(network), "volumes": .named(volumeObject),
      "secrets": .named(secret), "configs": .named(secret),
    ], extends: true)

  static let port = ComposeShape.closed(
    ["mode": .string, "target": .integer, "published": .integer, "protocol": .string], extends: false)
  static let reference = ComposeShape.closed(
    ["source": .string, "target": .string, "uid": .string, "gid": .string, "mode": .number], extends: false)
  static let attachment = ComposeShape.closed(
    ["aliases": .strings, "ipv4_address": .string, "ipv6_address": .string, "driver_opts": .any], extends: false)
  static let volume = ComposeShape.closed(
    [
      "type": .string, "source": .string, "target": .string, "read_only": .boolean, "consistency": .string,
      "bind": .closed(["propagation": .string], extends: false),
      "volume": .closed(["nocopy": .boolean, "subpath": .string], extends: false),
      "tmpfs": .closed(["size": .integer], extends: false), "cluster": .any, "image": .any,
    ], extends: false)

  private static let resource: [String: ComposeShape] = ["cpus": .string, "memory": .string]
  private static let update = ComposeShape.closed(
    [
      "parallelism": .integer, "delay": .duration, "failure_action": .string, "monitor": .duration,
      "max_failure_ratio": .number, "order": .string,
    ], extends: false)

  private static let deploy = ComposeShape.closed(
    [
      "mode": .string, "endpoint_mode": .string, "replicas": .integer, "labels": .listOrDict,
      "rollback_config": update, "update_config": update,
      "resources": .closed(
        [
          "limits": .closed(resource.merging(["pids": .integer]) { a, _ in a }, extends: false),
          "reservations": .closed(resource.merging(["generic_resources": .any]) { a, _ in a }, extends: false),
        ], extends: false),
      "restart_policy": .closed(
        ["condition": .string, "delay": .duration, "max_attempts": .integer, "window": .duration], extends: false),
      "placement": .closed(
        [
          "constraints": .strings, "max_replicas_per_node": .integer,
          "preferences": .list(.closed(["spread": .string], extends: false)),
        ], extends: false),
    ], extends: false)

  private static let service = ComposeShape.closed(
    [
      "deploy": deploy, "build": .any, "cap_add": .strings, "cap_drop": .strings, "cgroupns_mode": .string,
      "cgroup_parent": .string, "command": .stringOrList, "configs": .references, "container_name": .string,
      "credential_spec": .any, "depends_on": .strings, "devices": .strings, "dns": .stringOrList,
      "dns_search": .stringOrList, "domainname": .string, "entrypoint": .stringOrList, "env_file": .stringOrList,
      "environment": .listOrDict, "expose": .list(.scalar("string or number")), "external_links": .strings,
      "extra_hosts": .listOrDict,
      "healthcheck": .closed(
        [
          "disable": .boolean, "interval": .duration, "retries": .number, "test": .stringOrList,
          "timeout": .duration, "start_period": .duration, "start_interval": .duration,
        ], extends: false),
      "hostname": .string, "image": .string, "init": .boolean, "ipc": .string, "isolation": .string,
      "labels": .listOrDict, "links": .strings,
      "logging": .closed(["driver": .string, "options": .any], extends: false),
      "mac_address": .string, "network_mode": .string, "networks": .networks, "pid": .any, "ports": .ports,
      "privileged": .boolean, "read_only": .boolean, "restart": .string, "security_opt": .strings,
      "shm_size": .any, "secrets": .references, "sysctls": .listOrDict, "stdin_open": .boolean,
      "stop_grace_period": .duration, "stop_signal": .string, "tmpfs": .stringOrList, "tty": .boolean,
      "ulimits": .any, "oom_score_adj": .integer, "user": .string, "userns_mode": .string, "volumes": .volumes,
      "working_dir": .string,
    ], extends: true)

  private static let network = nullable([
    "name": .string, "driver": .string, "driver_opts": .any, "external": .external, "internal": .boolean,
    "attachable": .boolean, "labels": .listOrDict,
    "ipam": .closed(
      ["driver": .string, "config": .list(.closed(["subnet": .string], extends: false))], extends: false),
  ])
  private static let volumeObject = nullable([
    "name": .string, "driver": .string, "driver_opts": .any, "external": .external, "labels": .listOrDict,
  ])
  private static let secret = nullable([
    "name": .string, "file": .string, "external": .external, "labels": .listOrDict, "driver": .string,
    "driver_opts": .any, "template_driver": .string,
  ])

  private static func nullable(_ fields: [String: ComposeShape]) -> ComposeShape { .closed(fields, extends: true) }
}
