import EngineTypes
import SimBase
import SimKernel
import SwarmModel
import SwarmNode
import SwarmStore
import Testing
import World

@testable import Checkers
@testable import Lab

@Suite struct WatchTests {
  /// A service created over the API.
  static func create(_ name: String, replicas: Int64, in lab: inout Lab) throws -> Lab.Said {
    try lab.call(
      "POST", "/services/create",
      [
        "Name": .string(name),
        "TaskTemplate": ["ContainerSpec": ["Image": "alpine", "Args": ["sleep", "1000000"]]],
        "Mode": ["Replicated": ["Replicas": .int(replicas)]],
      ], at: HostID(0))
  }

  @Test("a healthy swarm with a service breaks no law, reaches what is wished, and the watch has seen it all")
  func healthy() throws {
    var lab = try Lab.formed(managers: 3, workers: 2, seed: 3, watch: Watch())
    #expect(try Self.create("web", replicas: 4, in: &lab).status == 201)
    #expect(Convergence.unmet(in: lab.world).contains { $0.hasPrefix("service web runs 0 of 4 replicas") })
    #expect(lab.advance(upTo: .seconds(30)) { Convergence.unmet(in: $0).isEmpty })
    lab.advance(by: .seconds(5))
    let watch = try #require(lab.watch)
    #expect(watch.violations.isEmpty)
    #expect(watch.counts.elections == 1 && watch.counts.placements == 4)
    #expect(watch.counts.entries > 20 && watch.counts.comparisons >= 3)
  }

  @Test("watching changes nothing: a watched history has the hash of the unwatched one") func passive() throws {
    let hashes = try [nil, Watch()].map { watch in
      var lab = try Lab.formed(managers: 3, workers: 1, seed: 5, watch: watch)
      _ = try Self.create("web", replicas: 2, in: &lab)
      lab.advance(by: .seconds(20))
      return lab.world.traceHash
    }
    #expect(hashes[0] == hashes[1])
  }

  @Test("a swarm that lacks a node, a leader or a container is not as desired") func unmet() throws {
    var lab = try Lab.formed(managers: 3, workers: 1, seed: 6)
    lab.apply(.kill(HostID(3)))
    #expect(Convergence.unmet(in: lab.world).contains("worker1 is down"))
    for host in [0, 1] { lab.apply(.kill(HostID(host))) }
    lab.advance(by: .seconds(40))
    #expect(Convergence.unmet(in: lab.world).contains("no manager leads"))
  }

  @Test("a write that was never committed is missed when it is acknowledged") func acknowledged() throws {
    var lab = try Lab.formed(managers: 1, workers: 0, seed: 8, watch: Watch())
    let id = try #require(ServiceID(Self.create("web", replicas: 1, in: &lab).json["ID"].string ?? ""))
    let cluster = try #require(lab.world[HostID(0)].clusterID)
    var watch = try #require(lab.watch)
    watch.heard(.made(.service(id)), in: cluster, at: lab.now)
    #expect(watch.violations.isEmpty)
    watch.heard(.made(.service(ServiceID(raw: 1))), in: cluster, at: lab.now)
    #expect(watch.violations.map(\.law) == [.acknowledged])
    // What is there as it was before cannot have been changed or removed.
    let version = try #require(watch.committedStore(of: cluster)?.services[id]?.value.meta.version)
    for promise in [Promise.changed(.service(id), from: version), .removed(.service(id))] {
      let before = watch.violations.count
      watch.heard(promise, in: cluster, at: lab.now)
      #expect(watch.violations.count == before + 1 && watch.violations.last?.law == .acknowledged)
    }
    let before = watch.violations.count
    watch.heard(.changed(.service(id), from: version - 1), in: cluster, at: lab.now)
    watch.heard(.removed(.service(ServiceID(raw: 1))), in: cluster, at: lab.now)
    #expect(watch.violations.count == before)
  }

  @Test("every lab is watched, and holds its own swarm to the answers that it gives") func labsAreWatched() throws {
    var lab = try Lab.formed(managers: 1, workers: 0, seed: 8)
    #expect(lab.watch != nil)
    lab.watch = Watch()
    let id = try #require(Self.create("web", replicas: 1, in: &lab).json["ID"].string)
    #expect(try lab.call("DELETE", "/services/\(id)", at: HostID(0)).status == 200)
    #expect(lab.brokenLaws.isEmpty)
    #expect(PendingPromise.makesNewCluster(Lab.request("POST", "/swarm/init", ["ForceNewCluster": true])))
    #expect(!PendingPromise.makesNewCluster(Lab.request("POST", "/swarm/init", [:])))
  }

  @Test("two leaders of one term, and a leader without a committed entry, are reported") func raft() throws {
    var lab = try Lab.formed(managers: 3, workers: 0, seed: 9, watch: Watch())
    var other = try Lab.formed(managers: 3, workers: 0, seed: 9)
    // Two copies of one swarm that elect different leaders in the same term make a world that no swarm may come to.
    #expect(lab.watch?.violations.isEmpty == true)
    lab.apply(.kill(HostID(0)))
    other.apply(.cut(HostID(0)))
    other.apply(.kill(HostID(1)))
    other.apply(.restart(HostID(1)))
    lab.advance(by: .seconds(60))
    other.advance(by: .seconds(60))
    var watch = try #require(lab.watch)
    watch.sweep(other.world)
    let laws = Set(watch.violations.map(\.law))
    #expect(!laws.isDisjoint(with: [.oneLeaderPerTerm, .committedForGood, .leaderCompleteness]))
  }
}
