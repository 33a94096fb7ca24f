import Engine
import SimBase
import Testing
import Workloads

@Suite struct RefusalTests {
  private func refusal(_ body: () throws -> Void) -> EngineError? {
    do { try body() } catch { return error as? EngineError }
    return nil
  }

  @Test("names are checked as Docker checks them", arguments: ["a", "-ab", "a b", "ä1", "/", "_ab"])
  func badName(name: String) throws {
    var rig = Rig()
    try rig.pull("nginx")
    let error = refusal { try rig.create("nginx", name: name) }
    #expect(error?.message == "Invalid container name (\(name)), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed")
    #expect(error?.kind == .invalid)
  }

  @Test("a taken name is refused with its holder") func takenName() throws {
    var rig = Rig()
    let id = try rig.create("nginx", name: "dd")
    let error = refusal { try rig.create("nginx", name: "/dd") }
    #expect(
      error?.message == "Conflict. The container name \"/dd\" is already in use by container \"\(id)\". "
        + "You have to remove (or rename) that container to be able to reuse that name.")
    #expect(error?.kind == .conflict)
  }

  @Test("drawn names are free, valid and the same for the same seed") func drawnNames() throws {
    func names(seed: UInt64) throws -> [String] {
      var rig = Rig(seed: seed)
      return try (0..<30).map { _ in
        let id = try rig.create("nginx")
        return rig.engine.container(id)?.name ?? ""
      }
    }
    let first = try names(seed: 1)
    #expect(Set(first).count == 30)
    #expect(first.allSatisfy { $0.contains("_") })
    #expect(try names(seed: 1) == first)
    #expect(try names(seed: 2) != first)
  }

  @Test("a container is found by ID, by name and by the beginning of its ID") func lookup() throws {
    var rig = Rig()
    let id = try rig.create("nginx", name: "web")
    for text in [id.description, "web", "/web", id.short, String(id.short.prefix(4))] {
      #expect(try rig.engine.container(.typed(text)).id == id)
    }
    #expect(refusal { _ = try rig.engine.container("nope") } == .noSuchContainer("nope"))
    #expect(refusal { _ = try rig.engine.container("") }?.message == "invalid name or ID supplied: \"\"")
    let digit = String(id.short.prefix(1))
    while rig.engine.containers.count(where: { $0.id.short.hasPrefix(digit) }) < 2 { try rig.create("nginx") }
    #expect(refusal { _ = try rig.engine.container(.typed(digit)) } == .ambiguousPrefix(digit))
  }

  @Test("settings that make no sense are refused in Docker's words") func settings() throws {
    var rig = Rig()
    try rig.pull("nginx")
    func message(_ change: (inout ContainerConfig, inout HostConfig) -> Void) -> String? {
      var config = ContainerConfig()
      config.image = "nginx"
      var host = HostConfig()
      change(&config, &host)
      return refusal { try rig.create(ContainerSpec(config: config, host: host)) }?.message
    }
    #expect(
      message { config, _ in config.healthCheck = HealthCheck(test: ["CMD", "true"], interval: .microseconds(5)) }
        == "Interval in Healthcheck cannot be less than 1ms")
    #expect(
      message { config, _ in config.workingDirectory = "x/y" }
        == "the working directory 'x/y' is invalid, it needs to be an absolute path")
    #expect(message { config, _ in config.stopSignal = "FOO" } == "invalid signal: FOO")
    #expect(
      message { _, host in host.restartPolicy = RestartPolicy(.always, maximumRetryCount: 2) }
        == "invalid restart policy: maximum retry count can only be used with 'on-failure'")
    #expect(
      message { _, host in
        host.autoRemove = true
        host.restartPolicy = RestartPolicy(.always)
      } == "can't create 'AutoRemove' container with restart policy")
    #expect(message { _, host in host.memory = 1 << 20 } == "Minimum memory limit allowed is 6MB")
    #expect(
      message { _, host in host.portBindings = [PortBinding(ContainerPort(80), hostPort: "70000")] }
        == "invalid port specification: \"70000\"")
    #expect(message { _, host in host.binds = ["a1:/x", "b1:/x"] } == "Duplicate mount point: /x")
    #expect(
      message { _, host in host.capAdd = ["net_admin", "NOSUCH"] }
        == "invalid CapAdd: unknown capability: \"CAP_NOSUCH\"")
    #expect(
      message { _, host in host.logOptions = ["max-size": "1m", "nosuch": "1"] }
        == "unknown log opt 'nosuch' for json-file log driver")
    #expect(
      message { _, host in host.mounts = [Mount(.npipe, source: "/v", target: "/x")] }
        == "invalid mount config for type \"npipe\": mount type unknown")
    #expect(
      message { _, host in host.mounts = [Mount(.volume, target: "//")] }
        == "invalid mount config for type \"volume\": invalid specification: destination can't be '/'")
    #expect(message { _, _ in } == nil)
  }

  @Test("what only shows at the start leaves the container as it was, with its reason and exit code") func start()
    throws
  {
    var rig = Rig()
    try rig.pull("nginx")
    func start(_ change: (inout ContainerConfig, inout HostConfig) -> Void) throws -> (message: String?, code: Int32?) {
      var config = ContainerConfig()
      config.image = "nginx"
      var host = HostConfig()
      change(&config, &host)
      let id = try rig.create(ContainerSpec(config: config, host: host))
      let error = refusal { try rig.start(id) }
      #expect(rig.state(id)?.error == error?.message ?? "")
      return (error?.message, rig.state(id)?.exitCode)
    }
    let runc =
      "failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: "
    let inside = runc + "unable to start container process: error during container init: "
    let user = try start { config, _ in config.user = "nobodyknows" }
    #expect(user == ("unable to find user nobodyknows: no matching entries in passwd file", 128))
    let group = try start { _, host in host.groupAdd = ["5", "nogroup1"] }
    #expect(group == ("unable to find group nogroup1: no matching entries in group file", 128))
    let setting = try start { _, host in host.sysctls = ["net.core.somaxconn": "1", "vm.swappiness": "1"] }
    #expect(setting == (runc + "sysctl \"vm.swappiness\" is not in a separate kernel namespace", 128))
    let file = try start { config, _ in config.entrypoint = ["/etc/passwd"] }
    #expect(file == (inside + "exec: \"/etc/passwd\": permission denied", 126))
    let directory = try start { config, _ in config.entrypoint = ["/etc"] }
    #expect(directory == (inside + "exec: \"/etc\": is a directory: permission denied", 126))
    let known = try start { config, host in
      config.user = "nginx:www-data"
      host.groupAdd = ["daemon", "99"]
    }
    #expect(known == (nil, 0))
  }

  @Test("a container that runs is not removed without force") func removeRunning() throws {
    var rig = Rig()
    let id = try rig.start("nginx", name: "c2")
    let error = refusal { try rig.engine.remove("c2", at: rig.now, into: &rig.out) }
    #expect(
      error?.message == "cannot remove container \"c2\": container is running: "
        + "stop the container before removing or force remove")
    try rig.engine.pause("c2", at: rig.now, into: &rig.out)
    #expect(
      refusal { try rig.engine.remove("c2", at: rig.now, into: &rig.out) }?.message
        == "cannot remove container \"c2\": container is paused and must be unpaused first")
    try rig.engine.remove("c2", force: true, at: rig.now, into: &rig.out)
    rig.run(for: .seconds(1))
    #expect(rig.engine.container(id) == nil)
    #expect(try rig.create("nginx", name: "c2") != id)
  }

  @Test("what is so already is told apart from what cannot be") func redundant() throws {
    var rig = Rig()
    let id = try rig.start("nginx")
    #expect(refusal { try rig.start(id) } == .alreadyStarted)
    #expect(EngineError.alreadyStarted.kind == .notModified)
    #expect(
      refusal { try rig.engine.unpause(.id(id), at: rig.now, into: &rig.out) }?.message
        == "Container \(id) is not paused")
    try rig.engine.pause(.id(id), at: rig.now, into: &rig.out)
    #expect(
      refusal { try rig.engine.pause(.id(id), at: rig.now, into: &rig.out) }?.message
        == "Container \(id) is already paused")
    #expect(refusal { try rig.start(id) }?.message == "cannot start a paused container, try unpause instead")
    try rig.stop(id)
    rig.run(for: .seconds(1))
    #expect(rig.state(id)?.status == .exited)
    #expect(refusal { try rig.stop(id) } == .alreadyStopped)
    #expect(
      refusal { try rig.engine.pause(.id(id), at: rig.now, into: &rig.out) }?.message
        == "container \(id) is not running")
  }

  @Test("a rename keeps the container and frees its old name") func rename() throws {
    var rig = Rig()
    let id = try rig.create("nginx", name: "old")
    try rig.create("nginx", name: "other")
    #expect(
      refusal { try rig.engine.rename("old", to: "", at: rig.now, into: &rig.out) }?.message
        == "Neither old nor new names may be empty")
    #expect(refusal { try rig.engine.rename("old", to: "old", at: rig.now, into: &rig.out) } == .sameName)
    #expect(
      refusal { try rig.engine.rename("old", to: "other", at: rig.now, into: &rig.out) }?.message.hasPrefix(
        "Error when allocating new name: Conflict.") == true)
    try rig.engine.rename("old", to: "new", at: rig.now, into: &rig.out)
    #expect(try rig.engine.container("new").id == id)
    #expect(refusal { _ = try rig.engine.container("old") } == .noSuchContainer("old"))
    #expect(rig.engine.events(from: 0).last?.attributes["oldName"] == "/old")
  }
}
