import Checkers
import Engine
import Foundation
import Lab
import SimBase
import SimKernel
import SwarmModel
import SwarmNode
import SwarmStore
import Testing
import World

/// Which seeds a sweep takes: few in a debug build, many in a release build.
///
/// `SWARMLAB_SEEDS` says how many instead, `SWARMLAB_SEED` runs one again.
enum Seeds {
  static func sweep(debug: UInt64, release: UInt64) -> ClosedRange<UInt64> {
    let environment = ProcessInfo.processInfo.environment
    if let seed = environment["SWARMLAB_SEED"].flatMap(UInt64.init) { return seed...seed }
    if let count = environment["SWARMLAB_SEEDS"].flatMap(UInt64.init) { return 1...max(1, count) }
    #if DEBUG
      return 1...debug
    #else
      return 1...release
    #endif
  }

  /// What a failure says of its seed: how to see it again.
  static func replay(_ seed: UInt64, _ suite: String) -> String {
    "seed \(seed); again: SWARMLAB_SEED=\(seed) swift test --filter \(suite)"
  }
}

extension Lab {
  /// Machines whose engines cost nothing, so that what is measured is the control plane's.
  static func plan(managers: Int, workers: Int, seed: UInt64) -> WorldPlan {
    let names = (1...managers).map { "manager\($0)" } + (0..<workers).map { "worker\($0 + 1)" }
    var plan = WorldPlan(
      seed: seed, nodes: names.enumerated().map { .init(name: $1, ip: "192.168.99.\(100 + $0)") })
    plan.engine.costs = .none
    return plan
  }

  /// A watched swarm of such machines that has been idle for ten seconds.
  static func idle(managers: Int, workers: Int, seed: UInt64) throws -> Lab {
    var lab = Lab(plan(managers: managers, workers: workers, seed: seed))
    lab.watch = Watch()
    try lab.form(managers: managers)
    lab.advance(by: .seconds(10))
    return lab
  }

  /// How long it takes until a condition holds; nil if it does not within `limit`.
  mutating func time(atMost limit: Duration, until condition: (World) -> Bool) -> Duration? {
    let start = now
    return advance(upTo: limit, until: condition) ? now - start : nil
  }
}

extension World {
  private var store: Store? { hosts.first { self[$0].isLeading }.flatMap { self[$0].store } }
  /// The tasks at the leader; none while nobody leads.
  var tasks: [SwarmTask] { store?.tasks.values.map(\.value) ?? [] }
  /// The nodes at the leader.
  var nodes: [Node] { store?.nodes.values.map(\.value) ?? [] }
  /// Whether some manager runs the swarm.
  var hasLeader: Bool { hosts.contains { self[$0].isLeading } }
  /// How many tasks run and are to run.
  var running: Int { running(except: nil) }
  /// The same without those on one node.
  func running(except node: NodeID?) -> Int {
    tasks.count { $0.status.state == .running && $0.desiredState == .running && (node == nil || $0.nodeID != node) }
  }
}
