import Engine
import SimBase
import Testing
import Workloads

@Suite struct RestartTests {
  private func spec(_ image: String, _ policy: RestartPolicy) -> ContainerSpec {
    var config = ContainerConfig()
    config.image = image
    var host = HostConfig()
    host.restartPolicy = policy
    return ContainerSpec(config: config, host: host)
  }

  private func starts(_ id: ContainerID, _ rig: Rig) -> [Instant] {
    rig.notices.filter { $0.1 == .started(id) }.map(\.0)
  }

  @Test("the wait before a restart doubles from 100 ms to a minute") func backoff() throws {
    var rig = Rig()
    let id = try rig.create(spec("lab/crash:fast", RestartPolicy(.always)))
    try rig.start(id)
    rig.run(for: .minutes(10))
    let times = starts(id, rig)
    let waits = zip(times, times.dropFirst()).map { ($1 - $0).milliseconds }
    #expect(Array(waits.prefix(11)) == [100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 51_200, 60_000])
    #expect(waits.dropFirst(10).allSatisfy { $0 == 60_000 })
    #expect(rig.state(id)?.status == .restarting)
    #expect(rig.state(id)?.restartCount == waits.count + 1)
  }

  @Test("after a run of ten seconds the wait is short again") func reset() throws {
    var rig = Rig()
    var spec = spec("busybox", RestartPolicy(.always))
    var config = spec.config.value
    config.command = ["sleep", "11"]
    spec.config = Shared(config)
    let id = try rig.create(spec)
    try rig.start(id)
    rig.run(for: .seconds(60))
    let times = starts(id, rig)
    #expect(zip(times, times.dropFirst()).allSatisfy { $1 - $0 == .milliseconds(11_100) })
    #expect(times.count == 6)
  }

  @Test("on-failure tries as often as it may, and not at all after a success") func onFailure() throws {
    var rig = Rig()
    let failing = try rig.create(spec("lab/crash:fast", RestartPolicy(.onFailure, maximumRetryCount: 3)))
    let fine = try rig.create(spec("lab/job", RestartPolicy(.onFailure)))
    try rig.start(failing)
    try rig.start(fine)
    rig.run(for: .minutes(2))
    #expect(starts(failing, rig).count == 4)
    #expect(rig.state(failing)?.status == .exited)
    #expect(rig.state(failing)?.restartCount == 3)
    #expect(starts(fine, rig).count == 1)
  }

  @Test("a container that a user stopped is left alone by its policy, whether it runs or waits")
  func stopped() throws {
    var rig = Rig()
    let server = try rig.create(spec("nginx", RestartPolicy(.unlessStopped)))
    let crasher = try rig.create(spec("lab/crash:fast", RestartPolicy(.always)))
    try rig.start(server)
    try rig.start(crasher)
    rig.run(for: .seconds(8))
    #expect(rig.state(crasher)?.status == .restarting)
    try rig.stop(server)
    try rig.stop(crasher)
    rig.run(for: .minutes(5))
    #expect(rig.state(server)?.status == .exited)
    #expect(rig.state(crasher)?.status == .exited)
    #expect(rig.notices.contains { $0.1 == .stopped(crasher) })
  }

  @Test("restart stops a container and starts it again, and says so once") func restart() throws {
    var rig = Rig()
    let id = try rig.start("nginx")
    try rig.engine.restart(.id(id), at: rig.now, into: &rig.out)
    rig.run(for: .seconds(1))
    #expect(rig.state(id)?.status == .running)
    #expect(starts(id, rig).count == 2)
    #expect(rig.notices.count { $0.1 == .restarted(id) } == 1)
    #expect(
      rig.actions.suffix(7) == [
        "container kill", "network disconnect", "container stop", "container die", "network connect", "container start",
        "container restart",
      ])
  }

  @Test("a container that removes itself is gone when it has ended, with its anonymous volumes") func autoRemove()
    throws
  {
    var rig = Rig()
    var spec = spec("redis:alpine", RestartPolicy())
    var host = HostConfig()
    host.autoRemove = true
    spec.host = Shared(host)
    let id = try rig.create(spec)
    #expect(rig.engine.volumes.count == 1)
    try rig.start(id)
    try rig.stop(id)
    rig.run(for: .seconds(1))
    #expect(rig.engine.container(id) == nil)
    #expect(rig.engine.volumes.isEmpty)
    #expect(rig.notices.last?.1 == .removed(id))
  }
}
