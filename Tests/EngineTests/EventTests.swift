import Engine
import SimBase
import Testing
import Workloads

@Suite struct EventTests {
  @Test("a task's container tells its life in the order of a real engine") func order() throws {
    var rig = Rig()
    let id = try rig.start("lab/well", name: "w1")
    rig.run(for: .milliseconds(1_100))
    try rig.stop(id)
    rig.run(for: .seconds(1))
    try rig.engine.remove(.id(id), at: rig.now, into: &rig.out)
    #expect(
      rig.actions == [
        "image pull", "container create", "network connect", "container start",
        "container exec_create: /bin/sh -c true",
        "container exec_start: /bin/sh -c true", "container exec_die", "container health_status: healthy",
        "container kill",
        "network disconnect", "container stop", "container die", "container destroy",
      ])
  }

  @Test("an event carries labels, image, name and its own facts") func attributes() throws {
    var rig = Rig()
    var config = ContainerConfig()
    config.image = "busybox"
    config.command = ["sleep", "3"]
    config.labels = ["l": "1"]
    let id = try rig.create(ContainerSpec(name: "c1", config: config))
    try rig.start(id)
    rig.run(for: .seconds(5))
    let die = try #require(rig.engine.events(from: 0).last)
    #expect(die.action == "die" && die.actor == id.description && die.from == "busybox")
    #expect(die.attributes == ["execDuration": "3", "exitCode": "0", "image": "busybox", "l": "1", "name": "c1"])
    #expect(die.instant == .zero + .seconds(3))
  }

  @Test("events keep their numbers while old ones go, and followers are told") func numbers() throws {
    var rig = Rig()
    for _ in 0..<400 { _ = try rig.engine.createVolume("", at: rig.now, into: &rig.out) }
    #expect(rig.engine.eventEnd == 400)
    #expect(rig.engine.events(from: 0).count >= 256)
    let last = try #require(rig.engine.events(from: 399).first)
    rig.engine.followEvents()
    rig.run(for: .seconds(7))
    try rig.engine.removeVolume(last.actor, at: rig.now, into: &rig.out)
    rig.collect()
    #expect(rig.notices.map(\.1) == [.eventsAdded])
    #expect(rig.engine.events(from: 400).map(\.action) == ["destroy"])
    #expect(rig.engine.firstEvent(since: .zero + .seconds(1)) == 400)
  }

  @Test("a volume in use is not removed, and tells by whom it is used") func volumeInUse() throws {
    var rig = Rig()
    var config = ContainerConfig()
    config.image = "nginx"
    var host = HostConfig()
    host.binds = ["vvv:/data:ro"]
    let id = try rig.create(ContainerSpec(config: config, host: host))
    #expect(throws: EngineError.volumeInUse("vvv", by: [id])) {
      try rig.engine.removeVolume("vvv", at: rig.now, into: &rig.out)
    }
    #expect(EngineError.volumeInUse("vvv", by: [id]).message == "remove vvv: volume is in use - [\(id)]")
    #expect(
      rig.engine.container(id)?.mounts == [
        {
          var mount = Mount(.volume, source: "vvv", target: "/data", isReadOnly: true, mode: "ro")
          mount.driver = "local"
          return mount
        }()
      ])
    try rig.engine.remove(.id(id), withVolumes: true, at: rig.now, into: &rig.out)
    #expect(rig.engine.volumes.map(\.name) == ["vvv"])
    #expect(rig.engine.pruneVolumes(all: true, at: rig.now, into: &rig.out) == ["vvv"])
    #expect(throws: EngineError.noSuchVolume("vvv")) { try rig.engine.volume("vvv") }
  }
}
