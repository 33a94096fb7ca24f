import EngineTypes
import SimBase

/// `docker stack rm`: removes all that belongs to stacks.
///
/// Source: docker/cli `cli/command/stack/remove.go`.
enum StackRemove {
  static let command = Command(
    use: "rm [OPTIONS] STACK [STACK...]", short: "Remove one or more stacks",
    aliases: ["docker stack rm", "docker stack remove", "docker stack down"], otherNames: ["remove", "down"],
    arity: .atLeast(1),
    options: [Option("detach", "d", .bool, default: "true", "Do not wait for stack removal")], run: run)

  private static func run(_ call: Invocation) throws(Failure) {
    let engine = call.session.engine()
    var failures = Failures()
    for name in call.arguments {
      let namespace = try StackNamespace(name)
      let query = namespace.filters.query
      let services = try engine.get("/services", query).array ?? []
      let networks = try engine.get("/networks", query).array ?? []
      let secrets = try engine.get("/secrets", query).array ?? []
      let configs = try engine.get("/configs", query).array ?? []
      if services.isEmpty, networks.isEmpty, secrets.isEmpty, configs.isEmpty {
        call.session.warn("Nothing found in stack: \(name)")
        continue
      }
      var isWhole = removeServices(services, call.session)
      for (kind, objects) in [("secret", secrets), ("config", configs)] {
        for object in objects {
          let id = object["ID"].string ?? ""
          if !remove(kind, id, object["Spec"]["Name"].string ?? "", call.session) { isWhole = false }
        }
      }
      for network in networks {
        let id = network["Id"].string ?? ""
        if !remove("network", id, network["Name"].string ?? "", call.session) { isWhole = false }
      }
      if !isWhole {
        failures.note(Failure("failed to remove some resources from stack: \(name)"))
      } else if !call.flags.isOn("detach") {
        try wait(for: namespace, call.session)
      }
    }
    try failures.raise()
  }

  /// Removes services in the order of their names; whether all went.
  static func removeServices(_ services: [JSON], _ session: Session) -> Bool {
    let sorted = services.sorted { ($0["Spec"]["Name"].string ?? "") < ($1["Spec"]["Name"].string ?? "") }
    var isWhole = true
    for service in sorted
    where
      !remove("service", service["ID"].string ?? "", service["Spec"]["Name"].string ?? "", session)
    { isWhole = false }
    return isWhole
  }

  private static func remove(_ kind: String, _ id: String, _ name: String, _ session: Session) -> Bool {
    session.print("Removing \(kind) \(name)")
    do throws(Failure) {
      try session.engine().delete("/\(kind)s/\(id)")
      return true
    } catch {
      session.host.write(Array("Failed to remove \(kind) \(id): \(error.message)".utf8), to: .error)
      return false
    }
  }

  /// Waits until the stack's tasks have ended.
  private static func wait(for namespace: StackNamespace, _ session: Session) throws(Failure) {
    let engine = session.engine()
    while !session.host.isInterrupted {
      let tasks = try engine.get("/tasks", namespace.filters.query).array ?? []
      let isOver = tasks.allSatisfy { ObservedTask($0).isEnded }
      if isOver { return }
      engine.sleep(.milliseconds(200))
    }
  }
}
