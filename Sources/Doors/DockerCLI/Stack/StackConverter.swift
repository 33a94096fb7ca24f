import EngineTypes
import SimBase

/// Turns what a compose file says of a stack into the specs that requests carry. Here is what concerns a service as a
/// whole; `+Container` has its containers.
///
/// Source: docker/cli `cli/compose/convert` (`service.go`, `compose.go`, `volume.go`).
struct StackConverter {
  let namespace: StackNamespace
  let file: ComposeFile
  let session: Session

  /// A service's spec.
  func service(_ name: String, _ service: JSON) throws(Failure) -> GoValue {
    let deploy = service["deploy"]
    var spec = GoValue.zero("swarm.ServiceSpec")
    var labels = namespace.labels(deploy["labels"])
    labels[StackNamespace.imageLabel] = service["image"].string ?? ""
    spec["Name"] = .string(namespace.scoped(name))
    spec["Labels"] = .strings(labels)
    spec["Mode"] = try mode(deploy)
    var task = GoValue.zero("swarm.TaskSpec")
    task["ContainerSpec"] = try container(name, service)
    task["Resources"] = try resources(deploy["resources"])
    if let policy = try restartPolicy(service) { task["RestartPolicy"] = policy }
    task["Placement"] = placement(deploy["placement"])
    task["Networks"] = try networks(name, service["networks"])
    let logging = service["logging"]
    if !logging.isNull {
      task["LogDriver"]["Name"] = .string(logging["driver"].string ?? "")
      task["LogDriver"]["Options"] = .strings(ComposeForms.map(logging["options"]))
    }
    spec["TaskTemplate"] = task
    if let config = updateConfig(deploy["update_config"]) { spec["UpdateConfig"] = config }
    if let config = updateConfig(deploy["rollback_config"]) { spec["RollbackConfig"] = config }
    spec["EndpointSpec"] = .zero("swarm.EndpointSpec")
    spec["EndpointSpec"]["Mode"] = .string(deploy["endpoint_mode"].string ?? "")
    spec["EndpointSpec"]["Ports"].elements = try ports(service["ports"])
    return spec
  }

  private func mode(_ deploy: JSON) throws(Failure) -> GoValue {
    var mode = GoValue.zero("swarm.ServiceMode")
    let replicas = deploy["replicas"].int.map { GoValue.uint(UInt64(clamping: $0)) }
    let word = deploy["mode"].string ?? ""
    switch word {
    case "global", "global-job":
      if replicas != nil { throw Failure("replicas can only be used with replicated or replicated-job mode") }
      mode[word == "global" ? "Global" : "GlobalJob"] = .zero(
        word == "global" ? "swarm.GlobalService" : "swarm.GlobalJob")
    case "replicated-job":
      mode["ReplicatedJob"] = .zero("swarm.ReplicatedJob")
      if let replicas {
        mode["ReplicatedJob"]["MaxConcurrent"] = replicas
        mode["ReplicatedJob"]["TotalCompletions"] = replicas
      }
    case "", "replicated":
      mode["Replicated"] = .zero("swarm.ReplicatedService")
      if let replicas { mode["Replicated"]["Replicas"] = replicas }
    default: throw Failure("Unknown mode: \(word)")
    }
    return mode
  }

  func duration(_ json: JSON) -> Duration? { json.string.flatMap { Duration(go: $0) } }

  private func resources(_ json: JSON) throws(Failure) -> GoValue {
    var resources = GoValue.zero("swarm.ResourceRequirements")
    func amounts(_ json: JSON, _ type: String) throws(Failure) -> GoValue {
      var value = GoValue.zero(type)
      do throws(FlagTrouble) {
        if let cpus = json["cpus"].string { value["NanoCPUs"] = .int(try parsedCPUs(cpus)) }
        if let memory = json["memory"].string { value["MemoryBytes"] = .int(try parsedSize(memory)) }
      } catch {
        throw error.failure
      }
      return value
    }
    if !json["limits"].isNull {
      resources["Limits"] = try amounts(json["limits"], "swarm.Limit")
      resources["Limits"]["Pids"] = .int(json["limits"]["pids"].int ?? 0)
    }
    if !json["reservations"].isNull {
      var reserved = try amounts(json["reservations"], "swarm.Resources")
      let generic = (json["reservations"]["generic_resources"].array ?? []).map { entry in
        let discrete = entry["discrete_resource_spec"]
        return "\(discrete["kind"].string ?? "")=\(discrete["value"].int ?? 0)"
      }
      reserved["GenericResources"] = try ServiceSettings.genericResources(generic)
      resources["Reservations"] = reserved
    }
    return resources
  }

  private func restartPolicy(_ service: JSON) throws(Failure) -> GoValue? {
    let json = service["deploy"]["restart_policy"]
    var policy = GoValue.zero("swarm.RestartPolicy")
    if !json.isNull {
      policy["Condition"] = .string(json["condition"].string ?? "")
      if let delay = duration(json["delay"]) { policy["Delay"] = .duration(delay) }
      if let attempts = json["max_attempts"].int { policy["MaxAttempts"] = .uint(UInt64(clamping: attempts)) }
      if let window = duration(json["window"]) { policy["Window"] = .duration(window) }
      return policy
    }
    let restart = service["restart"].string ?? ""
    let (name, count) = restart.cut(":") ?? (restart, "0")
    switch name {
    case "", "no": return nil
    case "always", "unless-stopped": policy["Condition"] = "any"
    case "on-failure":
      policy["Condition"] = "on-failure"
      policy["MaxAttempts"] = .uint(UInt64(count) ?? 0)
    default: throw Failure("unknown restart policy: \(restart)")
    }
    return policy
  }

  private func placement(_ json: JSON) -> GoValue {
    var placement = GoValue.zero("swarm.Placement")
    placement["Constraints"] = .strings(ComposeForms.texts(json["constraints"]))
    placement["Preferences"] = ServiceSettings.preferences(
      (json["preferences"].array ?? []).compactMap { $0["spread"].string }.map { "spread=" + $0 })
    placement["MaxReplicas"] = .uint(UInt64(clamping: json["max_replicas_per_node"].int ?? 0))
    return placement
  }

  private func updateConfig(_ json: JSON) -> GoValue? {
    if json.isNull { return nil }
    var config = GoValue.zero("swarm.UpdateConfig")
    config["Parallelism"] = .uint(UInt64(clamping: json["parallelism"].int ?? 1))
    config["Delay"] = .duration(duration(json["delay"]) ?? .zero)
    config["FailureAction"] = .string(json["failure_action"].string ?? "")
    config["Monitor"] = .duration(duration(json["monitor"]) ?? .zero)
    config["MaxFailureRatio"] = .float(json["max_failure_ratio"].double ?? 0)
    config["Order"] = .string(json["order"].string ?? "")
    return config
  }

  private func networks(_ service: String, _ json: JSON) throws(Failure) -> GoValue {
    var wanted = ComposeForms.dictionary(json).fields ?? []
    if wanted.isEmpty { wanted = [.init("default", .null)] }
    let type = GoType.structure(engineStructs["swarm.NetworkAttachmentConfig"])
    var attachments: [GoValue] = []
    for network in wanted {
      let declared = file.networks[network.key]
      if declared == nil, network.key != "default" { throw Failure("undefined network \(network.key.goQuoted)") }
      let target = declared.flatMap { ComposeObject(network.key, $0).fixedName } ?? namespace.scoped(network.key)
      var aliases = ComposeForms.texts(network.value["aliases"])
      if !["host", "none", "bridge", "default"].contains(target) { aliases.append(service) }
      var attachment = type.zero
      attachment["Target"] = .string(target)
      attachment["Aliases"] = .strings(aliases.isEmpty ? nil : aliases)
      attachment["DriverOpts"] = .strings(ComposeForms.map(network.value["driver_opts"]))
      attachments.append(attachment)
    }
    return .slice(type, attachments.sorted { ($0["Target"].string ?? "") < ($1["Target"].string ?? "") })
  }

  private func ports(_ json: JSON) throws(Failure) -> [GoValue] {
    var ports: [GoValue] = []
    for port in json.array ?? [] {
      if port.fields != nil {
        ports.append(
          PublishedPorts.config(
            target: UInt64(clamping: port["target"].int ?? 0), published: UInt64(clamping: port["published"].int ?? 0),
            transport: port["protocol"].string ?? "", mode: port["mode"].string ?? ""))
        continue
      }
      do throws(FlagTrouble) {
        let mapping = try PortMapping(ComposeForms.scalar(port))
        ports += mapping.pairs.map {
          PublishedPorts.config(
            target: UInt64($0.target), published: UInt64($0.published), transport: mapping.transport, mode: "ingress")
        }
      } catch {
        throw error.failure
      }
    }
    let keyed = ports.enumerated().map { ($0.element["PublishedPort"].integer ?? 0, $0.offset, $0.element) }
    return keyed.sorted { ($0.0, $0.1) < ($1.0, $1.1) }.map(\.2)
  }
}
