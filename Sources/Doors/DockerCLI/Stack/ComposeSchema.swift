import EngineTypes
import SimBase

/// The shape of a whole compose file of format 3.0 to 3.13.
///
/// One table for all versions: what came later says since when.
/// Source: docker/cli `cli/compose/schema/data/config_schema_v3.0.json` to `config_schema_v3.13.json`.
enum ComposeSchema {
  static let file = ComposeShape.closed(
    [
      "version": .string, "services": .named(service), "networks": .named(.orNull(network)),
      "volumes": .named(.orNull(volumeObject)),
      "secrets": .since(1, .named(secret)), "configs": .since(3, .named(config)),
    ], extendsSince: 4)

  static let port = closed(["mode": .string, "target": .integer, "published": .integer, "protocol": .string])
  /// A secret or config of a service.
  static let reference = ComposeShape.open(
    ["source": .string, "target": .string, "uid": .string, "gid": .string, "mode": .number])
  static let attachment = closed([
    "aliases": .strings, "ipv4_address": .string, "ipv6_address": .string,
    "driver_opts": .since(13, .map(.scalar("string or number"))),
  ])
  static let volume = closed([
    "type": .string, "source": .string, "target": .string, "read_only": .boolean, "consistency": .string,
    "bind": .open(["propagation": .string]), "volume": .open(["nocopy": .boolean]),
    "tmpfs": .since(6, .open(["size": .size])),
  ])

  private static func closed(_ fields: [String: ComposeShape]) -> ComposeShape { .closed(fields, extendsSince: nil) }

  private static func updateConfig(orderSince: Int) -> ComposeShape {
    closed([
      "parallelism": .integer, "delay": .duration, "failure_action": .string, "monitor": .duration,
      "max_failure_ratio": .number, "order": .since(orderSince, .word(["start-first", "stop-first"])),
    ])
  }

  private static let genericResource = closed([
    "discrete_resource_spec": closed(["kind": .string, "value": .number])
  ])

  private static let deploy = closed([
    "mode": .string, "endpoint_mode": .since(2, .string), "replicas": .integer, "labels": .listOrDict,
    "rollback_config": .since(7, updateConfig(orderSince: 7)), "update_config": updateConfig(orderSince: 4),
    "resources": closed([
      "limits": closed(["cpus": .string, "memory": .string, "pids": .since(9, .integer)]),
      "reservations": closed([
        "cpus": .string, "memory": .string, "generic_resources": .since(5, .list(genericResource)),
      ]),
    ]),
    "restart_policy": closed([
      "condition": .string, "delay": .duration, "max_attempts": .integer, "window": .duration,
    ]),
    "placement": closed([
      "constraints": .strings, "max_replicas_per_node": .since(8, .integer),
      "preferences": .since(3, .list(closed(["spread": .string]))),
    ]),
  ])

  private static let service = ComposeShape.closed(
    [
      "deploy": deploy, "build": .any, "cap_add": .strings, "cap_drop": .strings,
      "cgroupns_mode": .since(9, .string), "cgroup_parent": .string, "command": .stringOrList,
      "configs": .since(3, .references), "container_name": .string,
      "credential_spec": .since(
        3, closed(["config": .since(8, .string), "file": .string, "registry": .string])),
      "depends_on": .strings, "devices": .strings, "dns": .stringOrList, "dns_search": .stringOrList,
      "domainname": .string, "entrypoint": .stringOrList, "env_file": .stringOrList, "environment": .listOrDict,
      "expose": .list(.scalar("string or number")), "external_links": .strings, "extra_hosts": .listOrDict,
      "healthcheck": closed([
        "disable": .boolean, "interval": .duration, "retries": .number, "test": .stringOrList, "timeout": .duration,
        "start_period": .since(4, .duration), "start_interval": .since(12, .duration),
      ]),
      "hostname": .string, "image": .string, "init": .since(7, .boolean), "ipc": .string,
      "isolation": .since(5, .string), "labels": .listOrDict, "links": .strings,
      "logging": closed(["driver": .string, "options": .map(.scalar("string, number or null"))]),
      "mac_address": .string, "network_mode": .string, "networks": .networks, "pid": .scalar("string or null"),
      "ports": .ports, "privileged": .boolean, "read_only": .boolean, "restart": .string, "security_opt": .strings,
      "shm_size": .scalar("number or string"), "secrets": .since(1, .references), "sysctls": .listOrDict,
      "stdin_open": .boolean, "stop_grace_period": .duration, "stop_signal": .string, "tmpfs": .stringOrList,
      "tty": .boolean, "ulimits": .ulimits, "oom_score_adj": .since(13, .integer), "user": .string,
      "userns_mode": .string, "volumes": .volumes, "working_dir": .string,
    ], extendsSince: 7)

  private static let options = ComposeShape.map(.scalar("string or number"))

  private static let network = object([
    "name": .since(5, .string), "driver": .string, "driver_opts": options, "internal": .boolean,
    "attachable": .since(2, .boolean),
    "ipam": closed(["driver": .string, "config": .list(closed(["subnet": .string]))]),
  ])
  private static let volumeObject = object(["name": .since(4, .string), "driver": .string, "driver_opts": options])
  private static let secret = object([
    "name": .since(5, .string), "file": .string, "driver": .since(8, .string), "driver_opts": .since(8, options),
    "template_driver": .since(8, .string),
  ])
  private static let config = object([
    "name": .since(5, .string), "file": .string, "template_driver": .since(8, .string),
  ])

  /// An entry of a section beside the services.
  private static func object(_ fields: [String: ComposeShape]) -> ComposeShape {
    let common: [String: ComposeShape] = ["external": .external, "labels": .listOrDict]
    return .closed(fields.merging(common) { own, _ in own }, extendsSince: 7)
  }
}
