import Engine
import SimBase
import Testing
import Workloads

@Suite struct LifeTests {
  @Test("a server runs until it is told to stop, and then ends at once with 0") func polite() throws {
    var rig = Rig()
    let id = try rig.start("nginx:alpine", name: "web")
    #expect(rig.state(id)?.status == .running)
    rig.run(for: .seconds(100))
    let asked = rig.now
    try rig.stop(id)
    rig.run(for: .seconds(20))
    #expect(rig.state(id)?.status == .exited)
    #expect(rig.state(id)?.exitCode == 0)
    let died = try #require(rig.time { $0 == .died(id, exitCode: 0) })
    #expect(died - asked < .milliseconds(100))
    #expect(rig.notices.contains { $0.1 == .stopped(id) })
  }

  @Test("a first process that ignores SIGTERM is killed after ten seconds: 137") func deaf() throws {
    var rig = Rig()
    let id = try rig.start("busybox", ["sleep", "10000"])
    let asked = rig.now
    try rig.stop(id)
    rig.run(for: .seconds(9))
    #expect(rig.state(id)?.status == .running)
    rig.run(for: .seconds(2))
    #expect(rig.state(id)?.exitCode == 137)
    #expect(rig.state(id)?.finishedAt == asked + .seconds(10))
  }

  @Test("a stop's own patience counts before the container's, and that before the engine's") func patience() throws {
    var rig = Rig()
    var config = ContainerConfig()
    config.image = "busybox"
    config.command = ["sleep", "10000"]
    config.stopTimeoutSeconds = 4
    let own = try rig.create(ContainerSpec(config: config))
    let asked = try rig.create(ContainerSpec(config: config))
    for id in [own, asked] { try rig.start(id) }
    let began = rig.now
    try rig.stop(own)
    try rig.stop(asked, timeout: .seconds(1))
    rig.run(for: .seconds(20))
    #expect(rig.state(own)?.finishedAt == began + .seconds(4))
    #expect(rig.state(asked)?.finishedAt == began + .seconds(1))
  }

  @Test("kill ends a container at once with 137, and refuses one that does not run") func kill() throws {
    var rig = Rig()
    let id = try rig.start("nginx", name: "hk")
    try rig.engine.kill("hk", at: rig.now, into: &rig.out)
    rig.run(for: .zero)
    #expect(rig.state(id)?.exitCode == 137)
    let refusal = #expect(throws: EngineError.self) { try rig.engine.kill("hk", at: rig.now, into: &rig.out) }
    #expect(refusal?.message == "cannot kill container: hk: container \(id) is not running")
    #expect(refusal?.kind == .conflict)
  }

  @Test("the images of lab/ print and end as they are made to") func labImages() throws {
    var rig = Rig()
    let crash = try rig.start("lab/crash")
    let fast = try rig.start("lab/crash:fast")
    let job = try rig.start("lab/job")
    let chatty = try rig.start("lab/chatty")
    #expect(rig.state(fast)?.exitCode == 1)
    rig.run(for: .milliseconds(1_500))
    #expect(rig.state(job)?.exitCode == 0)
    #expect(rig.lines(job) == ["done"])
    #expect(rig.state(crash)?.status == .running)
    rig.run(for: .milliseconds(1_600))
    #expect(rig.state(crash)?.exitCode == 3)
    #expect(rig.lines(crash) == ["giving up"])
    #expect(rig.lines(chatty) == ["line 1", "line 2", "line 3", "line 4"])
  }

  @Test("start and end take what they were measured to take") func costs() throws {
    var rig = Rig(costs: EngineCosts())
    let id = try rig.create("lab/crash:fast")
    let asked = rig.now
    try rig.start(id)
    #expect(rig.state(id)?.status == .created)
    rig.run(for: .seconds(1))
    let died = try #require(rig.time { $0 == .died(id, exitCode: 1) }) - asked
    #expect(died >= .milliseconds(180) && died < .milliseconds(300))
  }

  @Test("a command that is not in the image cannot be started: 127") func noSuchCommand() throws {
    var rig = Rig()
    let id = try rig.create("alpine", ["nosuch"], name: "bad")
    let refusal = #expect(throws: EngineError.self) { try rig.start(id) }
    #expect(
      refusal?.message == "failed to create task for container: failed to create shim task: OCI runtime create failed: "
        + "runc create failed: unable to start container process: error during container init: "
        + "exec: \"nosuch\": executable file not found in $PATH")
    #expect(refusal?.kind == .invalid)
    #expect(rig.state(id)?.status == .created)
    #expect(rig.state(id)?.exitCode == 127)
  }

  @Test("an image of lab/ that nobody defined does not exist") func unknownLabImage() throws {
    var rig = Rig()
    let refusal = #expect(throws: EngineError.self) { try rig.pull("lab/nosuch:latest") }
    #expect(refusal == .pullDenied(repository: "lab/nosuch"))
    let missing = #expect(throws: EngineError.self) {
      try rig.engine.create(ContainerSpec(image: "lab/nosuch:latest"), at: rig.now, into: &rig.out)
    }
    #expect(missing?.message == "No such image: lab/nosuch:latest")
  }
}
