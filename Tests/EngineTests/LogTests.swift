import Engine
import SimBase
import Testing
import Workloads

@Suite struct LogTests {
  private func chatty(seconds: Int64) throws -> (Rig, ContainerID) {
    var rig = Rig()
    let id = try rig.start("lab/chatty", name: "chatty")
    rig.run(for: .seconds(seconds) + .milliseconds(500))
    return (rig, id)
  }

  @Test("the tail is the last lines, and since and until sift it") func selection() throws {
    let (rig, _) = try chatty(seconds: 9)
    func texts(_ change: (inout LogSelection) -> Void) throws -> [String] {
      var selection = LogSelection()
      change(&selection)
      return try rig.engine.log(of: "chatty", selection).lines.map(\.text)
    }
    #expect(try texts { _ in }.count == 10)
    #expect(try texts { $0.tail = 2 } == ["line 9", "line 10"])
    #expect(try texts { $0.tail = 0 } == [])
    let start = rig.now - .milliseconds(9_500)
    #expect(try texts { $0.since = start + .seconds(8) } == ["line 9", "line 10"])
    #expect(try texts { $0.until = start + .seconds(1) } == ["line 1", "line 2"])
    #expect(
      try texts {
        $0.tail = 3
        $0.until = start + .seconds(8)
      } == ["line 8", "line 9"])
    #expect(try texts { $0.output = false } == [])
  }

  @Test("a follower is told of each new line and misses none") func follow() throws {
    var (rig, id) = try chatty(seconds: 2)
    let (lines, next) = try rig.engine.log(of: "chatty")
    #expect(lines.count == 3 && next == 3)
    rig.engine.followLog(of: id)
    let before = rig.notices.count { $0.1 == .logged(id) }
    rig.run(for: .seconds(3))
    #expect(rig.notices.count { $0.1 == .logged(id) } == before + 3)
    #expect(rig.engine.log(of: id, from: next).map(\.text) == ["line 4", "line 5", "line 6"])
    rig.engine.unfollowLog(of: id)
    rig.run(for: .seconds(3))
    #expect(rig.notices.count { $0.1 == .logged(id) } == before + 3)
  }

  @Test("who is attached gets the bytes as they are written") func attach() throws {
    var (rig, id) = try chatty(seconds: 1)
    #expect(try rig.engine.attach("chatty", at: rig.now, into: &rig.out) == id)
    rig.run(for: .seconds(1))
    #expect(rig.notices.last?.1 == .output(id, .output, Array("line 3\n".utf8)))
    rig.engine.detach(id, at: rig.now, into: &rig.out)
    let count = rig.notices.count
    rig.run(for: .seconds(3))
    #expect(rig.notices.count == count)
  }

  @Test("a long log loses its beginning, and no number changes") func trimmed() throws {
    var rig = Rig()
    rig.engine.config.logLimit = 600
    let id = try rig.start("lab/chatty")
    rig.run(for: .seconds(2_000))
    let log = try rig.engine.log(of: .id(id))
    #expect(log.next == 2_001)
    #expect(log.lines.count >= 600 && log.lines.count < 900)
    #expect(log.lines.last?.text == "line 2001")
    #expect(rig.engine.log(of: id, from: 1_999).map(\.text) == ["line 2000", "line 2001"])
  }

  @Test("a log driver that keeps nothing cannot be read") func none() throws {
    var rig = Rig()
    var config = ContainerConfig()
    config.image = "lab/job"
    var host = HostConfig()
    host.logDriver = "none"
    let id = try rig.create(ContainerSpec(config: config, host: host))
    try rig.start(id)
    rig.run(for: .seconds(2))
    #expect(throws: EngineError.logsNotReadable) { try rig.engine.log(of: .id(id)) }
  }
}
