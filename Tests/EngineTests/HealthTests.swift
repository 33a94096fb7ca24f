import Engine
import SimBase
import Testing
import Workloads

/// Source: a real 28.5.2 engine: interval 1 s, retries 2, a probe of about 0.1 s.
@Suite struct HealthTests {
  @Test("a probe that always fails makes unhealthy after retries × (interval + probe)") func sick() throws {
    var rig = Rig(costs: EngineCosts())
    let id = try rig.start("lab/sick")
    rig.run(for: .seconds(1))
    let began = try #require(rig.state(id)?.startedAt)
    #expect(rig.engine.container(id)?.health?.status == .starting)
    rig.run(for: .seconds(3))
    let turned = try #require(rig.time { $0 == .healthChanged(id, .unhealthy) }) - began
    #expect(turned >= .milliseconds(2_100) && turned < .milliseconds(2_200))
    #expect(rig.engine.container(id)?.health?.failingStreak == 3)
  }

  @Test("the first success makes healthy, one interval and one probe after the start") func well() throws {
    var rig = Rig(costs: EngineCosts())
    let id = try rig.start("lab/well")
    rig.run(for: .seconds(10))
    let began = try #require(rig.state(id)?.startedAt)
    let turned = try #require(rig.time { $0 == .healthChanged(id, .healthy) }) - began
    #expect(turned >= .milliseconds(1_050) && turned < .milliseconds(1_100))
    let health = try #require(rig.engine.container(id)?.health)
    #expect(health.log.count == 5)
    #expect(zip(health.log, health.log.dropFirst()).allSatisfy { $1.start - $0.end == .seconds(1) })
  }

  @Test("failures of probes that begin in the start period do not count") func startPeriod() throws {
    var rig = Rig(costs: EngineCosts())
    var config = ContainerConfig()
    config.image = "lab/sick"
    config.healthCheck = HealthCheck(
      test: ["CMD", "false"], interval: .seconds(2), startPeriod: .seconds(5), startInterval: .seconds(1), retries: 3)
    let id = try rig.create(ContainerSpec(config: config))
    try rig.start(id)
    rig.run(for: .seconds(12))
    let began = try #require(rig.state(id)?.startedAt)
    // Measured: probes at 1.0 2.1 3.1 4.2 (do not count) 5.3 7.3 9.4, unhealthy at 9.45.
    let turned = try #require(rig.time { $0 == .healthChanged(id, .unhealthy) }) - began
    #expect(turned >= .milliseconds(9_200) && turned < .milliseconds(9_700))
  }

  @Test("a probe that takes too long fails with -1 and says so") func timeout() throws {
    var rig = Rig()
    var config = ContainerConfig()
    config.image = "nginx:alpine"
    config.healthCheck = HealthCheck(test: ["CMD", "sleep", "60"], interval: .seconds(1), timeout: .seconds(1))
    let id = try rig.create(ContainerSpec(config: config))
    try rig.start(id)
    rig.run(for: .milliseconds(2_500))
    let log = try #require(rig.engine.container(id)?.health?.log)
    #expect(log.map(\.exitCode) == [-1])
    #expect(log.first?.output == "Health check exceeded timeout (1s)")
  }

  @Test("a paused container is not probed, and its checks begin anew") func paused() throws {
    var rig = Rig()
    let id = try rig.start("lab/well")
    rig.run(for: .milliseconds(1_500))
    try rig.engine.pause(.id(id), at: rig.now, into: &rig.out)
    rig.run(for: .seconds(5))
    #expect(rig.engine.container(id)?.health?.log.count == 1)
    try rig.engine.unpause(.id(id), at: rig.now, into: &rig.out)
    let thawed = rig.now
    rig.run(for: .milliseconds(1_100))
    #expect(rig.engine.container(id)?.health?.log.last?.start == thawed + .seconds(1))
  }
}
