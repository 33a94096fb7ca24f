import EngineTypes
import SimBase

/// A service in its human form.
///
/// Source: docker/cli `cli/command/service/formatter.go` (`serviceInspectPrettyTemplate`), blanks and tabs included.
struct ServicePretty {
  let service: GoValue
  let networks: [String]
  let now: Timestamp

  var text: String {
    var out = "\nID:\t\t\(service["ID"].string ?? "")\nName:\t\t\(spec["Name"].string ?? "")\n"
    let labels = spec["Labels"].textMap
    if !labels.isEmpty {
      out += "Labels:\n"
      for (key, value) in labels { out += " \(key)\(value.isEmpty ? "" : "=" + value)\n" }
    }
    out += mode + updateStatus + placement
    out += updateConfig("UpdateConfig", spec["UpdateConfig"], "Update order:      ")
    out += updateConfig("RollbackConfig", spec["RollbackConfig"], "Rollback order:    ")
    out += containerSpec + mounts + files("Configs", "ConfigName", container["Configs"])
    out += files("Secrets", "SecretName", container["Secrets"]) + logDriver + resources
    if !networks.isEmpty { out += "Networks:" + networks.map { " " + $0 }.joined() + " \n" }
    out += "Endpoint Mode:\t\(spec["EndpointSpec"]["Mode"].string ?? "")\n"
    return out + ports + healthcheck
  }

  private var spec: GoValue { service["Spec"] }
  private var task: GoValue { spec["TaskTemplate"] }
  private var container: GoValue { task["ContainerSpec"] }

  private var mode: String {
    let mode = spec["Mode"]
    if mode["Global"].isTrue { return "Service Mode:\tGlobal\n" }
    guard mode["Replicated"].isTrue else { return "Service Mode:\n" }
    let replicas = mode["Replicated"]["Replicas"]
    return "Service Mode:\tReplicated\n" + (replicas.isTrue ? " Replicas:\t\(replicas.printed)\n" : "")
  }

  private var updateStatus: String {
    let status = service["UpdateStatus"]
    guard status.isTrue else { return "" }
    func age(_ field: String) -> String? {
      guard case .time(let date?)? = status[field].target else { return nil }
      return (now - date).humanText + " ago"
    }
    var out = "UpdateStatus:\n State:\t\t\(status["State"].string ?? "")\n"
    if let started = age("StartedAt") { out += " Started:\t\(started)\n" }
    if status["State"].string == "completed", let completed = age("CompletedAt") {
      out += " Completed:\t\(completed)\n"
    }
    return out + " Message:\t\(status["Message"].string ?? "")\n"
  }

  private var placement: String {
    let placement = task["Placement"]
    var out = ""
    let constraints = placement["Constraints"].texts
    if !constraints.isEmpty { out += " Constraints:\t[\(constraints.joined(separator: " "))]\n" }
    let preferences = placement["Preferences"].elements.compactMap { $0["Spread"]["SpreadDescriptor"].string }
    if !preferences.isEmpty {
      out += " Preferences:   [\(preferences.map { "spread=" + $0 }.joined(separator: " "))]\n"
    }
    if let limit = placement["MaxReplicas"].integer, limit > 0 { out += " Max Replicas Per Node:   \(limit)\n" }
    return "Placement:\n" + out
  }

  private func updateConfig(_ title: String, _ config: GoValue, _ orderTitle: String) -> String {
    guard config.isTrue else { return "" }
    var out = "\(title):\n Parallelism:\t\(config["Parallelism"].printed)\n"
    if config["Delay"].isTrue { out += " Delay:\t\t\(config["Delay"].printed)\n" }
    out += " On failure:\t\(config["FailureAction"].printed)\n"
    if config["Monitor"].isTrue { out += " Monitoring Period: \(config["Monitor"].printed)\n" }
    return out + " Max failure ratio: \(config["MaxFailureRatio"].printed)\n \(orderTitle)\(config["Order"].printed)\n"
  }

  private var containerSpec: String {
    guard container.isTrue else { return "" }
    var out = "ContainerSpec:\n Image:\t\t\(container["Image"].printed)\n"
    func words(_ title: String, _ field: String) {
      let words = container[field].texts
      if !words.isEmpty { out += title + words.map { $0 + " " }.joined() + "\n" }
    }
    words(" Args:\t\t", "Args")
    words(" Env:\t\t", "Env")
    if container["Dir"].isTrue { out += " Dir:\t\t\(container["Dir"].printed)\n" }
    if container["Init"].isTrue { out += " Init:\t\t\(container["Init"].printed)\n" }
    if container["User"].isTrue { out += " User: \(container["User"].printed)\n" }
    let (add, drop) = (container["CapabilityAdd"].texts, container["CapabilityDrop"].texts)
    if !add.isEmpty || !drop.isEmpty {
      out += "Capabilities:\n"
      if !add.isEmpty { out += " Add: \(add.joined(separator: ", "))\n" }
      if !drop.isEmpty { out += " Drop: \(drop.joined(separator: ", "))\n" }
    }
    let sysctls = container["Sysctls"].textMap
    if !sysctls.isEmpty {
      out += "SysCtls:\n" + sysctls.map { " \($0.key)\($0.value.isEmpty ? "" : ": " + $0.value)\n" }.joined()
    }
    let ulimits = container["Ulimits"].elements
    if !ulimits.isEmpty {
      out += "Ulimits:\n"
      for limit in ulimits {
        out += " \(limit["Name"].printed): \(limit["Soft"].printed):\(limit["Hard"].printed)\n"
      }
    }
    return out
  }

  private var mounts: String {
    let mounts = container["Mounts"].elements
    if mounts.isEmpty { return "" }
    return "Mounts:\n"
      + mounts.map { mount in
        " Target:\t\(mount["Target"].printed)\n  Source:\t\(mount["Source"].printed)\n"
          + "  ReadOnly:\t\(mount["ReadOnly"].printed)\n  Type:\t\t\(mount["Type"].printed)\n"
      }.joined()
  }

  private func files(_ title: String, _ name: String, _ references: GoValue) -> String {
    let references = references.elements
    if references.isEmpty { return "" }
    return title + ":\n"
      + references.map { " Target:\t\($0["File"]["Name"].printed)\n  Source:\t\($0[name].printed)\n" }.joined()
  }

  private var logDriver: String {
    let driver = task["LogDriver"]
    guard driver.isTrue else { return "" }
    var out = "Log Driver:\n"
    if driver["Name"].isTrue { out += " Name:\t\t\(driver["Name"].printed)\n" }
    let options = driver["Options"].textMap
    if !options.isEmpty {
      out += " LogOpts:\n"
      for (key, value) in options { out += "  \(key)\(value.isEmpty ? "" : ":       " + value)\n" }
    }
    return out + "\n"
  }

  private var resources: String {
    let resources = task["Resources"]
    guard resources.isTrue else { return "" }
    var out = "Resources:\n"
    func section(_ title: String, _ value: GoValue, _ memoryTitle: String) {
      let (cpus, memory, pids) = (value["NanoCPUs"].integer, value["MemoryBytes"].integer, value["Pids"].integer)
      if (cpus ?? 0) == 0, (memory ?? 0) == 0, (pids ?? 0) == 0 { return }
      out += " \(title):\n"
      if let cpus, cpus > 0 { out += "  CPU:\t\t\(goFloat(Double(cpus) / 1e9))\n" }
      if let memory, memory > 0 { out += "  Memory:\t\(bytesSize(Double(memory)))\n" }
      if let pids, pids > 0 { out += "  PIDs:\t\t\(pids)\n" }
    }
    section("Reservations", resources["Reservations"], "")
    section("Limits", resources["Limits"], "")
    return out
  }

  private var ports: String {
    let ports = service["Endpoint"]["Ports"].elements
    if ports.isEmpty { return "" }
    return "Ports:\n"
      + ports.map { port in
        " PublishedPort = \(port["PublishedPort"].printed)\n  Protocol = \(port["Protocol"].printed)\n"
          + "  TargetPort = \(port["TargetPort"].printed)\n  PublishMode = \(port["PublishMode"].printed)"
      }.joined(separator: "\n") + " \n"
  }

  private var healthcheck: String {
    let health = container["Healthcheck"]
    guard health.isTrue else { return "" }
    var out = " Healthcheck:\n  Interval = \(health["Interval"].printed)\n  Retries = \(health["Retries"].printed)\n"
    out += "  StartPeriod =\t\(health["StartPeriod"].printed)\n  Timeout =\t\(health["Timeout"].printed)\n"
    let tests = health["Test"].texts
    if !tests.isEmpty {
      out += "  Tests:\n" + tests.map { "\t Test = \($0)" }.joined(separator: "\n") + " \n"
    }
    return out
  }
}
