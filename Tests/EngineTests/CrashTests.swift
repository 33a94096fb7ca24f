import Engine
import SimBase
import Testing
import Workloads

@Suite struct CrashTests {
  private func full() throws -> Rig {
    var rig = Rig(costs: EngineCosts())
    var config = ContainerConfig()
    config.image = "nginx:alpine"
    config.labels = ["a": "1"]
    var host = HostConfig()
    host.portBindings = [PortBinding(ContainerPort(80), hostPort: "8080")]
    host.restartPolicy = RestartPolicy(.unlessStopped)
    host.binds = ["data:/data"]
    try rig.start(try rig.create(ContainerSpec(name: "web", config: config, host: host)))
    try rig.start("lab/chatty", name: "chatty")
    try rig.start("lab/well", name: "well")
    try rig.start("lab/job", name: "job")
    var network = NetworkSpec("n1")
    network.subnets = [SubnetConfig(subnet: "10.9.0.0/24")]
    _ = try rig.engine.createNetwork(network, at: rig.now, into: &rig.out)
    rig.run(for: .seconds(5))
    return rig
  }

  @Test("what runs dies in a crash, and policies start theirs again at boot") func crash() throws {
    var rig = try full()
    let ids = try ["web", "chatty", "job"].map { try rig.engine.container(.typed($0)).id }
    rig.engine.crash()
    #expect(rig.engine.nextDeadline == nil)
    rig.now += .seconds(60)
    rig.engine.boot(at: rig.now, into: &rig.out)
    #expect(rig.state(ids[1])?.status == .exited)
    #expect(rig.state(ids[1])?.exitCode == 255)
    #expect(rig.state(ids[1])?.finishedAt == rig.now)
    #expect(rig.state(ids[2])?.exitCode == 0)
    rig.run(for: .seconds(5))
    #expect(rig.state(ids[0])?.status == .running)
    #expect(rig.state(ids[1])?.status == .exited)
    #expect(rig.engine.container(ids[0])?.boundPorts.map(\.hostPort) == [8080])
    #expect(rig.lines(ids[1]).count >= 5)
    let address = rig.engine.container(ids[0])?.endpoints.first?.address
    #expect(address == IPv4Address(172, 17, 0, 2))
  }

  @Test("a container that a user stopped before the crash stays as its policy says") func stopped() throws {
    var rig = Rig()
    var ids: [ContainerID] = []
    for policy in [RestartPolicy.Name.always, .unlessStopped, .no, .onFailure] {
      var config = ContainerConfig()
      config.image = "nginx"
      var host = HostConfig()
      host.restartPolicy = RestartPolicy(policy)
      let id = try rig.create(ContainerSpec(config: config, host: host))
      try rig.start(id)
      try rig.stop(id)
      ids.append(id)
    }
    rig.run(for: .seconds(1))
    rig.engine.crash()
    rig.engine.boot(at: rig.now, into: &rig.out)
    rig.run(for: .seconds(1))
    #expect(ids.map { rig.state($0)?.status } == [.running, .exited, .exited, .exited])
  }

  @Test("the disk's bytes come back as the same disk, and the engine on it goes on as the other") func bytes() throws {
    var rig = try full()
    let bytes = rig.engine.onDisk.archived()
    let disk = try #require(EngineDisk(archived: bytes))
    #expect(disk.archived() == bytes)
    var other = rig
    other.engine = Engine(
      hostname: "node1", dice: Dice(seed: 9, label: "x"), config: rig.engine.config, disk: disk)
    rig.engine = Engine(
      hostname: "node1", dice: Dice(seed: 9, label: "x"), config: rig.engine.config, disk: rig.engine.onDisk)
    for step in 0..<2 {
      if step == 0 {
        rig.engine.boot(at: rig.now, into: &rig.out)
        other.engine.boot(at: other.now, into: &other.out)
      }
      rig.run(for: .seconds(5))
      other.run(for: .seconds(5))
      #expect(rig.engine.onDisk.archived() == other.engine.onDisk.archived())
      #expect(rig.notices.map(\.1) == other.notices.map(\.1))
    }
  }

  @Test("an engine on an old disk draws no ID twice") func freshIDs() throws {
    var rig = Rig()
    let first = try rig.create("nginx")
    rig.engine = Engine(hostname: "node1", dice: Dice(seed: 1, label: "engine"), disk: rig.engine.onDisk)
    let second = try rig.create("nginx")
    #expect(first != second && rig.engine.containerCount == 2)
  }

  @Test("bytes that were cut or changed at their front are refused") func nonsense() throws {
    let bytes = try full().engine.onDisk.archived()
    #expect(EngineDisk(archived: Array(bytes.dropLast())) == nil)
    #expect(EngineDisk(archived: [77] + bytes.dropFirst()) == nil)
    #expect(EngineDisk(archived: []) == nil)
  }

  @Test("a shut-down stops everything, and policies start theirs at the next boot") func shutDown() throws {
    var rig = try full()
    rig.engine.shutDown(at: rig.now, into: &rig.out)
    rig.run(for: .seconds(30))
    #expect(rig.notices.count { $0.1 == .shutDown } == 1)
    #expect(rig.engine.containers.allSatisfy { $0.state.status == .exited })
    #expect(try rig.engine.container("web").state.exitCode == 0)
    rig.engine.crash()
    rig.engine.boot(at: rig.now, into: &rig.out)
    rig.run(for: .seconds(1))
    #expect(try rig.engine.container("web").state.status == .running)
    #expect(try rig.engine.container("chatty").state.status == .exited)
  }

  @Test("two engines of one seed do the same, of another seed not") func determinism() throws {
    #expect(try full().notices.map(\.0) == full().notices.map(\.0))
    #expect(try full().engine.onDisk.archived() == full().engine.onDisk.archived())
    var rig = Rig(seed: 2, costs: EngineCosts())
    try rig.start("lab/job")
    var same = Rig(seed: 1, costs: EngineCosts())
    try same.start("lab/job")
    #expect(rig.engine.onDisk.archived() != same.engine.onDisk.archived())
  }

  @Test("a copy of an engine lives its own life") func fork() throws {
    var rig = try full()
    let before = rig.engine.onDisk.archived()
    let kept = rig
    rig.run(for: .seconds(30))
    #expect(kept.engine.onDisk.archived() == before)
    var again = kept
    again.run(for: .seconds(30))
    #expect(again.engine.onDisk.archived() == rig.engine.onDisk.archived())
  }
}
