import EngineTypes
import SimBase

/// `docker stack config`: what compose files come to, merged and in their long forms.
///
/// Source: docker/cli `cli/command/stack/config.go`; the fields' order is that of `cli/compose/types/types.go`.
enum StackConfig {
  static let command = Command(
    use: "config [OPTIONS]", short: "Outputs the final config file, after doing merges and interpolations",
    options: [
      StackDeploy.composeFile,
      Option("skip-interpolation", nil, .bool, "Skip interpolation and output only merged config"),
    ],
    run: { (call: Invocation) throws(Failure) in
      let file = try ComposeFile.load(
        call.flags.list("compose-file"), in: call.session, interpolates: !call.flags.isOn("skip-interpolation"),
        explains: false)
      call.session.write(YAMLWriter.text(try CanonicalCompose(file: file, host: call.session.host).document()))
    })
}

/// A compose file in its long forms, fields in the order of the real CLI's structs.
private struct CanonicalCompose {
  let file: ComposeFile
  let host: any CLIHost

  private static let serviceOrder = [
    "build", "cap_add", "cap_drop", "cgroupns_mode", "cgroup_parent", "command", "configs", "container_name",
    "credential_spec", "depends_on", "deploy", "devices", "dns", "dns_search", "domainname", "entrypoint",
    "environment", "env_file", "expose", "external_links", "extra_hosts", "hostname", "healthcheck", "image", "init",
    "ipc", "isolation", "labels", "links", "logging", "mac_address", "network_mode", "networks", "pid", "ports",
    "privileged", "read_only", "restart", "secrets", "security_opt", "shm_size", "stdin_open", "stop_grace_period",
    "stop_signal", "sysctls", "tmpfs", "tty", "ulimits", "user", "userns_mode", "volumes", "working_dir",
    "oom_score_adj",
  ]

  func document() throws(Failure) -> JSON {
    var fields: [JSON.Field] = [.init("version", .string(file.version))]
    var services: [JSON.Field] = []
    for (name, json) in file.services { services.append(.init(name, try service(json))) }
    fields.append(.init("services", .object(services)))
    let order = ["name", "driver", "driver_opts", "file", "ipam", "external", "internal", "attachable", "labels"]
    for (title, table) in [
      ("networks", file.networks), ("volumes", file.volumes), ("secrets", file.secrets), ("configs", file.configs),
    ] where !table.isEmpty {
      fields.append(.init(title, .object(table.map { .init($0.key, ordered(objectForm($0.value), by: order)) })))
    }
    fields += file.extensions.map { .init($0.key, $0.value) }
    return .object(fields)
  }

  private func objectForm(_ json: JSON) -> JSON {
    .object(
      (json.fields ?? []).map { field in
        switch field.key {
        case "labels", "driver_opts": return .init(field.key, texts(field.value))
        default: return field
        }
      })
  }

  private func ordered(_ json: JSON, by keys: [String]) -> JSON {
    let fields = json.fields ?? []
    let known = keys.compactMap { key in fields.last { $0.key == key } }
    return .object(known + fields.filter { !keys.contains($0.key) })
  }

  /// A map of texts by key.
  private func texts(_ json: JSON) -> JSON {
    .object(ComposeForms.map(json).map { .init($0.key, .string($0.value)) })
  }

  private func list(_ texts: [String]) -> JSON { .array(texts.map { .string($0) }) }

  private func service(_ json: JSON) throws(Failure) -> JSON {
    var fields: [JSON.Field] = []
    for field in json.fields ?? [] {
      if field.value.isNull || isLeftOut(field) { continue }
      if field.key == "environment" || field.key == "env_file" { continue }
      fields.append(.init(field.key, try form(field.key, field.value)))
    }
    let namespace = try StackNamespace("config")
    let converter = StackConverter(
      namespace: namespace, file: file, session: Session(host: host, globals: GlobalOptions()))
    let environment = try converter.environment(json)
    if !environment.isEmpty {
      fields.append(
        .init(
          "environment",
          .object(
            environment.map { text in text.cut("=").map { .init($0.before, .string($0.after)) } ?? .init(text, .null) })
        ))
    }
    if !json["env_file"].isNull { fields.append(.init("env_file", list(ComposeForms.texts(json["env_file"])))) }
    return ordered(.object(fields), by: Self.serviceOrder)
  }

  /// What says nothing is not written; `init` may be false.
  private func isLeftOut(_ field: JSON.Field) -> Bool {
    field.value.string?.isEmpty == true || field.value.bool == false && field.key != "init"
  }

  /// What a build may say; the rest is dropped.
  private func build(_ json: JSON) -> JSON {
    if let context = json.string { return ["context": .string(context)] }
    let known = ["context", "dockerfile", "args", "labels", "cache_from", "extra_hosts", "network", "target"]
    let fields = (json.fields ?? []).filter { known.contains($0.key) && !$0.value.isNull }.map { field in
      switch field.key {
      case "args":
        let arguments = ComposeForms.dictionary(field.value).fields ?? []
        return JSON.Field(field.key, .object(arguments.sorted { $0.key < $1.key }))
      case "labels": return JSON.Field(field.key, texts(field.value))
      case "extra_hosts": return JSON.Field(field.key, list(ComposeForms.hosts(field.value)))
      default: return field
      }
    }
    return ordered(.object(fields), by: known)
  }

  private func form(_ key: String, _ value: JSON) throws(Failure) -> JSON {
    switch key {
    case "build": return build(value)
    case "command", "entrypoint": return list(ComposeForms.words(value))
    case "dns", "dns_search", "tmpfs", "expose": return list(ComposeForms.texts(value))
    case "labels", "sysctls": return texts(value)
    case "extra_hosts":
      return list(ComposeForms.hosts(value))
    case "networks":
      return .object((ComposeForms.dictionary(value).fields ?? []).sorted { $0.key < $1.key })
    case "configs", "secrets":
      return .array((value.array ?? []).map { $0.string.map { ["source": .string($0)] } ?? $0 })
    case "stop_grace_period": return span(value)
    case "ports": return .array(try ports(value))
    case "volumes":
      var volumes: [JSON] = []
      for entry in value.array ?? [] { volumes.append(volume(try ComposeVolume(entry, in: file, host: host))) }
      return .array(volumes)
    case "healthcheck": return health(value)
    case "deploy": return deploy(value)
    case "ulimits": return .object((value.fields ?? []).sorted { $0.key < $1.key })
    default: return value
    }
  }

  private func span(_ json: JSON) -> JSON {
    json.string.flatMap { Duration(go: $0) }.map { .string($0.description) } ?? json
  }

  private func changed(_ json: JSON, _ changes: [String: (JSON) -> JSON]) -> JSON {
    .object((json.fields ?? []).map { .init($0.key, changes[$0.key]?($0.value) ?? $0.value) })
  }

  private func ports(_ json: JSON) throws(Failure) -> [JSON] {
    var result: [JSON] = []
    for port in json.array ?? [] {
      if port.fields != nil {
        result.append(ordered(port, by: ["mode", "target", "published", "protocol"]))
        continue
      }
      do throws(FlagTrouble) {
        let mapping = try PortMapping(ComposeForms.scalar(port))
        for (target, published) in mapping.pairs {
          var fields: [JSON.Field] = [.init("mode", "ingress"), .init("target", .int(Int64(target)))]
          if published != 0 { fields.append(.init("published", .int(Int64(published)))) }
          fields.append(.init("protocol", .string(mapping.transport)))
          result.append(.object(fields))
        }
      } catch {
        throw error.failure
      }
    }
    return result
  }

  private func volume(_ volume: ComposeVolume) -> JSON {
    var fields: [JSON.Field] = [.init("type", .string(volume.type))]
    func add(_ key: String, _ text: String) { if !text.isEmpty { fields.append(.init(key, .string(text))) } }
    add("source", volume.source)
    add("target", volume.target)
    if volume.isReadOnly { fields.append(.init("read_only", true)) }
    add("consistency", volume.consistency)
    if !volume.propagation.isEmpty { fields.append(.init("bind", ["propagation": .string(volume.propagation)])) }
    if volume.hasNoCopy { fields.append(.init("volume", ["nocopy": true])) }
    if volume.hasTmpfsOptions {
      fields.append(.init("tmpfs", volume.tmpfsSize > 0 ? ["size": .int(volume.tmpfsSize)] : .object([])))
    }
    return .object(fields)
  }

  private func health(_ json: JSON) -> JSON {
    let result = changed(
      json,
      [
        "test": { test in test.string.map { ["CMD-SHELL", .string($0)] } ?? test }, "timeout": span, "interval": span,
        "start_period": span, "start_interval": span,
      ])
    return ordered(
      result, by: ["test", "timeout", "interval", "retries", "start_period", "start_interval", "disable"])
  }

  private func deploy(_ json: JSON) -> JSON {
    let update = { (json: JSON) in
      ordered(
        changed(json, ["delay": span, "monitor": span]),
        by: ["parallelism", "delay", "failure_action", "monitor", "max_failure_ratio", "order"])
    }
    let amounts = { (json: JSON) in
      ordered(
        changed(json, ["memory": { size in (try? parsedSize(size.string ?? "")).map { .string(String($0)) } ?? size }]),
        by: ["cpus", "memory", "pids", "generic_resources"])
    }
    let result = changed(
      json,
      [
        "labels": texts, "update_config": update, "rollback_config": update,
        "resources": {
          ordered(changed($0, ["limits": amounts, "reservations": amounts]), by: ["limits", "reservations"])
        },
        "restart_policy": {
          ordered(
            changed($0, ["delay": span, "window": span]), by: ["condition", "delay", "max_attempts", "window"])
        },
        "placement": { ordered($0, by: ["constraints", "preferences", "max_replicas_per_node"]) },
      ])
    return ordered(
      result,
      by: [
        "mode", "replicas", "labels", "update_config", "rollback_config", "resources", "restart_policy", "placement",
        "endpoint_mode",
      ])
  }
}
