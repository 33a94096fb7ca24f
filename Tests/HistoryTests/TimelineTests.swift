import Checkers
import Engine
import EngineTypes
import Lab
import Raft
import SimBase
import SimKernel
import SwarmModel
import SwarmNode
import Testing
import World

/// How long things take in virtual time, as ranges that hold for every seed.
///
/// Source: the constants of moby/swarmkit `manager/dispatcher`, `manager/scheduler`, `manager/orchestrator/restart`,
/// `manager/state/raft`, `node/node.go`, and a real swarm's transcripts.
@Suite struct TimelineTests {
  static let seeds = Seeds.sweep(debug: 5, release: 200)

  /// Measures on every seed, and requires every result to be in the range and the laws to hold.
  private func expect(
    _ what: String, in range: ClosedRange<Duration>, source: SourceLocation = #_sourceLocation,
    _ measure: (UInt64) throws -> (span: Duration?, lab: Lab)
  ) rethrows {
    var (least, most) = (Duration.seconds(1 << 30), Duration.zero)
    for seed in Self.seeds {
      let (span, lab) = try measure(seed)
      let text = span.map { "\($0)" } ?? "never"
      #expect(
        span.map(range.contains) == true, "\(what) took \(text); \(Seeds.replay(seed, "TimelineTests"))",
        sourceLocation: source)
      let broken = lab.watch?.violations ?? []
      #expect(broken.isEmpty, "\(broken) \(Seeds.replay(seed, "TimelineTests"))", sourceLocation: source)
      if let span { (least, most) = (min(least, span), max(most, span)) }
    }
    print("\(what): \(least) to \(most) over \(Self.seeds.count) seeds")
  }

  static func service(_ name: String, replicas: Int64, sleep: String = "1000000", isPublished: Bool = false) -> JSON {
    let container: JSON = [
      "Image": "alpine", "Args": ["sleep", .string(sleep)], "StopGracePeriod": 1_000_000_000,
    ]
    let ports: JSON = isPublished ? [["TargetPort": 80, "PublishedPort": 8080]] : []
    return [
      "Name": .string(name), "TaskTemplate": ["ContainerSpec": container],
      "Mode": ["Replicated": ["Replicas": .int(replicas)]], "EndpointSpec": ["Ports": ports],
    ]
  }

  /// An idle swarm that runs a service; one that publishes a port is on the routing mesh's network.
  private func serving(
    _ managers: Int, _ workers: Int, replicas: Int64, seed: UInt64, sleep: String = "1000000", isPublished: Bool = false
  ) throws -> Lab {
    var lab = try Lab.idle(managers: managers, workers: workers, seed: seed)
    let spec = Self.service("web", replicas: replicas, sleep: sleep, isPublished: isPublished)
    let said = try lab.call("POST", "/services/create", spec, at: HostID(0))
    #expect(said.status == 201, "\(said.json.text)")
    #expect(lab.advance(upTo: .seconds(20)) { $0.running == Int(replicas) })
    lab.advance(by: .seconds(5))
    return lab
  }

  /// Changes a node's availability or role over the API.
  private func update(_ host: HostID, _ key: String, _ value: String, in lab: inout Lab) throws -> Lab.Said {
    let id = try #require(lab.world[host].nodeID?.description)
    let asked = lab.leader ?? HostID(0)
    let node = try lab.call("GET", "/nodes/\(id)", at: asked)
    let fields = (node.json["Spec"].fields ?? []).filter { $0.key != key } + [.init(key, .string(value))]
    let version = node.json["Version"]["Index"].int ?? 0
    return try lab.call("POST", "/nodes/\(id)/update?version=\(version)", .object(fields), at: asked)
  }

  @Test("a created service runs 0.15 to 0.35 s after the request on an idle swarm") func creation() throws {
    try expect("create to running", in: .milliseconds(150) ... .milliseconds(350)) { seed in
      var lab = try Lab.idle(managers: 1, workers: 3, seed: seed)
      let start = lab.now
      _ = try lab.call("POST", "/services/create", Self.service("web", replicas: 3), at: HostID(0))
      let runs = lab.advance(upTo: .seconds(5)) { $0.running == 3 }
      return (runs ? lab.now - start : nil, lab)
    }
  }

  @Test("a container that dies is replaced after about 5.2 s") func failure() throws {
    try expect("failure to replacement", in: .milliseconds(5_050) ... .milliseconds(5_450)) { seed in
      var lab = try serving(1, 2, replicas: 1, seed: seed, sleep: "15")
      let task = try #require(lab.world.tasks.first)
      let host = try #require(lab.world.hosts.first { lab.world[$0].nodeID == task.nodeID })
      let dies = lab.advance(upTo: .seconds(20)) { !$0[host].engine.containers.contains { $0.state.isRunning } }
      #expect(dies)
      let span = lab.time(atMost: .seconds(20)) { world in
        world.tasks.contains { $0.id != task.id && $0.status.state == .running }
      }
      return (span, lab)
    }
  }

  @Test("a worker that loses power is Down 9 to 16.6 s later, and its tasks run elsewhere 5 s after that")
  func workerCrash() throws {
    var replaced: [Duration] = []
    try expect("worker crash to Down", in: .seconds(9) ... .milliseconds(16_650)) { seed in
      var lab = try serving(1, 3, replicas: 4, seed: seed)
      let node = lab.world[HostID(2)].nodeID
      let lost = lab.world.tasks.count { $0.nodeID == node }
      lab.apply(.powerCut(HostID(2)))
      let span = lab.time(atMost: .seconds(60)) { $0.nodes.contains { $0.status.state == .down } }
      if lost > 0 { replaced.append(lab.time(atMost: .seconds(60)) { $0.running(except: node) == 4 } ?? .zero) }
      return (span, lab)
    }
    let range = Duration.milliseconds(5_050) ... .milliseconds(5_400)
    #expect(!replaced.isEmpty && replaced.allSatisfy(range.contains), "\(replaced.filter { !range.contains($0) })")
  }

  @Test("a dead leader is succeeded after 9 to 20 s, longer only where votes split; its node is Down 27 to 33 s later")
  func leaderCrash() throws {
    var elections: [Duration] = []
    try expect("new leader to the dead one's Down", in: .seconds(27) ... .milliseconds(33_200)) { seed in
      var lab = try serving(3, 2, replicas: 3, seed: seed)
      let dead = lab.world[HostID(0)].nodeID
      lab.apply(.powerCut(HostID(0)))
      elections.append(lab.time(atMost: .seconds(120)) { $0.hasLeader } ?? .zero)
      let start = lab.now
      // The others are heard of again within an agent's longest pause and a batch.
      let others = lab.advance(upTo: .seconds(20)) { $0.nodes.count { $0.status.state == .ready } == 4 }
      #expect(others, "\(Seeds.replay(seed, "TimelineTests"))")
      let down = lab.advance(upTo: .seconds(60)) { $0.nodes.contains { $0.status.state == .down } }
      let span = down ? lab.now - start : nil
      let replaced = lab.advance(upTo: .milliseconds(5_400)) { $0.running(except: dead) == 3 }
      #expect(replaced, "\(Seeds.replay(seed, "TimelineTests"))")
      return (span, lab)
    }
    let (least, most) = (elections.min() ?? .zero, elections.max() ?? .zero)
    let prompt = elections.count { $0 <= .seconds(20) }
    print("leader crash to election: \(least) to \(most), \(prompt) up to 20 s")
    #expect(least >= .seconds(9) && most <= .seconds(100))
    if elections.count < 50 { return }
    #expect(prompt * 10 >= elections.count * 7, "only \(prompt) of \(elections.count) elections took 20 s at most")
  }

  @Test("a drained node's task ends after its grace period, on a network 2 s later; the replacement follows at once")
  func drain() throws {
    for isPublished in [false, true] {
      let extra = isPublished ? Duration.seconds(2) : .zero
      let range = Duration.milliseconds(1_100) + extra ... .milliseconds(1_450) + extra
      try expect("drain\(isPublished ? " on a network" : "")", in: range) { seed in
        var lab = try serving(1, 2, replicas: 1, seed: seed, isPublished: isPublished)
        let task = try #require(lab.world.tasks.first)
        let host = try #require(lab.world.hosts.first { lab.world[$0].nodeID == task.nodeID })
        #expect(try update(host, "Availability", "drain", in: &lab).status == 200)
        let span = lab.time(atMost: .seconds(30)) { world in
          world.tasks.contains { $0.id == task.id && $0.status.state > .running }
        }
        let replaced = lab.time(atMost: .seconds(30)) { $0.running == 1 }
        let follows = Duration.milliseconds(50) ... .milliseconds(350)
        #expect(replaced.map(follows.contains) == true, "\(replaced ?? .zero) \(Seeds.replay(seed, "TimelineTests"))")
        return (span, lab)
      }
    }
  }

  @Test("a worker's join request is answered in well under half a second, a manager's in under two") func join() throws
  {
    for role in ["Worker", "Manager"] {
      let limit = role == "Worker" ? Duration.milliseconds(500) : .seconds(2)
      try expect("join as \(role.lowercased())", in: .milliseconds(1)...limit) { seed in
        var lab = Lab(Lab.plan(managers: 3, workers: 1, seed: seed))
        lab.watch = Watch()
        let address = lab.world[HostID(0)].ip
        let hello: JSON = ["ListenAddr": "0.0.0.0:2377", "AdvertiseAddr": .string(address)]
        _ = try lab.call("POST", "/swarm/init", hello, at: HostID(0))
        lab.advance(by: .seconds(5))
        let token = try lab.call("GET", "/swarm", at: HostID(0)).json["JoinTokens"][role].string ?? ""
        let start = lab.now
        let body: JSON = [
          "ListenAddr": "0.0.0.0:2377", "RemoteAddrs": [.string("\(address):2377")], "JoinToken": .string(token),
        ]
        let said = try lab.call("POST", "/swarm/join", body, at: HostID(3))
        return (said.status == 200 ? lab.now - start : nil, lab)
      }
    }
  }

  @Test("a promoted worker is a manager after half a second and its way into Raft; a demoted one is none at once")
  func roles() throws {
    var observed: [Duration] = []
    var certified: [Duration] = []
    try expect("promotion", in: .milliseconds(500) ... .seconds(3)) { seed in
      var lab = try Lab.idle(managers: 3, workers: 1, seed: seed)
      #expect(try update(HostID(3), "Role", "manager", in: &lab).status == 200)
      let span = lab.time(atMost: .seconds(60)) { $0[HostID(3)].raftStatus?.leader != nil }
      lab.advance(by: .seconds(10))
      #expect(try update(HostID(3), "Role", "worker", in: &lab).status == 200)
      let left = lab.time(atMost: .seconds(5)) { $0[HostID(3)].raftStatus == nil }
      #expect(left.map { $0 <= .milliseconds(100) } == true, "\(left ?? .zero) \(Seeds.replay(seed, "TimelineTests"))")
      let node = lab.world[HostID(3)].nodeID
      observed.append(
        lab.time(atMost: .seconds(60)) { $0.nodes.contains { $0.id == node && $0.role == .worker } } ?? .zero)
      certified.append(
        lab.time(atMost: .seconds(120)) {
          $0.nodes.contains { $0.id == node && $0.certificate.issued.role == .worker }
        } ?? .seconds(200))
      return (span, lab)
    }
    print(
      "demotion: role \(observed.min() ?? .zero) to \(observed.max() ?? .zero), certificate up to "
        + "\(certified.max() ?? .zero) after")
    #expect(observed.allSatisfy { $0 > .zero && $0 <= .milliseconds(5_200) }, "\(observed.max() ?? .zero)")
    #expect(certified.allSatisfy { $0 <= .seconds(60) }, "\(certified.max() ?? .zero)")
  }

  @Test("without a leader a manager's answer takes 20 s at most, and comes at once after ten ticks") func refusals()
    throws
  {
    try expect("refusal without a quorum", in: .zero ... .milliseconds(21_100)) { seed in
      var lab = try Lab.idle(managers: 3, workers: 0, seed: seed)
      for host in [0, 1] { lab.apply(.powerCut(HostID(host))) }
      let start = lab.now
      let said = try lab.call("GET", "/nodes", at: HostID(2))
      let span = lab.now - start
      #expect(said.status >= 500)
      lab.advance(by: .seconds(40))
      let later = lab.now
      let again = try lab.call("GET", "/nodes", at: HostID(2))
      #expect(
        "\(again.json.text)" != ""
          && again.json["message"].string?.contains("The swarm does not have a leader.") == true)
      #expect(lab.now - later <= .milliseconds(1), "\(Seeds.replay(seed, "TimelineTests"))")
      return (span, lab)
    }
  }

  @Test("a join at an address where nobody is gives up after 20 s") func lostJoin() throws {
    try expect("join at a dead address", in: .seconds(19) ... .milliseconds(20_100)) { seed in
      var lab = try Lab.idle(managers: 1, workers: 1, seed: seed)
      var bare = Lab(Lab.plan(managers: 2, workers: 0, seed: seed))
      bare.apply(.powerCut(HostID(0)))
      bare.apply(.cut(HostID(0)))
      let token = try lab.call("GET", "/swarm", at: HostID(0)).json["JoinTokens"]["Worker"].string ?? ""
      let start = bare.now
      let body: JSON = [
        "ListenAddr": "0.0.0.0:2377", "RemoteAddrs": ["192.168.99.100:2377"], "JoinToken": .string(token),
      ]
      let said = try bare.call("POST", "/swarm/join", body, at: HostID(1))
      #expect(said.json["message"].string?.hasPrefix("Timeout was reached before node joined.") == true)
      return (bare.now - start, lab)
    }
  }
}
