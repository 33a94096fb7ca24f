import Engine
import SimBase
import Testing
import Workloads

@Suite struct ExecTests {
  private func refusal(_ body: () throws -> Void) -> EngineError? {
    do { try body() } catch { return error as? EngineError }
    return nil
  }

  @Test("a command runs in a container and its code is told") func runs() throws {
    var rig = Rig(costs: EngineCosts())
    try rig.start("nginx:alpine", name: "web")
    rig.run(for: .seconds(1))
    let id = try rig.engine.createExec(in: "web", ExecSpec(["sleep", "2"]), at: rig.now, into: &rig.out)
    try rig.engine.startExec(id.description, at: rig.now, into: &rig.out)
    let asked = rig.now
    #expect(try rig.engine.exec(id.description).isRunning)
    rig.run(for: .seconds(5))
    let ended = try #require(rig.time { $0 == .execEnded(id, exitCode: 0) })
    #expect(ended - asked >= .milliseconds(2_050) && ended - asked < .milliseconds(2_100))
    #expect(try rig.engine.exec(id.description).exitCode == 0)
    #expect(refusal { try rig.engine.startExec(id.description, at: rig.now, into: &rig.out) } == .execHasRun(id))
    #expect(
      rig.actions.suffix(3) == [
        "container exec_create: sleep 2", "container exec_start: sleep 2", "container exec_die",
      ])
    rig.run(for: .minutes(6))
    #expect(refusal { _ = try rig.engine.exec(id.description) } == .noSuchExec(id.description))
  }

  @Test("an unknown command ends with 127 and says so on standard output") func unknown() throws {
    var rig = Rig()
    try rig.start("nginx", name: "web")
    let id = try rig.engine.createExec(in: "web", ExecSpec(["nosuch"]), at: rig.now, into: &rig.out)
    try rig.engine.startExec(id.description, at: rig.now, into: &rig.out)
    rig.run(for: .seconds(1))
    let text =
      "OCI runtime exec failed: exec failed: unable to start container process: "
      + "exec: \"nosuch\": executable file not found in $PATH\r\n"
    #expect(rig.notices.contains { $0.1 == .execOutput(id, .output, Array(text.utf8)) })
    #expect(rig.notices.last?.1 == .execEnded(id, exitCode: 127))
  }

  @Test("a container's end takes its commands along") func diesWithContainer() throws {
    var rig = Rig()
    let web = try rig.start("nginx", name: "web")
    let id = try rig.engine.createExec(in: "web", ExecSpec(["sleep", "100"]), at: rig.now, into: &rig.out)
    try rig.engine.startExec(id.description, at: rig.now, into: &rig.out)
    rig.run(for: .seconds(1))
    #expect(rig.engine.execs(in: web) == [id])
    try rig.engine.kill("web", at: rig.now, into: &rig.out)
    rig.run(for: .seconds(1))
    #expect(rig.notices.contains { $0.1 == .execEnded(id, exitCode: 137) })
  }

  @Test("only a running container takes commands") func refusals() throws {
    var rig = Rig()
    let id = try rig.create("nginx", name: "web")
    func tries(_ rig: inout Rig) -> EngineError? {
      refusal { _ = try rig.engine.createExec(in: "web", ExecSpec(["true"]), at: rig.now, into: &rig.out) }
    }
    #expect(tries(&rig)?.message == "container \(id) is not running")
    try rig.start(id)
    #expect(tries(&rig) == nil)
    try rig.engine.pause("web", at: rig.now, into: &rig.out)
    #expect(tries(&rig)?.message == "Container web is paused, unpause the container before exec")
    #expect(
      refusal { _ = try rig.engine.createExec(in: "web", ExecSpec([]), at: rig.now, into: &rig.out) }?.message
        == "No exec command specified")
  }
}
