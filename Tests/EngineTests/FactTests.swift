import Engine
import SimBase
import Testing
import Workloads

@Suite struct FactTests {
  @Test("info counts a container that waits for its restart as running") func counts() throws {
    var rig = Rig()
    try rig.start("nginx")
    try rig.engine.pause(.id(try rig.start("nginx")), at: rig.now, into: &rig.out)
    try rig.create("nginx")
    var config = ContainerConfig()
    config.image = "lab/crash:fast"
    var host = HostConfig()
    host.restartPolicy = RestartPolicy(.always)
    try rig.start(try rig.create(ContainerSpec(config: config, host: host)))
    rig.run(for: .seconds(30))
    let counts = rig.engine.counts
    #expect((counts.all, counts.running, counts.paused, counts.stopped) == (4, 2, 1, 1))
  }

  @Test("df counts each layer once and knows who uses what") func diskUsage() throws {
    var rig = Rig()
    try rig.pull("alpine")
    try rig.create("redis:alpine", name: "r1")
    let usage = rig.engine.diskUsage
    let sizes = usage.images.map(\.image.size)
    #expect(usage.layers == sizes.reduce(0, +) - (try rig.engine.image("alpine").size))
    #expect(usage.images.allSatisfy { $0.shared == 8_310_000 })
    #expect(usage.volumes.map(\.users) == [1])
    #expect(usage.containers.map(\.own) == [0])
  }

  @Test("what a container uses grows while it runs, stays within its limit and is nothing after it") func stats() throws
  {
    var rig = Rig()
    let id = try rig.start("nginx")
    rig.run(for: .seconds(10))
    let first = try rig.engine.stats(of: .id(id), at: rig.now)
    rig.run(for: .seconds(10))
    let second = try rig.engine.stats(of: .id(id), at: rig.now)
    #expect(second.cpuNanoseconds > first.cpuNanoseconds && second.systemNanoseconds > first.systemNanoseconds)
    #expect(first.interfaces.map(\.name) == ["eth0"] && first.processes == 1)
    try rig.engine.update(.id(id), at: rig.now, into: &rig.out) { $0.memory = 7 << 20 }
    #expect(try rig.engine.stats(of: .id(id), at: rig.now).memory <= 7 << 20)
    try rig.stop(id)
    rig.run(for: .seconds(1))
    #expect(try rig.engine.stats(of: .id(id), at: rig.now).memory == 0)
  }

  @Test("a history ends with the lowest layer and adds up to the image's size") func history() throws {
    var rig = Rig()
    try rig.pull("nginx:alpine")
    let history = try rig.engine.history(of: "nginx:alpine")
    #expect(history.reduce(0) { $0 + $1.size } == (try rig.engine.image("nginx:alpine").size))
    #expect(history.map { $0.image == nil } == [false] + history.dropFirst().map { _ in true })
    #expect(history.first?.createdBy == "CMD [\"nginx\" \"-g\" \"daemon off;\"]")
  }

  @Test("an update that makes no sense changes nothing") func update() throws {
    var rig = Rig()
    let id = try rig.create("nginx")
    #expect(throws: EngineError.invalidConfig(.lowMemory)) {
      try rig.engine.update(.id(id), at: rig.now, into: &rig.out) { $0.memory = 1 }
    }
    #expect(rig.engine.container(id)?.host.value.memory == 0)
  }

  @Test("a push takes its time and gives the image its digest's name") func push() throws {
    var rig = Rig(costs: EngineCosts())
    try rig.pull("nginx:alpine")
    let target = try ImageReference("registry:5000/web:1")
    #expect(throws: EngineError.nothingToPush("registry:5000/web")) { try rig.engine.beginPush(target, at: rig.now) }
    try rig.engine.tag("nginx:alpine", as: target, at: rig.now, into: &rig.out)
    let id = try rig.engine.beginPush(target, at: rig.now)
    let began = rig.now
    rig.run(for: .seconds(2))
    let ended = try #require(rig.time { $0 == .pushed(id, nil) })
    #expect(ended - began > .milliseconds(150))
    let image = try rig.engine.image("registry:5000/web:1")
    #expect(rig.engine.names(of: image.id).digests.contains("registry:5000/web@\(image.digest)"))
  }

  @Test("a registry that is down, empty or wants a login refuses in Docker's words, and a slow one takes longer")
  func registry() throws {
    var rig = Rig(costs: EngineCosts())
    for (fault, words) in [
      (RegistryCondition.Fault.down, "Get \"https://registry-1.docker.io/v2/\": dial tcp: "),
      (.unauthorized, "pull access denied for nginx, "), (.empty, "manifest for nginx:latest not found: "),
    ] {
      rig.engine.config.registry.fault = fault
      rig.notices = []
      let error = #expect(throws: EngineError.self) { try rig.pull("nginx") }
      #expect(error?.message.hasPrefix(words) == true)
    }
    rig.engine.config.registry.fault = nil
    rig.notices = []
    rig.engine.config.registry.slowdown = 20
    let began = rig.now
    try rig.pull("nginx")
    #expect(rig.now - began > .seconds(5))
  }
}

@Suite struct FaultTests {
  @Test("a process may end by itself, for want of memory, or hang until it is killed") func faults() throws {
    var rig = Rig()
    let ids = try (0..<3).map { _ in try rig.start("nginx") }
    try rig.engine.endProcess(of: .id(ids[0]), code: 42, at: rig.now, into: &rig.out)
    try rig.engine.runOutOfMemory(.id(ids[1]), at: rig.now, into: &rig.out)
    try rig.engine.hang(.id(ids[2]))
    try rig.stop(ids[2], timeout: .seconds(3))
    let asked = rig.now
    rig.run(for: .seconds(10))
    #expect(ids.map { rig.state($0)?.exitCode } == [42, 137, 137])
    #expect(ids.map { rig.state($0)?.isOOMKilled } == [false, true, false])
    #expect(rig.state(ids[2])?.finishedAt == asked + .seconds(3))
    #expect(rig.actions.contains("container oom"))
    #expect(throws: EngineError.notRunning(ids[0])) { try rig.engine.hang(.id(ids[0])) }
  }

  @Test("forced health overrules what probes find, until it is lifted") func health() throws {
    var rig = Rig()
    let id = try rig.start("lab/well")
    rig.run(for: .seconds(2))
    try rig.engine.forceHealth(of: .id(id), false)
    rig.run(for: .seconds(3))
    #expect(rig.engine.container(id)?.health?.status == .unhealthy)
    try rig.engine.forceHealth(of: .id(id), nil)
    rig.run(for: .seconds(2))
    #expect(rig.engine.container(id)?.health?.status == .healthy)
  }
}

@Suite struct SizeTests {
  @Test("a container's record stays small: a node of a storm has hundreds") func container() {
    #expect(MemoryLayout<Container>.size <= 400)
  }
}
