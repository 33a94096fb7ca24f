import Chaos
import EngineTypes
import Lab
import SimBase
import SimKernel
import SwarmManager
import SwarmModel
import SwarmNode
import SwarmStore
import World

/// What is measured, and how.
enum Rows {
  static var all: [Table.Row] {
    [
      .init(
        key: "ready4", what: "new world to 1 + 3 nodes Ready over the API", reference: "four bare real engines: 1.8 s",
        referenceValue: 1.8, hold: "50 ms", unit: .seconds
      ) { try best(of: 5) { _ = try Lab.formed(managers: 1, workers: 3, seed: 1, watch: nil) } },
      .init(
        key: "ready80", what: "up to ready, 80 nodes", reference: "58 s", referenceValue: 58, hold: "100 ms",
        unit: .seconds
      ) { try best(of: 3) { _ = try Lab.formed(managers: 3, workers: 77, seed: 1, watch: nil) } },
      .init(
        key: "ready5000", what: "up to ready, 5,000 nodes", reference: "out of reach", referenceValue: nil, hold: "3 s",
        unit: .seconds
      ) { try best(of: 1) { _ = try Lab.formed(managers: 3, workers: 4_997, seed: 1, watch: nil) } },
      .init(
        key: "memory1000", what: "memory per idle worker, at 1,000 nodes", reference: "38 MiB",
        referenceValue: 38 * 1_048_576,
        hold: "16 KB", unit: .bytes
      ) { try memoryPerWorker },
      .init(
        key: "memorytask", what: "memory per running task, at 2,000", reference: "4.8 MiB",
        referenceValue: 4.8 * 1_048_576,
        hold: "2 KB", unit: .bytes
      ) { try memoryPerTask },
      .init(
        key: "replicas", what: "200 replicas until Running, 1 + 3 nodes", reference: "19.7 s", referenceValue: 19.7,
        hold: "20 ms", unit: .seconds
      ) { try replicas },
      .init(
        key: "scheduler", what: "scheduler alone, 5,000 nodes, 100,000 tasks: decide and commit", reference: "5.4 s",
        referenceValue: 5.4, hold: "0.5 s", unit: .seconds
      ) { scheduler },
      .init(
        key: "idle", what: "an hour of an idle 4-node swarm", reference: "59 CPU s and an hour", referenceValue: 59,
        hold: "50 ms", unit: .seconds
      ) { try idleHour },
      .init(
        key: "rate1000", what: "speed of 1,000 idle nodes, 3 managers", reference: "ns-3's core at 5,000: 3,450×",
        referenceValue: 3_450, hold: "600× at 5,000", unit: .times
      ) { try rate(nodes: 1_000) },
      .init(
        key: "event", what: "whole-stack price of an event (standard history)",
        reference: "ns-3 core 92 ns, SimPy 1,483 ns",
        referenceValue: 1_483, hold: "400 ns", unit: .nanoseconds
      ) { try eventPrice },
      .init(
        key: "failover", what: "leader failover, 3 managers", reference: "10 to 13 s", referenceValue: 10,
        hold: "0.4 ms",
        unit: .seconds
      ) { try failover },
      .init(
        key: "tasks200", what: "GET /tasks, 200 tasks", reference: "p50 1.35 ms", referenceValue: 0.001_35,
        hold: "0.4 ms",
        unit: .seconds
      ) { try listTasks(200) },
      .init(
        key: "create", what: "POST /services/create, 1 + 3 nodes", reference: "p50 2.5 ms", referenceValue: 0.002_5,
        hold: "0.3 ms", unit: .seconds
      ) { try creation },
      .init(
        key: "weather", what: "a storm over 3 + 3 nodes, all laws on, per 10 virtual minutes", reference: "none",
        referenceValue: nil, hold: "20 ms", unit: .seconds
      ) { try storm },
      .init(
        key: "snapshots", what: "slow-down by a snapshot a virtual second, 1,000 nodes", reference: "none",
        referenceValue: nil, hold: "1.15×", unit: .times
      ) { try snapshots },
    ]
  }

  private static func best(of runs: Int, _ body: () throws -> Void) rethrows -> Double {
    var least = Double.infinity
    for _ in 0..<runs { least = min(least, try Clock.time(body).wall) }
    return least
  }

  private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

  private static func service(_ name: String, replicas: Int) -> JSON {
    [
      "Name": .string(name), "TaskTemplate": ["ContainerSpec": ["Image": "nginx"]],
      "Mode": ["Replicated": ["Replicas": .int(Int64(replicas))]],
    ]
  }

  /// A swarm that runs so many tasks of one service.
  private static func running(_ replicas: Int, workers: Int) throws -> Lab {
    var lab = try Lab.formed(managers: 1, workers: workers, seed: 1, watch: nil)
    _ = try lab.call("POST", "/services/create", service("web", replicas: replicas), at: HostID(0))
    var runs = false
    while !runs {
      lab.advance(by: .milliseconds(100))
      let tasks = lab.world[HostID(0)].store?.tasks.values ?? []
      runs = tasks.count { $0.value.status.state == .running } == replicas
      if lab.now > .zero + .seconds(600) { throw Unreached(what: "\(replicas) replicas never ran") }
    }
    return lab
  }

  private struct Unreached: Error, CustomStringConvertible {
    let what: String
    var description: String { what }
  }

  private static var memoryPerWorker: Double {
    get throws {
      let before = Clock.resident ?? 0
      let small = try Lab.formed(managers: 1, workers: 10, seed: 1, watch: nil)
      let middle = Clock.resident ?? 0
      let large = try Lab.formed(managers: 1, workers: 1_010, seed: 1, watch: nil)
      let after = Clock.resident ?? 0
      precondition(small.now < large.now + .seconds(3_600))
      return Double((after - middle) - (middle - before)) / 1_000
    }
  }

  private static var memoryPerTask: Double {
    get throws {
      let before = Clock.resident ?? 0
      let empty = try running(1, workers: 20)
      let middle = Clock.resident ?? 0
      let full = try running(2_001, workers: 20)
      let after = Clock.resident ?? 0
      precondition(empty.now < full.now + .seconds(3_600))
      return Double((after - middle) - (middle - before)) / 2_000
    }
  }

  private static var replicas: Double {
    get throws {
      let idle = try Lab.formed(managers: 1, workers: 3, seed: 1, watch: nil)
      return try best(of: 3) {
        var lab = idle
        _ = try lab.call("POST", "/services/create", service("web", replicas: 200), at: HostID(0))
        var count = 0
        while count < 200 {
          lab.advance(by: .milliseconds(100))
          count = lab.world[HostID(0)].store?.tasks.values.count { $0.value.status.state == .running } ?? 0
        }
      }
    }
  }

  private static var scheduler: Double {
    var bench = SchedulerBenchmark(nodes: 5_000, tasks: 100_000, perService: 1_000)
    let took = Clock.time {
      _ = bench.decide()
      return bench.commit()
    }
    precondition(took.result == 100_000, "\(took.result) tasks have a node")
    return took.cpu
  }

  private static var idleHour: Double {
    get throws {
      var lab = try Lab.formed(managers: 1, workers: 3, seed: 1, watch: nil)
      return Clock.time { lab.advance(by: .hours(1)) }.wall
    }
  }

  private static func rate(nodes: Int) throws -> Double {
    var lab = try Lab.formed(managers: 3, workers: nodes - 3, seed: 1, watch: nil)
    return 60 / Clock.time { lab.advance(by: .minutes(1)) }.wall
  }

  private static var eventPrice: Double {
    get throws {
      let took = try Clock.time { try (1...5).map { try StandardHistory.run(seed: $0).world.handledEvents } }
      return took.cpu * 1e9 / Double(took.result.reduce(0, +))
    }
  }

  private static var failover: Double {
    get throws {
      let healthy = try Lab.formed(managers: 3, workers: 0, seed: 3, watch: nil)
      return try best(of: 5) {
        var lab = healthy
        lab.apply(.kill(HostID(0)))
        guard lab.advance(upTo: .seconds(60), until: { world in (1...2).contains { world[HostID($0)].isLeading } })
        else {
          throw Unreached(what: "nobody was elected")
        }
      }
    }
  }

  private static func listTasks(_ count: Int) throws -> Double {
    var lab = try running(count, workers: 3)
    return try median(
      (0..<50).map { _ in
        try Clock.time { _ = try lab.send(Lab.request("GET", "/tasks"), to: HostID(0)) }.wall
      })
  }

  private static var creation: Double {
    get throws {
      var lab = try Lab.formed(managers: 1, workers: 3, seed: 1, watch: nil)
      return try median(
        (0..<50).map { number in
          try Clock.time {
            _ = try lab.call("POST", "/services/create", service("web\(number)", replicas: 1), at: HostID(0))
          }.wall
        })
    }
  }

  private static var storm: Double {
    get throws {
      var seconds: Int64 = 0
      let took = try Clock.time {
        for seed in UInt64(1)...10 {
          var storm = try Storm(StormPlan(seed: seed))
          seconds += (storm.run().end - .zero).seconds
        }
      }
      return took.wall * 600 / Double(max(1, seconds))
    }
  }

  private static var snapshots: Double {
    get throws {
      let start = try Lab.formed(managers: 3, workers: 997, seed: 1, watch: nil)
      var plain = start
      let without = Clock.time { for _ in 0..<30 { plain.advance(by: .seconds(1)) } }.wall
      var kept: [Lab] = []
      var snapped = start
      let with = Clock.time {
        for _ in 0..<30 {
          kept.append(snapped)
          snapped.advance(by: .seconds(1))
        }
      }.wall
      precondition(kept.count == 30 && snapped.world.traceHash == plain.world.traceHash)
      return with / without
    }
  }
}
